"""Hostile JSON → the few values that are asked for. What is missing or of another type gives nothing, never an exception.

A path names fields from the outside in, `a.b`; the step `*` stands for each element of a list. A field whose own name
holds a dot is written as a tuple of steps.
"""

import json
from collections.abc import Iterator

from pydantic import JsonValue

from sensor.sources.bounded_json import DEPTH

Fields = dict[str, JsonValue]
"""One JSON object."""
Path = str | tuple[str, ...]
Leaf = tuple[tuple[str, ...], str]
"""Steps to a text or number, and it as text."""

_ELEMENTS = 200
"""Elements of one list that are looked at."""
_LEAVES = 5_000
"""Texts and numbers of one record that are looked at."""


def every(value: JsonValue, path: Path) -> Iterator[JsonValue]:
    """Yield each value that `path` leads to, in the order of the record."""
    steps = tuple(path.split(".")) if isinstance(path, str) else path
    if not steps:
        yield value
    elif steps[0] == "*" and isinstance(value, list):
        for element in value[:_ELEMENTS]:
            yield from every(element, steps[1:])
    elif isinstance(value, dict) and steps[0] in value:
        yield from every(value[steps[0]], steps[1:])


def at(value: JsonValue, path: Path) -> JsonValue:
    """Return the first value that `path` leads to, else `None`."""
    return next(every(value, path), None)


def fields(value: JsonValue, path: Path) -> Fields:
    """Return the first object that `path` leads to, else an empty one."""
    found = at(value, path)
    return found if isinstance(found, dict) else {}


def text(value: JsonValue, *paths: Path) -> str:
    """Return the first text or number, as text and stripped, that one of the paths leads to, else the empty string."""
    for path in paths:
        for found in every(value, path):
            if told := told_by(found):
                return told
    return ""


def texts(value: JsonValue, path: Path) -> list[str]:
    """Return all texts and numbers that `path` leads to, as text; empty ones are left out."""
    return [told for found in every(value, path) if (told := told_by(found))]


def told_by(value: JsonValue) -> str:
    """Return a text or number as text without space around it; anything else as the empty string."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def leaves(value: JsonValue) -> Iterator[Leaf]:
    """Yield the texts and numbers of a record with the steps to them, in its order, up to a bound."""
    for count, leaf in enumerate(_leaves(value, ())):
        if count == _LEAVES:
            return
        yield leaf


def _leaves(value: JsonValue, steps: tuple[str, ...]) -> Iterator[Leaf]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*steps, name))
    elif isinstance(value, list):
        for item in value[:_ELEMENTS]:
            yield from _leaves(item, (*steps, "*"))
    elif told := told_by(value):
        yield steps, told


def too_deep(value: JsonValue, levels: int = DEPTH) -> bool:
    """Return whether `value` is nested deeper than every later station can follow."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is not None and (levels == 0 or any(too_deep(item, levels - 1) for item in inner))


def canonical(value: JsonValue) -> str:
    """Return the one JSON text of `value`, whatever the order of its fields was."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
