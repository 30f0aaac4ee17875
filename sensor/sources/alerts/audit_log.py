"""Lines of the Linux audit log → one record per event.

Format: https://github.com/linux-audit/audit-documentation/wiki/SPEC-Writing-Good-Events and auditd.conf(5): a line is
`node=HOST type=TYPE msg=audit(SECONDS.MILLIS:SERIAL): key=value …`; lines of one event share the part in parentheses. User-space
programs put theirs in `msg='…'`. Values that hold spaces or quotes are written as hexadecimal digits; an enriched log adds
names after a group separator. The record made here is `{"audit_id", "node", "records": [{"type", "data", "text"}]}`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address

from sensor.sources.alerts.walk import Fields

_LINE = re.compile(
    r"(?:\bnode=(\S{1,255}) )?\btype=(\S{1,64}) msg=audit\((\d{1,12}\.\d{1,9}:\d{1,20})\):?(.*)", re.DOTALL
)
_SHAPE = re.compile(r"\btype=\S{1,64} msg=(?:audit\(|\?)")
_PAIR = re.compile(r"""([A-Za-z_][\w-]{0,63}(?:\[\d{1,6}\])?)=("[^"]*"|[^\s"']*)""", re.ASCII)
_HEX = re.compile(r"(?:[0-9A-F]{2})+", re.ASCII)
_ENCODED = frozenset(
    {"exe", "comm", "name", "cwd", "cmd", "acct", "data", "proctitle", "path", "key", "file", "vm", "new", "old"}
)
"""Keys whose value is hexadecimal when it is not in quotes."""
_ARGUMENT = re.compile(r"a(\d{1,6})(?:\[(\d{1,6})\])?", re.ASCII)

_OPEN = 64
"""Events that are gathered at a time: lines of events that happen together alternate."""
_BODY = 1 << 16
"""Characters of one line; the kernel writes fewer than 9,000."""
_LINES = 500
"""Lines of one event."""


@dataclass(slots=True)
class _Event:
    number: int
    node: str
    audit_id: str
    records: list[Fields] = field(default_factory=list)
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Numbered:
    """One event and the number of its first line."""

    number: int
    value: Fields


class Gathered:
    """Events whose lines are still coming in. They leave in the order of their first lines."""

    def __init__(self) -> None:
        self._events: dict[tuple[str, str], _Event] = {}

    def add(self, number: int, line: str) -> bool:
        """Take a line in, and return whether it is one of the audit log."""
        match = _LINE.search(line)
        if match is None:
            return False
        node, kind, audit_id, body = match[1] or "", match[2], match[3], match[4][:_BODY]
        event = self._events.setdefault((node, audit_id), _Event(number, node, audit_id))
        event.records.append({"type": kind, "data": _data(kind, body), "text": line[match.start(2) :][:4_000]})
        event.ended = kind == "EOE" or len(event.records) >= _LINES
        return True

    def ready(self, *, all_of_them: bool = False) -> Iterator[Numbered]:
        """Yield the events that are complete, or too old to wait for."""
        while self._events:
            key, event = next(iter(self._events.items()))
            if not (all_of_them or event.ended or len(self._events) > _OPEN):
                return
            del self._events[key]
            yield Numbered(event.number, {"audit_id": event.audit_id, "node": event.node, "records": [*event.records]})


def is_line(line: str) -> bool:
    """Return whether a line of a log is one of the audit log, also where its event has no id."""
    return _SHAPE.search(line) is not None


def _data(kind: str, body: str) -> Fields:
    data: Fields = {}
    arguments: dict[tuple[int, int], str] = {}
    for name, written in _PAIR.findall(body.replace("\x1d", " ").replace("msg='", " ")):
        place = _ARGUMENT.fullmatch(name) if kind == "EXECVE" else None
        if place:
            arguments[int(place[1]), int(place[2] or 0)] = _decoded(written)
        elif kind == "SOCKADDR" and name == "saddr":
            data |= _peer(written)
        else:
            data[name] = _decoded(written) if name in _ENCODED else written.strip('"')
    if arguments:
        data["command"] = " ".join(_joined(arguments))
    return data


def _joined(arguments: dict[tuple[int, int], str]) -> Iterator[str]:
    """Yield the arguments in order; long ones come in numbered pieces."""
    whole: dict[int, str] = {}
    for (place, _), piece in sorted(arguments.items()):
        whole[place] = whole.get(place, "") + piece
    yield from whole.values()


def _decoded(written: str) -> str:
    if written.startswith('"') or not _HEX.fullmatch(written):
        return written.strip('"')
    return bytes.fromhex(written).decode("utf-8", "replace").replace("\0", " ").strip()


def _peer(written: str) -> Fields:
    """Return the address in a `struct sockaddr`: two bytes of family in host order, then the family's own form."""
    raw = bytes.fromhex(written) if _HEX.fullmatch(written) else b""
    family = int.from_bytes(raw[:2], "little")
    if family == 2 and len(raw) >= 8:
        return {"addr": str(ip_address(raw[4:8])), "port": str(int.from_bytes(raw[2:4], "big"))}
    if family == 10 and len(raw) >= 24:
        return {"addr": str(ip_address(raw[8:24])), "port": str(int.from_bytes(raw[2:4], "big"))}
    if family == 1:
        return {"path": raw[2:].lstrip(b"\0").split(b"\0")[0].decode("utf-8", "replace")}
    return {"saddr": written}
