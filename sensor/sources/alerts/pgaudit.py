"""pgaudit entries in PostgreSQL's log: JSON, CSV, or plain text with a prefix.

Format: https://github.com/pgaudit/pgaudit#format: after `AUDIT: ` come type (SESSION or OBJECT), statement id, substatement id,
class, command, object type, object name, statement, parameter, as CSV. Around it: PostgreSQL's `jsonlog` and `csvlog`,
https://www.postgresql.org/docs/current/runtime-config-logging.html (the columns of one are the keys of the other).
"""

import csv
import re
from collections.abc import Iterator

from sensor.event import NamedAs
from sensor.sources.alerts.alert import Alert
from sensor.sources.alerts.level import level_of
from sensor.sources.alerts.moment import iso
from sensor.sources.alerts.naming import Pair, named
from sensor.sources.alerts.walk import Fields, text

_MARK = "AUDIT: "
_COLUMNS = (
    "timestamp", "user", "dbname", "pid", "connection_from", "session_id", "line_num", "ps", "session_start", "vxid", "txid",
    "error_severity", "state_code", "message", "detail", "hint", "internal_query", "internal_position", "context", "statement",
    "cursor_position", "location", "application_name",
)  # fmt: skip
_ROW = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? [^\s,]{1,10},")
_PLAIN = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S{0,10} \S{1,6}).{0,200}?\b(LOG|WARNING|NOTICE|INFO):\s+(AUDIT: .*)", re.DOTALL
)
_PLACES: dict[str, NamedAs] = {
    "user": "account", "dbname": "resource", "remote_host": "host", "connection_from": "host", "application_name": "process",
}  # fmt: skip


def knows(record: Fields) -> bool:
    """Return whether the record is a log entry whose message is pgaudit's."""
    return text(record, "message").startswith(_MARK) and "error_severity" in record


def alert(record: Fields) -> Alert:
    """Return the audited statement; it is telemetry, of the level that PostgreSQL was told to log it with."""
    entry = _row(text(record, "message").removeprefix(_MARK))
    kind, group, command, statement = entry[0], entry[3], entry[4], entry[7]
    severity = text(record, "error_severity")
    session, line = text(record, "session_id"), text(record, "line_num")
    return Alert(
        product="pgaudit", rule=" ".join(filter(None, (kind, group, command))), severity=severity, level=level_of(severity),
        text=statement or text(record, "message"), uid=f"{session}/{line}" if session and line else "",
        named=named(record, _PLACES, first=_spoken_of(entry)), at_ns=iso(record.get("timestamp")),
    )  # fmt: skip


def is_line(line: str) -> bool:
    """Return whether a line of a log begins an entry of pgaudit."""
    return _MARK in line and (_ROW.match(line) is not None or _PLAIN.match(line) is not None)


def begins(line: str) -> bool:
    """Return whether a line begins an entry of PostgreSQL's log whose statement may go on in the next line."""
    return (_ROW.match(line) is not None or _PLAIN.match(line) is not None) and not is_whole(line)


def is_whole(entry: str) -> bool:
    """Return whether all quotes are closed. Quotes inside a field are doubled, so that a statement cannot end its entry."""
    return entry.count('"') % 2 == 0


def record_of(entry: str) -> Fields | None:
    """Return the entry of a CSV or plain log as its JSON log has it, or `None` if it is none."""
    if _ROW.match(entry):
        row = _row(entry, len(_COLUMNS))
        return dict(zip(_COLUMNS, row, strict=False)) if row[13] else None
    match = _PLAIN.match(entry)
    return {"timestamp": match[1], "error_severity": match[2], "message": match[3]} if match else None


def _spoken_of(entry: list[str]) -> Iterator[Pair]:
    yield "resource", entry[6]
    yield "query", entry[7]


def _row(entry: str, least: int = 9) -> list[str]:
    """Return the fields of one row of CSV, filled up with empty ones."""
    try:
        row = next(csv.reader([entry]), [])
    except csv.Error:
        row = []
    return row + [""] * (least - len(row))
