"""SWE-agent trajectories (`.traj`): a coding agent whose tool is a shell.

Format: https://swe-agent.com/latest/usage/trajectories/. `history` is a list of chat messages in which an assistant
message has an `action` (the command line) and, in newer versions, also `tool_calls`; older versions send the
observation back as a `user` message. `trajectory` is the same run as steps of `action` and `observation`, and stands
in where there is no history.
"""

from collections.abc import Iterator

from pydantic import JsonValue

from sensor.sources.transcript import chat
from sensor.sources.transcript.message import Call, Recorded, Reply, Result, Said, string, text_of, unread

SHELL = "shell"
"""Name of the tool where the recording names none: the whole action is a command line."""


def recorded(record: JsonValue) -> Recorded | None:
    """Return the run of one record, or `None` if it has not this format's shape."""
    if not isinstance(record, dict):
        return None
    history, steps = record.get("history"), record.get("trajectory")
    if isinstance(history, list) and any(map(chat.is_message, history)):
        return Recorded(tuple(_history(history)))
    if isinstance(steps, list) and any(isinstance(step, dict) and "action" in step for step in steps):
        return Recorded(tuple(_steps(steps)))
    return None


def _history(messages: list[JsonValue]) -> Iterator[tuple[Said, ...]]:
    awaited = False
    for message in messages:
        if not isinstance(message, dict):
            yield (unread("message is not an object", message),)
            continue
        role = message.get("role")
        if awaited and role == "user":
            yield (Result(text_of(message.get("content"))),)
            awaited = False
        elif role == "tool":
            ids = message.get("tool_call_ids")
            call_id = ids[0] if isinstance(ids, list) and ids else message.get("tool_call_id")
            yield (Result(text_of(message.get("content")), call_id=string(call_id)),)
        elif role == "assistant" and not message.get("tool_calls") and string(message.get("action")):
            yield (_acted(message.get("content"), message["action"]),)
            awaited = True
        else:
            yield chat.said(message)
            awaited = False


def _steps(steps: list[JsonValue]) -> Iterator[tuple[Said, ...]]:
    for step in steps:
        if not isinstance(step, dict):
            yield (unread("step is not an object", step),)
            continue
        if string(step.get("action")) is None:
            yield (Reply(text_of(step.get("response", step.get("thought")))),)
            continue
        yield (_acted(step.get("response", step.get("thought")), step["action"]),)
        if "observation" in step:
            yield (Result(text_of(step.get("observation"))),)


def _acted(text: JsonValue, action: JsonValue) -> Reply:
    return Reply(text_of(text), (Call(SHELL, {"command": text_of(action).rstrip("\n")}),))
