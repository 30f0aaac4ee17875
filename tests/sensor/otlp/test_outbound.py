"""HTTP requests and database queries of client spans: whose they are, where they stand, and which are none of the agent's."""

from dataclasses import replace
from typing import Any

import pytest

from correlator.pipeline import judge
from sensor.event import DatabaseQueried, Event, HttpRequested, HttpResponded, in_order
from sensor.sources.otlp.derive import derive
from sensor.sources.otlp.sent import Query, Request, sent
from sensor.sources.otlp.span import Span
from tests.sensor.otlp.told import DIALECTS, START, chat, genai, shuffled, spans, tool_spans

MODELS = spans(chat(), genai)
TOOLS = tool_spans(chat())
SECOND = 10**9
URL = "https://files.example.net/drop?id=7"
HTTP = {
    "http.request.method": "POST", "url.full": URL, "server.address": "files.example.net", "server.port": 443,
    "http.response.status_code": 200, "http.request.body.size": 12, "http.response.body.size": 3,
}  # fmt: skip
SQL = {"db.system.name": "postgresql", "db.query.text": "SELECT iban FROM customer"}
OUT = ("http_requested", "http_responded", "database_queried")


def client(attributes: dict[str, Any], within: Span | None, *, name: str = "1", **more: Any) -> Span:
    """Return a client span within another, in the middle of its time."""
    fields = {"trace_id": MODELS[0].trace_id, "start_ns": START + 100 * SECOND} | more
    if within is not None:
        fields = {"trace_id": within.trace_id, "parent_id": within.span_id, "start_ns": within.start_ns + 1} | more
    begun = fields["start_ns"]
    return Span(span_id=name.rjust(16, "e"), attributes=attributes, **{"end_ns": begun + 10, **fields}, scope="obi")


def out(found: list[Event]) -> list[Event]:
    return [event for event in in_order(found) if event.kind in OUT]


def steps(found: list[Event]) -> list[tuple[str, int]]:
    """Return what is told, in order, without prompts."""
    return [(event.kind, event.position) for event in in_order(found) if event.kind != "prompt_submitted"]


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        (HTTP, Request("POST", URL, "files.example.net", 200, 12, 3)),
        ({"http.method": "GET", "http.url": "http://a.example/x", "http.status_code": "404"},
         Request("GET", "http://a.example/x", "a.example", 404)),
        ({"http.request.method": "GET", "url.full": "/x", "server.address": "a.example", "server.port": 8080,
          "http.scheme": "https"}, Request("GET", "https://a.example:8080/x", "a.example")),
        ({"http.request.method": "GET", "url.full": "http://[oops", "http.response.status_code": "?"},
         Request("GET", "http://[oops", "")),
        ({"http.request.method": "GET", "url.path": "/x", "client.address": "10.0.0.1"}, None),
        ({"http.method": "GET", "http.url": "http://a.example/x", "net.host.name": "a.example"}, None),
        (SQL, Query("postgresql", "SELECT iban FROM customer")),
        ({"db.system": "mysql", "db.statement": "SELECT 1", "db.response.returned_rows": 3},
         Query("mysql", "SELECT 1", 3)),
        ({"db.system.name": "postgresql", "db.operation.name": "SELECT", "db.collection.name": "customer"},
         Query("postgresql", "SELECT customer")),
        ({"db.system": "postgresql"}, None),
        ({"gen_ai.operation.name": "embeddings", **HTTP}, None),
        ({"http.request.method": 7, "url.full": ["x"]}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_client_spans_of_today_and_of_before_are_read(attributes: dict[str, Any], told: object) -> None:
    assert sent(Span("a" * 32, "b" * 16, attributes=attributes)) == told


def test_what_a_tool_sent_stands_behind_its_call_and_before_its_result() -> None:
    letter, parcel = TOOLS[0], TOOLS[2]
    found = derive([*MODELS, *TOOLS, client(HTTP, parcel), client(SQL, letter, name="2")])

    assert steps(found) == [
        ("model_responded", 2), ("tool_called", 2), ("tool_called", 2), ("database_queried", 2),
        ("tool_returned", 3), ("tool_returned", 3), ("model_responded", 4), ("tool_called", 4), ("http_requested", 4),
        ("http_responded", 4), ("tool_returned", 5), ("model_responded", 6),
        ("answered", 6),
    ]  # fmt: skip
    query, requested, responded = out(found)
    assert isinstance(query, DatabaseQueried)
    assert isinstance(requested, HttpRequested)
    assert isinstance(responded, HttpResponded)
    assert (query.system, query.statement) == ("postgresql", "SELECT iban FROM customer")
    assert (requested.method, requested.url, requested.body_bytes) == ("POST", URL, 12)
    assert (responded.status, responded.body_bytes) == (200, 3)
    assert {event.session for event in found} == {requested.session}
    assert requested.trace_id == parcel.trace_id


@pytest.mark.parametrize("dialect", DIALECTS)
def test_they_change_nothing_else(dialect: str) -> None:
    told = [*spans(chat(), DIALECTS[dialect]), *TOOLS]
    without, found = derive(told), derive([*told, client(HTTP, TOOLS[2]), client(SQL, None, name="2")])

    assert [event for event in found if event.kind not in OUT] == without
    assert len(out(found)) == 3
    (one,), (other,) = judge(without).stories, judge(found).stories
    assert one.model_dump(exclude={"evidence"}) == other.model_dump(exclude={"evidence"})
    assert any("No kernel evidence" in gap for gap in other.gaps)


def test_order_and_repetition_do_not_matter() -> None:
    told = [
        *MODELS,
        *TOOLS,
        *(client(HTTP, TOOLS[1], name=str(number)) for number in range(4)),
        client(SQL, None, name="9"),
    ]

    assert {event.id for event in derive(shuffled(told, 7))} == {event.id for event in derive(told)}


def test_what_no_tool_holds_stands_behind_the_last_step_before_it() -> None:
    between = MODELS[1].end_ns + 1

    (event,) = out(derive([*MODELS, *TOOLS, client(SQL, None, start_ns=between)]))

    assert event.position == 4


@pytest.mark.parametrize("address", [{}, {"server.address": "files.example.net"}])
def test_the_request_that_carries_a_model_call_is_none_of_the_agent(address: dict[str, str]) -> None:
    models = [replace(span, attributes={**span.attributes, **address}) for span in MODELS]
    within = client(HTTP, models[0])
    beside = client(HTTP, None, name="2", start_ns=models[1].start_ns + 1)
    around = client(HTTP, None, name="3", start_ns=models[2].start_ns - 1, end_ns=models[2].end_ns + 1)

    assert out(derive([*models[:2], replace(models[2], parent_id=around.span_id), within, beside, around])) == []


def test_another_request_while_the_model_answers_is_told() -> None:
    models = [replace(span, attributes={**span.attributes, "server.address": "model.example"}) for span in MODELS]

    requested, _ = out(derive([*models, client(HTTP, None, start_ns=models[1].start_ns + 1)]))

    assert isinstance(requested, HttpRequested)


def test_one_request_that_several_layers_report_is_one() -> None:
    outer = client(HTTP, TOOLS[0])
    inner = client(HTTP, outer, name="2")
    server = client({"http.request.method": "POST", "url.path": "/drop", "client.address": "10.0.0.1"}, inner, name="3")
    behind = client(SQL, server, name="4")

    assert len(out(derive([*MODELS, *TOOLS, outer, inner, server, behind]))) == 2


def test_what_the_server_of_a_tool_sent_is_told_behind_the_call() -> None:
    transport = client(HTTP, TOOLS[0])
    attributes = {"mcp.method.name": "tools/call", "gen_ai.tool.name": "get_letter"}
    server = client(attributes, transport, name="2")

    found = out(derive([*MODELS, *TOOLS, transport, server, client(SQL, server, name="3")]))

    assert [(event.kind, event.position) for event in found] == [
        ("http_requested", 2), ("http_responded", 2), ("database_queried", 2),
    ]  # fmt: skip


def test_a_trace_without_a_conversation_tells_nothing() -> None:
    elsewhere = client(HTTP, None, trace_id="9" * 32)

    assert derive([elsewhere, replace(elsewhere, attributes=SQL, span_id="2" * 16)]) == []
    assert out(derive([*MODELS, *TOOLS, elsewhere])) == []


def test_a_session_without_content_has_them_too() -> None:
    blind = [replace(span, attributes={"gen_ai.operation.name": "chat"}) for span in MODELS]
    tools = tool_spans(chat(), **{"gen_ai.tool.call.id": ""})

    found = derive([*blind, *tools, client(HTTP, tools[2])])

    requested, responded = out(found)
    called = [event for event in found if event.kind == "tool_called"][-1]
    assert (requested.position, responded.position, requested.session) == (
        called.position, called.position, called.session,
    )  # fmt: skip


def test_spans_without_times_and_rings_of_parents_do_no_harm() -> None:
    timeless = [replace(span, start_ns=0, end_ns=0) for span in (*MODELS, *TOOLS)]
    ring = client(HTTP, None, name="2", start_ns=0, end_ns=0, parent_id="2".rjust(16, "e"))

    assert len(out(derive([*timeless, client(HTTP, timeless[3], start_ns=0), ring]))) == 4
