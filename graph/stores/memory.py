"""The reference store: dictionaries. What another store does differently, that store does wrong."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Self

from pydantic_core import PydanticSerializationError

from graph.fold import event_time, fold
from graph.parts import Edge, Node, combined, distinct
from graph.store import (
    FIRST_TIME_NS,
    MOST_AHEAD,
    MOST_UNPLACED,
    Counts,
    Derived,
    Merged,
    SessionSummary,
    by_order,
    listed,
    one_by_one,
    require_ends,
    unstorable,
)
from graph.subgraph import Subgraph
from sensor.event import Event
from sensor.identity import DEFAULT_TENANT


@dataclass(slots=True)
class _Session:
    events: dict[str, Event] = field(default_factory=dict)
    nodes: set[Node] = field(default_factory=set)
    edges: set[Edge] = field(default_factory=set)


class MemoryStore:
    """Keeps everything in memory, for tests and for work that needs no file."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[str, str], _Session] = {}

    @classmethod
    def open(cls, location: str) -> Self:  # noqa: ARG003 - every store is opened the same way
        """Return an empty store."""
        return cls()

    def merge(self, events: Sequence[Event]) -> Merged:
        """See `GraphStore.merge`."""
        for event in events:
            try:
                event.id  # noqa: B018 - computed and kept; nothing is changed before all of them are known
            except PydanticSerializationError as error:
                raise unstorable(event) from error
        folds = [fold(event) for event in events]
        new = 0
        for event, folded in zip(events, folds, strict=True):
            session = self._sessions.setdefault((event.tenant, event.session), _Session())
            new += event.id not in session.events
            session.events[event.id] = event
            session.nodes.update(folded.nodes)
            session.edges.update(folded.edges)
        return Merged(new=new, repeated=len(events) - new)

    def add_edges(self, derived: Sequence[Derived], *, tenant: str = DEFAULT_TENANT) -> int:
        """See `GraphStore.add_edges`."""
        for session, edges, nodes in derived:
            held = self._sessions.get((tenant, session), _Session())
            require_ends(edges, {node.key for node in (*held.nodes, *nodes)}, session)
        new = 0
        for session, edges, nodes in derived:
            held = self._sessions.setdefault((tenant, session), _Session())
            new += len(set(edges) - held.edges)
            held.nodes.update(nodes)
            held.edges.update(edges)
        return new

    def withdraw(self, session: str, ids: Collection[str], *, tenant: str = DEFAULT_TENANT) -> int:
        """See `GraphStore.withdraw`."""
        known = self._sessions.pop((tenant, session), _Session())
        gone = known.events.keys() & set(ids)
        if not gone:
            self._sessions[tenant, session] = known
            return 0
        self.merge([event for event in known.events.values() if event.id not in gone])
        return len(gone)

    def events(self, session: str, *, tenant: str = DEFAULT_TENANT) -> list[Event]:
        """See `GraphStore.events`."""
        known = self._sessions.get((tenant, session), _Session())
        return sorted(known.events.values(), key=by_order)

    def events_of(
        self, sessions: Collection[str], *, tenant: str = DEFAULT_TENANT, most: int = MOST_AHEAD
    ) -> dict[str, list[Event]]:
        """See `GraphStore.events_of`."""
        return one_by_one(sessions, most, lambda session: self.events(session, tenant=tenant))

    def unplaced(
        self, first_ns: int, last_ns: int, *, tenant: str = DEFAULT_TENANT, limit: int = MOST_UNPLACED
    ) -> list[Event]:
        """See `GraphStore.unplaced`."""
        found = [event for event in self.events("", tenant=tenant) if first_ns <= event.position <= last_ns]
        return found[:limit]

    def expire(self, before_ns: int, *, tenant: str = DEFAULT_TENANT) -> int:
        """See `GraphStore.expire`."""
        known = self._sessions.get((tenant, ""), _Session())
        old = {name for name, event in known.events.items() if FIRST_TIME_NS <= event.position < before_ns}
        known.events = {name: event for name, event in known.events.items() if name not in old}
        known.edges = {edge for edge in known.edges if not FIRST_TIME_NS <= edge.position < before_ns}
        held = {key for edge in known.edges for key in (edge.source, edge.target)}
        known.nodes = {node for node in known.nodes if node.key in held}
        return len(old)

    def sessions(self) -> list[SessionSummary]:
        """See `GraphStore.sessions`."""
        return listed(_summary(tenant, key, held) for (tenant, key), held in self._sessions.items() if key)

    def subgraph(self, session: str, *, tenant: str = DEFAULT_TENANT) -> Subgraph:
        """See `GraphStore.subgraph`."""
        known = self._sessions.get((tenant, session), _Session())
        return Subgraph(known.nodes, known.edges)

    def counts(self) -> Counts:
        """See `GraphStore.counts`."""
        held = self._sessions.values()
        return Counts(
            sessions=sum(1 for _, key in self._sessions if key),
            events=sum(len(session.events) for session in held),
            nodes=sum(len(combined(session.nodes)) for session in held),
            edges=sum(len(distinct(session.edges)) for session in held),
        )

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""


def _summary(tenant: str, key: str, held: _Session) -> SessionSummary:
    times = [time for time in map(event_time, held.events.values()) if time is not None]
    return SessionSummary(
        tenant=tenant,
        key=key,
        first_ns=min(times, default=None),
        last_ns=max(times, default=None),
        events=len(held.events),
        sources=tuple(sorted({event.source for event in held.events.values()})),
        ended=any(event.kind == "session_ended" for event in held.events.values()),
    )
