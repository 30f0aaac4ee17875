"""Times of day in words: "seven o'clock", "half past two", "at six", "a quarter to noon". Pure."""

import re
from collections.abc import Iterator, Sequence

from correlator.verifying.lengths import NUMBERS, length_at
from correlator.verifying.read import Read
from correlator.verifying.wording import is_finite, words_of

_DAY, _HALF_DAY, _HOUR = 1_440, 720, 60
_NAMED = {"noon": 720, "midday": 720, "midnight": 0}
_TO, _PAST = ("to", "before", "till"), ("past", "after")
_HOURS = 12


def is_clock(read: Read, at: int) -> bool:
    """Return whether a number, by its place among the tokens, belongs to a time of day that a cited event is of, or names."""
    words = [one.text.casefold() for one in read.tokens[max(0, at - _LONGEST) : at + _LONGEST]]
    here = min(at, _LONGEST)
    told = [minute for start in range(here + 1) for minute, end in _clocks(words, start) if end > here]
    return bool(told) and not set(told).isdisjoint(_there(read))


_LONGEST = 6
"""Words of a time of day."""


def _there(read: Read) -> set[int]:
    """Return the minutes of the day that cited events are of, or that their texts name."""
    found = {one.at_s // 60 % _DAY for one in read.cited if one.at_s is not None}
    for one in read.cited:
        for at, hour, minute, half in _WRITTEN.findall(one.told):
            if (at or minute or half) and int(hour) < 24 and int(minute or 0) < 60:
                shift = _HALF_DAY * (half.casefold()[:1] == "p" and int(hour) < _HOURS)
                found.add((int(hour) * _HOUR + int(minute or 0) + shift) % _DAY)
    return found


_WRITTEN = re.compile(
    r"(\bat |\bby |)(?<![\d:.])(\d{1,2})(?:[:.h](\d{2}))?(?::\d{2})? ?((?:[ap]\.?m\b)?)(?![\d:]|\.\d)", re.IGNORECASE
)


def _clocks(words: Sequence[str], at: int) -> Iterator[tuple[int, int]]:
    """Yield the minutes of the day that words at a place may name, each with the place behind them."""
    before = words[at - 1] if at else ""
    for minute, end in _wholes(words, at):
        is_sure = words[end : end + 3] in _HALVES or words[end - 1] in ("o'clock", "o’clock") or words[at] in _NAMED
        ends = end == len(words) or words[end] in _BEHIND or (before == "past" and is_finite(words[end]))
        is_at = before in ("at", "by") or (before in _AT and words[at].isalpha())
        if is_sure or (is_at and ends):
            yield minute, end
    offset, behind = _offset(words, at)
    sign = -1 if words[behind : behind + 1] and words[behind] in _TO else 1
    if offset is not None and words[behind : behind + 1] and words[behind] in (*_TO, *_PAST):
        for minute, end in _wholes(words, behind + 1):
            yield (minute + sign * offset) % _DAY, end


_AT = frozenset((
    "at", "by", "until", "till", "from", "before", "after", "around", "about", "to", "past", "and", "or", "between", "since",
))  # fmt: skip
_HALVES = [["in", "the", part] for part in ("morning", "afternoon", "evening")]
_BEHIND = words_of("joints") | words_of("prepositions") | words_of("be") | words_of("have")


def _wholes(words: Sequence[str], at: int) -> Iterator[tuple[int, int]]:
    """Yield full hours: "nine", "nine o'clock", "noon"; of a number both halves of the day."""
    word = words[at] if at < len(words) else ""
    if word in _NAMED:
        yield _NAMED[word], at + 1
        return
    hour = 1 if word == "one" else NUMBERS.get(word, int(word) if word.isdecimal() and len(word) < 3 else 0)
    if 0 < hour <= _HOURS:
        end = at + 1 + (words[at + 1 : at + 2] in (["o'clock"], ["o’clock"]))
        yield hour * _HOUR % _DAY, end
        yield (hour * _HOUR + _HALF_DAY) % _DAY, end


def _offset(words: Sequence[str], at: int) -> tuple[int | None, int]:
    """Return the minutes that a time of day lies behind or before an hour, and the place behind them."""
    if words[at : at + 1] == ["half"] and words[at + 1 : at + 2] == ["past"]:
        return 30, at + 1
    if words[at : at + 1] == ["quarter"]:
        return 15, at + 1
    length = length_at(words, at)
    if length is not None and not length.seconds % 60:
        return length.seconds // 60, length.end
    value = NUMBERS.get(words[at], 0)
    return (value, at + 1) if value in (5, 10, 20, 25) else (None, at)
