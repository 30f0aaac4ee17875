from pydantic import JsonValue

from sensor.event import (
    Answered,
    Event,
    ModelResponded,
    PromptSubmitted,
    SessionEnded,
    ToolCalled,
    ToolReturned,
    Unparsed,
)
from sensor.identity import session_key
from sensor.sources.transcript import chat

KEY = session_key("record", "1")


def read(*messages: JsonValue) -> list[Event]:
    return list(chat.events(messages, session=KEY, source="transcript:chat"))


def asks(*calls: JsonValue, content: JsonValue = None) -> JsonValue:
    return {"role": "assistant", "content": content, "tool_calls": list(calls)}


def test_a_conversation_becomes_what_was_asked_called_returned_and_answered() -> None:
    call: JsonValue = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": '{"id": 7}'}}
    events = read(
        {"role": "system", "content": "Help."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Read 7"}, {"type": "image_url", "image_url": {"url": "data:..."}}],
        },
        asks(call),
        {"role": "tool", "tool_call_id": "c1", "content": "seven"},
        {"role": "assistant", "content": "It says seven."},
    )
    assert [(event.kind, event.order) for event in events] == [
        ("prompt_submitted", (0, 0)), ("prompt_submitted", (1, 0)),
        ("model_responded", (2, 0)), ("tool_called", (2, 0)),
        ("tool_returned", (3, 0)), ("model_responded", (4, 0)), ("answered", (4, 0)), ("session_ended", (5, 0)),
    ]  # fmt: skip
    assert isinstance(events[1], PromptSubmitted)
    assert events[1].text == "Read 7\n[image]"
    assert isinstance(events[2], ModelResponded)
    assert events[2].calls[0].arguments == {"id": 7}
    assert isinstance(events[3], ToolCalled)
    assert (events[3].name, events[3].arguments, events[3].call_id) == (
        "read",
        {"id": 7},
        "c1",
    )
    assert isinstance(events[4], ToolReturned)
    assert (events[4].call_id, events[4].name) == ("c1", "read")
    assert isinstance(events[6], Answered)
    assert isinstance(events[7], SessionEnded)


def test_agentdojo_calls_and_errors_are_understood() -> None:
    events = read(
        asks({"function": "pay", "args": {"to": "x"}, "id": "a"}, content=[{"type": "text", "content": "Paying."}]),
        {
            "role": "tool",
            "content": [{"type": "text", "content": ""}],
            "tool_call_id": "a",
            "error": "ValueError: no such account",
        },
    )
    called = next(event for event in events if isinstance(event, ToolCalled))
    returned = next(event for event in events if isinstance(event, ToolReturned))
    assert (called.name, called.arguments) == ("pay", {"to": "x"})
    assert (returned.text, returned.failed) == ("ValueError: no such account", True)


def pairs(events: list[Event]) -> list[tuple[str, str]]:
    """Return what each result was joined to: argument of the call, text of the result."""
    calls = {event.call_id: str(event.arguments) for event in events if isinstance(event, ToolCalled)}
    return [(calls[event.call_id], event.text) for event in events if isinstance(event, ToolReturned)]


def test_results_without_ids_belong_to_the_next_unanswered_call() -> None:
    events = read(
        asks({"function": "f", "args": "1", "id": None}, {"function": "f", "args": "2", "id": None}),
        {"role": "tool", "tool_call_id": None, "content": "one"},
        {"role": "tool", "tool_call_id": None, "content": "two"},
        asks({"function": "f", "args": "3", "id": None}),
        {"role": "tool", "tool_call_id": None, "content": "three"},
    )
    assert pairs(events) == [("1", "one"), ("2", "two"), ("3", "three")]


def test_ids_that_are_used_twice_pair_by_order_and_become_distinct() -> None:
    events = read(
        asks({"function": "f", "args": "1", "id": "x"}, {"function": "f", "args": "2", "id": "x"}),
        {"role": "tool", "tool_call_id": "x", "content": "one"},
        {"role": "tool", "tool_call_id": "x", "content": "two"},
        asks({"function": "f", "args": "3", "id": "x"}),
        {"role": "tool", "tool_call_id": "x", "content": "three"},
    )
    assert pairs(events) == [("1", "one"), ("2", "two"), ("3", "three")]


def test_an_abandoned_call_does_not_shift_the_results_of_later_ones() -> None:
    events = read(
        asks({"function": "f", "args": "abandoned", "id": None}),
        {"role": "user", "content": "stop, do this"},
        asks({"function": "f", "args": "2", "id": None}),
        {"role": "tool", "content": "two"},
    )
    assert pairs(events) == [("2", "two")]


def test_a_result_without_a_call_and_a_call_without_a_result_are_kept() -> None:
    events = read(
        {"role": "tool", "tool_call_id": "gone", "content": "late"}, asks({"function": "f", "args": {}, "id": "y"})
    )
    assert [event.kind for event in events] == ["tool_returned", "model_responded", "tool_called", "session_ended"]
    assert isinstance(events[0], ToolReturned)
    assert events[0].call_id == "gone"


def test_arguments_that_are_no_json_stay_the_text_that_the_model_wrote() -> None:
    events = read(asks({"id": "1", "function": {"name": "f", "arguments": '{"cut": '}}))
    assert isinstance(events[1], ToolCalled)
    assert events[1].arguments == '{"cut": '


def test_messages_without_a_known_shape_are_counted_and_their_neighbours_stay() -> None:
    events = read(
        "text", {"role": "user", "content": "hello"}, {"role": "oracle"}, None, {"role": "user", "content": 7}
    )
    assert [event.kind for event in events] == [
        "unparsed", "prompt_submitted", "unparsed", "unparsed", "prompt_submitted", "session_ended"
    ]  # fmt: skip
    assert isinstance(events[0], Unparsed)
    assert events[0].where == "message 0"
