"""Which stored story a newly told one is: the older id wins, the other becomes an alias for ever.

Pure. Two stories of a session are the same when they share an effect. When chains merge, the oldest story lives on and
the others become its aliases; when a chain splits, the story goes on with the part that shares most, and the rest are
new.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from correlator.chain import CHAIN_VERSION
from correlator.story import Story
from sensor.identity import digest


@dataclass(frozen=True)
class Known:
    """A stored story, as far as identity needs it."""

    id: str
    created: int
    effects: frozenset[str]
    """Entity keys of its effects."""
    aliases: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Plan:
    """What becomes of the stories of one session."""

    stories: tuple[Story, ...] = ()
    """The told stories under their lasting ids, with all their aliases, in the order of their first effects."""
    merged: dict[str, str] = field(default_factory=dict)
    """Stored id → the id that it is an alias of from now on."""
    told_as: dict[str, str] = field(default_factory=dict)
    """Lasting id → the id that the engine gave."""
    vanished: tuple[str, ...] = ()
    """Stored ids that nothing told now continues."""


def reconcile(known: Iterable[Known], told: Iterable[Story]) -> Plan:
    """Return the plan for one session; the order of both arguments does not matter.

    `known` holds the stored stories that are no aliases themselves, withdrawn ones too.
    """
    stored = sorted(known, key=lambda one: (one.created, one.id))
    stories = sorted(told, key=lambda story: (story.effects[0].step, story.id))
    heirs: dict[int, list[Known]] = {}
    vanished = []
    for one in stored:
        chosen = _continued(one, stories)
        if chosen is None:
            vanished.append(one.id)
        else:
            heirs.setdefault(chosen, []).append(one)
    taken = {name for one in stored for name in (one.id, *one.aliases)}
    plan = Plan(vanished=tuple(vanished))
    lasting = []
    for number, story in enumerate(stories):
        named = _named(story, heirs.get(number, ()), taken)
        taken |= {named.id, *named.aliases}
        plan.told_as[named.id] = story.id
        plan.merged.update({one.id: named.id for one in heirs.get(number, ())[1:]})
        lasting.append(named)
    return Plan(tuple(lasting), plan.merged, plan.told_as, plan.vanished)


def _continued(one: Known, stories: Sequence[Story]) -> int | None:
    """Return which told story goes on with a stored one: the one that shares most effects, the earliest of equals."""
    shared = [len(one.effects & {effect.event for effect in story.effects}) for story in stories]
    best = max(range(len(stories)), key=lambda number: (shared[number], -number), default=None)
    if best is None or not shared[best]:
        return next((number for number, story in enumerate(stories) if story.id in {one.id, *one.aliases}), None)
    return best


def _named(story: Story, older: Sequence[Known], taken: set[str]) -> Story:
    if not older:
        return story.model_copy(update={"id": _free(story.id, taken)})
    first = older[0]
    aliases = {name for one in older for name in (one.id, *one.aliases)} | ({story.id} - taken)
    return story.model_copy(update={"id": first.id, "aliases": tuple(sorted(aliases - {first.id}))})


def _free(name: str, taken: set[str]) -> str:
    """Return the id itself, or one derived from it where it leads to another story for ever."""
    while name in taken:
        name = f"{CHAIN_VERSION}:{digest('chain again', name)}"
    return name
