"""One scenario → the committed files: a transcript or telemetry, what reached the services, and what shall be found."""

import json
from typing import Any

from examples.recorder.instrumented import watched
from examples.recorder.playing import as_yaml, play
from examples.recorder.scenario import Expected, Scenario
from examples.recorder.telemetry import lines


def record(scenario: Scenario) -> dict[str, str]:
    """Play the scenario and return its files by name."""
    return _telemetry(scenario) if scenario.instrumentation else _transcript(scenario)


def _transcript(scenario: Scenario) -> dict[str, str]:
    """Keep the session as the client library sent it in its last request, the last reply behind it."""
    played = play(scenario)
    request = played.model.last_request
    wire = {key: value for key, value in request.items() if key in {"model", "system", "tools"}}
    messages = [*request["messages"], played.model.last_message]
    session = {"principal": dict(scenario.principal), **wire, "messages": messages}
    place = {"position": _position(scenario.expected, messages, first=int("system" in wire))}
    return {
        "session.json": json.dumps(session, indent=1, ensure_ascii=False) + "\n",
        "traffic.yaml": played.traffic_yaml(),
        "expected.yaml": as_yaml(_expected(scenario.expected, place)),
    }


def _telemetry(scenario: Scenario) -> dict[str, str]:
    """Keep what the instrumentation reported."""
    bodies, traffic = watched(str(scenario.instrumentation), scenario.name)
    place = {"session": scenario.expected.origin_session, "source": scenario.expected.source}
    return {
        "spans.jsonl": lines(bodies),
        "traffic.yaml": traffic,
        "expected.yaml": as_yaml(_expected(scenario.expected, place)),
    }


def _expected(expected: Expected, place: dict[str, Any]) -> dict[str, Any]:
    """Return what shall be found; `place` is where the origin stands."""
    if not expected.story:
        return {"story": False}
    told = {"session": expected.session} if expected.session else {}
    return {
        "story": True,
        "origin": {**{name: value for name, value in place.items() if value is not None}, "text": expected.origin},
        "effect": expected.effect,
        **told,
        "value": expected.value,
        "destination": expected.destination,
    }


def _position(expected: Expected, messages: list[dict[str, Any]], first: int) -> int | None:
    """Return the position of the steering text; `first` is the position of the first message in the conversation."""
    if not expected.story:
        return None
    return next(
        index
        for index, message in enumerate(messages, start=first)
        if any(str(expected.origin) in text for text in _texts(message))
    )


def _texts(message: dict[str, Any]) -> list[str]:
    """Return the texts of a message; a result that is JSON also as the strings it holds."""
    content = message.get("content")
    texts = (
        [content]
        if isinstance(content, str)
        else [str(block.get("text") or block.get("content") or "") for block in content or ()]
    )
    return texts + [value for text in texts if text.startswith("{") for value in map(str, json.loads(text).values())]
