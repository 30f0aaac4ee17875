"""Records of plaintext → what was said over each connection: requests with their responses, and queries of databases."""

import struct
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sensor.event import ProcessId
from sensor.probes.origin import Origin
from sensor.probes.record import Record, Type
from sensor.wire.exchange import Direction, Exchange, Undecoded
from sensor.wire.http import Http
from sensor.wire.postgres import Postgres, Query

MOST = 10_000
"""Connections that are followed at a time."""
MOST_HELD = 256 << 20
PLAINTEXT = struct.Struct("<QII")
"""What `struct plaintext` in `probe.c` has behind the header: offset, bytes of the call, bytes before this chunk."""
WAYS: dict[int, Direction] = {Type.TLS_SENT: "sent", Type.TLS_GOT: "got"}
"""Records of plaintext."""

_Key = tuple[int, int, int]
"""Process, its start, and the address of its connection."""


class Said(NamedTuple):
    """An exchange or a query of a process, or bytes of it that are none."""

    process: ProcessId
    address: int
    """Of the connection, as its records have it."""
    connection: str
    """Its name, which no other has."""
    number: int
    """Place among all of this connection."""
    what: Exchange | Query | Undecoded


@dataclass(slots=True)
class _Connection:
    process: ProcessId
    address: int
    name: str
    machine: Http | Postgres
    offsets: dict[Direction, int] = field(default_factory=dict)
    """Bytes that went each way."""
    number: int = 0
    held: int = 0
    """Bytes of what is not complete."""


class Connections:
    """The connections of the processes that are observed."""

    def __init__(self, origin: Origin, *, most_held: int = MOST_HELD) -> None:
        """`most_held`: bytes of exchanges that are not complete; beyond, the connections that were silent longest are ended."""
        self._origin = origin
        self._open: OrderedDict[_Key, _Connection] = OrderedDict()
        self._most_held = most_held
        self._held = 0

    def take(self, record: Record) -> Iterator[Said]:
        """Take any record and yield what is complete by it."""
        if (way := WAYS.get(record.type)) is not None:  # most of them
            return self._plaintext(record, way)
        return self._over(record)

    def _over(self, record: Record) -> Iterator[Said]:
        if record.type in (Type.EXITED, Type.EXECUTED):  # the memory of its connections is gone
            for key in [key for key in self._open if key[:2] == (record.tgid, record.started_ns)]:
                yield from self._ended(key, record.at_ns)
        elif record.type == Type.TLS_ENDED:
            yield from self._ended((record.tgid, record.started_ns, record.first), record.at_ns)

    def goes_on_in_tls(self, process: tuple[int, int], address: int) -> bool:
        """Return whether a connection that goes on in TLS is a database's; then it is forgotten: it only asked for TLS."""
        key = (*process, address)
        if key not in self._open or not isinstance(self._open[key].machine, Postgres):
            return False
        self._hold(self._open[key], 0)
        del self._open[key]
        return True

    def end(self, at_ns: int) -> Iterator[Said]:
        """Yield what is left of all connections."""
        for key in list(self._open):
            yield from self._ended(key, at_ns)

    def _plaintext(self, record: Record, way: Direction) -> Iterator[Said]:
        key = (record.tgid, record.started_ns, record.first)
        offset, _, _ = PLAINTEXT.unpack_from(record.payload)
        data = record.payload[PLAINTEXT.size :]
        connection = self._open.get(key)
        if connection is None:
            if len(self._open) >= MOST:
                yield from self._ended(next(iter(self._open)), record.at_ns)
            # A client of PostgreSQL begins with a length, of which the first byte is 0; no request begins so.
            is_database = way == "sent" and data[:1] == b"\0"
            connection = self._open[key] = self._begun(key, record.at_ns, Postgres() if is_database else Http())
        self._open.move_to_end(key)
        expected = connection.offsets.get(way, 0)
        if offset != expected:
            connection.machine.skip(way, f"bytes {expected} to {offset} of one direction are missing")
        connection.offsets[way] = offset + len(data)
        yield from _told(connection, connection.machine.take(way, data, self._at(record.at_ns)))
        self._hold(connection, connection.machine.held)
        while self._held > self._most_held:
            yield from self._ended(next(iter(self._open)), record.at_ns)

    def _begun(self, key: _Key, at_ns: int, machine: Http | Postgres) -> _Connection:
        tgid, started_ns, address = key
        # Its address may come again for another, which begins later.
        name = f"{self._origin.boot_id} {tgid} {started_ns} {address} {at_ns}"
        return _Connection(self._origin.process(tgid, started_ns), address, name, machine)

    def _hold(self, connection: _Connection, held: int) -> None:
        self._held += held - connection.held
        connection.held = held

    def _ended(self, key: _Key, at_ns: int) -> Iterator[Said]:
        connection = self._open.get(key)
        if connection is not None:
            yield from _told(connection, connection.machine.end(self._at(at_ns)))
            self._hold(connection, 0)
            del self._open[key]

    def _at(self, at_ns: int) -> int:
        return self._origin.booted_ns + at_ns


def _told(connection: _Connection, found: Iterator[Exchange | Query | Undecoded]) -> Iterator[Said]:
    for what in found:
        yield Said(connection.process, connection.address, connection.name, connection.number, what)
        connection.number += 1
