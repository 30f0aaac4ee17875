"""Spans as other tools write them down: ids, times and content, whatever stands in their place."""

from typing import Any

import pytest

from sensor.sources.otlp.derive import derive
from sensor.sources.otlp.exported import knows, spans

MESSAGES = '[{"role": "user", "content": "Which letter is newer?"}]'
ABOUT = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": MESSAGES}


def sdk(**fields: Any) -> dict[str, Any]:
    """Return a span as the JavaScript SDK prints it."""
    context = {"traceId": "a" * 32, "spanId": "b" * 16}
    return {"spanContext": context, "name": "chat", "attributes": ABOUT, "events": [], **fields}


@pytest.mark.parametrize(
    ("time", "at_ns"),
    [
        ([1_790_000_000, 5], 1_790_000_000 * 10**9 + 5),
        ("2026-09-21T13:33:20.000001+00:00", 1_789_997_600 * 10**9 + 1_000),
        ([10**30, 0], 0),
        ([int("9" * 4_000), 0], 0),
        ([-1, 0], 0),
        ([True, False], 0),
        ([1.5, 0], 0),
        (["1", "2"], 0),
        ([], 0),
        ("yesterday", 0),
        (None, 0),
    ],
)
def test_a_time_that_can_be_none_is_unknown(time: Any, at_ns: int) -> None:
    (found,) = spans(sdk(startTime=time))

    assert found.start_ns == at_ns


def test_a_span_of_an_sdk_and_bare_attributes_say_the_same() -> None:
    for record in (sdk(), ABOUT):
        assert knows(record)
        (prompt,) = (event for event in derive(spans(record)) if event.kind == "prompt_submitted")
        assert prompt.text == "Which letter is newer?"


def test_an_observation_of_langfuse_takes_its_content_from_beside_the_attributes() -> None:
    observation = {"id": "obs-1", "traceId": "trace-1", "type": "GENERATION", "name": "chat", "input": MESSAGES}

    found = spans({"trace": {"id": "trace-1", "sessionId": "s-1"}, "observations": [observation, 7, {"id": 3}]})

    assert len(found) == 1
    assert any(event.kind == "prompt_submitted" for event in derive(found))


@pytest.mark.parametrize("record", [None, 7, "text", [], {}, {"spanContext": {}}, {"observations": 3}, [[None]]])
def test_other_records_are_none(record: Any) -> None:
    assert not knows(record)
