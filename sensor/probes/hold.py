"""A thread of an observed process, kept from going on for as long as probes are attached to what it just opened.

Attaching waits for a grace period of the kernel, some 7 ms, and a program may say its first words sooner. So the thread is stopped
with `PTRACE_SEIZE` and `PTRACE_INTERRUPT` (ptrace(2)): neither it nor its parent is told, as they would be of a signal, and the
kernel itself lets go where the tracer ends, however that comes. Not held is who has another tracer already, and who waits in a
system call that would not be begun again (`epoll_wait` and others, signal(7)).
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
_BEGUN_AGAIN = frozenset({"running", "-1", *map(str, (0, 2, 3, 5, 9, 10, 11, 12, 17, 21, 59, 257, 262, 322, 332))})
"""What `/proc/PID/task/TID/syscall` says of who may be held: it runs, or waits for memory; or it is in one of the system calls by
which programs are loaded, numbers of x86-64 (`read`, `open`, `mmap`, `execve` and their like), which begin again or do not wait."""


class Holder:
    """Holds threads, one at a time. Used from one thread: the kernel takes the thread that seized for the tracer."""

    def __init__(self) -> None:
        self.unreleased: dict[int, int] = {}
        """Threads that had not stopped when they were let go, and their processes; `release` tries again."""

    @contextmanager
    def held(self, record: Record) -> Iterator[None]:
        """Hold the thread that a record is of, where that is possible."""
        thread = record.tid
        try:
            # A number may have come again, and then it is no thread of an observed process. One whose other thread was not let
            # go yet may be executing, which waits for that one, and `PTRACE_SEIZE` for the execution.
            if not _is_of(record) or not _may_stop(record) or record.tgid in self.unreleased.values():
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
            self.unreleased[thread] = record.tgid
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
            del self.unreleased[thread]
            if os.WIFSTOPPED(status):
                # What stopped it is our own interruption, or a signal, which is not to be lost.
                signal = 0 if status >> 16 == _EVENT_STOP else os.WSTOPSIG(status)
                with suppress(OSError):
                    traced(_DETACH, thread, signal, what="detach")


def _is_of(record: Record) -> bool:
    same_process = started(record.tgid) == record.started_ns // TICK_NS
    return same_process and Path(f"/proc/{record.tgid}/task/{record.tid}").exists()


def _may_stop(record: Record) -> bool:
    said = Path(f"/proc/{record.tgid}/task/{record.tid}/syscall").read_text("ascii").split()
    return bool(said) and said[0] in _BEGUN_AGAIN
