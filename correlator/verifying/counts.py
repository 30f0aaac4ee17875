"""What a number counts: cited events, things in them, or the time between two of them. Pure."""

import re
from collections.abc import Iterator
from itertools import combinations

from correlator.verifying.grounds import Ground, enumerated
from correlator.verifying.lengths import NUMBERS, UNITS, Length, length_at
from correlator.verifying.read import Read, among
from correlator.verifying.wording import root, roots_of, table, words_of
from sensor.event import ToolCalled


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
        before = [one.text.casefold() for one in read.tokens[max(0, at - 2) : at]]
        # Seconds are exact; of minutes and hours the next half may be meant, and "more than" says that some are left out.
        least, unit = length.seconds, length.unit
        if unit >= _DAY and any(abs(one - least) <= unit // 2 for one in _days_before(read)):
            return True
        most = least + (unit if before == ["more", "than"] else max(1, unit // 2))
        if _says_length(read, at):
            return True
        if before == ["less", "than"] or before[-1:] in (["under"], ["within"], ["nearly"], ["almost"]):
            most = least + (before[-1:] == ["within"])
            return any(least // 2 <= abs(last - first) < most for first, last in spans(read))
        if unit < _LONG and least in clock_spans(read):
            return True
        if unit >= _DAY and any(abs(one - least) <= unit // 2 for one in _date_spans(read)):
            return True
        return any(
            least - min(unit // 2, least // 3) * ("than" not in before) <= abs(last - first) < most
            for first, last in spans(read)
        )
    nouns = [one.text.casefold() for one in read.tokens[at + 1 : at + 4] if one.kind == "word"]
    if read.tokens[at].kind == "number" and (value < 2 or not nouns or not nouns[0].endswith("s")):
        return False  # digits count things: "2 letters"
    bases = [root(noun) for noun in nouns]
    named = [
        one
        for one in read.cited
        if any(among(base, one.words) or among(base, one.lent) or table().beside(base) & one.words for base in bases)
    ]
    if any(base in _CALLS for base in bases) or (not named and len({one.event.kind for one in read.cited}) == 1):
        named = list(read.cited)  # what a noun that no event has names, are all of them, if they are of one kind
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
    """Return how many of a thing the ranges of cited events have: 8 of "rows 5 to 12"."""
    return frozenset(last - first + 1 for first, last in ranges(read, base))


def ranges(read: Read, base: str) -> frozenset[tuple[int, int]]:
    """Return the ends of the ranges of a thing, by its root, that cited events have: "rows 5 to 12"."""
    return frozenset(
        (int(first), int(last))
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


def _parts(ground: Ground) -> Iterator[tuple[int, ...]]:
    """Yield the counts that an event tells one after the other: "4 lit, 2 dark", "four times, once"."""
    found = [
        _amount(word)
        for word in re.findall(
            r"(?<!\bof )(?<![\w.:/=-])(?:\d{1,4}|[a-z]+)(?![\w:=-]|\.\d)", _CLOCK.sub(" ", ground.told.casefold())
        )
        if word == "once" or word in NUMBERS or word.isdecimal()
    ][:_MOST]
    yield tuple(found)
    yield from combinations(found, 2)


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
    for start in range(max(0, at - _LONGEST), at + 1):
        found = length_at(words, start)
        if found is not None and start <= at < found.end:
            return found
    return None


_LONGEST = 6
"""Words of a length of time before its last number: "two hours and a half and …"."""


def _says_length(read: Read, at: int) -> bool:
    """Return whether a cited event itself has a number beside the unit that stands behind it: "30 s"."""
    word, unit = read.tokens[at].text.casefold(), read.tokens[at + 1].text.casefold().removesuffix("s")
    if unit not in UNITS:
        return False
    amount = rf"(?:{re.escape(word)}|{NUMBERS.get(word, word)})"
    written = re.compile(rf"\b{amount}[ -]?(?:{unit}s?|{unit[:3]}|{unit[0]})\b|\b{unit}s? {amount}\b")
    return any(written.search(one.plain) for one in read.cited)


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


_CALLS = roots_of("calls")
_PAIR = re.compile(r"\btwo [\w-]+(?: [\w-]+)?[,:] [\w'’-]+ and [\w'’-]+")
"""Two things that a sentence itself names."""


def spans(read: Read) -> Iterator[tuple[int, int]]:
    """Yield the times of pairs of cited events."""
    for one, other in combinations(read.cited, 2):
        if one.at_s is not None and other.at_s is not None:
            yield one.at_s, other.at_s


_LONG = 3_600
"""Seconds of a unit that is too coarse for a length between times that texts name."""


def clock_spans(read: Read) -> frozenset[int]:
    """Return the seconds between the times of day that texts of the cited events name, and between those and the events."""
    told = [one for ground in read.cited for one in _CLOCK.findall(ground.told)]
    clocks = {int(hour) * 3_600 + int(minute) * 60 for hour, minute in told}
    times = {one.at_s % _DAY for one in read.cited if one.at_s is not None}
    return frozenset(abs(one - other) for one in clocks for other in clocks | times)


def _days_before(read: Read) -> Iterator[int]:
    """Yield the seconds from cited events to what the run is about, its last event: "three days before"."""
    ends = [one.at_s for one in read.run if one.at_s is not None]
    yield from (abs(max(ends) - one.at_s) for one in read.cited if one.at_s is not None and ends)


def _date_spans(read: Read) -> frozenset[int]:
    """Return the seconds between the days that the cited events name or are of."""
    days = {day for ground in read.cited for day in ground.dates}
    return frozenset(_DAY * abs((one - other).days) for one, other in combinations(days, 2))


_CLOCK = re.compile(r"(?<![\d:.])([01]?\d|2[0-3]):([0-5]\d)(?![\d:]|\.\d)")
_DAY = 86_400
