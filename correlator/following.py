"""The casebook → a graph that hunters see: stories with what belongs to them, and the names of agents.

Whoever follows may die at any moment, and several may follow at once: how far the graph was told stands in the graph.
"""

from collections.abc import Iterator

from correlator.casebook import Casebook
from correlator.casebook.records import StoryRecord
from correlator.story import Story
from graph.store import Projection
from graph.telling import Member, Place, Role, Telling, Told

AT_ONCE = 500
"""Stories, and sessions, that are told with one transaction."""


def follow(graph: Projection, casebook: Casebook) -> int:
    """Bring the graph up to the event log and to the casebook; return how many entries and stories that took."""
    done = graph.project()
    for tenant in casebook.tenants():
        while (telling := _next(graph.told(tenant), casebook, tenant)) is not None and graph.tell(telling):
            done += len(telling.stories)
    return done


def is_behind(graph: Projection, casebook: Casebook) -> bool:
    """Return whether the graph is behind the event log or the casebook."""
    return bool(graph.lag()) or any(graph.told(tenant) != casebook.changes(tenant) for tenant in casebook.tenants())


def told(record: StoryRecord) -> Told:
    """Return a story as hunters find it."""
    story = record.story
    fields: dict[str, str | int | float] = {
        "title": story.title, "session": story.session, "assessment": story.assessment, "severity": story.severity,
        "score": story.score, "standing": record.standing, "version": story.version,
    }  # fmt: skip
    if record.verdict is not None:
        fields["verdict"] = record.verdict
    return Told(story.id, fields, () if record.standing == "merged" else tuple(_members(story)))


def _next(place: Place, casebook: Casebook, tenant: str) -> Telling | None:
    """Return what the casebook says behind a place, `None` where that is all."""
    records = casebook.stories_after(tenant, place.stories, AT_ONCE)
    named = casebook.workloads_after(tenant, place.sessions, AT_ONCE)
    if not records and not named:
        return None
    upto = Place(
        records[-1].updated if records else place.stories, named[-1][0] if named else place.sessions
    )  # fmt: skip
    agents = tuple((key, workload) for _, key, workload in named)
    return Telling(tenant, place, upto, tuple(map(told, records)), agents)


def _members(story: Story) -> Iterator[Member]:
    """Yield each fact of a story once, with what it is most."""
    found: dict[tuple[str, str], Member] = {}

    def add(role: Role, event: str, step: int | None, session: str | None) -> None:
        where = session or story.session
        found.setdefault((where, event), Member(where, event, role, step or 0))

    if story.origin.event is not None:
        add("origin", story.origin.event, story.origin.step, story.origin.session)
    for effect in story.effects:
        add("effect", effect.event, effect.step, effect.session)
    for hop in story.path:
        add("way", hop.from_event, hop.from_step, hop.from_session)
        add("way", hop.to_event, hop.to_step, hop.to_session)
    yield from found.values()
