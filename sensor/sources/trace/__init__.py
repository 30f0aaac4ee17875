"""The trace notation: events as lines that people write and read. Grammar: docs/reference/trace.md."""

from collections.abc import Iterator
from pathlib import Path

from sensor.errors import TraceError
from sensor.event import Event
from sensor.identity import DEFAULT_TENANT, session_key
from sensor.sources.lines import LIMITS, Broken, Limits, Line, lines
from sensor.sources.records import broken
from sensor.sources.trace.parse import Located, Reader, located, parse
from sensor.sources.trace.render import render
from sensor.sources.trace.scan import statements
from sensor.sources.unreadable import unparsed

__all__ = ["Located", "knows", "located", "parse", "read", "render"]

SESSION = "trace"
"""Name of the session of events above the first `session` line, where the caller gives none."""


def read(
    path: Path, *, session: str | None = None, tenant: str = DEFAULT_TENANT, limits: Limits = LIMITS
) -> Iterator[Event]:
    """Yield the events of a trace file; a statement that does not follow the grammar becomes `Unparsed`.

    Raises `SourceUnavailableError` if the file cannot be opened.
    """
    rows: list[str] = []
    for line in lines(path, limits):
        if isinstance(line, Broken):
            yield unparsed(line, "trace", tenant)
            continue
        rows.extend([""] * (line.number - 1 - len(rows)))  # empty lines are not handed out, but they count
        rows.append(line.text)
    reader = Reader(session_key("record", session or SESSION, tenant), tenant)
    for statement in statements("\n".join(rows)):
        try:
            event = reader.event(statement)
        except TraceError as error:
            yield unparsed(broken(statement.number, str(error), statement.text), "trace", tenant, reader.session)
        else:
            if event is not None:
                yield event


def knows(line: Line) -> bool:
    """Return whether `line` is a statement of the notation."""
    found = statements(line.text)
    if not found:
        return False
    try:
        Reader(session="").event(found[0])
    except TraceError:
        return False
    return True
