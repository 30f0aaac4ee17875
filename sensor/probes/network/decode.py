"""Records of connections → events."""

import socket
import struct
from collections.abc import Iterator

from sensor.event import ConnectionAccepted, ConnectionOpened, Event
from sensor.probes.origin import Origin
from sensor.probes.record import Record, Type

UNREAD = "unknown"
"""Peer of a connection whose address could not be read."""


def _connected(record: Record, origin: Origin) -> Iterator[Event]:
    process = origin.process(record.tgid, record.started_ns)
    yield ConnectionOpened(**origin.about(record), process=process, remote=peer(record.payload))


def _accepted(record: Record, origin: Origin) -> Iterator[Event]:
    process = origin.process(record.tgid, record.started_ns)
    yield ConnectionAccepted(**origin.about(record), process=process, remote=peer(record.payload))


def peer(address: bytes) -> str:
    """Return a `struct sockaddr` as `address:port`, IPv6 in brackets, or `unix:` and the path (`@` begins an abstract one)."""
    family = int.from_bytes(address[:2], "little")
    if family == socket.AF_INET and len(address) >= 8:
        return f"{socket.inet_ntop(socket.AF_INET, address[4:8])}:{_port(address)}"
    if family == socket.AF_INET6 and len(address) >= 24:
        return f"[{socket.inet_ntop(socket.AF_INET6, address[8:24])}]:{_port(address)}"
    if family == socket.AF_UNIX and len(address) >= 2:
        name = address[2:]
        path = b"@" + name[1:] if name[:1] == b"\0" else name.partition(b"\0")[0]
        return "unix:" + path.decode("utf-8", "backslashreplace")
    return f"family {family}" if len(address) >= 2 else UNREAD


def _port(address: bytes) -> int:
    (port,) = struct.unpack_from(">H", address, 2)
    return int(port)


DECODERS = {Type.CONNECTED: _connected, Type.ACCEPTED: _accepted}
