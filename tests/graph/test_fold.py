"""What each kind of event says about the graph."""

from typing import get_args

import pytest

from graph.fold import SHORT, call_key, fact_key, fold
from graph.parts import Folded, combined
from graph.schema import EDGE_KINDS, NODE_KINDS, Grade
from sensor.event import (
    AgentHandedOver,
    AlertReceived,
    Answered,
    Author,
    CaptureStatus,
    ConnectionAccepted,
    ConnectionOpened,
    DatabaseQueried,
    DocumentRetrieved,
    Event,
    EventsLost,
    FileChanged,
    FileOpened,
    HttpRequested,
    HttpResponded,
    InputWritten,
    MemoryWritten,
    ModelResponded,
    NameResolved,
    OpenRefused,
    OutputWritten,
    Principal,
    PrivilegeUsed,
    ProcessExited,
    ProcessId,
    ProcessStarted,
    PromptSubmitted,
    RequestedCall,
    SensitiveSent,
    SessionEnded,
    ToolCalled,
    ToolDeclaration,
    ToolReturned,
    ToolsDeclared,
    ToolServed,
    Unparsed,
)
from sensor.identity import session_key

SESSION = session_key("record", "1")
SHELL = ProcessId(boot_id="b", pid=10, started_ns=1)
CURL = ProcessId(boot_id="b", pid=11, started_ns=2)
PLACE = {"session": SESSION, "position": 4, "source": "trace"}

EVENTS: tuple[Event, ...] = (
    PromptSubmitted(**PLACE, text="Pay.", principal=Principal(kind="employee", id="ann")),
    ModelResponded(
        **PLACE, text="Yes.", calls=(RequestedCall(call_id="c", name="pay"),), model="m", finish_reason="stop"
    ),
    ToolCalled(**PLACE, call_id="c", name="pay", server="bank"),
    ToolReturned(**PLACE, call_id="c", name="pay", text="Done.", author=Author(id="bob", trust="external")),
    DocumentRetrieved(**PLACE, text="Paper", place="wiki/1", author=Author(id="eve", trust="public")),
    MemoryWritten(**PLACE, text="Later", place="notes"),
    ToolsDeclared(**PLACE, tools=(ToolDeclaration(name="pay", description="Pays."), ToolDeclaration(name="read"))),
    AgentHandedOver(**PLACE, to_session=session_key("record", "2"), text="Do it."),
    SessionEnded(**PLACE),
    Answered(**PLACE, text="Paid."),
    ProcessStarted(**PLACE, process=CURL, parent=SHELL, executable="/usr/bin/curl"),
    ProcessExited(**PLACE, process=CURL, exit_code=3),
    FileOpened(**PLACE, process=CURL, path="/etc/passwd"),
    OpenRefused(**PLACE, process=CURL, path="/etc/shadow", error="EACCES"),
    FileChanged(**PLACE, process=CURL, path="/tmp/a", change="rename", to_path="/tmp/b"),
    ConnectionOpened(**PLACE, process=CURL, remote="203.0.113.7:443"),
    ConnectionAccepted(**PLACE, process=CURL, remote="203.0.113.7:50000"),
    NameResolved(**PLACE, process=CURL, name="example.org", addresses=("203.0.113.7",)),
    PrivilegeUsed(**PLACE, process=CURL, syscall="setuid"),
    HttpRequested(**PLACE, method="POST", url="https://example.org/drop?secret=1"),
    HttpResponded(**PLACE, status=500, body="No."),
    DatabaseQueried(**PLACE, system="postgresql", server="127.0.0.1:5432", statement="SELECT 1"),
    ToolServed(**PLACE, process=CURL, request_id="7", name="pay"),
    SensitiveSent(**PLACE, process=CURL, name="/root/.netrc", url="https://example.org/drop", pieces=1),
    SensitiveSent(**PLACE, process=CURL, what="table", name="customers", url="postgresql://db:5432", pieces=1),
    SensitiveSent(**PLACE, process=CURL, what="variable", name="GH_TOKEN", url="mcp://send_mail", pieces=1),
    OutputWritten(**PLACE, process=CURL, stream="stdout", text="Paid.", size=5),
    InputWritten(**PLACE, process=CURL, text="Pay.", size=4),
    AlertReceived(**PLACE, product="Falco", rule="Shell", severity="high"),
    EventsLost(**PLACE, where="ring buffer", count=3),
    Unparsed(**PLACE, reason="not JSON", digest="0", size=3, where="line 3"),
    CaptureStatus(**PLACE, subject="pid 7", unseen=("TLS",)),
)


def drawn(event: Event) -> list[str]:
    """Return the edges of one event as `Label EDGE Label`."""
    folded = fold(event)
    labels = {node.key: node.label for node in folded.nodes}
    return [f"{labels[edge.source]} {edge.label} {labels[edge.target]}" for edge in folded.edges]


def test_every_kind_of_event_is_folded_here() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_what_is_folded_is_declared_in_the_schema(event: Event) -> None:
    forms = {"text": str, "number": int, "flag": bool}
    folded = fold(event)
    labels = {node.key: node.label for node in folded.nodes}
    for node in folded.nodes:
        declared = {field.name: forms[field.form] for field in NODE_KINDS[node.label].fields}
        assert {name: type(value) for name, value in node.fields}.items() <= declared.items()
        assert list(node.fields) == sorted(node.fields)
    for edge in folded.edges:
        kind = EDGE_KINDS[edge.label]
        assert NODE_KINDS[labels[edge.source]] in kind.sources
        assert NODE_KINDS[labels[edge.target]] in kind.targets
        assert not kind.derived
        assert (edge.grade, edge.fact, edge.order) == (Grade.E1, event.entity, (4, 0))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_no_key_is_shared_between_tenants(event: Event) -> None:
    def keys(folded: Folded) -> set[str]:
        return {node.key for node in folded.nodes}

    for session in ("", SESSION):
        ours = event.model_copy(update={"session": session, "tenant": "a"})
        # A session's key holds its tenant, so the other tenant's run has another key.
        other = session and session_key("record", "1", "b")
        theirs = event.model_copy(update={"session": other, "tenant": "b"})
        for copy in (ours, theirs):
            copy.__dict__.pop("entity", None)
        shared = keys(fold(ours)) & keys(fold(theirs))
        assert not shared - ({fact_key(ours)} if event.kind == "agent_handed_over" and not session else set())


@pytest.mark.parametrize(
    ("kind", "edges"),
    [
        ("prompt_submitted", ["Session CONTAINS Prompt", "Principal SUBMITTED Prompt"]),
        ("model_responded", ["Session CONTAINS Decision", "Decision MADE_BY Model", "Decision REQUESTED ToolCall"]),
        ("tool_called", ["Session CONTAINS ToolCall", "ToolCall OF_TOOL Tool", "Tool OFFERED_BY McpServer"]),
        ("tool_returned", ["Session CONTAINS Content", "ToolCall RETURNED Content"]),
        ("answered", ["Session CONTAINS Content"]),
        ("agent_handed_over", ["Session CONTAINS Content", "Content HANDED_TO Session"]),
        ("process_started", ["Process STARTED Process"]),
        ("file_opened", ["File READ Process"]),
        ("file_changed", ["Process CHANGED File", "File BECAME File"]),
        ("connection_opened", ["Process CONNECTED Endpoint"]),
        ("connection_accepted", ["Endpoint ACCEPTED Process"]),
        ("name_resolved", ["Process LOOKED_UP Endpoint", "Endpoint RESOLVED_TO Endpoint"]),
        ("http_requested", ["Session ACCESSED Resource", "Resource SERVED_AT Endpoint"]),
        ("session_ended", []),
        ("events_lost", ["Session CONTAINS Gap"]),
    ],
)
def test_an_event_draws_these_edges(kind: str, edges: list[str]) -> None:
    assert drawn(next(event for event in EVENTS if event.kind == kind)) == edges


def test_request_call_and_result_meet_in_the_call_id() -> None:
    keys = [{node.key for node in fold(event).nodes if node.label == "ToolCall"} for event in EVENTS[1:4]]
    assert keys == [{call_key("local", SESSION, "c")}] * 3


def test_without_a_call_id_nothing_is_guessed() -> None:
    called = ToolCalled(**PLACE, call_id="", name="pay")
    assert fact_key(called) == called.entity
    assert drawn(ToolReturned(**PLACE, call_id="", name="pay", text="")) == ["Session CONTAINS Content"]


def test_text_stays_in_the_event_log_and_fields_stay_short() -> None:
    folded = fold(ToolReturned(**PLACE, name="x" * 9_000, text="é" * 9_000))
    content = next(node for node in folded.nodes if node.label == "Content")
    assert content.get("size") == 18_000
    assert len(str(content.get("place"))) == SHORT
    assert "é" not in str(folded)


def test_the_query_of_a_url_is_left_out_because_it_may_carry_data() -> None:
    assert "secret" not in str(
        fold(HttpRequested(**PLACE, method="GET", url="https://u:secret@example.org/p?secret=1"))
    )
    assert fold(HttpRequested(**PLACE, method="GET", url="http://[oops?secret=1")).nodes


def test_a_source_that_could_see_everything_leaves_no_gap() -> None:
    assert fold(CaptureStatus(**PLACE, subject="pid 7", seen=("TLS",))) == Folded()


def test_what_no_session_is_known_for_hangs_on_none() -> None:
    queried = DatabaseQueried(session="", position=0, source="audit", system="postgresql", statement="SELECT 1")
    assert [node.label for node in fold(queried).nodes] == ["Resource"]
    assert drawn(queried) == []


def test_two_anonymous_visitors_are_not_one_person() -> None:
    visitor = PromptSubmitted(**PLACE, text="", principal=Principal(kind="anonymous"))
    other = visitor.model_copy(update={"session": session_key("record", "2")})
    known = visitor.model_copy(update={"principal": Principal(kind="customer", id="7")})
    known_elsewhere = other.model_copy(update={"principal": Principal(kind="customer", id="7")})

    def speaker(event: Event) -> str:
        return next(node.key for node in fold(event).nodes if node.label == "Principal")

    assert speaker(visitor) != speaker(other)
    assert speaker(known) == speaker(known_elsewhere)


def test_a_reused_pid_is_another_process() -> None:
    later = CURL.model_copy(update={"started_ns": 99})
    nodes = {
        node.key
        for process in (CURL, later)
        for node in fold(ProcessStarted(**PLACE, process=process, executable="/bin/sh")).nodes
    }
    assert len(nodes) == 2


def test_busy_nodes_are_split_by_day_where_no_session_is_known() -> None:
    day = 86_400 * 10**9
    peers = {
        node.key
        for at_ns in (1, 2, day + 1)
        for node in fold(
            ConnectionOpened(
                session="", position=0, source="kernel", at_ns=at_ns, process=CURL, remote="203.0.113.7:443"
            )
        ).nodes
        if node.label == "Endpoint"
    }
    assert len(peers) == 2


def test_what_several_events_say_of_one_process_is_put_together() -> None:
    claims = [node for event in EVENTS[10:13] for node in fold(event).nodes if node.get("pid") == 11]
    assert combined(claims) == combined(reversed(claims))
    assert dict(combined(claims)[0].fields) == {"executable": "/usr/bin/curl", "exit_code": 3, "pid": 11}
