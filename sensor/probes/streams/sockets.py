"""Bytes of sockets of the internet, in plain text → exchanges of HTTP and queries of databases, as a client has them."""

import socket
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TypeVar

from sensor.event import ProcessId
from sensor.probes.network.decode import peer
from sensor.probes.origin import Origin
from sensor.probes.record import Record, Type
from sensor.probes.streams.passed import Passed, Process, process_of
from sensor.probes.tls.connections import PLAINTEXT, Connections, Said

MOST = 10_000
"""Of connections, of accepted ports and of processes that speak TLS with a database: as many as are remembered."""
_SPOKEN = {Type.SENT: Type.TLS_SENT, Type.GOT: Type.TLS_GOT}

_SEVERAL = 2

_Key = tuple[Process, int]
_Name = TypeVar("_Name")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said in plain text."""

    said: Said
    peer: str
    """Who answered, as `address:port`."""
    server: ProcessId | None
    """The same, where it is a process that is observed, on the same machine."""


class Sockets:
    """The connections in plain text of the processes that are observed."""

    def __init__(self, origin: Origin) -> None:
        """Know of none yet."""
        self._origin = origin
        self._connections = Connections(origin)
        self._ends: OrderedDict[_Key, tuple[bytes, int]] = OrderedDict()
        """Connection → `struct sockaddr` of the peer, and our own port."""
        self._accepted: OrderedDict[int, Process] = OrderedDict()
        """Port of a client on this machine → who accepted it."""
        self._secured: OrderedDict[Process, frozenset[bytes]] = OrderedDict()
        """Process → the databases with which it went on in TLS, two at most."""

    def take(self, record: Record) -> Iterator[Heard]:
        """Take any record and yield what is complete by it."""
        if record.type == Type.EXITED:
            yield from self._heard(self._connections.take(record))
            self._secured.pop(process_of(record), None)
        elif record.type == Type.ACCEPTED and _is_local(record.payload):
            _remember(self._accepted, int.from_bytes(record.payload[2:4], "big"), process_of(record))
        elif record.type == Type.TLS_SPOKEN:
            self._goes_on_in_tls(process_of(record), record.first)
        elif record.type in _SPOKEN:
            yield from self._bytes(record, Passed.read(record))

    def secured(self, process: Process) -> str:
        """Return the database that a process speaks with in TLS, as `address:port`; empty where it is not known, or several.

        Which connection of OpenSSL belongs to which socket cannot be told.
        """
        found = self._secured.get(process, frozenset())
        return peer(next(iter(found))) if len(found) == 1 else ""

    def end(self, at_ns: int) -> Iterator[Heard]:
        """Yield what is left."""
        yield from self._heard(self._connections.end(at_ns))

    def _bytes(self, record: Record, passed: Passed) -> Iterator[Heard]:
        _remember(self._ends, (process_of(record), record.first), (passed.peer, passed.port))
        if passed.total == 0:
            yield from self._heard(self._connections.take(record._replace(type=Type.TLS_ENDED)))
        else:
            payload = PLAINTEXT.pack(passed.offset, passed.total, passed.at) + passed.data
            yield from self._heard(
                self._connections.take(record._replace(type=_SPOKEN[Type(record.type)], payload=payload))
            )

    def _heard(self, found: Iterator[Said]) -> Iterator[Heard]:
        for said in found:
            process = (said.process.pid, said.process.started_ns)
            address, port = self._ends.get((process, said.address), (b"", 0))
            server = self._accepted.get(port) if _is_local(address) else None
            yield Heard(said, peer(address) if address else "", self._origin.process(*server) if server else None)

    def _goes_on_in_tls(self, process: Process, stream: int) -> None:
        if self._connections.goes_on_in_tls(process, stream):
            known, (address, _) = self._secured.get(process, frozenset()), self._ends[process, stream]
            _remember(self._secured, process, known | {address} if len(known) < _SEVERAL else known)


def _remember(known: OrderedDict[_Name, _Value], name: _Name, value: _Value) -> None:
    known[name] = value
    known.move_to_end(name)
    if len(known) > MOST:
        known.popitem(last=False)


def _is_local(address: bytes) -> bool:
    """Return whether a `struct sockaddr` is one of loopback."""
    family = int.from_bytes(address[:2], "little")
    packed = address[4:8] if family == socket.AF_INET else address[8:24] if family == socket.AF_INET6 else b""
    try:
        found = ip_address(packed)
    except ValueError:
        return False
    return found.is_loopback or bool(
        isinstance(found, IPv6Address) and found.ipv4_mapped and found.ipv4_mapped.is_loopback
    )
