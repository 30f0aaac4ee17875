"""What programs write to their standard output and error, assembled: what whoever started them reads.

A stream (a pipe, or one end of a pair of UNIX sockets) is often the output of several processes: of a shell and of all that it
starts. The outermost of them, whose `execve` brought the stream up first, has all of it, in order, because that is what is
read at the other end; each other one has what it wrote itself.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sensor.event import OutputWritten
from sensor.probes.origin import Origin
from sensor.probes.process.decode import standard
from sensor.probes.record import Record, Type
from sensor.probes.streams.kept import MOST_KEPT, Kept
from sensor.probes.streams.passed import Passed, Process, process_of

MOST_HELD = 64 << 20
"""Bytes of all outputs that are not told yet; beyond, those that were silent longest are told as far as they came."""
MOST = 10_000
"""Outputs that are followed at a time."""
MOST_PROCESSES = 65_536
Written = Callable[[int, int], int]
_NONE = (0, 0, 0)

_Key = tuple[Process, int]
"""A process and the stream that it writes to."""


@dataclass(slots=True)
class _Output(Kept):
    stream: Literal["stdout", "stderr"] = "stdout"
    closed: bool = False
    """Whether its process is gone: others may hold the stream yet."""


class Outputs:
    """The outputs of the processes that are observed."""

    def __init__(
        self,
        origin: Origin,
        about: Callable[[int], dict[str, Any]],
        written: Written | None = None,
        *,
        most_held: int = MOST_HELD,
    ) -> None:
        """`about`: what every event carries, for a time in nanoseconds since the epoch.

        `written`: bytes that a process wrote to a stream, by the numbers of stream and process. Records do not tell each write.
        """
        self._written_by = written
        self._origin = origin
        self._about = about
        self._most_held = most_held
        self._held = 0
        self._standard: OrderedDict[Process, tuple[int, int, int]] = OrderedDict()
        """Process → the streams that are its input, output and error."""
        self._holders: dict[int, set[Process]] = {}
        """Stream → processes that live and have it as output or error."""
        self._whole: dict[int, Process] = {}
        """Stream → the outermost process that has it."""
        self._open: OrderedDict[_Key, _Output] = OrderedDict()
        self._of: dict[Process, set[int]] = {}
        """Process → the streams of its open outputs."""

    def take(self, record: Record) -> Iterator[OutputWritten]:
        """Take any record and yield the outputs that end with it."""
        if record.type == Type.WRITTEN:
            yield from self._written(record)
        elif record.type == Type.FORKED:
            yield from self._has((record.first, record.second), self._standard.get(process_of(record), _NONE))
        elif record.type == Type.EXECUTED:
            yield from self._executed(process_of(record), standard(record))
        elif record.type == Type.EXITED:
            yield from self._exited(process_of(record))

    def has(self, stream: int) -> bool:
        """Return whether a stream is the output of a process."""
        return stream in self._whole

    def end(self) -> Iterator[OutputWritten]:
        """Yield what is left."""
        for key in list(self._open):
            yield from self._told(key)

    def _executed(self, process: Process, streams: tuple[int, int, int]) -> Iterator[OutputWritten]:
        yield from self._has(process, streams)
        for stream in _outputs(streams):
            self._whole.setdefault(stream, process)
            if (process, stream) not in self._open:
                self._open[process, stream] = _Output(stream="stdout" if stream == streams[1] else "stderr")
                self._of.setdefault(process, set()).add(stream)
        while len(self._open) > MOST:
            yield from self._told(next(iter(self._open)))
        while len(self._standard) > MOST_PROCESSES:
            yield from self._exited(next(iter(self._standard)))

    def _exited(self, process: Process) -> Iterator[OutputWritten]:
        yield from self._has(process, _NONE)
        self._standard.pop(process, None)
        for stream in list(self._of.get(process, ())):
            if self._whole.get(stream) == process and stream in self._holders:
                self._open[process, stream].closed = True
            else:
                yield from self._told((process, stream))

    def _has(self, process: Process, streams: tuple[int, int, int]) -> Iterator[OutputWritten]:
        """Note what a process has from now on; what nobody has any more is complete where its process is gone."""
        before = _outputs(self._standard.get(process, _NONE))
        self._standard[process] = streams
        now = _outputs(streams)
        for stream in now:
            self._holders.setdefault(stream, set()).add(process)
        for stream in before - now:
            self._holders[stream].discard(process)
            if not self._holders[stream]:
                del self._holders[stream]
                key = (self._whole.get(stream, process), stream)
                if key in self._open and self._open[key].closed:
                    yield from self._told(key)

    def _written(self, record: Record) -> Iterator[OutputWritten]:
        passed, writer = Passed.read(record), process_of(record)
        for process in {self._whole.get(record.first, writer), writer}:
            key = (process, record.first)
            if key in self._open:
                self._open.move_to_end(key)
                self._held += self._open[key].take(writer, passed, record.at_ns)
        while self._held > self._most_held:
            yield from self._told(next(iter(self._open)))

    def _told(self, key: _Key) -> Iterator[OutputWritten]:
        output = self._open.pop(key)
        self._held -= len(output.kept)
        process, stream = key
        self._of[process].discard(stream)
        if not self._of[process]:
            del self._of[process]
        if self._whole.get(stream) == process:
            del self._whole[stream]
        if self._written_by is not None:
            output.size += sum(
                max(0, self._written_by(stream, writer[0]) - end)
                for writer, end in output.ends.items()
                if end >= MOST_KEPT
            )
        if output.size:
            yield OutputWritten(
                **self._about(self._origin.booted_ns + output.at_ns), process=self._origin.process(*process),
                stream=output.stream, text=output.text(), size=output.size,
            )  # fmt: skip


def _outputs(streams: tuple[int, int, int]) -> set[int]:
    return {stream for stream in streams[1:] if stream}
