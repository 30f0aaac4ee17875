"""Records of processes → events."""

import struct
from collections.abc import Iterator

from sensor.event import Event, ProcessExited, ProcessStarted
from sensor.probes.origin import Origin
from sensor.probes.record import Record, Type

EXECUTED = struct.Struct("<QQ3QII6III")
"""As `struct executed` in `probe.c`."""
_STANDARD = struct.Struct("<3Q")
_MOVED = struct.Struct("<II")
"""As `struct moved`."""
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
    cgroup, parent_started_ns, _, _, _, _user, _size, *namespaces, _folders, _whole = EXECUTED.unpack_from(
        record.payload
    )
    name, rest = _name(record)
    arguments = rest.removesuffix(b"\0").split(b"\0") if rest else []
    yield ProcessStarted(
        **origin.about(record),
        process=origin.process(record.tgid, record.started_ns),
        parent=origin.process(record.first, parent_started_ns) if record.first else None,
        executable=_text(name),
        argv=tuple(map(_text, arguments)),
        cwd=folder(record),
        cgroup=str(cgroup),
        namespaces=dict(zip(_NAMESPACES, namespaces, strict=True)),
    )


def executable(record: Record) -> str:
    """Return the path of the program that a process executed. Raises `struct.error`."""
    return _text(_name(record)[0])


def _name(record: Record) -> tuple[bytes, bytes]:
    """Return the path of the program, and the arguments behind it."""
    *_, folders, _ = EXECUTED.unpack_from(record.payload)
    name, _, rest = record.payload[EXECUTED.size + folders :].partition(b"\0")
    return name, rest


def folder(record: Record) -> str | None:
    """Return the working folder of a process that executed or moved, `None` where it is not known.

    Raises `struct.error`.
    """
    shape = EXECUTED if record.type == Type.EXECUTED else _MOVED
    *_, size, whole = shape.unpack_from(record.payload)
    names = record.payload[shape.size : shape.size + size].split(b"\0")[:-1]
    return _text(b"/" + b"/".join(reversed(names))) if whole else None


def standard(record: Record) -> tuple[int, int, int]:
    """Return which streams were input, output and error of a process that executed, 0 for what is no pipe or UNIX socket.

    A stream is the number of its file and of its file system. Raises `struct.error`.
    """
    given: tuple[int, int, int] = _STANDARD.unpack_from(record.payload, 16)
    return given


def _exited(record: Record, origin: Origin) -> Iterator[Event]:
    """Tell the exit code as a shell does: that of `exit`, or 128 and the signal."""
    status = record.first or record.second
    code = 128 + (status & 0x7F) if status & 0x7F else status >> 8 & 0xFF
    yield ProcessExited(**origin.about(record), process=origin.process(record.tgid, record.started_ns), exit_code=code)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


DECODERS = {Type.FORKED: _forked, Type.EXECUTED: _executed, Type.EXITED: _exited}
