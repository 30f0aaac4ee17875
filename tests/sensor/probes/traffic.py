"""Records of pipes and sockets as the kernel writes them, made in view."""

import socket
import struct

from sensor.event import Event
from sensor.probes.origin import Origin
from sensor.probes.process.decode import EXECUTED
from sensor.probes.record import HEADER, Record, Type
from sensor.probes.streams.passed import PASSED
from sensor.probes.wire import Wire
from sensor.sources.otlp.derive import derive

ORIGIN = Origin("boot", 1_000)


def record(
    kind: Type, payload: bytes = b"", *, tgid: int = 7, at_ns: int = 500, first: int = 0, second: int = 0, ret: int = 0
) -> Record:
    """Return a record of a process that started at 400."""
    head = HEADER.pack(at_ns, 400, first, second, ret, tgid, tgid, 0, kind, 1, 0, len(payload))
    return Record.read(head + payload)


def executed(tgid: int, *streams: int, parent: int = 1, at_ns: int = 500, name: bytes = b"/bin/x") -> Record:
    """Return the record of a process that was executed with these streams as 0, 1 and 2."""
    about = EXECUTED.pack(0, 400, *streams, 0, 0, *[0] * 6, 0, 0)
    return record(Type.EXECUTED, about + name + b"\0x\0", tgid=tgid, first=parent, at_ns=at_ns)


def born(tgid: int, parent: int) -> Record:
    """Return the record of a birth."""
    return record(Type.FORKED, tgid=parent, first=tgid, second=400)


def exited(tgid: int, at_ns: int = 800) -> Record:
    """Return the record of an end."""
    return record(Type.EXITED, tgid=tgid, at_ns=at_ns)


def address(where: str, port: int) -> bytes:
    """Return a `struct sockaddr` of IPv4, filled up."""
    return struct.pack("<H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton(where) + bytes(20)


def passed(
    kind: Type, data: bytes, *, stream: int, reader: int = 0, tgid: int = 7, offset: int = 0, total: int | None = None,
    at: int = 0, peer: bytes = bytes(28), port: int = 0, untold: bool = False, at_ns: int = 500,
) -> Record:  # fmt: skip
    """Return the record of bytes that passed."""
    about = PASSED.pack(offset, len(data) if total is None else total, at, peer, port, untold)
    return record(kind, about + data, tgid=tgid, first=stream, second=reader or stream, at_ns=at_ns)


def told(*records: Record) -> list[Event]:
    """Return what records tell, from the first to the end of the sensor, without what they are by themselves."""
    wire = Wire(ORIGIN)
    found = [event for one in records for event in wire.take(one)]
    return [
        event
        for event in (*found, *wire.end(900), *derive(wire.spans()))
        if event.kind not in ("process_started", "process_exited")
    ]
