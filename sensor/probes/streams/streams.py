"""Records of pipes and sockets → what they tell together."""

from collections.abc import Callable, Iterator
from typing import Any

from sensor.event import Event
from sensor.probes.origin import Origin
from sensor.probes.record import Record
from sensor.probes.streams.output import Outputs


class Streams:
    """All that is followed of the pipes and sockets of the processes that are observed."""

    def __init__(self, origin: Origin, about: Callable[[int], dict[str, Any]]) -> None:
        """`about`: what every event carries, for a time in nanoseconds since the epoch."""
        self._outputs = Outputs(origin, about)

    def take(self, record: Record) -> Iterator[Event]:
        """Take any record and yield what is complete by it."""
        yield from self._outputs.take(record)

    def end(self) -> Iterator[Event]:
        """Yield what is left."""
        yield from self._outputs.end()
