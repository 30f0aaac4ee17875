"""Bytes of sockets of the internet, in plain text → exchanges of HTTP and queries of databases, as a client has them."""

import socket
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Any

from sensor.event import DatabaseQueried, Event, ProcessId, Unparsed
from sensor.identity import digest
from sensor.probes.network.decode import peer
from sensor.probes.origin import Origin
from sensor.probes.record import Record, Type
from sensor.probes.streams.passed import Passed, Process, process_of
from sensor.probes.tls.connections import PLAINTEXT, Connections, Said
from sensor.wire.exchange import Direction, Undecoded
from sensor.wire.postgres import Postgres, Query

MOST_DATABASES = 64
"""Connections to databases that are followed at a time."""
MOST_OTHERS = 10_000
"""Connections of which is remembered what they speak."""
_WAYS: dict[int, Direction] = {Type.SENT: "sent", Type.GOT: "got"}
_HTTP = {Type.SENT: Type.TLS_SENT, Type.GOT: Type.TLS_GOT}

_Key = tuple[Process, int]


@dataclass(frozen=True, slots=True)
class Heard:
    """An exchange in plain text."""

    said: Said
    server: ProcessId | None
    """Who answered, where it is a process that is observed, on the same machine."""


@dataclass(slots=True)
class _Database:
    server: str
    machine: Postgres = field(default_factory=Postgres)
    offsets: dict[Direction, int] = field(default_factory=dict)
    number: int = 0


class Sockets:
    """The connections in plain text of the processes that are observed."""

    def __init__(self, origin: Origin, about: Callable[[int], dict[str, Any]]) -> None:
        """`about`: what every event carries, for a time in nanoseconds since the epoch."""
        self._origin = origin
        self._about = about
        self._http = Connections(origin)
        self._databases: OrderedDict[_Key, _Database] = OrderedDict()
        self._others: OrderedDict[_Key, int] = OrderedDict()
        """Connections that are none of a database → their own port where they lead to this machine, else 0."""
        self._accepted: OrderedDict[int, Process] = OrderedDict()
        """Port of a client on this machine → who accepted it."""

    def take(self, record: Record) -> Iterator[Event | Heard]:
        """Take any record and yield what is complete by it."""
        if record.type == Type.EXITED:
            for key in [key for key in self._databases if key[0] == process_of(record)]:
                yield from self._closed(key, record.at_ns)
            yield from self._heard(self._http.take(record))
        elif record.type == Type.ACCEPTED and _is_local(record.payload):
            port = int.from_bytes(record.payload[2:4], "big")
            self._accepted[port] = process_of(record)
            self._accepted.move_to_end(port)
            if len(self._accepted) > MOST_OTHERS:
                self._accepted.popitem(last=False)
        elif record.type in _WAYS:
            yield from self._bytes(record, Passed.read(record))

    def end(self, at_ns: int) -> Iterator[Event | Heard]:
        """Yield what is left."""
        for key in list(self._databases):
            yield from self._closed(key, at_ns)
        yield from self._heard(self._http.end(at_ns))

    def _bytes(self, record: Record, passed: Passed) -> Iterator[Event | Heard]:
        key = (process_of(record), record.first)
        if key not in self._databases and key not in self._others:
            # The kernel lets through what begins as one or the other (`protocol` in `probe.c`); no request begins with a NUL.
            if passed.data[:1] == b"\0" and record.type == Type.SENT:
                self._databases[key] = _Database(peer(passed.peer))
            else:
                self._others[key] = passed.port if _is_local(passed.peer) else 0
        if key in self._databases:
            yield from self._database(key, record, passed)
            return
        self._others.move_to_end(key)
        if len(self._others) > MOST_OTHERS:
            self._others.popitem(last=False)
        if passed.total == 0:
            yield from self._heard(self._http.take(record._replace(type=Type.TLS_ENDED)))
        else:
            payload = PLAINTEXT.pack(passed.offset, passed.total, passed.at) + passed.data
            yield from self._heard(self._http.take(record._replace(type=_HTTP[Type(record.type)], payload=payload)))

    def _heard(self, found: Iterator[Said]) -> Iterator[Heard]:
        for said in found:
            port = self._others.get(((said.process.pid, said.process.started_ns), said.address), 0)
            server = self._accepted.get(port)
            yield Heard(said, self._origin.process(*server) if server else None)

    def _database(self, key: _Key, record: Record, passed: Passed) -> Iterator[Event]:
        way, database = _WAYS[record.type], self._databases[key]
        self._databases.move_to_end(key)
        if passed.total == 0:
            yield from self._closed(key, record.at_ns)
            return
        expected = database.offsets.get(way, 0)
        if passed.offset != expected:
            database.machine.skip(way, f"bytes {expected} to {passed.offset} of one direction are missing")
        database.offsets[way] = passed.offset + len(passed.data)
        at_ns = self._origin.booted_ns + record.at_ns
        for query in database.machine.take(way, passed.data, at_ns):
            yield self._queried(key, database, query)
        while len(self._databases) > MOST_DATABASES:
            yield from self._closed(next(iter(self._databases)), record.at_ns)

    def _closed(self, key: _Key, at_ns: int) -> Iterator[Event]:
        database = self._databases.pop(key)
        at_ns += self._origin.booted_ns
        for found in database.machine.end(at_ns):
            if isinstance(found, Undecoded):
                process, stream = key
                yield Unparsed(
                    **self._about(at_ns), reason=found.reason, size=found.size, digest=digest("postgresql", *process, stream),
                    where=f"PostgreSQL of process {process[0]}",
                )  # fmt: skip
            else:
                yield self._queried(key, database, found)

    def _queried(self, key: _Key, database: _Database, query: Query) -> DatabaseQueried:
        return DatabaseQueried(
            **self._about(query.begun_ns), process=self._origin.process(*key[0]), system="postgresql", server=database.server,
            statement=query.statement, parameters=query.parameters, rows=query.rows, result=query.result or None,
        )  # fmt: skip


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
