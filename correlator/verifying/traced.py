"""A trace → the grounds of its events by line, for sentences that cite lines (`clew narrator test --sentences`)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from correlator.verifying.grounds import Ground, grounds
from sensor.sources.trace import located

_SESSION = re.compile(r"\s*session\s+(?:\"([^\"]+)\"|(\S+))")


class Traced(NamedTuple):
    """A trace as evidence."""

    run: tuple[Ground, ...]
    """In the order of the lines."""
    lines: Mapping[int, Ground]
    """Number of a line, from 1, → what it carries. A line that names a session stands for the event behind it."""


def read_trace(text: str) -> Traced:
    """Return the grounds of a trace. Raises `sensor.errors.TraceError`."""
    found, written = list(located(text)), text.splitlines()
    bare = grounds([one.event for one in found], {one.event.id: written[one.line - 1] for one in found})
    named, session, at = list[Ground](), "", 0
    lines = dict[int, Ground]()
    waiting = list[int]()
    for one, ground in zip(found, bare, strict=True):
        for number in range(at + 1, one.line):
            match = _SESSION.match(written[number - 1])
            if match:
                session = match[1] or match[2]
                waiting.append(number)
        at = one.line
        # A hand-over names the other session.
        is_named = bool(session) and one.event.kind != "agent_handed_over"
        told = replace(ground, line=f"{ground.line} {session}".strip()) if is_named else ground
        named.append(told)
        for number in (*waiting, one.line):
            lines[number] = told
        waiting = []
    return Traced(tuple(named), lines)
