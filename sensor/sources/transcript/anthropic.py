"""Anthropic Messages API: a request body, optionally with its response.

Format: https://docs.anthropic.com/en/api/messages. `system` is a string or text blocks; `content` of a message is a
string or blocks of type text, thinking, redacted_thinking, tool_use `{id, name, input}`, tool_result `{tool_use_id,
content, is_error}`, image, document; server tools use the same fields under longer type names.
"""

from collections.abc import Iterator

from pydantic import JsonValue

from sensor.sources.transcript.chat import CONVERSATION_IDS
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

_OWN_BLOCKS = ("tool_use", "tool_result", "thinking", "redacted_thinking")


def recorded(record: JsonValue) -> Recorded | None:
    """Return the conversation of one record, or `None` if it has not this format's shape.

    Shapes: a request body; a list of its messages; `{"request": {...}, "response": {...}}`. What sets it apart from
    chat messages: `system` beside the messages, tool or thinking blocks in them, or tools with an `input_schema`.
    """
    request: JsonValue = record.get("request", record) if isinstance(record, dict) else {"messages": record}
    if not isinstance(request, dict) or not isinstance(messages := request.get("messages"), list):
        return None
    response = record.get("response") if isinstance(record, dict) else None
    if not (_own_request(request) or any(map(_own_message, messages)) or _is_response(response)):
        return None
    told: list[tuple[Said, ...]] = []
    if request.get("system"):
        told.append((Prompt("system", text_of(request["system"])),))
    told.extend(said(message) for message in messages)
    if isinstance(response, dict) and _is_response(response):
        told.append((reply(response),))
    conversation = next((found for name in CONVERSATION_IDS if (found := string(request.get(name)))), None)
    who = principal_of(record.get("principal")) if isinstance(record, dict) else None
    return Recorded(turns(told), declared(request.get("tools")), conversation, who)


def said(message: JsonValue) -> tuple[Said, ...]:
    """Return what one message says; a user message may hold results and a request at once."""
    if not isinstance(message, dict):
        return (unread("message is not an object", message),)
    match message.get("role"):
        case "assistant":
            return (reply(message),)
        case "user":
            return tuple(_user(message.get("content")))
        case "system" | "developer" as role:
            return (Prompt(role, text_of(message.get("content"))),)
        case role:
            return (unread(f"unknown role {str(role)[:40]!r}", message),)


def reply(message: dict[str, JsonValue]) -> Reply:
    """Return a reply: an assistant message of the history, or a whole response body."""
    blocks = message.get("content")
    texts: list[str] = []
    shown: list[str] = []
    calls: list[Call] = []
    for block in blocks if isinstance(blocks, list) else [blocks]:
        kind = block.get("type") if isinstance(block, dict) else None
        if isinstance(block, dict) and isinstance(kind, str) and kind.endswith("tool_use"):
            calls.append(Call(string(block.get("name")) or "", block.get("input"), string(block.get("id"))))
            continue
        text = text_of(block) if kind != "redacted_thinking" else "[thinking]"
        texts.append(text)
        if kind not in ("thinking", "redacted_thinking"):
            shown.append(text)
    return Reply(
        "\n".join(filter(None, texts)), tuple(calls), shown="\n".join(filter(None, shown)),
        model=string(message.get("model")), usage=usage(message.get("usage")),
        finish_reason=string(message.get("stop_reason")), response_id=string(message.get("id")),
    )  # fmt: skip


def result(block: dict[str, JsonValue]) -> Result:
    """Return a tool_result block."""
    return Result(
        text_of(block.get("content")), call_id=string(block.get("tool_use_id")), failed=block.get("is_error") is True
    )


def _user(content: JsonValue) -> Iterator[Said]:
    """Yield the results first, as the API demands, then what else the message holds as one request."""
    blocks = content if isinstance(content, list) else [content]
    rest: list[JsonValue] = []
    for block in blocks:
        if isinstance(block, dict) and str(block.get("type")).endswith("tool_result"):
            yield result(block)
        else:
            rest.append(block)
    if rest:
        yield Prompt("user", text_of(rest))


def _own_request(request: dict[str, JsonValue]) -> bool:
    tools = request.get("tools")
    first = tools[0] if isinstance(tools, list) and tools else None
    return "system" in request or (isinstance(first, dict) and "input_schema" in first)


def _own_message(message: JsonValue) -> bool:
    content = message.get("content") if isinstance(message, dict) else None
    blocks = content if isinstance(content, list) else []
    return any(isinstance(block, dict) and block.get("type") in _OWN_BLOCKS for block in blocks)


def _is_response(response: JsonValue) -> bool:
    return isinstance(response, dict) and response.get("type") == "message" and response.get("role") == "assistant"
