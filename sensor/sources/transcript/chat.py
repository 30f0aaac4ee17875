"""OpenAI chat messages, and the recordings of AgentDojo, AgentDyn and tau-bench, which are lists of them.

Formats: https://platform.openai.com/docs/api-reference/chat/create (messages), with two kinds of tool calls:

- OpenAI, tau-bench: `{"id", "type": "function", "function": {"name", "arguments": "<JSON>"}}`
- AgentDojo (`agentdojo/types.py`, `FunctionCall`): `{"function": "<name>", "args": {...}, "id": str | null}`; a tool
  message there has an `error` of its own, and `content` may be a list of `{"type": "text", "content": ...}`.
"""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from sensor.event import Event
from sensor.identity import DEFAULT_TENANT
from sensor.sources.bounded_json import argument
from sensor.sources.transcript.emit import Emitter
from sensor.sources.transcript.message import Call, Prompt, Reply, Result, Said, string, text_of, unread


def events(
    messages: Sequence[JsonValue], *, session: str, source: str, tenant: str = DEFAULT_TENANT, ended: bool = True
) -> Iterator[Event]:
    """Yield the events of one finished conversation.

    `messages`: the list as the API or the recording has it, read with `sensor.sources.bounded_json.loads`. A message
    without a known shape becomes `Unparsed` and its neighbours stay. `session`: a session key. `ended`: whether the list
    is the whole run, so that `SessionEnded` follows.
    """
    emitter = Emitter(session, source, tenant)
    for position, message in enumerate(messages):
        yield from emitter.message(position, said(message))
    if ended:
        yield emitter.ended(len(messages))


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
        return Call(string(function.get("name")) or "", argument(function.get("arguments", function.get("input"))), call_id)
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
