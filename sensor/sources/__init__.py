"""Sources: files → events. One row per source; a module is loaded when it is first used."""

from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from pydantic import JsonValue

from sensor.errors import UnknownFormatError, UnknownSourceError
from sensor.event import Event
from sensor.identity import DEFAULT_TENANT

if TYPE_CHECKING:
    from sensor.sources.alerts.mapping import Mapping

SOURCES: dict[str, str] = {
    "trace": "sensor.sources.trace",
    "replay": "sensor.sources.replay",
    "transcript": "sensor.sources.transcript",
    "otlp": "sensor.sources.otlp.file",
    "alerts": "sensor.sources.alerts",
}
"""Name → module. Adding a source: one module with `read`, one row here."""

_LOOKED_AT = 20
"""Records or lines that decide what a file is."""


class Source(Protocol):
    """A module that turns a file into events."""

    def read(self, path: Path, *, session: str | None = None, tenant: str = DEFAULT_TENANT) -> Iterator[Event]:
        """Yield the events of `path` in the order of the file.

        `session` names the run where the file does not say which it is. What cannot be read becomes `Unparsed`, and
        reading goes on with its neighbour. Raises `SourceUnavailableError` if the file cannot be opened, and nothing
        else.
        """


def source(name: str) -> Source:
    """Return the source called `name`. Raises `UnknownSourceError`."""
    if name not in SOURCES:
        raise UnknownSourceError(Path(name), f"is no source; choose one of {', '.join(SOURCES)}")
    return cast("Source", import_module(SOURCES[name]))


def sniff(path: Path) -> str:
    """Return the name of the source that reads `path`, by its content; the file's name plays no part.

    Raises `UnknownFormatError`, or `SourceUnavailableError` if the file cannot be opened.
    """
    from sensor.sources import alerts, replay, trace, transcript
    from sensor.sources.lines import Line, lines
    from sensor.sources.otlp import file as otlp
    from sensor.sources.records import Record, records

    if otlp.is_binary(path):
        return "otlp"
    head = list(islice(lines(path), _LOOKED_AT))
    if not head:
        raise UnknownFormatError(path, "is empty; record a session first")
    texts = [line for line in head if isinstance(line, Line)]
    found: list[JsonValue] = []
    if any(line.text.lstrip().startswith(("{", "[")) for line in texts):
        readable = (item for item in records(path, whole=transcript.belongs_together) if isinstance(item, Record))
        found = [record.value for record in islice(readable, _LOOKED_AT)]
    for value in found:
        if replay.knows(value):
            return "replay"
        if otlp.knows(value):
            return "otlp"
        if transcript.knows(value):
            return "transcript"
    if any(trace.knows(line) for line in texts):
        return "trace"
    # Last: a conversation may be about alerts, and a notation may quote a log.
    if any(map(alerts.knows, found)) or any(alerts.is_line(line.text) for line in texts):
        return "alerts"
    if not found and (not texts or texts[0].text.lstrip().startswith(("{", "["))):
        return "transcript"  # nothing is readable at all; that source says so, piece by piece
    raise UnknownFormatError(
        path,
        "no source knows this content; see docs/reference/trace.md and docs/reference/alerts.md, or convert it to one of the"
        " transcript formats",
    )


def read_any(
    path: Path, *, session: str | None = None, tenant: str = DEFAULT_TENANT, mapping: "Mapping | None" = None
) -> Iterator[Event]:
    """Yield the events of `path` with the source that its content asks for, by `mapping` where it fits. Raises as `sniff` does."""
    if mapping is not None:
        from sensor.sources.alerts import mapping as alerts

        if alerts.fits(path, mapping):
            return alerts.read(path, mapping, session=session, tenant=tenant)
    return source(sniff(path)).read(path, session=session, tenant=tenant)
