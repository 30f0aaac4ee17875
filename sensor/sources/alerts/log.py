"""Plain logs → records: the Linux audit log, PostgreSQL's CSV and text logs, with JSON lines between them if there are any."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sensor.errors import UnreadableJsonError
from sensor.sources.alerts import audit_log, pgaudit
from sensor.sources.bounded_json import loads, scrubbed
from sensor.sources.lines import Broken, Limits, Line, lines
from sensor.sources.records import Record, broken

_LOOKED_AT = 20
"""Lines that decide whether a file is a plain log."""
_ENTRY = 2_000
"""Lines that one entry of PostgreSQL's log may have."""
_SIZE = 4 << 20
"""Characters that it may have."""


def is_line(line: str) -> bool:
    """Return whether a line is of a plain log that is read here."""
    return not line.lstrip().startswith(("{", "[")) and (audit_log.is_line(line) or pgaudit.is_line(line))


def is_log(path: Path, limits: Limits) -> bool:
    """Return whether one of the first lines is of a plain log. Raises `SourceUnavailableError`."""
    head = islice(lines(path, limits), _LOOKED_AT)
    return any(isinstance(line, Line) and is_line(line.text) for line in head)


def log_records(path: Path, limits: Limits) -> Iterator[Record | Broken]:
    """Yield the records of a plain log, and a `Broken` for each line that is of none. Raises `SourceUnavailableError`."""
    gathered = audit_log.Gathered()
    for item in _entries(lines(path, limits)):
        if isinstance(item, Broken) or not gathered.add(item.number, item.text):
            yield item if isinstance(item, Broken) else _single(item)
        for event in gathered.ready():
            yield Record(event.number, scrubbed(event.value))
    for event in gathered.ready(all_of_them=True):
        yield Record(event.number, scrubbed(event.value))


def _single(line: Line) -> Record | Broken:
    entry = pgaudit.record_of(line.text)
    if entry is not None:
        return Record(line.number, scrubbed(entry))
    if not line.text.lstrip().startswith(("{", "[")):
        return broken(line.number, "no line of a log that is known", line.text)
    try:
        return Record(line.number, loads(line.text))
    except UnreadableJsonError as error:
        return broken(line.number, str(error), line.text)


def _entries(stream: Iterator[Line | Broken]) -> Iterator[Line | Broken]:
    """Yield the lines, those of one statement joined. Where a quote stays open, each line stands for itself again."""
    opened: list[Line] = []
    size = 0
    for item in stream:
        if isinstance(item, Broken):
            yield from opened
            yield item
            opened = []
        elif not opened and not pgaudit.begins(item.text):
            yield item
        else:
            opened.append(item)
            size = len(item.text) + (size if len(opened) > 1 else 0)
            if len(opened) > 1 and not pgaudit.is_whole(item.text):
                yield Line(opened[0].number, "\n".join(line.text for line in opened))
                opened = []
            elif len(opened) == _ENTRY or size > _SIZE:
                yield from opened
                opened = []
    yield from opened
