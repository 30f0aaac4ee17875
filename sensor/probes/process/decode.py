"""Records of processes → events."""

import struct
from collections.abc import Iterator

from sensor.event import Event, ProcessExited, ProcessStarted
from sensor.probes.origin import Origin
from sensor.probes.record import Record, Type

_EXECUTED = struct.Struct("<QQII6I")
"""As `struct executed` in `probe.c`."""
_NAMESPACES = ("mnt", "pid", "net", "uts", "ipc", "cgroup")


def _forked(record: Record, origin: Origin) -> Iterator[Event]:
    """Tell a process that was born and has executed nothing yet: it runs what its parent runs."""
    yield ProcessStarted(
        **origin.about(record),
        process=origin.process(record.first, record.second),
        parent=origin.process(record.tgid, record.started_ns),
        executable="",
    )


def _executed(record: Record, origin: Origin) -> Iterator[Event]:
    cgroup, parent_started_ns, _user, _size, *namespaces = _EXECUTED.unpack_from(record.payload)
    name, _, rest = record.payload[_EXECUTED.size :].partition(b"\0")
    arguments = rest.removesuffix(b"\0").split(b"\0") if rest else []
    yield ProcessStarted(
        **origin.about(record),
        process=origin.process(record.tgid, record.started_ns),
        parent=origin.process(record.first, parent_started_ns) if record.first else None,
        executable=_text(name),
        argv=tuple(map(_text, arguments)),
        cgroup=str(cgroup),
        namespaces=dict(zip(_NAMESPACES, namespaces, strict=True)),
    )


def _exited(record: Record, origin: Origin) -> Iterator[Event]:
    """Tell the exit code as a shell does: that of `exit`, or 128 and the signal."""
    status = record.first or record.second
    code = 128 + (status & 0x7F) if status & 0x7F else status >> 8 & 0xFF
    yield ProcessExited(**origin.about(record), process=origin.process(record.tgid, record.started_ns), exit_code=code)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


DECODERS = {Type.FORKED: _forked, Type.EXECUTED: _executed, Type.EXITED: _exited}
