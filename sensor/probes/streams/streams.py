"""Records of pipes and sockets → what they tell together."""

from collections.abc import Callable, Iterator
from typing import Any

from sensor.event import Event
from sensor.probes.origin import Origin
from sensor.probes.record import Record, Type
from sensor.probes.streams.input import Inputs
from sensor.probes.streams.names import PORT, Names
from sensor.probes.streams.output import Outputs, Written
from sensor.probes.streams.passed import Passed, Process
from sensor.probes.streams.sockets import Heard, Sockets
from sensor.probes.streams.tools import Tools


class Streams:
    """All that is followed of the pipes and sockets of the processes that are observed."""

    def __init__(self, origin: Origin, about: Callable[[int], dict[str, Any]], written: Written | None = None) -> None:
        """`about`: what every event carries, for a time in nanoseconds since the epoch; `written`: as for `Outputs`."""
        self._outputs = Outputs(origin, about, written)
        self._inputs = Inputs(origin, about)
        self._names = Names(origin, about)
        self._sockets = Sockets(origin)
        self._tools = Tools(origin, about)

    def take(self, record: Record) -> Iterator[Event | Heard]:
        """Take any record and yield what is complete by it; exchanges of HTTP as they are."""
        yield from self._outputs.take(record)
        if not (record.type == Type.WRITTEN and self._outputs.has(record.first)):
            yield from self._inputs.take(record)
        yield from self._tools.take(record)
        if record.type in (Type.DATAGRAM_SENT, Type.DATAGRAM_GOT) or _is_of_names(record):
            yield from self._names.take(record)
        else:
            yield from self._sockets.take(record)

    def secured(self, process: Process) -> str:
        """Return the database that a process speaks with in TLS (`Sockets.secured`)."""
        return self._sockets.secured(process)

    def end(self, at_ns: int) -> Iterator[Event | Heard]:
        """Yield what is left; `at_ns` is nanoseconds since boot."""
        yield from self._outputs.end()
        yield from self._inputs.end()
        yield from self._names.end()
        yield from self._tools.end()
        yield from self._sockets.end(at_ns)


_STREAMS = frozenset({Type.SENT, Type.GOT})


def _is_of_names(record: Record) -> bool:
    return record.type in _STREAMS and Passed.read(record).peer[2:4] == PORT.to_bytes(2, "big")
