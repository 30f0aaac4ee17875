"""Message lists as telemetry carries them, of any shape → what each message says.

Exporters write the list as their framework has it: OpenTelemetry parts (`{"role", "parts": [{"type": "tool_call", …}]}`), chat and
Anthropic messages, Responses items, Gemini parts, Vercel AI SDK parts (`tool-call`, `toolCallId`), LangChain messages
(`type: "human"`, `additional_kwargs`), and OpenInference's wrappers (`{"message": {"contents": [{"message_content": …}]}}`).
They differ in names, not in what they say, so one reader takes them all: a message has a role and parts, and a part is text,
thinking, a call or a result.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from sensor.errors import UnreadableJsonError
from sensor.sources.bounded_json import argument, loads
from sensor.sources.transcript.message import (
    Call,
    Prompt,
    Reply,
    Result,
    Said,
    Unread,
    string,
    text_of,
    turns,
    unread,
)

Messages = tuple[tuple[Said, ...], ...]
Object = dict[str, JsonValue]

_ROLES = {
    "human": "user", "user": "user", "system": "system", "developer": "developer", "ai": "assistant",
    "assistant": "assistant", "model": "assistant", "tool": "tool", "function": "tool", "aimessagechunk": "assistant",
    "humanmessage": "user", "aimessage": "assistant", "systemmessage": "system", "toolmessage": "tool",
}  # fmt: skip
_KEPT_BACK = frozenset({"", "redacted"})
"""What exporters put in the place of content, without brackets and the like: `__REDACTED__` (OpenInference), an empty text."""
_CALLS = frozenset(
    ("tool_call", "tool-call", "tool_use", "toolcall", "function_call", "functioncall", "server_tool_use")
)
_RESULTS = frozenset(
    ("tool_call_response", "tool-result", "tool_result", "toolresult", "function_call_output", "functionresponse",
     "tool_call_output", "custom_tool_call_output")
)  # fmt: skip
_THOUGHTS = frozenset(("reasoning", "thinking", "redacted_thinking", "redacted-reasoning"))
_PRODUCED = _CALLS | _THOUGHTS
_PARTS = _CALLS | _RESULTS | _THOUGHTS
_CONTENTS = ("reasoning_content", "content", "contents", "parts", "refusal")
_MESSAGE = (*_CONTENTS, "tool_calls", "toolCalls", "function_call", "kwargs")
_WRAPPERS = {
    "user": ("messages", "input", "prompt", "contents", "history"),
    "assistant": ("output", "choices", "messages", "message", "response", "candidates", "generations"),
}


@dataclass(slots=True)
class _Parts:
    """What the parts of one message add up to."""

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)


def parsed(value: JsonValue) -> JsonValue:
    """Return the value that a text spells in JSON; other text stays text."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[", '"')):
        return value
    try:
        return loads(value)
    except UnreadableJsonError:
        return value


def speaks(item: Said) -> bool:
    """Return whether there are words or calls in an item of a message, and no mark in the place of them."""
    if isinstance(item, Unread) or (isinstance(item, Reply) and item.calls):
        return True
    text = item.text.strip()
    return len(text) > 40 or text.strip("[](){}<>*_-. ").casefold() not in _KEPT_BACK


def messages(value: JsonValue, *, alone: Literal["user", "assistant"] = "user") -> Messages:
    """Return the messages of a list, of an object that holds one, or of a text; `alone` is the role of a bare text."""
    return turns(_messages(parsed(value), alone, 4))


def _messages(value: JsonValue, alone: Literal["user", "assistant"], levels: int) -> Iterator[tuple[Said, ...]]:
    if isinstance(value, str):
        if value.strip():
            yield (Prompt("user", value) if alone == "user" else Reply(value),)
    elif isinstance(value, list):
        items = value[0] if value and isinstance(value[0], list) else value  # a batch of one
        yield from _listed([one for one in items if isinstance(one, dict | str)], alone)
    elif isinstance(value, dict):
        yield from _wrapped(value, alone, levels)


def _wrapped(value: Object, alone: Literal["user", "assistant"], levels: int) -> Iterator[tuple[Said, ...]]:
    if _is_message(value):
        yield from _listed([value], alone)
        return
    system = value.get("system") or value.get("instructions")
    if system:
        yield (Prompt("system", plain(system)),)
    inner = next((value[name] for name in _WRAPPERS[alone] if value.get(name)), None)
    if inner is not None and levels:
        yield from _messages(parsed(inner), alone, levels - 1)
    elif not system:
        yield (Prompt("user", plain(value)) if alone == "user" else Reply(plain(value)),)


def _listed(items: list[Object | str], alone: Literal["user", "assistant"]) -> Iterator[tuple[Said, ...]]:
    """Yield one message per turn: items that the model produced in a row are one reply (Responses API)."""
    produced: list[Object] = []
    for listed in items:
        item = _unwrapped(listed, "message") if isinstance(listed, dict) else listed
        if isinstance(item, dict) and _produced(item):
            produced.append(item)
            continue
        if produced:
            yield (_reply(_gathered(produced)),)
            produced = []
        if isinstance(item, str):
            yield (Prompt("user", item) if alone == "user" else Reply(item),)
        elif (turn := said(item)) != ():
            yield turn
    if produced:
        yield (_reply(_gathered(produced)),)


def _unwrapped(item: Object, name: str) -> Object:
    """Return what an item holds under `name`, if it is a wrapper: one of several choices, or an OpenInference object."""
    inner = item.get(name)
    return inner if isinstance(inner, dict) and "role" not in item else item


def _produced(item: Object) -> bool:
    """Return whether an item of the Responses API was made by the model: items in a row are one reply, its words among them."""
    kind = _kind(item)
    if kind == "message" and role_of(item) == "assistant":
        return True
    calls = kind == "" and ("function_call" in item or "tool_calls" in item)
    return (kind in _PRODUCED or calls or is_call(item)) and role_of(item) == ""


def is_own(item: Object) -> bool:
    """Return whether an item is what the model said."""
    inner = _unwrapped(item, "message")
    return role_of(inner) == "assistant" or _produced(inner)


def is_message(item: Object) -> bool:
    """Return whether an item is a message beyond doubt: of a known role and with content, or a part that stands as one."""
    inner = _unwrapped(item, "message")
    if role_of(inner) in _ROLES.values():
        return any(name in inner for name in _MESSAGE)
    return role_of(inner) == "" and _kind(inner) in _PARTS


def is_call(item: Object) -> bool:
    """Return whether an object without a type is a call: Vercel's lists of calls have none."""
    return "toolCallId" in item and "toolName" in item and not {"result", "output"} & set(item)


def calls_of(value: JsonValue) -> tuple[Call, ...]:
    """Return the calls of a list that holds nothing else."""
    listed = parsed(value)
    return tuple(_call(item) for item in (listed if isinstance(listed, list) else []) if isinstance(item, dict))


def _is_message(value: Object) -> bool:
    return role_of(value) != "" or (_kind(value) in _CALLS or _kind(value) in _RESULTS)


def role_of(message: Object) -> str:
    """Return the role in OpenAI's words, empty where there is none."""
    for name in ("role", "type"):
        value = message.get(name)
        if isinstance(value, str) and value.casefold() in _ROLES:
            return _ROLES[value.casefold()]
    inner = message.get("id")
    if isinstance(inner, list) and inner and isinstance(inner[-1], str):  # LangChain's serialised form
        return _ROLES.get(inner[-1].casefold(), "")
    return str(message["role"]) if isinstance(message.get("role"), str) else ""


def said(message: Object) -> tuple[Said, ...]:
    """Return what one message says; nothing for one that only offers tools."""
    if isinstance(message.get("kwargs"), dict) and isinstance(message.get("id"), list):
        message = {**message["kwargs"], "type": message["id"][-1] if message["id"] else ""}  # type: ignore[dict-item, index]
    role = role_of(message)
    parts = _gathered([message])
    match role:
        case "assistant":
            return (_reply(parts),)
        case "system" | "developer":
            return (Prompt("system" if role == "system" else "developer", "\n".join(parts.texts)),)
        case "tool":
            return _results(message, parts)
        case "user" | "":
            if role == "" and not parts.results:
                return (unread("message without a role", message),)
            texts = "\n".join(parts.texts)
            return (*parts.results, *((Prompt("user", texts),) if texts or not parts.results else ()))
    return (unread(f"unknown role {role[:40]!r}", message),)


def _results(message: Object, parts: _Parts) -> tuple[Said, ...]:
    if parts.results:
        return tuple(parts.results)
    content = message.get("content")
    if isinstance(content, dict) and isinstance(content.get("function"), dict):
        return ()  # a tool that is offered, which LangChain's exporters list among the messages
    call_id = string(message.get("tool_call_id")) or string(message.get("toolCallId")) or string(message.get("id"))
    failed = message.get("status") == "error" or message.get("is_error") is True
    return (Result("\n".join(parts.texts), call_id, string(message.get("name")), failed),)


def _gathered(items: list[Object]) -> _Parts:
    parts = _Parts()
    for item in items:
        if (_kind(item) in _PARTS or is_call(item)) and role_of(item) == "":
            _take(item, parts)
            continue
        for name in _CONTENTS:
            value = item.get(name)
            if value is None:
                continue
            for part in value if isinstance(value, list) else [value] if value not in (None, "") else []:
                _take(part if name != "reasoning_content" else {"type": "reasoning", "content": part}, parts)
        extra = item.get("additional_kwargs")
        for holder in (item, extra if isinstance(extra, dict) and not item.get("tool_calls") else {}):
            listed = holder.get("tool_calls") or holder.get("toolCalls") or holder.get("function_call") or []
            for call in listed if isinstance(listed, list) else [listed]:
                if isinstance(call, dict):
                    parts.calls.append(_call(call))
    return parts


def _take(given: JsonValue, parts: _Parts) -> None:
    if not isinstance(given, dict):
        parts.texts.append(plain(given))
        return
    part = _unwrapped(given, "message_content")
    kind = _kind(part)
    inner = next(
        (part[name] for name in ("functionCall", "functionResponse") if isinstance(part.get(name), dict)), None
    )
    if kind in _CALLS or "functionCall" in part or is_call(part):
        parts.calls.append(_call(inner if isinstance(inner, dict) else part))
    elif kind in _RESULTS or "functionResponse" in part:
        parts.results.append(_result(inner if isinstance(inner, dict) else part))
    elif kind in _THOUGHTS or part.get("thought") is True:
        parts.thoughts.append(text_of(part) if kind != "redacted_thinking" else "[thinking]")
    else:
        parts.texts.append(text_of(part))


def _kind(part: Object) -> str:
    kind = part.get("type", part.get("kind"))
    return kind.casefold() if isinstance(kind, str) else ""


def _call(given_call: Object) -> Call:
    call = _unwrapped(given_call, "tool_call")
    function = call.get("function")
    inner = function if isinstance(function, dict) else call
    name = string(inner.get("name")) or string(call.get("toolName")) or (string(function) if function else None) or ""
    given = next(
        (inner[key] for key in ("arguments", "args", "input", "parameters") if inner.get(key) is not None), None
    )
    call_id = next(
        (found for key in ("call_id", "toolCallId", "tool_call_id", "id") if (found := string(call.get(key)))), None
    )
    return Call(name, argument(given), call_id)


def _result(part: Object) -> Result:
    call_id = next(
        (
            found
            for key in ("call_id", "toolCallId", "tool_use_id", "tool_call_id", "id")
            if (found := string(part.get(key)))
        ),
        None,
    )
    value = next((part[key] for key in ("result", "response", "output", "content") if part.get(key) is not None), None)
    failed = part.get("is_error") is True or part.get("isError") is True
    return Result(plain(value), call_id, string(part.get("name")) or string(part.get("toolName")), failed)


def plain(value: JsonValue) -> str:
    """Return the text of a result or input: its own text where it is wrapped in one of the usual ways, else its JSON."""
    value = parsed(value) if isinstance(value, str) and value.startswith('"') else value
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, dict):
        if isinstance(value.get("type"), str) and "value" in value:  # Vercel: {"type": "text", "value": …}
            return plain(value["value"])
        content = value.get("content")
        if isinstance(content, list | str) and (
            "role" in value or set(value) <= {"content", "isError", "structuredContent", "_meta"}
        ):
            return plain(content)  # MCP: {"content": [{"type": "text", …}]}
    if (
        isinstance(value, list)
        and value
        and all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in value)
    ):
        return text_of(value)
    return json.dumps(value, ensure_ascii=False)


def _reply(parts: _Parts) -> Reply:
    shown = "\n".join(filter(None, parts.texts))
    return Reply("\n".join(filter(None, (*parts.thoughts, shown))), tuple(parts.calls), shown=shown)


def last_reply(value: JsonValue) -> Reply | None:
    """Return the reply that an output holds: the last message of the model in it, or a bare text."""
    found = [item for turn in messages(value, alone="assistant") for item in turn if isinstance(item, Reply)]
    return found[-1] if found else None
