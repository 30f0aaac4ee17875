"""Which calls were at work at a moment, as time goes on: of thousands, few at once."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from correlator.attributing.evidence import file_names
from correlator.conversation import Call
from sensor.event import Event, FileChanged, FileOpened, OpenRefused, ProcessId


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as it was asked for: when it may have been at work, and which processes spoke for its session."""

    call: Call
    begun_ns: int
    ended_ns: int
    speakers: frozenset[ProcessId]
    """Empty where the kernel did not see who spoke with the model."""
    exchanges: frozenset[str] = frozenset()
    """Traces of the talks with the model in which its session was heard."""


class AtWork:
    """The calls that are at work now, which only moves on."""

    def __init__(self, everybody: Sequence[Asked]) -> None:
        """Stand before the first of them."""
        self._everybody = everybody
        self._coming = sorted(range(len(everybody)), key=lambda number: everybody[number].begun_ns, reverse=True)
        self._ending: list[tuple[int, int]] = []
        self._now: dict[int, Asked] = {}
        self._naming: dict[str, dict[int, Asked]] = {}
        """Path from the root, or the last part of another → those that name it."""

    def move_to(self, moment_ns: int) -> None:
        """Go on to a moment."""
        while self._coming and self._everybody[self._coming[-1]].begun_ns <= moment_ns:
            number = self._coming.pop()
            one = self._now[number] = self._everybody[number]
            heapq.heappush(self._ending, (one.ended_ns, number))
            for name in file_names(one.call):
                self._naming.setdefault(name, {})[number] = one
        while self._ending and self._ending[0][0] < moment_ns:
            number = heapq.heappop(self._ending)[1]
            for name in file_names(self._now.pop(number).call):
                del self._naming[name][number]

    def candidates(self, event: Event) -> Iterable[Asked]:
        """Return those that may have evidence for an event: of what is done to a file, those that name one like it."""
        if not isinstance(event, FileOpened | OpenRefused | FileChanged):
            return self._now.values()
        paths = filter(None, (event.path, event.to_path)) if isinstance(event, FileChanged) else [event.path]
        found: dict[int, Asked] = {}
        for path in paths:
            found |= self._naming.get(path, {}) | self._naming.get(path.rpartition("/")[2], {})
        return found.values()
