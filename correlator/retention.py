"""What is older than the settings say goes; a story keeps what it cites, and a digest that pins all that it rested on.

A session is as old as the last of what arrived of it, by the casebook's clock: times in events are hostile, and one who dates his
events back must not have them removed. What the kernel saw and no session is known for is as old as its sensor says. The next time
removes what a crash left; it may cost what was derived between facts that stay, nothing else.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from correlator.casebook import Casebook, SessionRecord
from correlator.story import Story
from graph.fold import fold
from graph.schema import EDGE_KINDS
from graph.store import Derived, GraphStore
from sensor.event import Event

DAY_NS = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class Expired:
    """What was removed."""

    sessions: int
    observations: int
    unplaced: int
    """Observations that no session was known for."""
    alerts: int
    kept: int
    """Observations of these sessions that their stories cite."""
    stopped: bool
    """Whether more may be too old."""


def expire(
    graph: GraphStore, casebook: Casebook, tenant: str, before_ns: int, until: Callable[[], bool] = lambda: False
) -> Expired:
    """Remove what arrived before a time, until asked to stop; return how much that was."""
    sessions = observations = kept = 0
    for linked in casebook.old_sessions(tenant, before_ns):
        if until():
            return Expired(sessions, observations, 0, 0, kept, stopped=True)
        held = {one.key: graph.events(one.key, tenant=tenant) for one in linked}
        if not casebook.begin_expiry(linked, evidence(event for events in held.values() for event in events)):
            continue
        stays = _cited(casebook, tenant, linked)
        for key, events in held.items():
            gone = [event for event in events if event.entity not in stays]
            observations += _remove(graph, tenant, key, gone)
            kept += len(events) - len(gone)
        casebook.end_expiry(linked)
        sessions += len(linked)
    unplaced = graph.expire(before_ns, tenant=tenant)
    alerts = casebook.expire_alerts(tenant, before_ns)
    return Expired(sessions, observations, unplaced, alerts, kept, stopped=False)


def too_old(casebook: Casebook, days: int) -> int:
    """Return the time before which everything is older than so many days, by the casebook's clock."""
    return casebook.now_ns() - days * DAY_NS


def evidence(events: Iterable[Event]) -> str:
    """Return the digest that pins observations: SHA-256 of their sorted ids, each followed by a line feed.

    An id is made of all that an observation says: whoever has the observations from elsewhere can tell whether they are the same.
    """
    return hashlib.sha256("".join(f"{name}\n" for name in sorted({event.id for event in events})).encode()).hexdigest()


def cited(story: Story) -> frozenset[str]:
    """Return the facts that a story speaks of."""
    found = {cite.event for sentence in story.sentences for cite in sentence.cites}
    found |= {effect.event for effect in story.effects} | {value.event for value in story.values}
    found |= {end for hop in story.path for end in (hop.from_event, hop.to_event)}
    found |= {end for work in story.works for end in (work.call, work.event)}
    return frozenset(found | ({story.origin.event} if story.origin.event is not None else set()))


def _cited(casebook: Casebook, tenant: str, sessions: Iterable[SessionRecord]) -> Collection[str]:
    told = casebook.told(tenant, casebook.stories_of(tenant, [one.key for one in sessions]))
    return frozenset().union(*(cited(record.story) for record in told))


def _remove(graph: GraphStore, tenant: str, session: str, gone: Collection[Event]) -> int:
    """Remove observations of a session, and keep what was derived between facts that stay."""
    if not gone:
        return 0
    before = graph.subgraph(session, tenant=tenant)
    removed = graph.withdraw(session, {event.id for event in gone}, tenant=tenant)
    left = graph.subgraph(session, tenant=tenant)
    lost = {node.key for event in gone for node in fold(event).nodes} - {node.key for node in left.nodes()}
    edges = [
        edge
        for edge in before.edges()
        if EDGE_KINDS[edge.label].derived and lost.isdisjoint((edge.source, edge.target))
    ]
    if edges:
        ends = {key for edge in edges for key in (edge.source, edge.target)}
        nodes = [node for node in before.nodes() if node.key in ends]
        graph.add_edges([Derived(session, edges, nodes)], tenant=tenant)
    return removed
