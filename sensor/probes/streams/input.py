"""What is written to the standard input of a program by somebody else than the program before it in a pipeline: what it was handed.

A stream that is the output of an observed program is told as that (`output.py`). Of all that were executed with the same input, it
is that of the outermost, whose `execve` brought it up first.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sensor.event import InputWritten
from sensor.probes.origin import Origin
from sensor.probes.process.decode import standard
from sensor.probes.record import Record, Type
from sensor.probes.streams.kept import Kept
from sensor.probes.streams.passed import Passed, Process, process_of

MOST = 1_024
"""Inputs that are followed at a time."""
MOST_EARLY = 64
"""Streams that somebody wrote to before anybody was executed with them."""
MOST_HELD = 16 << 20
"""Bytes of all that are not told yet; beyond, those that were silent longest are told as far as they came."""


@dataclass(slots=True)
class _Input:
    process: Process
    """Whose it is."""
    kept: Kept = field(default_factory=Kept)


class Inputs:
    """The inputs of the processes that are observed."""

    def __init__(self, origin: Origin, about: Callable[[int], dict[str, Any]]) -> None:
        """`about`: what every event carries, for a time in nanoseconds since the epoch."""
        self._origin = origin
        self._about = about
        self._open: OrderedDict[int, _Input] = OrderedDict()
        """Stream → whose input it is."""
        self._of: dict[Process, int] = {}
        self._early: OrderedDict[int, Kept] = OrderedDict()
        self._held = 0

    def take(self, record: Record) -> Iterator[InputWritten]:
        """Take any record but of what is an output, and yield the inputs that end with it."""
        if record.type == Type.EXECUTED:
            yield from self._executed(process_of(record), standard(record)[0])
        elif record.type == Type.WRITTEN:
            yield from self._written(record)
        elif record.type == Type.EXITED and (stream := self._of.get(process_of(record))):
            yield from self._told(stream)

    def end(self) -> Iterator[InputWritten]:
        """Yield what is left."""
        for stream in list(self._open):
            yield from self._told(stream)

    def _executed(self, process: Process, stream: int) -> Iterator[InputWritten]:
        if not stream or stream in self._open or process in self._of:
            return
        self._open[stream] = _Input(process, self._early.pop(stream) if stream in self._early else Kept())
        self._of[process] = stream
        while len(self._open) > MOST:
            yield from self._told(next(iter(self._open)))

    def _written(self, record: Record) -> Iterator[InputWritten]:
        stream = record.second
        if stream in self._open:
            self._open.move_to_end(stream)
            kept = self._open[stream].kept
        else:
            kept = self._early.setdefault(stream, Kept())
            if len(self._early) > MOST_EARLY:
                self._held -= len(self._early.popitem(last=False)[1].kept)
        self._held += kept.take(process_of(record), Passed.read(record), record.at_ns)
        while self._held > MOST_HELD and self._open:
            yield from self._told(next(iter(self._open)))

    def _told(self, stream: int) -> Iterator[InputWritten]:
        one = self._open.pop(stream)
        del self._of[one.process]
        self._held -= len(one.kept.kept)
        if one.kept.size:
            yield InputWritten(
                **self._about(self._origin.booted_ns + one.kept.at_ns), process=self._origin.process(*one.process),
                text=one.kept.text(), size=one.kept.size,
            )  # fmt: skip
