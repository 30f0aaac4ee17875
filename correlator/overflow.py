"""At most so many stories a day: which are shown first, and which are only counted until somebody asks.

Nothing is thrown away. The day is that on which something of the session last arrived, in UTC, by our own clock: times in events
are hostile. Stories of one injected text come to one place as long as others need the rest, so an attacker who repeats it in many
sessions fills one. A proven story (data of other sources left for an address that third-party text gave) is shown however many
there are, and takes no place: decoys cannot hide it. Nor does one that an analyst has decided.
"""

from collections import defaultdict
from collections.abc import Iterable

from correlator.casebook import StoryRecord

_DAY_NS = 86_400 * 10**9


def overflow(records: Iterable[StoryRecord], a_day: int) -> frozenset[str]:
    """Return the ids of the open, undecided, unproven stories that a budget of `a_day` places has no room for, the weaker ones."""
    days = defaultdict[int, list[StoryRecord]](list)
    for record in records:
        if record.standing == "open" and record.verdict is None and not record.story.proven:
            days[record.arrived_ns // _DAY_NS].append(record)
    return frozenset(name for day in days.values() for name in _beyond(day, a_day))


def _beyond(day: list[StoryRecord], places: int) -> list[str]:
    seen, first, repeated = set[str](), list[str](), list[str]()
    for record in sorted(day, key=lambda one: (-one.story.score, one.story.id)):
        content = record.story.origin.campaign or record.story.id
        (repeated if content in seen else first).append(record.story.id)
        seen.add(content)
    return [*first, *repeated][places:]
