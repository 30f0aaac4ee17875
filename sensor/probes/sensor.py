"""A command in the scope: started there, and what the kernel has to tell of it, as records.

What these mean is `observation.py`'s. Nothing of it is imported here: the probes are attached and the command runs before the
models of the events are there.
"""

import mmap
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from sensor.errors import ProbesUnusable
from sensor.probes.btf import VMLINUX
from sensor.probes.helper import Helper
from sensor.probes.kernel import Kernel, tracepoints
from sensor.probes.record import Count, Record, Type
from sensor.probes.rights import give_up
from sensor.probes.running import Target, started
from sensor.probes.source import USUAL, Sizes, order
from sensor.probes.table import PROBES

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_NOT_OBSERVED = 126
"""Exit code of a command that was not executed, as a shell has it."""
BUSY_S, IDLE_S = 0.02, 0.2
"""Seconds between looks at the rings: after a look that found something, and after one that did not."""


class Losses(NamedTuple):
    """What was not seen, counted by where that was; 0 where all was."""

    lost: dict[str, int]
    """Records, and processes."""
    unseen: dict[str, int]
    """Other things."""


class Sensor:
    """Programs in the kernel, and who reads them."""

    def __init__(self, sizes: Sizes = USUAL) -> None:
        """Compile and attach, observing nothing yet. Raises `ProbesUnusable`."""
        try:
            btf = VMLINUX.read_bytes()
        except OSError as error:
            raise ProbesUnusable(
                f"{VMLINUX} cannot be read ({error.strerror}): the kernel needs CONFIG_DEBUG_INFO_BTF."
            ) from error
        asked = order(PROBES, btf, tracepoints())
        self._helper = Helper()
        try:
            self._kernel = Kernel(asked, sizes)
        except BaseException:  # also Ctrl-C: the helper must not stay
            self._helper.close()
            raise
        try:
            self._helper.begin(self._kernel.notices, sizes.notice_pages * mmap.PAGESIZE, self._kernel.functions)
        except BaseException:
            self._helper.close()
            self._kernel.close()
            raise
        self.unobserved = (*asked.missing, *self._kernel.unattached)
        """Tracepoints that this kernel does not have, or that could not be attached to."""
        self._urgent = select.epoll()
        # That something is there is no reason to look, only that the kernel says so: where it is urgent, or much.
        for ring in self._kernel.rings:
            self._urgent.register(ring.fd, select.EPOLLIN | select.EPOLLET)
        self._known: dict[str, int] = {}
        self._early: list[Record] = []
        self._watched: set[int] = set()
        self._given: dict[int, Mapping[str, str]] = {}
        self._launcher: ThreadPoolExecutor | None = None
        """The thread that has rights to pass on, where we gave up ours."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._launcher is not None:
            self._launcher.shutdown()
        self._urgent.close()
        self._helper.close()
        self._kernel.close()

    def launch(self, command: Sequence[str], **more: object) -> "subprocess.Popen[bytes]":
        """Start a command whose first `execve` is the first thing that is observed. `more` goes to `subprocess.Popen`.

        Raises `OSError` where it cannot be started.
        """
        if self._launcher is None:
            return self._launched(command, more)
        try:
            return self._launcher.submit(self._launched, command, more).result()
        finally:
            # The thread stays: the command may have asked for a signal when that ends (prctl(2), PR_SET_PDEATHSIG).
            self._launcher.submit(give_up, self._kernel.answers).result()

    def _launched(self, command: Sequence[str], more: Mapping[str, object]) -> "subprocess.Popen[bytes]":
        door = _Door(self._kernel.observe)
        try:
            process = subprocess.Popen(list(command), preexec_fn=door.wait, **more)  # type: ignore[call-overload]  # noqa: PLW1509, S603
        finally:
            door.close()
        self._given[process.pid] = os.environ if (own := more.get("env")) is None else own  # type: ignore[assignment]
        if process.poll() is not None:  # its end may have passed before it was observed
            self._kernel.forget(process.pid)
        return process  # type: ignore[no-any-return]

    def given(self, pid: int) -> Mapping[str, str]:
        """Return the variables that a command was launched with, once; none for what was not launched here."""
        return self._given.pop(pid, {})

    def watch(self, targets: Iterable[Target]) -> set[int]:
        """Observe processes that run already, with what they will start; return the numbers of the new ones. Raises `OSError`.

        Who is born while this is called by a process that is not observed yet may be missed: call again until nothing is new. A
        process that has ended meanwhile, and whose number has come again, is let go at once.
        """
        new = set[int]()
        for pid, when in set(targets):
            if pid <= 1 or pid == os.getpid() or pid in self._watched or started(pid) != when:
                continue
            self._kernel.observe(pid)
            if started(pid) != when:
                self._kernel.forget(pid)
                continue
            self._helper.look_at_mapped(pid)
            new.add(pid)
        self._watched |= new
        return new

    def give_up_rights(self, *, launches: bool) -> None:
        """Keep of the rights of this thread, and of those that it will start, only what reading takes. Raises `OSError`.

        What has to be attached later is the helper's, which keeps its own. `launches`: whether one command will be launched. Until
        then a thread that does nothing else keeps what there was, for the command to have it. Born to a thread with less, the
        command would get the same by `execve`, but the kernel would take it for one that gained rights: it could not dump core.
        """
        if launches:
            from concurrent.futures import ThreadPoolExecutor  # brings logging, 10 ms that no other start waits for

            self._launcher = ThreadPoolExecutor(1)
            self._launcher.submit(int).result()  # now there is one
        give_up(self._kernel.answers)

    @property
    def filled(self) -> float:
        """Return how full the fullest ring is, from 0 to 1."""
        return max(ring.filled for ring in self._kernel.rings)

    def written(self, stream: int, pid: int) -> int:
        """Return how many bytes a process wrote to a stream, by their numbers, as the kernel counted."""
        return self._kernel.written(stream, pid)

    def forget(self, pids: Iterable[int]) -> None:
        """Observe these processes no longer."""
        for pid in pids:
            self._kernel.forget(pid)
            self.gone(pid)

    def gone(self, pid: int) -> None:
        """Take note that a process has ended; the kernel has taken it out already, and its number may have come again."""
        self._watched.discard(pid)

    def records(self) -> list[Record]:
        """Return what is in the rings now, in the order of time, also from call to call.

        The rings are read one after the other: what is younger than the begin of the look may be there from one and not yet from
        another, so it waits for the next.
        """
        now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        found, self._early = self._early, []
        for piece in self._kernel.read():
            record = Record.read(piece)
            (found if record.at_ns <= now else self._early).append(record)
        return sorted(found, key=lambda record: record.at_ns)

    def count(self, kind: Type, what: Count) -> int:
        """Return what the kernel has counted so far."""
        return self._kernel.count(kind, what)

    def losses(self) -> Losses:
        """Return what was lost since this was asked for last, and what else was not seen whole."""
        lost = {f"kernel ring ({kind.name.lower()})": self.count(kind, Count.LOST) for kind in Type}
        lost["kernel scope (processes)"] = self._kernel.unscoped
        unseen = {f"{kind.name.lower()}: too long": self.count(kind, Count.CUT) for kind in Type}
        unseen |= {f"{kind.name.lower()}: memory could not be read": self.count(kind, Count.UNREAD) for kind in Type}
        unseen["TLS of files that could not be attached to"] = self._helper.unseen
        unseen["all TLS since the helper that attaches to libraries ended, or what is new since it hangs"] = int(
            self._helper.ended
        )
        new = {where: count - self._known.get(where, 0) for where, count in (lost | unseen).items()}
        self._known = lost | unseen
        return Losses({where: new[where] for where in lost}, {where: new[where] for where in unseen})

    def wait(self, *, busy: bool) -> None:
        """Wait for something urgent, or a moment; where nothing happens, for anything, or longer."""
        if busy:
            self._urgent.poll(BUSY_S)
        else:
            select.select([ring.fd for ring in self._kernel.rings], [], [], IDLE_S)


class _Door:
    """What a new process waits at, between `fork` and `execve`, until it is observed.

    `subprocess.Popen` returns when the command is executed; until then only the child can say what its number is. So a process of
    our own, which holds the scope as well, is there to be told.
    """

    def __init__(self, observe: Callable[[int], None]) -> None:
        told, self._tell = os.pipe()
        self._go, let_go = os.pipe()
        self._helper = os.fork()
        if self._helper == 0:
            os.close(self._tell)
            # Nothing is read where there was no child.
            with suppress(OSError):
                if pid := int.from_bytes(os.read(told, 4), "little"):
                    observe(pid)
                    os.write(let_go, b"g")
            os._exit(0)
        os.close(told)
        os.close(let_go)

    def wait(self) -> None:
        """Wait; called in the child. Without an answer, nothing is executed."""
        os.write(self._tell, os.getpid().to_bytes(4, "little"))
        if os.read(self._go, 1) != b"g":
            os._exit(_NOT_OBSERVED)

    def close(self) -> None:
        """Let go of all."""
        os.close(self._tell)
        os.close(self._go)
        os.waitpid(self._helper, 0)
