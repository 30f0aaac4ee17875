"""Words that a number of the evidence carries: what it measures, the least or the greatest one, one that went up or down. Pure."""

import re

from correlator.verifying.grounds import number
from correlator.verifying.read import Read
from correlator.verifying.wording import root, roots_of, table, words_of


def is_of_number(at: int, read: Read) -> bool:
    """Return whether a word says what a number of a cited event measures: "a pressure of 12"."""
    behind = read.tokens[at + 1 : at + 3]
    return (
        len(behind) == 2
        and behind[0].text == "of"
        and behind[1].kind == "number"
        and root(read.tokens[at].text) in roots_of("magnitudes")
        and any(number(behind[1].text) in one.numbers for one in read.cited)
    )


def is_extreme(word: str, read: Read) -> bool:
    """Return whether a superlative is told of the least or the greatest of several numbers: "the cheapest, at 12"."""
    least = word in words_of("least")
    if not least and word not in words_of("greatest"):
        return False
    numbers = [float(one) for ground in read.cited for one in ground.numbers if _PLAIN.fullmatch(one)]
    told = [
        float(number(one.text)) for one in read.tokens if one.kind == "number" and _PLAIN.fullmatch(number(one.text))
    ]
    return any(
        value in numbers and len(near) > 1 and value == (min(near) if least else max(near))
        for value in told
        if _is_of_named(value, read)
        for near in [[one for one in numbers if value / _NEAR <= one <= value * _NEAR]]
    )


def is_moved(word: str, at: int, read: Read) -> bool | None:
    """Return whether a number went up or down, as a word says: "raised to 15" beside a 7; `None` where nothing is told of that."""
    base, up = root(word), root(word) in _RAISING
    if not up and base not in _LOWERING:
        return None
    told = [
        (place, float(number(one.text)))
        for place, one in enumerate(read.tokens)
        if one.kind == "number"
        and _PLAIN.fullmatch(number(one.text))
        and any(number(one.text) in ground.numbers for ground in read.cited)
    ]
    ends = [value for place, value in told if place > at and read.tokens[place - 1].text.casefold() == "to"]
    others = [value for place, value in told if value not in ends and read.tokens[place - 1].text.casefold() in _FROM]
    if len(ends) != 1 or not others:
        return None
    return any((ends[0] > one) == up for one in others)


_FROM = frozenset(("from", "at", "of", "was", "been", "not"))
_RAISING, _LOWERING = roots_of("raising"), roots_of("lowering")


def _is_of_named(value: float, read: Read) -> bool:
    """Return whether a number stands in a cited event beside a word of the sentence, which it is a number of."""
    words = {root(one.text) for one in read.tokens if one.kind == "word"} - table().neutral
    return any(one.kind == "entity" for one in read.tokens) or any(
        f"{value:g}" in one.numbers_beside(base) for one in read.cited for base in words
    )


_PLAIN = re.compile(r"\d+(?:\.\d+)?")
_NEAR = 4
"""How many times as much a number may be that is compared with another one."""
