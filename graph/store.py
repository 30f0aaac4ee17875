"""What every store of the graph promises. `graph.testing.GraphStoreContract` has one test per promise."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self, runtime_checkable

from pydantic import JsonValue

from graph.errors import UnknownNode, UnstorableEvent
from graph.parts import Edge, Node
from graph.subgraph import Subgraph
from graph.telling import Place, Telling
from sensor.event import EVENT, Event
from sensor.identity import DEFAULT_TENANT

FIRST_TIME_NS = 10**17
"""Positions below, of the year 1973, are no times: alerts and records that could not be read are numbered."""
MOST_AHEAD = 20_000
"""Observations of several sessions that are read at once."""
MOST_UNPLACED = 500_000
"""Observations without a session that are read at once."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a batch brought: observations that are new, and such as were there already or twice in the batch."""

    new: int
    repeated: int


class Derived(NamedTuple):
    """Derived edges of one session, and nodes that only they need."""

    session: str
    edges: Collection[Edge]
    nodes: Collection[Node] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What a store holds. A node that two sessions know counts in each."""

    sessions: int
    events: int
    nodes: int
    edges: int


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One run, as a list shows it."""

    tenant: str
    key: str
    first_ns: int | None
    """Earliest time of an event, nanoseconds since the Unix epoch, UTC; `None` where no time is known."""
    last_ns: int | None
    events: int
    """Number of observations."""
    sources: tuple[str, ...]
    ended: bool
    """Whether the run is known to be over."""


class GraphStore(Protocol):
    """An event log with the graph that is folded from it.

    - Merging the same batch twice changes nothing.
    - The order of arrival changes nothing.
    - Events come back in the order of the session, equal to what went in.
    - A batch is kept as a whole or not at all; what `merge` has returned for survives a crash.
    - Sessions of different tenants never meet, even under one key.
    - A derived edge ends at nodes that its session has.
    - What is withdrawn leaves no trace; the rest of its session is as if it had never come, without derived edges.

    All methods raise `StoreError` when the store fails. A store is used from one thread.
    """

    @classmethod
    def open(cls, location: str) -> Self:
        """Return the store at `location` (a path, or an address), made where there is none."""
        ...

    def merge(self, events: Sequence[Event]) -> Merged:
        """Add a batch of observations and what folds from them. Raises `UnstorableEvent`."""
        ...

    def add_edges(self, derived: Sequence[Derived], *, tenant: str = DEFAULT_TENANT) -> int:
        """Add what was derived in some sessions, all of it or nothing; return how many edges are new.

        Raises `UnknownNode` where an edge ends at a node that its session does not have.
        """
        ...

    def withdraw(self, session: str, ids: Collection[str], *, tenant: str = DEFAULT_TENANT) -> int:
        """Remove these observations of a session, with what only they said of the graph; return how many there were.

        For sources whose events are derived from what they keep, when they have learned better. The derived edges of the session go
        as well: whoever made them judges again.
        """
        ...

    def events(self, session: str, *, tenant: str = DEFAULT_TENANT) -> list[Event]:
        """Return all observations of a session in its order, none for an unknown one.

        Several may speak of one fact: `sensor.event.in_order` chooses. The empty key holds what no session is known
        for.
        """
        ...

    def events_of(
        self, sessions: Collection[str], *, tenant: str = DEFAULT_TENANT, most: int = MOST_AHEAD
    ) -> dict[str, list[Event]]:
        """Return the observations of several sessions, each as `events` does, with one question.

        Where there are more than `most` in all, some sessions are left out: they are asked for one by one.
        """
        ...

    def unplaced(
        self, first_ns: int, last_ns: int, *, tenant: str = DEFAULT_TENANT, limit: int = MOST_UNPLACED
    ) -> list[Event]:
        """Return the observations that no session is known for, of these times (nanoseconds, both ends with them), in their order.

        Their position is their time (`sensor.event.Observed`). The first `limit` are returned.
        """
        ...

    def expire(self, before_ns: int, *, tenant: str = DEFAULT_TENANT) -> int:
        """Remove the observations before a time that no session is known for, with their edges; return how many there were.

        Such as have a number for their position and no time (`FIRST_TIME_NS`) stay. A node stays, with all that was said of it,
        while an edge that is left ends at it. What is of a session goes by `withdraw`.
        """
        ...

    def sessions(self) -> list[SessionSummary]:
        """Return all runs, by their first time, then tenant and key; those without any time come last."""
        ...

    def subgraph(self, session: str, *, tenant: str = DEFAULT_TENANT) -> Subgraph:
        """Return the graph of a session, derived edges included; an empty one for an unknown session."""
        ...

    def counts(self) -> Counts:
        """Return how much the store holds."""
        ...

    def close(self) -> None:
        """Let go of files and connections. Nothing is lost without it."""
        ...


@runtime_checkable
class Projection(Protocol):
    """What a store has beside, of which the graph follows an event log."""

    def project(self) -> int:
        """Bring the graph up to the end of the log; return how many entries that took. Raises `StoreError`."""
        ...

    def rebuild(self) -> int:
        """Empty the graph and project the whole log. Raises `StoreError`."""
        ...

    def lag(self) -> int:
        """Return how many numbers of the log are not in the graph yet. Raises `StoreError`."""
        ...

    def ask(self, text: str, values: Mapping[str, str | int]) -> list[dict[str, JsonValue]]:
        """Return what a query finds, which cannot write; nodes and edges as objects. Raises `StoreError`."""
        ...

    def told(self, tenant: str) -> Place:
        """Return how far a tenant's casebook was told. Raises `StoreError`."""
        ...

    def tell(self, what: Telling) -> bool:
        """Write what a casebook says, with what its stories hold; return whether it begins where the graph is.

        Where it does not, nothing is written: somebody else was here. Raises `StoreError`.
        """
        ...


def stored(name: str, content: str) -> Event:
    """Return the observation that was stored with this id and content. Raises `pydantic.ValidationError`."""
    event = EVENT.validate_json(content)
    event.__dict__["id"] = name  # a cached property: it was computed when the event was stored
    return event


def one_by_one(sessions: Iterable[str], most: int, events: Callable[[str], list[Event]]) -> dict[str, list[Event]]:
    """Return what `GraphStore.events_of` does, for a store in which a question costs next to nothing."""
    found, left = dict[str, list[Event]](), most
    for session in sessions:
        some = events(session)
        left -= len(some)
        if left < 0:
            break
        found[session] = some
    return found


def by_order(event: Event) -> tuple[tuple[int, ...], str, str]:
    """Return what the events of a session are sorted by: their place, then the fact, then the observation."""
    return (event.order, event.entity, event.id)


def listed(summaries: Iterable[SessionSummary]) -> list[SessionSummary]:
    """Return summaries in the order of `GraphStore.sessions`."""
    return sorted(summaries, key=lambda row: (row.first_ns is None, row.first_ns or 0, row.tenant, row.key))


def require_ends(edges: Iterable[Edge], keys: set[str], session: str) -> None:
    """Raise `UnknownNode` unless both ends of each edge are among `keys`."""
    for edge in edges:
        for key in (edge.source, edge.target):
            if key not in keys:
                raise UnknownNode(
                    f"{edge.label} ends at {key}, which session {session!r} does not have; "
                    "merge its event first, or give the node along with the edge."
                )


def unstorable(event: Event) -> UnstorableEvent:
    """Return the error for an event whose content cannot be written down."""
    return UnstorableEvent(
        f"The {event.kind} at position {event.position} of session {event.session!r} (source {event.source!r}) holds "
        "text that is no Unicode; its source should have given an Unparsed event instead."
    )
