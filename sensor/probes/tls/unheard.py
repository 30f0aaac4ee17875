"""Processes that speak TLS of which nothing is heard: by Go, rustls, BoringSSL, or a library that could not be attached to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sensor.event import CaptureStatus
from sensor.probes.process.decode import executable
from sensor.probes.record import Record, Type

MOST = 20_000
"""Processes that are known at a time."""

_Process = tuple[int, int]


@dataclass(slots=True)
class _Known:
    executable: str = ""
    spoken: int = 0
    """Connections on which TLS began."""
    heard: set[int] = field(default_factory=set)
    """Addresses of connections of which plaintext came."""


class Unheard:
    """Counts, for each process, the connections that speak TLS and those that are heard."""

    def __init__(self, about: Callable[[int], dict[str, Any]]) -> None:
        """`about`: what every event carries, for nanoseconds since boot."""
        self._about = about
        self._known: dict[_Process, _Known] = {}

    def take(self, record: Record) -> Iterator[CaptureStatus]:
        """Take a record other than of plaintext, and yield what is known when a process is gone."""
        process = (record.tgid, record.started_ns)
        if record.type == Type.EXITED:
            yield from self._told(process, record.at_ns)
        elif record.type == Type.EXECUTED:
            # Another program: what it says is heard or not for reasons of its own.
            yield from self._told(process, record.at_ns)
            if len(self._known) < MOST:
                self._known[process] = _Known(executable(record))
        elif record.type == Type.TLS_SPOKEN:
            if process in self._known or len(self._known) < MOST:
                self._known.setdefault(process, _Known()).spoken += 1
        elif record.type == Type.TLS_ENDED and process in self._known:
            # Its address may come again for another connection.
            known = self._known[process]
            if record.first in known.heard:
                known.heard.discard(record.first)
                known.spoken = max(0, known.spoken - 1)

    def hear(self, record: Record) -> None:
        """Take a record of plaintext."""
        if (known := self._known.get((record.tgid, record.started_ns))) is not None:
            known.heard.add(record.first)

    def end(self, at_ns: int) -> Iterator[CaptureStatus]:
        """Yield what is known of all that are left."""
        for process in list(self._known):
            yield from self._told(process, at_ns)

    def _told(self, process: _Process, at_ns: int) -> Iterator[CaptureStatus]:
        known = self._known.pop(process, None)
        if known is not None and (silent := known.spoken - len(known.heard)) > 0:
            which = f"{known.executable} " if known.executable else ""
            yield CaptureStatus(
                **self._about(at_ns), subject=f"TLS of {which}process {process[0]}",
                unseen=(f"what was said over {silent} of {known.spoken} TLS connections: no library was heard",),
            )  # fmt: skip
