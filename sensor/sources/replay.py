"""Events as JSON lines, one per line: what `write` stored comes back exactly."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import JsonValue, ValidationError

from sensor.event import EVENT, Event
from sensor.identity import DEFAULT_TENANT
from sensor.sources.lines import LIMITS, Broken, Limits, Line, lines
from sensor.sources.records import broken
from sensor.sources.unreadable import unparsed

SOURCE = "replay"
"""Source of the marks of lines that could not be read."""


def read(
    path: Path, *, session: str | None = None, tenant: str = DEFAULT_TENANT, limits: Limits = LIMITS
) -> Iterator[Event]:
    """Yield the recorded events. `session` is not used: each event names its own.

    A line that holds no event, or one of another tenant, becomes `Unparsed`: a file must not write into a tenant that
    its reader did not name. Raises `SourceUnavailableError` if the file cannot be opened.
    """
    del session
    for line in lines(path, limits):
        yield unparsed(line, SOURCE, tenant) if isinstance(line, Broken) else event_of(line, tenant)


def event_of(line: Line, tenant: str) -> Event:
    """Return the event of a line, `Unparsed` where that holds none, or one of another tenant."""
    try:
        event = EVENT.validate_json(line.text)
    except ValidationError as error:
        return unparsed(broken(line.number, reason_of(error), line.text), SOURCE, tenant)
    if event.tenant != tenant:
        return unparsed(broken(line.number, "event of another tenant", line.text), SOURCE, tenant)
    return event


def reason_of(error: ValidationError) -> str:
    """Return where and why something is not what it should be, on one line."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}".removeprefix(": ")[:160]


def write(events: Iterable[Event], path: Path) -> int:
    """Write the events to `path`, replacing it, and return how many there were."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for event in events:
            file.write(f"{event.content}\n")
            count += 1
    return count


def knows(value: JsonValue) -> bool:
    """Return whether a JSON record is one of our events."""
    if not isinstance(value, dict) or not {"kind", "session", "position", "source"} <= value.keys():
        return False
    try:
        EVENT.validate_python(value)
    except ValidationError:
        return False
    return True
