"""What a number counts: cited events, things in them, or the time between two of them. Pure."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations, islice

from correlator.verifying.grounds import Ground, enumerated
from correlator.verifying.lengths import NUMBERS, UNITS, Length, length_at
from correlator.verifying.read import PREPOSITIONS, Read, among
from correlator.verifying.wording import root, roots_of, table, words_of
from sensor.event import DatabaseQueried, ToolCalled, ToolsDeclared


def unit_behind(read: Read, at: int) -> int | None:
    """Return the seconds of the unit behind a number that is a length of time."""
    following = [one.text.casefold().removesuffix("s") for one in read.tokens[at + 1 : at + 5]]
    if following[:3] == ["and", "a", "half"]:
        following = following[3:]
    return UNITS.get(following[0]) if following else None


def counts(read: Read, at: int, value: int | None) -> bool:
    """Return whether a number is a length of time between two cited events, or how many of them there are."""
    if value is None:
        return False
    length = length_of(read, at)
    if length is not None:
        return _lasts(read, at, value, length)
    if _shares_unit(read, at, value):
        return True
    is_known = at > 0 and read.tokens[at - 1].text.casefold() == "the"  # "the two runs", though one of them is cited
    return _counts_things(read, at, value, read.cited) or (is_known and _counts_things(read, at, value, read.run))


def _lasts(read: Read, at: int, value: int, length: Length) -> bool:
    """Return whether a length of time, of which a number is a part, is one that the evidence has.

    Seconds are exact; of minutes and hours the next half may be meant, and "more than" says that some are left out.
    """
    before = [one.text.casefold() for one in read.tokens[max(0, at - 2) : at]]
    least, unit, half = length.seconds, length.unit, length.unit // 2
    own = int(read.tokens[at].text) if read.tokens[at].text.isdecimal() else value
    if {least, own * (unit_behind(read, at) or 0)} & _written(read) or (unit < _LONG and least in _clock_spans(read)):
        return True
    others = [*(_days(read) if unit >= _DAY else ()), *(_into(read) if _is_into(read, length.end) else ())]
    if any(abs(one - least) <= half for one in others):
        return True
    if before == ["less", "than"] or before[-1:] in (["under"], ["within"], ["nearly"], ["almost"]):
        return any(least // 2 <= one < least + (before[-1:] == ["within"]) for one in spans(read))
    most = least + (unit if before == ["more", "than"] else max(1, half))
    least -= min(half, least // 3) * ("than" not in before)
    return any(least <= one < most for one in spans(read))


def _is_into(read: Read, end: int) -> bool:
    """Return whether what stands behind a length of time says that it began with the run: "a minute into it", "a minute in"."""
    behind = read.tokens[end : end + 2]
    words = [one.text.casefold() for one in behind]
    return words[:1] == ["into"] or words == ["in"] or (words[:1] == ["in"] and behind[1].aside)


def _counts_things(read: Read, at: int, value: int, among_all: Sequence[Ground]) -> bool:
    """Return whether there are as many of what stands behind a number, among some events or in a cited one."""
    nouns = [one.text.casefold() for one in read.tokens[at + 1 : at + 4] if one.kind == "word"]
    if read.tokens[at].kind == "number" and (value < 2 or not nouns or not nouns[0].endswith("s")):
        return False  # digits count things: "2 letters"
    bases = [root(noun) for noun in nouns]
    rows = {one.event.rows for one in among_all if isinstance(one.event, DatabaseQueried)} - {None}
    declared = {len(one.event.tools) for one in among_all if isinstance(one.event, ToolsDeclared)}
    if declared and bases[:1] == [_TOOL] and not {"that", "which", "marked"} & set(nouns):
        return value in declared
    if rows and bases[:1] == [_ROW]:
        return value in rows  # not how many values a statement lists
    named = [
        one
        for one in among_all
        if any(among(base, one.words) or among(base, one.lent) or table().beside(base) & one.words for base in bases)
    ]
    if any(base in _CALLS for base in bases) or not named:
        named = list(among_all)  # what a noun that no event has names, are all of them
    calls = {id(one.call or one.event) for one in named if isinstance(one.call or one.event, ToolCalled)}
    kinds = [one.event.kind for one in named]
    found = {len(calls)} | {kinds.count(kind) for kind in kinds} | {sum(bool(one.failed) for one in named)}
    if read.tokens[at].text.casefold() == "twice":
        found |= {_times(one, read) for one in read.cited}
    found.add(sum(1 for one in named if isinstance(one.event, ToolCalled) and not one.came_to_nothing))
    found |= {size for one in read.cited for size in one.sizes} | enumerated(read.sentence.casefold())
    found |= {
        sum(root(word) == base for word in re.findall(r"[a-z]+", text))
        for one in read.cited
        for text in _apart(one)
        for base in bases[:1]
    }
    found |= {size for base in bases[:1] for size in ranged(read, base)}
    found |= {_listed(read.sentence[read.tokens[at].start :])}
    return value in found or (value == 2 and bool(_PAIR.search(read.plain)))


def ranged(read: Read, base: str) -> frozenset[int]:
    """Return how many of a thing, by its root, the ranges of cited events have: 8 of "rows 5 to 12"."""
    return frozenset(
        int(last) - int(first) + 1
        for one in read.cited
        for word, first, last in _RANGE.findall(one.plain)
        if root(word) == base and int(first) < int(last)
    )


_RANGE = re.compile(r"\b([a-z]{3,40}) (\d{1,6}) ?(?:to|-|–|through|thru|until|up to) ?(\d{1,6})\b")


def is_whole(read: Read, at: int, value: int) -> bool:
    """Return whether a number is all of what a cited event has parts of: "of the six, four were lit", "six in all"."""
    words = [one.text.casefold() for one in read.tokens]
    before = [one for one in words[max(0, at - 2) : at] if one != "the"]
    behind = words[at + 1 : at + _IN_ALL]
    is_told = any(
        " ".join(behind[start:end]) in words_of("altogether")
        for start in range(len(behind))
        for end in (start + 1, start + 2)
    )
    is_of = before[-1:] == ["of"] and unit_behind(read, at) is None
    told = {_amount(word) for word in words} - {0}
    return any(
        value == sum(parts) and (is_told or not told.isdisjoint(parts)) for one in read.cited for parts in _parts(one)
    ) and (is_told or is_of)


_IN_ALL = 6
"""Words behind a number among which "in all" may stand."""


@lru_cache(maxsize=64)
def _parts(ground: Ground) -> frozenset[tuple[int, ...]]:
    """Return the counts that an event tells one after the other, and each two of them: "4 lit, 2 dark", "four times, once"."""
    words = (match.group() for match in _COUNT.finditer(_CLOCK.sub(" ", ground.told.casefold())))
    counting = (word for word in words if word == "once" or word in NUMBERS or word.isdecimal())
    found = tuple(map(_amount, islice(counting, _MOST)))
    return frozenset((found, *combinations(found, 2)))


_COUNT = re.compile(r"(?<!\bof )(?<![\w.:/=-])(?:\d{1,4}|[a-z]+)(?![\w:=-]|\.\d)")
_MOST = 12


def _amount(word: str) -> int:
    return 1 if word == "once" else NUMBERS.get(word, int(word) if word.isdecimal() else 0)


def _apart(ground: Ground) -> tuple[str, ...]:
    """Return the text of an event; of JSON this and its values, which say the same."""
    first, _, rest = ground.text.casefold().partition("\n")
    return (first, rest) if first[:1] in ("{", "[") else (ground.plain,)


def length_of(read: Read, at: int) -> Length | None:
    """Return the length of time that a number belongs to: of "3 minutes and 5 seconds" both have the whole."""
    words = [one.text for one in read.tokens]
    starts = range(max(0, at - _LONGEST), at + 1)
    for start in starts[-1:] if read.tokens[at].aside else starts:  # "within a minute, 55 seconds to be exact"
        found = length_at(words, start)
        if found is not None and start <= at < found.end:
            return found
    return None


def _shares_unit(read: Read, at: int, value: int) -> bool:
    """Return whether a number of nothing is a length in the unit of another one: "in two and then in four seconds"."""
    words, behind = [one.text for one in read.tokens], read.tokens[at + 1 : at + 2]
    if behind and not behind[0].aside and behind[0].text.casefold() not in PREPOSITIONS | _BEHIND_SHARED:
        return False
    units = {found.unit for start in range(len(words)) if (found := length_at(words, start)) is not None}
    return value > 0 and not spans(read).isdisjoint(value * unit for unit in units)


_BEHIND_SHARED = frozenset(("and", "or", "but", "then", "more", "which", "that", "later"))


_LONGEST = 6
"""Words of a length of time before its last number: "two hours and a half and …"."""


@lru_cache(maxsize=64)
def _lengths_of(ground: Ground) -> frozenset[int]:
    """Return the lengths of time that a text has, in seconds: "30 s", "2 h 40 min", "timeout_seconds 30", "two hours"."""
    found = set[int]()
    text = " ".join(ground.told.casefold().split())
    for told in _WRITTEN.findall(text):
        parts = [
            (
                _value(amount),
                UNITS.get(unit.removesuffix("s")) or next(UNITS[one] for one in UNITS if one[0] == unit[0]),
            )
            for amount, unit in _PART.findall(told)
        ]
        found |= {sum(amount * unit for amount, unit in parts), *(amount * unit for amount, unit in parts)}
    found |= {_value(amount) * UNITS[unit] for unit, amount in _KEYED.findall(text)}
    return frozenset(found)


def _written(read: Read) -> frozenset[int]:
    """Return the lengths of time that cited texts have, and what lies between each two of them."""
    found = frozenset[int]().union(*map(_lengths_of, read.cited))
    return found | {abs(one - other) for one, other in combinations(sorted(found)[:_MOST], 2)}


def _value(word: str) -> int:
    return int(word) if word.isdecimal() else NUMBERS.get(word, 0)


_AMOUNT = r"(?:\d{1,9}|" + "|".join(sorted(NUMBERS, key=len, reverse=True)) + ")"
_UNIT = r"(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|months?|years?)"
_WRITTEN = re.compile(rf"(?<![\w.]){_AMOUNT}[ -]?{_UNIT}\b(?:(?: |, | and )?{_AMOUNT} ?{_UNIT}\b)*")
_PART = re.compile(rf"({_AMOUNT})[ -]?({_UNIT})\b")
_KEYED = re.compile(rf"(?<![a-z])(second|minute|hour|day|week|month|year)s? ({_AMOUNT})(?![\w:.])")


def is_span(text: str, read: Read) -> bool:
    """Return whether a time is a length instead, that lies between two cited events: "4:51"; no length begins with a zero."""
    parts = [int(one) for one in text.split(":") if one.isdecimal()]
    seconds = sum(part * 60**place for place, part in enumerate(reversed(parts)))
    return not text.startswith("0") and seconds in spans(read)


def _times(ground: Ground, read: Read) -> int:
    """Return how many cited events are of one kind, and of one tool or program."""
    name = getattr(ground.event, "name", None) or getattr(ground.event, "argv", None)
    return sum(
        one.event.kind == ground.event.kind
        and (getattr(one.event, "name", None) or getattr(one.event, "argv", None)) == name
        for one in read.cited
    )


def _listed(text: str) -> int:
    """Return how many things a sentence itself lists behind a noun: "three orders: to read, to sum up and to send"."""
    found = re.match(r"[\w-]+(?: [\w’'-]+){1,3}: ([^;:]+)", text)
    return len(re.split(r", and |, | and ", found[1])) if found else 0


_CALLS, _ROW, _TOOL = roots_of("calls"), root("row"), root("tool")
_PAIR = re.compile(r"\btwo [\w-]+(?: [\w-]+)?[,:] [\w'’-]+ and [\w'’-]+")
"""Two things that a sentence itself names."""


def spans(read: Read) -> frozenset[int]:
    """Return the seconds between each two cited events."""
    times = [one.at_s for one in read.cited if one.at_s is not None]
    return frozenset(abs(one - other) for one, other in combinations(times, 2))


_LONG = 3_600
"""Seconds of a unit that is too coarse for a length between times that texts name."""


def _clock_spans(read: Read) -> frozenset[int]:
    """Return the seconds between the times of day that texts of the cited events name, and between those and the events."""
    told = [one for ground in read.cited for one in _CLOCK.findall(ground.told)]
    clocks = {int(hour) * 3_600 + int(minute) * 60 for hour, minute in told}
    times = {one.at_s % _DAY for one in read.cited if one.at_s is not None}
    return frozenset(abs(one - other) for one in clocks for other in clocks | times)


def _days(read: Read) -> Iterator[int]:
    """Yield what lies between days that cited events name or are of, and from these to the last event of the run."""
    days = {day for ground in read.cited for day in ground.dates}
    yield from (_DAY * abs((one - other).days) for one, other in combinations(days, 2))
    last = max((one.at_s for one in read.run if one.at_s is not None), default=0)
    for one in read.cited:
        if one.at_s is not None:
            yield from (last - one.at_s, (last // _DAY - one.at_s // _DAY) * _DAY)


def _into(read: Read) -> Iterator[int]:
    """Yield the seconds from the first event of a day to the cited ones, and those of a clock that begins with the run."""
    times = [one.at_s for one in read.run if one.at_s is not None]
    for at in (one.at_s for one in read.cited if one.at_s is not None):
        first = min(one for one in times if one // _DAY == at // _DAY)
        yield from (at - first, at % _DAY if first % _DAY < _LONG else at - first)


_CLOCK = re.compile(r"(?<![\d:.])([01]?\d|2[0-3]):([0-5]\d)(?![\d:]|\.\d)")
_DAY = 86_400
