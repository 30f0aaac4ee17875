"""A thread of an observed process, kept from going on for as long as probes are attached to what it just opened.

Attaching waits for a grace period of the kernel, some 7 ms, and a program may say its first words sooner. So the thread is stopped
with `PTRACE_SEIZE` and `PTRACE_INTERRUPT` (ptrace(2)): neither it nor its parent is told, as they would be of a signal; system
calls are begun again, and the kernel itself lets go where the tracer ends, however that comes. Who has another tracer already is
not held.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sensor.probes.call import traced
from sensor.probes.record import Record
from sensor.probes.running import TICK_NS, started

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_WALL = 0x40000000
"""`__WALL`: also threads, and children of others."""
_EVENT_STOP = 128


class Holder:
    """Holds threads, one at a time. Used from one thread: the kernel takes the thread that seized for the tracer."""

    def __init__(self) -> None:
        self.unreleased: set[int] = set()
        """Threads that had not stopped when they were let go; `release` tries again."""

    @contextmanager
    def held(self, record: Record) -> Iterator[None]:
        """Hold the thread that a record is of, where that is possible."""
        thread = record.tid
        try:
            # A number may have come again, and then it is no thread of an observed process.
            if not _is_of(record):
                raise ProcessLookupError
            traced(_SEIZE, thread, what="seize")
        except OSError:  # gone already, or somebody else traces it
            yield
            return
        try:
            with suppress(OSError):
                traced(_INTERRUPT, thread, what="interrupt")
            yield
        finally:
            self.unreleased.add(thread)
            self.release()

    def release(self) -> None:
        """Let all go that have stopped. A thread can be let go only then, and one that waits for a disk stops later."""
        for thread in tuple(self.unreleased):
            try:
                found, status = os.waitpid(thread, os.WNOHANG | _WALL)
            except OSError:
                found, status = thread, 0
            if not found:
                continue
            self.unreleased.discard(thread)
            if os.WIFSTOPPED(status):
                # What stopped it is our own interruption, or a signal, which is not to be lost.
                signal = 0 if status >> 16 == _EVENT_STOP else os.WSTOPSIG(status)
                with suppress(OSError):
                    traced(_DETACH, thread, signal, what="detach")


def _is_of(record: Record) -> bool:
    same_process = started(record.tgid) == record.started_ns // TICK_NS
    return same_process and Path(f"/proc/{record.tgid}/task/{record.tid}").exists()
