"""At most so many stories a day: which are shown first, and which are only counted until somebody asks.

Nothing is thrown away, and nothing depends on the order of arrival: the day is that on which the session began, in UTC. Stories
of one injected content come to one place, so an attacker who repeats it in many sessions fills one. A proven story (data of
other sources left for an address that third-party text gave) is shown however many there are: decoys cannot hide it.
"""

from collections import defaultdict
from collections.abc import Iterable

from correlator.casebook import StoryRecord

_DAY_NS = 86_400 * 10**9


def overflow(records: Iterable[StoryRecord], a_day: int) -> frozenset[str]:
    """Return the ids of the stories that a budget of `a_day` places has no room for.

    Of a day the proven stories come first, then those with the higher score. Those without a time share one budget.
    """
    days = defaultdict[int | None, list[StoryRecord]](list)
    for record in records:
        days[None if record.began_ns is None else record.began_ns // _DAY_NS].append(record)
    return frozenset(name for day in days.values() for name in _beyond(day, a_day))


def _beyond(day: list[StoryRecord], places: int) -> list[str]:
    seen, beyond = set[str](), []
    for record in sorted(day, key=lambda one: (not one.story.proven, -one.story.score, one.story.id)):
        story = record.story
        content = story.origin.campaign or story.id
        if story.proven or (len(seen) < places and content not in seen):
            seen.add(content)
        else:
            beyond.append(story.id)
    return beyond
