"""The interfaces of language models, one row each: what is sent, what comes back, whole or in pieces.

Sources, each as of 2026: OpenAI API reference (chat completions, responses), Anthropic Messages API, Gemini API
(`generateContent`).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import JsonValue

Object = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Api:
    """One interface."""

    provider: str
    """As OpenTelemetry's conventions name it (`gen_ai.provider.name`)."""
    path: re.Pattern[str]
    """What the path of a request ends with."""
    sent: Callable[[Object], Object]
    """Request → attributes of the conventions."""
    came: Callable[[Object], Object]
    """Response → the same."""
    joined: Callable[[Iterable[Object]], Object]
    """Events of a streamed response → the response that they add up to."""


def _chat_sent(body: Object) -> Object:
    return {
        "gen_ai.input.messages": body.get("messages"),
        "gen_ai.tool.definitions": body.get("tools") or body.get("functions"),
    }


def _chat_came(body: Object) -> Object:
    choices = [one for one in _list(body.get("choices")) if isinstance(one, dict) and one.get("index", 0) == 0]
    usage = _object(body.get("usage"))
    return {
        "gen_ai.output.messages": [one.get("message") for one in choices[:1]],
        "gen_ai.response.finish_reasons": [one.get("finish_reason") for one in choices[:1]],
        "gen_ai.usage.input_tokens": usage.get("prompt_tokens"),
        "gen_ai.usage.output_tokens": usage.get("completion_tokens"),
    }


def _chat_joined(events: Iterable[Object]) -> Object:
    """Join the pieces of the first choice; the index of a tool call says which its pieces belong to."""
    whole: Object = {}
    text: list[str] = []
    calls: list[Object] = []
    finish: JsonValue = None
    for event in events:
        whole |= {name: event[name] for name in ("id", "model", "usage") if event.get(name)}
        for choice in _list(event.get("choices")):
            if not isinstance(choice, dict) or choice.get("index", 0) != 0:
                continue
            delta = _object(choice.get("delta"))
            finish = choice.get("finish_reason") or finish
            text += [str(delta[name]) for name in ("content", "refusal") if isinstance(delta.get(name), str)]
            pieces = list(_list(delta.get("tool_calls")))
            if called := _object(delta.get("function_call")):
                pieces.append({"index": 0, "function": called})
            for piece in pieces:
                if isinstance(piece, dict):
                    _add_call(_call_of(piece, calls), piece)
    message: Object = {"role": "assistant", "content": "".join(text) or None}
    if calls:
        message["tool_calls"] = [{name: value for name, value in call.items() if name != "index"} for call in calls]
    return whole | {"choices": [{"index": 0, "message": message, "finish_reason": finish}]}


def _call_of(piece: Object, calls: list[Object]) -> Object:
    """Return the call that a piece belongs to: that of its index, unless it names another id; without an index, the last."""
    index, name = piece.get("index"), piece.get("id")
    for call in reversed(calls):
        if index in (None, call.get("index")) and name in (None, "", call.get("id")):
            return call
    calls.append({"index": index})
    return calls[-1]


def _add_call(call: Object, piece: Object) -> None:
    function, more = call.setdefault("function", {}), _object(piece.get("function"))
    if piece.get("id"):
        call["id"] = piece["id"]
    if isinstance(function, dict):
        if more.get("name"):
            function["name"] = more["name"]
        function["arguments"] = f"{function.get('arguments', '')}{more.get('arguments') or ''}"


def _responses_sent(body: Object) -> Object:
    conversation = body.get("conversation")
    return {
        "gen_ai.system_instructions": body.get("instructions"),
        "gen_ai.input.messages": body.get("input"),
        "gen_ai.tool.definitions": body.get("tools"),
        "gen_ai.conversation.id": conversation.get("id") if isinstance(conversation, dict) else conversation,
        "clew.previous_response_id": body.get("previous_response_id"),
    }


def _responses_came(body: Object) -> Object:
    usage = _object(body.get("usage"))
    return {
        "gen_ai.output.messages": body.get("output"),
        "gen_ai.response.finish_reasons": [body.get("status")],
        "gen_ai.usage.input_tokens": usage.get("input_tokens"),
        "gen_ai.usage.output_tokens": usage.get("output_tokens"),
    }


def _responses_joined(events: Iterable[Object]) -> Object:
    """Return the response that the last event has; where the stream was cut, the items that were finished."""
    whole: Object = {}
    items: list[JsonValue] = []
    for event in events:
        whole = _object(event.get("response")) or whole
        if event.get("type") == "response.output_item.done":
            items.append(event.get("item"))
    return whole if whole.get("output") else whole | {"output": items}


def _anthropic_sent(body: Object) -> Object:
    return {
        "gen_ai.system_instructions": body.get("system"),
        "gen_ai.input.messages": body.get("messages"),
        "gen_ai.tool.definitions": body.get("tools"),
    }


def _anthropic_came(body: Object) -> Object:
    usage = _object(body.get("usage"))
    return {
        "gen_ai.output.messages": [{"role": "assistant", "content": body.get("content")}],
        "gen_ai.response.finish_reasons": [body.get("stop_reason")],
        "gen_ai.usage.input_tokens": usage.get("input_tokens"),
        "gen_ai.usage.output_tokens": usage.get("output_tokens"),
    }


_DELTAS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
"""Type of a delta → the field that it adds to; that of a tool's input is JSON in pieces."""


def _anthropic_joined(events: Iterable[Object]) -> Object:
    whole: Object = {}
    blocks: dict[int, Object] = {}
    for event in events:
        kind, index = event.get("type"), event.get("index")
        if kind == "message_start":
            whole = dict(_object(event.get("message")))
        elif kind == "content_block_start" and isinstance(index, int):
            blocks[index] = dict(_object(event.get("content_block")))
        elif kind == "content_block_delta" and isinstance(index, int):
            delta = _object(event.get("delta"))
            name = _DELTAS.get(str(delta.get("type")))
            if name is not None:
                block = blocks.setdefault(index, {"type": "text"})
                block[name] = f"{block.get(name) or ''}{delta.get(name) or ''}"
        elif kind == "message_delta":
            whole |= {"stop_reason": _object(event.get("delta")).get("stop_reason")}
            whole["usage"] = {**_object(whole.get("usage")), **_object(event.get("usage"))}
    for block in blocks.values():
        if "partial_json" in block:
            block["input"] = block.pop("partial_json") or "{}"
    return whole | {"content": [blocks[index] for index in sorted(blocks)]}


def _gemini_sent(body: Object) -> Object:
    inner = _object(body.get("request")) or body  # Code Assist wraps it
    offered = [one for tool in _list(inner.get("tools")) for one in _list(_object(tool).get("functionDeclarations"))]
    system = _object(inner.get("systemInstruction") or inner.get("system_instruction"))
    return {
        "gen_ai.system_instructions": system.get("parts"),
        "gen_ai.input.messages": inner.get("contents"),
        "gen_ai.tool.definitions": offered or None,
    }


def _gemini_came(body: Object) -> Object:
    inner = _object(body.get("response")) or body
    first = _object(next(iter(_list(inner.get("candidates"))), None))
    usage = _object(inner.get("usageMetadata"))
    return {
        "gen_ai.output.messages": [{**_object(first.get("content")), "role": "model"}] if first else None,
        "gen_ai.response.finish_reasons": [first.get("finishReason")],
        "gen_ai.response.id": inner.get("responseId"),
        "gen_ai.response.model": inner.get("modelVersion"),
        "gen_ai.usage.input_tokens": usage.get("promptTokenCount"),
        "gen_ai.usage.output_tokens": usage.get("candidatesTokenCount"),
    }


def _gemini_joined(events: Iterable[Object]) -> Object:
    """Join the parts of the first candidate; texts that follow one another are one."""
    whole: Object = {}
    parts: list[Object] = []
    candidate: Object = {}
    for given in events:
        event = _object(given.get("response")) or given
        whole |= {name: value for name, value in event.items() if name != "candidates"}
        for one in _list(event.get("candidates"))[:1]:
            candidate |= {name: value for name, value in _object(one).items() if name != "content"}
            for part in _list(_object(_object(one).get("content")).get("parts")):
                _add_part(parts, _object(part))
    return whole | {"candidates": [candidate | {"content": {"role": "model", "parts": list(parts)}}]}


def _add_part(parts: list[Object], part: Object) -> None:
    last = parts[-1] if parts else {}
    if "text" in part and "text" in last and bool(part.get("thought")) == bool(last.get("thought")):
        parts[-1] = last | {"text": f"{last['text']}{part['text']}"}
    else:
        parts.append(part)


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _object(value: JsonValue) -> Object:
    return value if isinstance(value, dict) else {}


APIS: tuple[Api, ...] = (
    Api("openai", re.compile(r"/chat/completions$"), _chat_sent, _chat_came, _chat_joined),
    Api(
        "openai", re.compile(r"/(?:v\d+|openai|codex)/responses$"), _responses_sent, _responses_came, _responses_joined
    ),
    Api("anthropic", re.compile(r"/v1/messages$"), _anthropic_sent, _anthropic_came, _anthropic_joined),
    Api("gcp.gemini", re.compile(r":(?:streamG|g)enerateContent$"), _gemini_sent, _gemini_came, _gemini_joined),
)
