"""Numbers in words, and lengths of time: "two and a half minutes", "3 minutes and 5 seconds", "half an hour". Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from correlator.verifying.wording import words_of

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = {
    word: 10 * at
    for at, word in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2)
}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 1_000_000}
NUMBERS: dict[str, int] = {
    **{word: value for value, word in enumerate(_ONES) if value != 1}, **_TENS,
    **{f"{ten}-{one}": value + unit for ten, value in _TENS.items() for unit, one in enumerate(_ONES) if 0 < unit < 10},
    "twice": 2, **_SCALES,
}  # fmt: skip
"""Words of numbers; "one" is none, because it points at things more often than it counts them."""
UNITS = {
    "second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800, "month": 2_592_000, "year": 31_536_000,
}  # fmt: skip
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}


def number_at(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """Return what the words of a number amount to, and the place behind them, `None` where no number begins.

    "Three hundred and forty", "48 thousand", "half a dozen"; "one" counts only what follows it, as in "one hundred".
    """
    some = [word.casefold() for word in words[at : at + LONGEST]]
    if some[:3] == ["half", "a", "dozen"]:
        return 6, at + 3
    if some[1:4] == ["and", "a", "half"] and some[4:5] and some[4] in _SCALES:
        whole = 1 if some[0] in ("one", "a") else NUMBERS.get(some[0], 0)  # "two and a half thousand"
        return (whole * _SCALES[some[4]] + _SCALES[some[4]] // 2, at + 5) if whole else None
    found, last, end = 0, 0, 0
    for place, word in enumerate(some):
        value = NUMBERS.get(word) if word != "twice" or not place else None
        if word.isdecimal() and not place and some[1:2] and some[1] in _SCALES:
            value = int(word)
        if value is None:
            opens = word in ("a", "an", "one") and not place
            if not (opens or (word == "and" and last in (100, 1_000))):
                break
            if some[place + 1 : place + 2] and some[place + 1] in (_SCALES if opens else NUMBERS):
                continue
            break
        if word in _SCALES:
            whole = found - found % 1_000 if word == "hundred" else 0  # "two thousand | three hundred"
            found = whole + max(1, found - whole) * value
        elif place and not (last in (100, 1_000) or (last in _TENS.values() and value < 10)):
            break
        else:
            found += value
        last, end = value, place + 1
    return (found, at + end) if end else None


LONGEST = 8
"""Words of a number."""


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
    whole = _sum(words, found.end + 2)  # "ten minutes short of an hour"
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
        if more is None or more.unit >= found.unit or more.seconds >= found.unit:
            return found  # "two minutes, or 118 seconds": it is told twice
        found = Length(found.seconds + more.seconds, more.unit, more.end)
    return None


def _part(words: Sequence[str], at: int) -> Length | None:
    """Return a number, or half of one, with its unit."""
    if at >= len(words) or not _may_begin(words[at]):
        return None
    words = [word.casefold() for word in words]
    if words[at : at + 1] == ["half"] and words[at + 1 : at + 2] in (["a"], ["an"]):
        unit = _unit(words[at + 2 : at + 3])
        return Length(unit // 2, unit // 2, at + 3) if unit else None
    if words[at + 1 : at + 2] in (["quarter"], ["quarters"]) and words[at + 2 : at + 5] == ["of", "an", "hour"]:
        return Length((_value(words, at)[0] or 0) * _QUARTER, _QUARTER, at + 5)
    if words[at : at + 2] == ["a", "second"] and not {*words[at + 2 : at + 3]} <= words_of("timely"):
        return None  # "a second attempt"
    value, behind = _value(words, at)
    behind += words[behind : behind + 1] in _WHOLE
    half = words[behind : behind + 3] == ["and", "a", "half"]
    behind += 3 * half
    unit = _unit(words[behind : behind + 1])
    if value is None or unit is None:
        return None
    behind += 1
    if not half and words[behind : behind + 3] == ["and", "a", "half"]:
        half, behind = True, behind + 3
    return Length(value * unit + half * unit // 2, unit // 2 if half else unit, behind)


@lru_cache(maxsize=4_096)
def _may_begin(word: str) -> bool:
    """Return whether a number may begin with a word; the question is asked of each word of a sentence, by many rules."""
    word = word.casefold()
    return word in NUMBERS or word in ("one", "a", "an", "half") or word.isdecimal()


_WHOLE = (["full"], ["whole"], ["entire"], ["good"], ["solid"])
_QUARTER = 900


def _value(words: Sequence[str], at: int) -> tuple[int | None, int]:
    """Return the number at a place, `None` for none, and the place behind it."""
    found = number_at(words, at)
    if found is not None:
        return found
    word = words[at] if at < len(words) else ""
    return (1 if word in ("one", "a", "an") else int(word) if word.isdecimal() else None), at + 1


def _unit(words: Sequence[str]) -> int | None:
    return UNITS.get(words[0].removesuffix("s")) if words else None
