"""The store of a fleet without Neo4j: the event log in SQL, of which a graph is folded when it is asked for."""

from collections.abc import Collection, Sequence
from itertools import chain
from typing import Self

from graph.fold import fold
from graph.log import EventLog
from graph.store import MOST_AHEAD, MOST_UNPLACED, Counts, Derived, Merged, SessionSummary
from graph.subgraph import Subgraph
from sensor.event import Event
from sensor.identity import DEFAULT_TENANT


class SqlStore:
    """Keeps the event log in PostgreSQL or SQLite; many processes write at a time."""

    def __init__(self, log: EventLog) -> None:
        """`log`: where observations and what is derived are kept."""
        self.log = log

    @classmethod
    def open(cls, location: str) -> Self:
        """Return the store in the database at an address (`graph.sql.connected`)."""
        return cls(EventLog(location))

    def merge(self, events: Sequence[Event]) -> Merged:
        """See `GraphStore.merge`."""
        return self.log.append(events)

    def add_edges(self, derived: Sequence[Derived], *, tenant: str = DEFAULT_TENANT) -> int:
        """See `GraphStore.add_edges`."""
        return self.log.conclude(tenant, derived)

    def withdraw(self, session: str, ids: Collection[str], *, tenant: str = DEFAULT_TENANT) -> int:
        """See `GraphStore.withdraw`."""
        return self.log.withdraw(tenant, session, ids)

    def events(self, session: str, *, tenant: str = DEFAULT_TENANT) -> list[Event]:
        """See `GraphStore.events`."""
        return self.log.events(tenant, session)

    def events_of(
        self, sessions: Collection[str], *, tenant: str = DEFAULT_TENANT, most: int = MOST_AHEAD
    ) -> dict[str, list[Event]]:
        """See `GraphStore.events_of`."""
        return self.log.events_of(tenant, sessions, most)

    def unplaced(
        self, first_ns: int, last_ns: int, *, tenant: str = DEFAULT_TENANT, limit: int = MOST_UNPLACED
    ) -> list[Event]:
        """See `GraphStore.unplaced`."""
        return self.log.unplaced(tenant, first_ns, last_ns, limit)

    def expire(self, before_ns: int, *, tenant: str = DEFAULT_TENANT) -> int:
        """See `GraphStore.expire`."""
        return self.log.expire(tenant, before_ns)

    def sessions(self) -> list[SessionSummary]:
        """See `GraphStore.sessions`."""
        return self.log.sessions()

    def subgraph(self, session: str, *, tenant: str = DEFAULT_TENANT) -> Subgraph:
        """See `GraphStore.subgraph`."""
        folded = [fold(event) for event in self.log.events(tenant, session)]
        derived = self.log.conclusions(tenant, session)
        nodes = chain(*(one.nodes for one in folded), *(one.nodes for one in derived))
        return Subgraph(nodes, chain(*(one.edges for one in folded), *(one.edges for one in derived)))

    def counts(self) -> Counts:
        """See `GraphStore.counts`. Takes as long as folding all there is."""
        graphs = [self.subgraph(session, tenant=tenant) for tenant, session in self.log.runs().values()]
        return Counts(
            sessions=len(self.log.sessions()),
            events=self.log.count(),
            nodes=sum(len(graph) for graph in graphs),
            edges=sum(len(graph.edges()) for graph in graphs),
        )

    def close(self) -> None:
        """See `GraphStore.close`."""
        self.log.close()
