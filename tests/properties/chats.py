"""Sessions built in view: a few turns of a chat, written down as a list, become the messages and events of one run."""

import json
from collections.abc import Sequence
from dataclasses import replace

from pydantic import JsonValue

from correlator.pipeline import Judgement, judge
from correlator.score import SHIPPED, Scale
from sensor.event import Event, Principal, SessionEnded, ToolDeclaration, ToolsDeclared
from sensor.identity import session_key
from sensor.sources.transcript.chat import events as chat_events

Message = dict[str, JsonValue]
Turn = list[Message]
LOW = replace(SHIPPED, threshold=-100.0)
"""A threshold that every alarming effect reaches, for tests that are not about the score."""


def user(text: str) -> Turn:
    """The user says something."""
    return [{"role": "user", "content": text}]


def system(text: str) -> Turn:
    """The operator set something up."""
    return [{"role": "system", "content": text}]


def says(text: str) -> Turn:
    """The agent answers."""
    return [{"role": "assistant", "content": text}]


def call(name: str, arguments: JsonValue, result: str | None = None, *, error: str | None = None) -> Turn:
    """The agent calls a tool; `None` as result: none was recorded."""
    function: JsonValue = {"name": name, "arguments": json.dumps(arguments)}
    turn: Turn = [{"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": function}]}]
    if result is not None:
        turn.append({"role": "tool", "content": result, "error": error})
    return turn


def chat(*turns: Turn) -> list[JsonValue]:
    """Return the messages of a session, each call with an id of its own."""
    messages: list[JsonValue] = []
    number = 0
    for message in (message for turn in turns for message in turn):
        if message["role"] == "assistant" and isinstance(calls := message.get("tool_calls"), list):
            number += 1
            named = [{**one, "id": f"c{number}"} for one in calls if isinstance(one, dict)]
            messages.append({**message, "tool_calls": [*named]})
        elif message["role"] == "tool":
            messages.append({**message, "tool_call_id": f"c{number}"})
        else:
            messages.append(message)
    return messages


def events(
    *turns: Turn, principal: Principal | None = None, ended: bool = True, name: str = "1",
    tools: Sequence[ToolDeclaration] = (),
) -> list[Event]:  # fmt: skip
    """Return the events of a session; `tools` are declared before its first message."""
    session = session_key("record", name)
    found: list[Event] = list(
        chat_events(chat(*turns), session=session, source="transcript:chat", principal=principal, ended=ended)
    )
    if tools:
        found.append(ToolsDeclared(session=session, position=0, source="transcript:chat", tools=tuple(tools)))
    return found


def judged(
    *turns: Turn, principal: Principal | None = None, ended: bool = True, scale: Scale = LOW,
    tools: Sequence[ToolDeclaration] = (),
) -> Judgement:  # fmt: skip
    """Return the judgement of a session, on the scale with the low threshold unless another is given."""
    return judge(events(*turns, principal=principal, ended=ended, tools=tools), scale=scale)


def without_end(found: Sequence[Event]) -> list[Event]:
    """Return the events without the one that says that the session is over."""
    return [event for event in found if not isinstance(event, SessionEnded)]
