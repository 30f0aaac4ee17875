"""What a record names: hosts, paths, accounts and the rest, found by the fields that they stand in."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from pydantic import JsonValue

from sensor.event import Named, NamedAs
from sensor.sources.alerts.walk import leaves

Places = Mapping[str, NamedAs]
"""Path of a field → what its value is. A path that begins with `..` is the end of one: `..process.name`."""
Pair = tuple[NamedAs, str]

MOST = 50
"""Named things that one alert keeps."""
LONGEST = 2_000
"""Characters that one of them keeps."""

_NOTHING = frozenset(
    {"", "-", "?", "*", "<na>", "n/a", "none", "null", "(null)", "(none)", "unset", "unknown", "<unknown>"}
)
"""How products write that they do not know."""
_TAIL = 3
"""Steps that the end of a path may have."""
_PORT = re.compile(r"\[([0-9A-Fa-f:.%]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+", re.ASCII)


def named(record: JsonValue, places: Places, first: Iterable[Pair] = ()) -> tuple[Named, ...]:
    """Return what `first` says and then what the record names, in its order, each once and within the bounds."""
    found: dict[Pair, None] = {}
    for what, value in chain(first, _in_order(record, places)):
        kept = _kept(what, value)
        if kept:
            found.setdefault((what, kept))
        if len(found) == MOST:
            break
    return tuple(Named(what=what, value=value) for what, value in found)


def _in_order(record: JsonValue, places: Places) -> Iterator[Pair]:
    for steps, value in leaves(record):
        what = places.get(".".join(steps))
        for length in range(_TAIL, 0, -1):
            what = what or places.get(f"..{'.'.join(steps[-length:])}")
        if what:
            yield what, value


def _kept(what: NamedAs, value: str) -> str:
    value = value.strip()[:LONGEST].rstrip()
    if value.lower() in _NOTHING:
        return ""
    if what == "user" and value.isdecimal():  # a number names nobody outside its own host
        return ""
    if what in ("address", "host") and (match := _PORT.fullmatch(value)):
        return match[1] or match[2]
    return value
