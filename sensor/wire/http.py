"""HTTP of either version, or WebSocket: which one it is, the first bytes of the client say, and a handshake."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sensor.wire.exchange import PREFACE, Direction, Exchange, Undecoded
from sensor.wire.http1 import Http1

if TYPE_CHECKING:
    from sensor.wire.http2 import Http2
    from sensor.wire.websocket import WebSocket

MOST_BEFORE = 256 << 10
"""Bytes that may come before it can be said."""


class Http:
    """One connection."""

    def __init__(self) -> None:
        self._version: Http1 | Http2 | WebSocket | None = None
        self._before: list[tuple[Direction, bytes, int]] = []
        """What came until that could be said."""
        self._size = 0
        self._sent = b""
        """The beginning of what the client sent."""

    @property
    def held(self) -> int:
        """Return how many bytes are held of what is not complete."""
        return self._size if self._version is None else self._version.held

    def take(self, direction: Direction, data: bytes, at_ns: int = 0) -> Iterator[Exchange]:
        """Take what went one way and yield what is complete."""
        if self._version is None:
            yield from self._first(direction, data, at_ns)
        else:
            yield from self._version.take(direction, data, at_ns)
            if isinstance(self._version, Http1) and self._version.handshake is not None:
                yield from self._switched(self._version, self._version.handshake, at_ns)

    def _switched(self, before: Http1, handshake: Exchange, at_ns: int) -> Iterator[Exchange]:
        from sensor.wire.websocket import WebSocket  # where it is spoken, as below

        self._version = WebSocket(handshake)
        yield from self._version.take("got", before.behind, at_ns)

    def skip(self, _direction: Direction, reason: str) -> None:
        """Take note that bytes are missing."""
        self.give_up(reason)  # text that somebody else wrote may look like a message: nothing behind a gap is read

    def give_up(self, reason: str) -> None:
        """Understand nothing more of it."""
        if self._version is None:
            self._version = Http1()
            self._version.give_up(reason)
            list(self._again())  # is counted only
        else:
            self._version.give_up(reason)

    def end(self, at_ns: int = 0) -> Iterator[Exchange | Undecoded]:
        """Yield what is left when the connection ends."""
        if self._version is None:
            self._version = Http1()
            yield from self._again()
        yield from self._version.end(at_ns)

    def _first(self, direction: Direction, data: bytes, at_ns: int) -> Iterator[Exchange]:
        self._before.append((direction, data, at_ns))
        self._size += len(data)
        if direction == "sent":
            self._sent = (self._sent + data)[: len(PREFACE)]
        if self._sent != PREFACE and PREFACE.startswith(self._sent) and self._size <= MOST_BEFORE:
            return
        self._version = _second() if self._sent == PREFACE else Http1()
        yield from self._again()

    def _again(self) -> Iterator[Exchange]:
        before, self._before = self._before, []
        for piece in before:
            yield from self.take(*piece)


def _second() -> "Http2":
    from sensor.wire.http2 import Http2  # where it is spoken: its libraries take some MiB

    return Http2()
