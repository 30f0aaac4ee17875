"""What is older than the settings say goes; a story keeps what it cites, and a digest that pins what was observed of its run.

A session is as old as the last of what arrived of it, by the casebook's clock: times in events are hostile, and one who dates
his events back must not have them removed. What is old is marked first and removed minutes later, if it is the same then: who
appends marks the session behind it, and what he acknowledges must be there. What the kernel saw and no session is known for is
as old as its sensor says, and stays while a session of its time does. A crash may cost what was derived between facts that
stay, nothing else.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from correlator.attributing.surroundings import BEFORE_NS
from correlator.casebook import Casebook
from correlator.casebook.expiry import FIRST, Place
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
    kept: int
    """Observations of these sessions that stories cite."""
    marked: int
    """Sessions that may go when nothing arrives for some more minutes (`correlator.casebook.expiry.SETTLE_NS`)."""
    unplaced: int
    """Observations that no session was known for."""
    alerts: int
    changes: int
    """Changes of stories that were to be told outside."""
    upto: Place | None = None
    """Where it was asked to stop, `None` where it came to the end."""


def expire(
    graph: GraphStore,
    casebook: Casebook,
    tenant: str,
    before_ns: int,
    until: Callable[[], bool] = lambda: False,
    after: Place = FIRST,
) -> Expired:
    """Remove what arrived before a time, until asked to stop; return how much that was.

    `after`: where an earlier one has stopped.
    """
    sessions = observations = kept = marked = 0
    stays: dict[str, set[str]] | None = None
    for place, linked in casebook.old_sessions(tenant, before_ns, until, after):
        if not linked:
            after = place
            continue
        held = {one.key: graph.events(one.key, tenant=tenant) for one in linked}
        found = evidence(event for events in held.values() for event in events)
        if not casebook.begin_expiry(linked, found):
            casebook.mark_expiring(linked, found)
            marked += len(linked)
            continue
        stays = _cited(casebook, tenant) if stays is None else stays
        for key, events in held.items():
            gone = [event for event in events if event.entity not in stays.get(key, ())]
            observations += _remove(graph, tenant, key, gone)
            kept += len(events) - len(gone)
        casebook.end_expiry(linked)
        sessions += len(linked)
    if until():
        return Expired(sessions, observations, kept, marked, 0, 0, 0, upto=after)
    living_ns = casebook.living_since(tenant)
    unplaced = graph.expire(before_ns if living_ns is None else min(before_ns, living_ns - BEFORE_NS), tenant=tenant)
    alerts, changes = casebook.expire_alerts(tenant, before_ns), casebook.expire_outbox(tenant, before_ns)
    return Expired(sessions, observations, kept, marked, unplaced, alerts, changes)


def too_old(casebook: Casebook, days: int) -> int:
    """Return the time before which everything is older than so many days, by the casebook's clock."""
    return casebook.now_ns() - days * DAY_NS


def evidence(events: Iterable[Event]) -> str:
    """Return the digest that pins observations: SHA-256 of their sorted ids, each followed by a line feed.

    An id is made of all that an observation says: whoever has the observations from elsewhere can tell whether they are the same.
    """
    return hashlib.sha256("".join(f"{name}\n" for name in sorted({event.id for event in events})).encode()).hexdigest()


def cited(story: Story) -> Iterator[tuple[str, str]]:
    """Yield the facts that a story speaks of, each with the session that it is of."""

    def at(session: str | None, *facts: str | None) -> Iterator[tuple[str, str]]:
        yield from ((session or story.session, fact) for fact in facts if fact is not None)

    for cite in (cite for sentence in story.sentences for cite in sentence.cites):
        yield from at(cite.session, cite.event)
    yield from at(story.origin.session, story.origin.event)
    for effect in story.effects:
        yield from at(effect.session, effect.event)
    for hop in story.path:
        yield from at(hop.from_session, hop.from_event)
        yield from at(hop.to_session, hop.to_event)
    for work in story.works:
        yield from at(work.session, work.call)


def _cited(casebook: Casebook, tenant: str) -> dict[str, set[str]]:
    """Return the facts of each session that stories speak of, also those of other sessions and those that were withdrawn."""
    found = defaultdict[str, set[str]](set)
    for record in casebook.each_story(tenant, every=True):
        for session, fact in cited(record.story):
            found[session].add(fact)
    return found


def _remove(graph: GraphStore, tenant: str, session: str, gone: Collection[Event]) -> int:
    """Remove observations of a session, and keep what was derived between facts that stay."""
    if not gone:
        return 0
    if len(gone) == len(graph.events(session, tenant=tenant)):
        return graph.withdraw(session, {event.id for event in gone}, tenant=tenant)
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
