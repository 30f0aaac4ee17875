"""OpenAI Responses API: a request, a response, or both.

Format: https://platform.openai.com/docs/api-reference/responses. `input` is a string or items; `output` is items. Item
types: message `{role, content}`, function_call `{call_id, name, arguments}`, function_call_output `{call_id, output}`,
reasoning `{summary, content}`; tools of the platform (web_search_call, mcp_call, ...) are calls with fields of their
own.
"""

from collections.abc import Iterator

from pydantic import JsonValue

from sensor.sources.bounded_json import argument
from sensor.sources.transcript.message import (
    Call,
    Prompt,
    Recorded,
    Reply,
    Result,
    Said,
    declared,
    principal_of,
    string,
    text_of,
    turns,
    unread,
    usage,
)

_OWN_FIELDS = ("id", "type", "status", "call_id", "output", "error")


def recorded(record: JsonValue) -> Recorded | None:
    """Return the conversation of one record, or `None` if it has not this format's shape.

    Shapes: a request `{"input": ...}`; a response `{"object": "response", "output": [...]}`, which repeats the
    instructions; `{"request": {...}, "response": {...}}`; a list of items.
    """
    if isinstance(record, list):
        return Recorded(turns(_messages(record))) if any(map(is_item, record)) else None
    if not isinstance(record, dict):
        return None
    request = record.get("request", record)
    response = record.get("response", record)
    asked = request.get("input") if isinstance(request, dict) and "messages" not in request else None
    given = response.get("output") if isinstance(response, dict) and response.get("object") == "response" else None
    # Embeddings are asked for with `input` too; only a model that is told something has a model and no such field.
    if given is None and (not isinstance(request, dict) or not asked or not _is_request(request)):
        return None
    head = request if isinstance(request, dict) else {}
    told: list[tuple[Said, ...]] = []
    if head.get("instructions"):
        told.append((Prompt("system", text_of(head["instructions"])),))
    if isinstance(asked, str):
        told.append((Prompt("user", asked),))
    elif isinstance(asked, list):
        told.extend(_messages(asked))
    if isinstance(response, dict) and isinstance(given, list):
        told.append((_output(given, response), *_platform_results(given)))
    conversation = head.get("conversation")
    return Recorded(
        turns(told), declared(head.get("tools")),
        conversation=string(conversation.get("id") if isinstance(conversation, dict) else conversation),
        principal=principal_of(record.get("principal")),
        previous=string(head.get("previous_response_id")),
    )  # fmt: skip


def is_item(value: JsonValue) -> bool:
    """Return whether `value` looks like an input or output item that chat messages do not have."""
    kind = value.get("type") if isinstance(value, dict) else None
    return isinstance(kind, str) and (
        kind in ("function_call", "reasoning") or kind.endswith(("_call", "_call_output"))
    )


def _is_request(request: dict[str, JsonValue]) -> bool:
    asked = request.get("input")
    if isinstance(asked, list):
        return any(is_item(item) or (isinstance(item, dict) and "role" in item) for item in asked)
    return bool(
        {"instructions", "tools", "stream", "max_output_tokens", "previous_response_id", "response"} & set(request)
    )


def _messages(items: list[JsonValue]) -> Iterator[tuple[Said, ...]]:
    """Yield one message per turn: items that the model produced in a row are one reply."""
    produced: list[JsonValue] = []
    for item in items:
        if _by_model(item):
            produced.append(item)
            continue
        if produced:
            yield (_output(produced, {}), *_platform_results(produced))
            produced = []
        yield (_given(item),)
    if produced:
        yield (_output(produced, {}), *_platform_results(produced))


def _by_model(item: JsonValue) -> bool:
    if not isinstance(item, dict):
        return False
    kind = str(item.get("type", "message"))
    return item.get("role") == "assistant" or kind == "reasoning" or kind.endswith("_call")


def _given(item: JsonValue) -> Said:
    if not isinstance(item, dict):
        return unread("item is not an object", item)
    kind = str(item.get("type", "message"))
    if kind.endswith("_output"):
        return Result(text_of(item.get("output")), call_id=string(item.get("call_id")))
    match item.get("role"):
        case "system" | "developer" | "user" as role:
            return Prompt(role, text_of(item.get("content")))
        case _:
            return unread(f"unknown item {kind[:40]!r}", item)


def _output(items: list[JsonValue], response: dict[str, JsonValue]) -> Reply:
    texts: list[str] = []
    shown: list[str] = []
    calls: list[Call] = []
    for item in items:
        if not isinstance(item, dict):
            continue
        kind = str(item.get("type", "message"))
        if kind.endswith("_call"):
            calls.append(_call(item, kind))
        elif kind == "reasoning":
            texts.append(text_of(item.get("summary")))
            texts.append(text_of(item.get("content")))
        else:
            texts.append(text_of(item.get("content")))
            shown.append(text_of(item.get("content")))
    return Reply(
        "\n".join(filter(None, texts)), tuple(calls), shown="\n".join(filter(None, shown)),
        model=string(response.get("model")), usage=usage(response.get("usage")),
        finish_reason=string(response.get("status")), response_id=string(response.get("id")),
    )  # fmt: skip


def _call(item: dict[str, JsonValue], kind: str) -> Call:
    call_id = string(item.get("call_id")) or string(item.get("id"))
    if "arguments" in item or "input" in item:
        return Call(string(item.get("name")) or kind, argument(item.get("arguments", item.get("input"))), call_id)
    return Call(kind, {name: value for name, value in item.items() if name not in _OWN_FIELDS}, call_id)


def _platform_results(items: list[JsonValue]) -> Iterator[Result]:
    """Yield the results of calls that the platform ran itself; they are in the call's own item."""
    for item in items:
        if (
            isinstance(item, dict)
            and str(item.get("type")).endswith("_call")
            and (item.get("output") or item.get("error"))
        ):
            call_id = string(item.get("call_id")) or string(item.get("id"))
            texts = [text_of(item.get("output")), text_of(item.get("error"))]
            yield Result("\n".join(filter(None, texts)), call_id=call_id, failed=bool(item.get("error")))
