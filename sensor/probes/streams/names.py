"""Datagrams and streams of port 53 → which names a process looked up, and the addresses that it was told."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sensor.event import NameResolved
from sensor.probes.origin import Origin
from sensor.probes.record import Record, Type
from sensor.probes.streams.passed import Passed, Process, process_of
from sensor.wire.dns import Question, message

PORT = 53
MOST = 4_096
"""Questions that may wait for their answers; beyond, the oldest is told as one without."""
MOST_STREAMS = 256
MOST_BUFFERED = 65_537
"""Bytes of one message with its length."""

_Key = tuple[Process, Question]


@dataclass(slots=True)
class _Stream:
    """One direction over TCP, where each message follows its length (RFC 1035, 4.2.2)."""

    offset: int = 0
    waiting: bytes = b""

    def take(self, passed: Passed) -> list[bytes]:
        if passed.offset != self.offset:
            self.waiting = b""
        self.offset = passed.offset + len(passed.data)
        self.waiting += passed.data
        found = []
        while len(self.waiting) >= 2 and len(self.waiting) >= (size := 2 + int.from_bytes(self.waiting[:2], "big")):
            found.append(self.waiting[2:size])
            self.waiting = self.waiting[size:]
        return found


class Names:
    """The questions of the processes that are observed."""

    def __init__(self, origin: Origin, about: Callable[[int], dict[str, Any]]) -> None:
        """`about`: what every event carries, for a time in nanoseconds since the epoch."""
        self._origin = origin
        self._about = about
        self._asked: OrderedDict[_Key, int] = OrderedDict()
        """Question of a process → when it was asked."""
        self._streams: OrderedDict[tuple[Process, int, int], _Stream] = OrderedDict()
        self._datagram = (0, b"")

    def take(self, record: Record) -> Iterator[NameResolved]:
        """Take a record of port 53 and yield what is answered by it."""
        passed = Passed.read(record)
        for data in self._messages(record, passed):
            yield from self._read(process_of(record), data, record.at_ns)

    def end(self) -> Iterator[NameResolved]:
        """Yield the questions that nobody answered."""
        for key in list(self._asked):
            yield self._told(key, ())

    def _messages(self, record: Record, passed: Passed) -> list[bytes]:
        if record.type in (Type.SENT, Type.GOT):
            key = (process_of(record), record.first, record.type)
            stream = self._streams.setdefault(key, _Stream())
            self._streams.move_to_end(key)
            if len(self._streams) > MOST_STREAMS:
                self._streams.popitem(last=False)
            return stream.take(passed)
        # A large answer, or one into several parts of memory, comes in pieces, one right after the other.
        thread, before = self._datagram
        data = (before if passed.at and thread == record.tid else b"") + passed.data
        self._datagram = (record.tid, data)
        return [data] if len(data) == passed.total else []

    def _read(self, process: Process, data: bytes, at_ns: int) -> Iterator[NameResolved]:
        found = message(data[:MOST_BUFFERED])
        if found is None:
            return
        key = (process, found.question)
        if not found.is_answer:
            # The same once more is the same question: the first answer was too late.
            self._asked.setdefault(key, at_ns)
            if len(self._asked) > MOST:
                yield self._told(next(iter(self._asked)), ())
        elif key in self._asked and not found.cut:
            yield self._told(key, found.addresses)

    def _told(self, key: _Key, addresses: tuple[str, ...]) -> NameResolved:
        at_ns = self._asked.pop(key)
        process, question = key
        return NameResolved(
            **self._about(self._origin.booted_ns + at_ns), process=self._origin.process(*process), name=question.name,
            addresses=addresses,
        )  # fmt: skip
