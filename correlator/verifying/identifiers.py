"""What an event calls something by its name: a table of the fields that hold the name of a person, a tool, a server, … Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from sensor.event import Event, ProcessStarted, ToolCalled, ToolReturned, ToolsDeclared


@dataclass(frozen=True, slots=True)
class Identifier:
    """The name of somebody or something in an event."""

    text: str
    """Case folded, with one blank between words."""
    sort: str
    """Name of the field that holds it, `program`, `session`, or `value`: a word that is all of an argument of a call."""


_FIELDS = (
    ("principal", "id"), ("author", "id"), ("server", ""), ("product", ""), ("system", ""), ("place", ""), ("where", ""),
)  # fmt: skip
"""Fields that hold a name, or of which one of their own does."""


def identifiers(event: Event, program: str, session: str) -> frozenset[Identifier]:
    """Return what an event names. `program`: of the process that did it; `session`: as far as its line tells."""
    return frozenset(
        Identifier(" ".join(text.casefold().split()), sort) for sort, text in _named(event, program, session) if text
    )


def _named(event: Event, program: str, session: str) -> Iterator[tuple[str, str]]:
    for field, inner in _FIELDS:
        value = getattr(event, field, None)
        held = getattr(value, inner, None) if inner else value
        if isinstance(held, str):
            yield field, held
    if isinstance(event, ToolCalled | ToolReturned):
        yield "tool", event.name or ""
    if isinstance(event, ToolCalled):
        yield from (("value", one) for one in _values(event.arguments) if one.isalpha())
    if isinstance(event, ToolsDeclared):
        yield from (("tool", one.name) for one in event.tools)
    if isinstance(event, ProcessStarted) and event.argv:
        yield "program", event.argv[0].rpartition("/")[2]
    yield "program", program
    yield "session", session


def _values(arguments: object) -> Iterator[str]:
    """Yield the texts in the arguments of a call."""
    if isinstance(arguments, dict):
        arguments = [*arguments.values()]
    if isinstance(arguments, list):
        for one in arguments:
            yield from _values(one)
    elif isinstance(arguments, str):
        yield arguments
