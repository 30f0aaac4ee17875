"""OpenAI chat messages, and the recordings of AgentDojo, AgentDyn and tau-bench, which are lists of them.

Formats: https://platform.openai.com/docs/api-reference/chat/create (messages), with two kinds of tool calls:

- OpenAI, tau-bench: `{"id", "type": "function", "function": {"name", "arguments": "<JSON>"}}`
- AgentDojo (`agentdojo/types.py`, `FunctionCall`): `{"function": "<name>", "args": {...}, "id": str | null}`; a tool
  message there has an `error` of its own, and `content` may be a list of `{"type": "text", "content": ...}`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pydantic import JsonValue

from sensor.event import Event, Principal
from sensor.identity import DEFAULT_TENANT
from sensor.sources.bounded_json import argument
from sensor.sources.transcript.emit import Emitter
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

CONVERSATION_IDS = ("conversation_id", "session_id", "thread_id")
"""Fields beside the messages in which applications keep the id of the run."""


def events(
    messages: Sequence[JsonValue],
    *,
    session: str,
    source: str,
    tenant: str = DEFAULT_TENANT,
    principal: Principal | None = None,
    ended: bool = True,
) -> Iterator[Event]:
    """Yield the events of one finished conversation.

    `messages`: the list as the API or the recording has it, read with `sensor.sources.bounded_json.loads`. A message
    without a known shape becomes `Unparsed` and its neighbours stay. `session`: a session key. `principal`: who is
    logged in, if the application says so. `ended`: whether the list is the whole run, so that `SessionEnded` follows.
    """
    emitter = Emitter(session, source, tenant, principal)
    told = turns(said(message) for message in messages)
    for position, turn in enumerate(told):
        yield from emitter.message(position, turn)
    if ended:
        yield emitter.ended(len(told))


def recorded(record: JsonValue) -> Recorded | None:
    """Return the conversation of one record, or `None` if it has not this format's shape.

    Shapes: a list of messages; `{"messages": [...]}`; `{"traj": [...]}` (tau-bench); a request and its response as
    `{"request": {...}, "response": {"choices": [...]}}`. `principal` beside them, `{"kind", "id"}`, says who is
    logged in. Other fields, such as labels of an evaluation, are not looked at.
    """
    if isinstance(record, list):
        messages: JsonValue = record
        request: dict[str, JsonValue] = {}
    elif isinstance(record, dict):
        inner = record.get("request")
        request = inner if isinstance(inner, dict) else record
        messages = request.get("messages", request.get("traj"))
    else:
        return None
    if not isinstance(messages, list) or not messages or not any(is_message(message) for message in messages):
        return None
    told = [said(message) for message in messages]
    if isinstance(record, dict) and isinstance(response := record.get("response"), dict):
        told.extend(_response(response))
    conversation = next((found for name in CONVERSATION_IDS if (found := string(request.get(name)))), None)
    who = principal_of(record.get("principal")) if isinstance(record, dict) else None
    return Recorded(turns(told), declared(request.get("tools")), conversation, who)


def is_message(value: JsonValue) -> bool:
    """Return whether `value` looks like one chat message."""
    return isinstance(value, dict) and isinstance(value.get("role"), str)


def _response(response: dict[str, JsonValue]) -> Iterator[tuple[Said, ...]]:
    choices = response.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(first, dict) and isinstance(message := first.get("message"), dict):
        yield (
            replace(
                _reply(message), model=string(response.get("model")), usage=usage(response.get("usage")),
                finish_reason=string(first.get("finish_reason")), response_id=string(response.get("id")),
            ),
        )  # fmt: skip


def said(message: JsonValue) -> tuple[Said, ...]:
    """Return what one chat message says."""
    if not isinstance(message, dict):
        return (unread("message is not an object", message),)
    match message.get("role"):
        case "system" | "developer" | "user" as role:
            return (Prompt(role, text_of(message.get("content"))),)
        case "assistant" | "model" | "ai":
            return (_reply(message),)
        case "tool" | "function":
            return (_result(message),)
        case role:
            return (unread(f"unknown role {str(role)[:40]!r}", message),)


def _reply(message: dict[str, JsonValue]) -> Reply:
    shown = "\n".join(part for part in (text_of(message.get("content")), text_of(message.get("refusal"))) if part)
    thinking = text_of(message.get("reasoning_content"))
    raw = message.get("tool_calls")
    calls = [_call(call) for call in raw] if isinstance(raw, list) else []
    if isinstance(message.get("function_call"), dict):  # the API before tool_calls; it had no ids
        calls.append(_call({"function": message["function_call"]}))
    return Reply("\n".join(part for part in (thinking, shown) if part), tuple(calls), shown=shown)


def _call(call: JsonValue) -> Call:
    if not isinstance(call, dict):
        return Call("", call)
    function = call.get("function") or call.get("custom")  # `custom`: a tool whose input is free text
    call_id = string(call.get("id"))
    if isinstance(function, dict):
        return Call(
            string(function.get("name")) or "", argument(function.get("arguments", function.get("input"))), call_id
        )
    return Call(string(function) or string(call.get("name")) or "", argument(call.get("args")), call_id)


def _result(message: dict[str, JsonValue]) -> Result:
    text = text_of(message.get("content"))
    error = message.get("error")
    failed = bool(error)
    if isinstance(error, str) and error not in text:
        text = f"{text}\n{error}" if text else error
    echo = message.get("tool_call")
    name = string(message.get("name")) or (string(echo.get("function")) if isinstance(echo, dict) else None)
    return Result(text, call_id=string(message.get("tool_call_id")), name=name, failed=failed)
