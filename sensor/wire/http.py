"""HTTP of either version: which one it is, the first bytes of the client say."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sensor.wire.exchange import PREFACE, Direction, Exchange, Undecoded
from sensor.wire.http1 import Http1

if TYPE_CHECKING:
    from sensor.wire.http2 import Http2

MOST_BEFORE = 256 << 10
"""Bytes that may come before it can be said."""


class Http:
    """One connection."""

    def __init__(self) -> None:
        self._version: Http1 | Http2 | None = None
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
        """Return an iterator over what is complete by what went one way; it is taken while that is gone through."""
        if self._version is not None:
            return self._version.take(direction, data, at_ns)
        return self._first(direction, data, at_ns)

    def give_up(self, reason: str) -> None:
        """Understand nothing more of it."""
        if self._version is None:
            self._version = Http1()
            self._version.give_up(reason)
            list(self._again(self._version))  # is counted only
        else:
            self._version.give_up(reason)

    def end(self, at_ns: int = 0) -> Iterator[Exchange | Undecoded]:
        """Yield what is left when the connection ends."""
        if self._version is None:
            self._version = Http1()
            yield from self._again(self._version)
        yield from self._version.end(at_ns)

    def _first(self, direction: Direction, data: bytes, at_ns: int) -> Iterator[Exchange]:
        self._before.append((direction, data, at_ns))
        self._size += len(data)
        if direction == "sent":
            self._sent = (self._sent + data)[: len(PREFACE)]
        if self._sent != PREFACE and PREFACE.startswith(self._sent) and self._size <= MOST_BEFORE:
            return
        self._version = _second() if self._sent == PREFACE else Http1()
        yield from self._again(self._version)

    def _again(self, version: "Http1 | Http2") -> Iterator[Exchange]:
        before, self._before = self._before, []
        for direction, data, at_ns in before:
            yield from version.take(direction, data, at_ns)


def _second() -> "Http2":
    from sensor.wire.http2 import Http2  # where it is spoken: its libraries take some MiB

    return Http2()
