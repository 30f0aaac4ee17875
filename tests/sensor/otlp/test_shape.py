"""Spans and attributes that no dialect names: a conversation is known by its shape, and all else is left alone."""

import json
from dataclasses import replace
from typing import Any

import pytest

from sensor.event import CaptureStatus, Event, ModelResponded, ToolCalled, ToolReturned
from sensor.identity import session_key
from sensor.sources.otlp.derive import derive
from sensor.sources.otlp.read import UNKNOWN, read
from sensor.sources.otlp.span import Span, SpanEvent
from tests.sensor.otlp.told import (
    CONVERSATION,
    START,
    Chat,
    Tell,
    calls,
    chat,
    genai,
    result,
    shuffled,
    spans,
    tool_spans,
)


def as_text(history: Chat, reply: dict[str, Any]) -> dict[str, Any]:
    return {"acme.llm.request_messages": json.dumps(history), "acme.llm.answer": json.dumps(reply)}


def as_objects(history: Chat, reply: dict[str, Any]) -> dict[str, Any]:
    return {"chat.sent": history, "chat.received": [reply]}


def as_texts(history: Chat, reply: dict[str, Any]) -> dict[str, Any]:
    return {"x": [json.dumps(message) for message in history], "y": [json.dumps(reply)]}


def as_bodies(history: Chat, reply: dict[str, Any]) -> dict[str, Any]:
    return {
        "acme.request": json.dumps({"model": "m-1", "system": history[0]["content"], "messages": history[1:]}),
        "acme.response": json.dumps({"id": "r", "choices": [{"index": 0, "message": reply}]}),
    }


def as_numbers(history: Chat, reply: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for side, messages in (("acme.prompts", history), ("acme.replies", [reply])):
        for at, message in enumerate(messages):
            inner = "message." if side == "acme.prompts" else ""
            found |= {f"{side}.{at}.{inner}{key}": value for key, value in message.items() if value is not None}
    return found


def as_new_names(history: Chat, reply: dict[str, Any]) -> dict[str, Any]:
    """Return what a dialect tells, its content under names it does not have yet."""
    told = genai(history, reply)
    return {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m-1",
        "gen_ai.system_instructions": told["gen_ai.system_instructions"],
        "gen_ai.request.messages": told["gen_ai.input.messages"], "gen_ai.reply.messages": told["gen_ai.output.messages"],
    }  # fmt: skip


SHAPES: dict[str, Tell] = {
    "text": as_text, "objects": as_objects, "texts": as_texts, "bodies": as_bodies, "numbers": as_numbers,
    "new names": as_new_names,
}  # fmt: skip


def facts(found: list[Event]) -> set[tuple[str, str, int, int, str | None]]:
    return {
        (event.session, event.kind, event.position, event.part, event.call_key)
        for event in found
        if event.kind not in ("capture_status", "tools_declared")
    }


def one(attributes: dict[str, Any], **more: Any) -> Span:
    return Span("a" * 32, "b" * 16, name="step", scope="acme", attributes=attributes, **more)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_conversation_is_told_whatever_its_attributes_are_called_and_it_is_said_that_this_is_a_guess(
    shape: str,
) -> None:
    told = spans(chat(), SHAPES[shape])
    source = "genai" if shape == "new names" else UNKNOWN

    found = derive(told)

    assert facts(found) == facts(derive(spans(chat(), genai)))
    assert {event.source for event in found} == {f"otlp:{source}"}
    (marked,) = [event for event in found if isinstance(event, CaptureStatus)]
    assert marked.subject == "tests"
    assert len(marked.seen) == 2
    assert set(marked.seen) < set(told[0].attributes) | {"acme.prompts", "acme.replies"}
    assert {event.id for event in derive(shuffled(told, 3))} == {event.id for event in found}


def test_a_text_beside_a_message_list_is_the_reply() -> None:
    prompt = json.dumps([{"role": "user", "content": "Which letter is newer?"}])

    (reply,) = [
        event
        for event in derive([one({"acme.messages": prompt, "acme.completion": "Letter 4."})])
        if isinstance(event, ModelResponded)
    ]

    assert reply.text == "Letter 4."


@pytest.mark.parametrize(
    "attributes",
    [
        {"acme.tool.name": "get_letter", "acme.tool.call.arguments": '{"n": 3}', "acme.tool.call.result": "Monday",
         "acme.tool.call.id": "call_1_letter_3"},
        {"tool_name": "get_letter", "tool_input": '{"n": 3}', "tool_output": '"Monday"', "tool_call_id": "call_1_letter_3"},
        {"step.toolName": "get_letter", "step.input": {"n": 3}, "step.output": "Monday", "step.toolCallId": "call_1_letter_3"},
        {"x.tool_call.function.name": "get_letter", "x.tool_call.function.arguments": '{"n": 3}',
         "x.tool_call.result": "Monday", "x.tool_call.id": "call_1_letter_3"},
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_letter", "gen_ai.tool.input": '{"n": 3}',
         "gen_ai.tool.output": "Monday", "gen_ai.tool.call.id": "call_1_letter_3"},
    ],
)  # fmt: skip
def test_a_run_of_a_tool_is_told_whatever_its_attributes_are_called(attributes: dict[str, Any]) -> None:
    found = derive([one(attributes)])

    (called,) = [event for event in found if isinstance(event, ToolCalled)]
    (returned,) = [event for event in found if isinstance(event, ToolReturned)]
    assert (called.name, called.arguments, called.call_id) == ("get_letter", {"n": 3}, "call_1_letter_3")
    assert returned.text == "Monday"
    (marked,) = [event for event in found if isinstance(event, CaptureStatus)]
    assert set(marked.seen) < set(attributes)
    assert all(name in marked.unseen[0] for name in marked.seen)


BODY = json.dumps({"model": "m-1", "messages": [{"role": "user", "content": "hello"}]})
ORDINARY: dict[str, dict[str, Any]] = {
    "http client": {
        "http.request.method": "POST", "url.full": "https://api.example.org/v1/things?name=x", "server.address": "api.example.org",
        "http.response.status_code": 200, "http.request.header.content-type": ["application/json"], "http.request.body": BODY,
        "network.protocol.version": "1.1", "error.type": "timeout",
    },
    "http server": {
        "http.request.method": "GET", "http.route": "/users/{id}", "url.path": "/users/7", "url.scheme": "https",
        "user_agent.original": "curl/8", "client.address": "192.0.2.7", "session.id": "visit-1", "user.id": "c-9",
        "user.role": "customer", "enduser.role": "admin", "http.response.status_code": 200,
    },
    "http before 1.20": {"http.method": "GET", "http.url": "https://example.org/", "http.target": "/", "net.peer.name": "x"},
    "database": {
        "db.system.name": "postgresql", "db.namespace": "shop", "db.operation.name": "INSERT", "db.collection.name": "history",
        "db.query.text": "INSERT INTO history VALUES ($1)", "db.query.parameter.0": BODY, "db.response.status_code": "0",
        "db.statement": json.dumps([{"role": "user", "content": "hello"}]),
    },
    "messaging": {
        "messaging.system": "kafka", "messaging.destination.name": "orders", "messaging.operation.type": "process",
        "messaging.message.id": "17", "messaging.message.body": BODY, "messaging.consumer.group.name": "billing",
    },
    "rpc": {
        "rpc.system": "grpc", "rpc.service": "shop.Orders", "rpc.method": "Place", "rpc.grpc.status_code": 0,
        "rpc.request.metadata.role": ["admin"], "rpc.message.id": 1,
    },
    "function": {
        "faas.trigger": "http", "faas.invocation_id": "17", "faas.name": "resize", "code.function.name": "resize",
        "code.function": "resize", "function.name": "resize", "function.result": "ok", "aws.lambda.invoked_arn": "arn:x",
    },
    "graphql": {"graphql.operation.name": "q", "graphql.document": "query q { users { role } }", "graphql.variables": BODY},
    "own": {
        "app.users": json.dumps([{"role": "admin", "name": "mira"}, {"role": "user", "name": "tomas"}]),
        "app.crew": json.dumps([{"role": "Researcher", "goal": "find", "content": "x"}]),
        "app.policy": {"role": "user", "permissions": ["read"]}, "app.roles.0.role": "user", "app.roles.0.id": "7",
        "app.note": 'He said: "role"', "app.list": "[1, 2", "tool.name": "hammer", "app.tool_name": "saw",
        "app.items": [{"content": "x", "type": "text"}],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", ORDINARY)
def test_spans_that_speak_of_other_things_tell_nothing(name: str) -> None:
    failure = SpanEvent("exception", START, {"exception.type": "KeyError", "exception.message": "role"})

    assert read(one(ORDINARY[name], events=(failure,))) is None


def test_what_a_dialect_calls_nothing_of_a_conversation_stays_nothing() -> None:
    told = as_text(chat()[:2], chat()[-1])

    assert read(one({"gen_ai.operation.name": "embeddings", **told})) is None
    assert read(one({"openinference.span.kind": "GUARDRAIL", **told})) is None


def test_an_operation_that_no_dialect_knows_is_read_by_its_shape() -> None:
    (reading,) = [read(one({"gen_ai.operation.name": "ponder", **as_text(chat()[:2], chat()[-1])}))]

    assert reading is not None
    assert reading.dialect == UNKNOWN


@pytest.mark.parametrize("place", ["around", "within", "beside"])
@pytest.mark.parametrize("shape", ["text", "objects"])
def test_what_a_dialect_tells_is_not_told_again(place: str, shape: str) -> None:
    """Applications put the conversation on spans of their own, around the agent or where they keep and load it."""
    told = [*spans(chat(), genai), *tool_spans(chat())]
    attributes = (
        SHAPES[shape](chat()[1:2], chat()[-1]) if place == "around" else SHAPES[shape](chat()[1:-1], chat()[-1])
    )
    own = Span(told[0].trace_id, "7" * 16, start_ns=START, end_ns=START + 10**10, attributes=attributes)
    if place == "around":
        told = [replace(span, parent_id=own.span_id) for span in told]
    if place == "within":
        own = replace(own, parent_id=told[2].span_id)

    assert facts(derive([*told, own])) == facts(derive(told))


def test_a_list_around_the_calls_of_one_agent_is_the_agents_where_these_have_no_content() -> None:
    told = [
        replace(span, parent_id="7" * 16, attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "m-1"})
        for span in spans(chat(), genai)
    ]
    own = Span(
        told[0].trace_id, "7" * 16, start_ns=START, end_ns=START + 10**10, scope="acme",
        attributes=as_text(chat()[:2], chat()[-1]),
    )  # fmt: skip

    found = derive([*told, own])

    assert [event.text for event in found if event.kind == "answered"] == ["Letter 4 is newer."]
    assert sum(isinstance(event, ModelResponded) for event in found) == 4
    assert [event.unseen for event in found if isinstance(event, CaptureStatus) and event.subject == "tests"] == [
        ("message content",)
    ] * 3


def test_a_sub_agent_that_no_dialect_tells_is_a_session_of_its_own() -> None:
    outer = [
        {"role": "user", "content": "Plan the party."},
        calls(("call_delegate_1", "ask_caterer", {"task": "cake"})),
        result("call_delegate_1", "ordered"),
        {"role": "assistant", "content": "Done."},
    ]
    (run,) = tool_spans(outer)
    talk: Chat = [{"role": "user", "content": "Order a cake."}, {"role": "assistant", "content": "ok"}]
    inner = [
        replace(span, span_id="e" * 16, parent_id=run.span_id, start_ns=run.start_ns)
        for span in spans(talk, as_text, conversation=None)
    ]

    found = derive([*spans(outer, genai, conversation=None), run, *inner])

    (handed,) = [event for event in found if event.kind == "agent_handed_over"]
    assert handed.source == "otlp:genai"
    assert {event.source for event in found if event.session == handed.to_session} == {"otlp:unknown"}


def test_a_conversation_that_is_named_beside_it_is_known() -> None:
    assert {event.session for event in derive(spans(chat(), as_text))} == {session_key("conversation", CONVERSATION)}


def test_hostile_attributes_raise_nothing_and_a_conversation_beside_them_is_told() -> None:
    many = 4_000
    hostile: list[dict[str, Any]] = [
        {f"x{'.0' * depth}.role": "user" for depth in range(1, many)},
        {f"x.{number % 9_999}.y{number}.0.role": "user" for number in range(many)},
        {f"x.{number}.role": "user" for number in range(many)},
        {f"a{number}": '[{"role": "user", "content": "x"}, ' for number in range(many)},
        {f"a{number}": '[{"role": "user", "content": "x"}]' for number in range(many)},
        {f"a{number}.tool.name": "x" for number in range(many)},
        {"a": '{"messages": ' * 60 + '"role"' + "}" * 60, "b": "[" * 10**6 + '"role"', "c": '{"role": ' * 10**5},
        {"a" * 10**6 + ".tool.name": "x", "." * 10**6 + ".0.role": "user", "A" * 10**6 + "name": "x"},
        {
            "a": [[{"role": "user", "content": "x"}]] * many,
            "b": {"input": {"input": {"input": {"input": {"input": BODY}}}}},
        },
        {"a": ['{"role": "user", "content": "x"}'] * many, "b": [None, 1, "", [], {}], "c": None},
    ]

    told = derive(spans(chat(), as_text))
    for attributes in hostile:
        found = derive([one(attributes), *spans(chat(), as_text)])
        assert {event.id for event in told} <= {event.id for event in found}
