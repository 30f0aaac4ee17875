"""`respell`: the values of the payload are written another way: spaces, "dot", grouping, look-alike characters."""

import random
import re
from collections.abc import Callable

from benchmarks.quality.letters import Span, letters
from benchmarks.quality.mutations.rewriting import Edit, edited, rewrite_payloads
from benchmarks.quality.payload import ENTITIES, Site, held, steered_values
from benchmarks.quality.quoting import Quotes
from benchmarks.quality.records import Record

_LOOK_ALIKE = str.maketrans("aceiopsxyACEHKMOPTX0123456789", "асеіорѕхуАСЕНКМОРТХ０１２３４５６７８９")
"""Cyrillic letters and full-width digits."""


def look_alike(value: str) -> str:
    """Return the value in characters that look the same."""
    return value.translate(_LOOK_ALIKE)


def in_words(value: str) -> str:
    """Return a host or address with "dot" and "at" spelled out."""
    return value.replace("@", " at ").replace(".", " dot ")


def in_brackets(value: str) -> str:
    """Return a host or address with its marks in brackets."""
    return value.replace("@", " (at) ").replace(".", "[.]")


def in_groups(value: str) -> str:
    """Return a number with a space after every fourth character."""
    return " ".join(value[at : at + 4] for at in range(0, len(value), 4))


def with_hyphens(value: str) -> str:
    """Return a number with a hyphen after every fifth character."""
    return "-".join(value[at : at + 5] for at in range(0, len(value), 5))


def spaced(value: str) -> str:
    """Return a word with a space between any two characters."""
    return " ".join(value)


def spellings(value: str) -> tuple[Callable[[str], str], ...]:
    """Return the ways in which this value can be respelled."""
    if re.search(r"\w[.@]\w", value):
        return (in_words, in_brackets, look_alike)
    if re.fullmatch(r"[A-Za-z]{0,4}\d[\dA-Za-z]{4,}", value):
        return (in_groups, with_hyphens, look_alike)
    if re.fullmatch(r"\w{3,}", value):
        return (spaced, look_alike)
    return (look_alike,)


def change(record: Record, sites: list[Site], seed: int) -> bool:
    """Respell every value the same way wherever it stands; of a longer text the hosts, addresses and numbers in it."""
    values = steered_values(record, sites)

    def respelled(text: str, _: Quotes) -> str:
        edits = [edit for item in held(text, values) for edit in _edits(text, item.span, seed)]
        return edited(text, edits)

    return rewrite_payloads(record, sites, respelled)


def _edits(text: str, span: Span, seed: int) -> list[Edit]:
    inside = [Span(*match.span()) for match in ENTITIES.finditer(text, span.start, span.end)]
    return [Edit(part, _respell(text[part.start : part.end], seed)) for part in (inside or [span])]


def _respell(value: str, seed: int) -> str:
    ways = list(spellings(value))
    random.Random(f"{seed}/{letters(value)}").shuffle(ways)
    return next((way(value) for way in ways if way(value) != value), value)
