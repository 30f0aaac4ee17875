"""Numbers in words, and lengths of time: "two and a half minutes", "2 minutes and 29 seconds", "half an hour". Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = {
    word: 10 * at
    for at, word in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2)
}
NUMBERS: dict[str, int] = {
    **{word: value for value, word in enumerate(_ONES) if value != 1}, **_TENS,
    **{f"{ten}-{one}": value + unit for ten, value in _TENS.items() for unit, one in enumerate(_ONES) if 0 < unit < 10},
    "twice": 2, "dozen": 12, "hundred": 100, "thousand": 1_000,
}  # fmt: skip
"""Words of numbers; "one" is none, because it points at things more often than it counts them."""
UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time."""

    seconds: int
    unit: int
    """Seconds of the smallest unit that it is told in."""
    end: int
    """Place of the first word behind it."""


def length_at(words: Sequence[str], at: int) -> Length | None:
    """Return the length of time that begins at a place among the words of a sentence, `None` if none does."""
    found = _sum(words, at)
    if found is None or [one.casefold() for one in words[found.end : found.end + 2]] not in _SHORT_OF:
        return found
    whole = _sum(words, found.end + 2)  # "two seconds short of four minutes"
    if whole is None or whole.seconds <= found.seconds:
        return found
    return Length(whole.seconds - found.seconds, found.unit, whole.end)


_SHORT_OF = (["short", "of"], ["shy", "of"])


def _sum(words: Sequence[str], at: int) -> Length | None:
    """Return a length of time that is told in one unit or several: "two minutes and 29 seconds"."""
    found = _part(words, at)
    while found is not None:
        behind = found.end + (words[found.end : found.end + 1] == ["and"])
        more = _part(words, behind)
        if more is None or more.unit >= found.unit:
            return found
        found = Length(found.seconds + more.seconds, more.unit, more.end)
    return None


def _part(words: Sequence[str], at: int) -> Length | None:
    """Return a number, or half of one, with its unit."""
    words = [word.casefold() for word in words[at : at + 6]]
    if not words:
        return None
    if words[0] == "half" and words[1:2] in (["a"], ["an"]) and (unit := _unit(words[2:3])):
        return Length(unit // 2, unit // 2, at + 3)
    value = _value(words[0])
    if value is None:
        return None
    if words[0] == "a" and words[1:2] == ["second"] and not {*words[2:3]} <= _TIMELY:
        return None  # "a second attempt"
    half = words[1:4] == ["and", "a", "half"]
    behind = 4 if half else 1
    unit = _unit(words[behind : behind + 1])
    if unit is None:
        return None
    if not half and words[behind + 1 : behind + 4] == ["and", "a", "half"]:
        half, behind = True, behind + 3
    return Length(value * unit + half * unit // 2, unit // 2 if half else unit, at + behind + 1)


_TIMELY = frozenset(
    ("later", "after", "afterwards", "before", "earlier", "apart", "passed", "elapsed", "and", "on", "or", "of")
)
"""Words behind "a second" that is a length of time."""


def _value(word: str) -> int | None:
    return 1 if word in ("one", "a", "an") else int(word) if word.isdigit() else NUMBERS.get(word)


def _unit(words: Sequence[str]) -> int | None:
    return UNITS.get(words[0].removesuffix("s")) if words else None
