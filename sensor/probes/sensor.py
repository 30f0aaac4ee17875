"""A command under observation: started in the scope, read until it has ended."""

import mmap
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from sensor.errors import ProbesUnusable
from sensor.event import CaptureStatus, Event, EventsLost, ProcessStarted
from sensor.probes.btf import VMLINUX
from sensor.probes.helper import Helper
from sensor.probes.kernel import Kernel, tracepoints
from sensor.probes.origin import SOURCE, Origin
from sensor.probes.record import Count, Record, Type
from sensor.probes.running import Running, Target, running, started
from sensor.probes.secrets import Secrets
from sensor.probes.source import USUAL, Sizes, order
from sensor.probes.table import PROBES
from sensor.probes.wire import Wire
from sensor.probes.workload import Workloads
from sensor.sensitive import Labels
from sensor.sources.otlp.span import Span

_NOT_OBSERVED = 126
"""Exit code of a command that was not executed, as a shell has it."""
FILLING = 0.25
"""Part of a ring from which on reading comes first: what does not fit is lost."""
BUSY_S, IDLE_S = 0.02, 0.2
"""Seconds between looks at the rings: after a look that found something, and after one that did not."""


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
        self._urgent.register(self._kernel.vital.fd, select.EPOLLIN)
        # That something is there is no reason to look, only that the kernel says so, which it does where there is much.
        self._urgent.register(self._kernel.streams.fd, select.EPOLLIN | select.EPOLLET)
        self._known: dict[str, int] = {}
        self._early: list[Record] = []
        self._watched: set[int] = set()
        self._given: dict[int, Mapping[str, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._urgent.close()
        self._helper.close()
        self._kernel.close()

    def launch(self, command: Sequence[str], **more: object) -> "subprocess.Popen[bytes]":
        """Start a command whose first `execve` is the first thing that is observed. `more` goes to `subprocess.Popen`.

        Raises `OSError` where it cannot be started.
        """
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

    def observed(
        self, process: "subprocess.Popen[bytes]", origin: Origin, labels: Labels | None = None
    ) -> Iterator[Event]:
        """Yield what a launched command and its children do, until it has ended; then its talks with models, and what was lost.

        `labels`: what is sensitive, else what is so everywhere.
        """
        from sensor.sources.otlp.derive import derive  # at the end: it is much, and who follows has it elsewhere

        observation = Observation(self, origin, {process.pid}, labels=labels)
        while process.poll() is None:
            yield from observation.look()
        yield from observation.end()
        yield from derive(observation.spans(), origin.tenant)

    def status(self, origin: Origin) -> CaptureStatus:
        """Return what is observed, and which tracepoints are not there."""
        return CaptureStatus(
            **_about(origin),
            subject="kernel sensor",
            seen=tuple(probe.name for probe in PROBES),
            unseen=self.unobserved,
        )

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

    def gaps(self, origin: Origin, outliving: int = 0) -> Iterator[EventsLost | CaptureStatus]:
        """Yield what was lost since this was asked for last, by type, and what else was not seen whole."""
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
        about = _about(origin)
        for part, where in enumerate(lost):
            if new[where]:
                yield EventsLost(**about, part=part, where=where, count=new[where])
        parts = [f"{where} ({new[where]})" for where in unseen if new[where]]
        if outliving:
            parts.append(f"what {outliving} processes do that outlive the command")
        if parts:
            yield CaptureStatus(**about, part=len(lost), subject="kernel sensor", unseen=tuple(parts))

    def wait(self, *, busy: bool) -> None:
        """Wait for something vital, or a moment; where nothing happens, for anything, or longer."""
        if busy:
            self._urgent.poll(BUSY_S)
        else:
            select.select([ring.fd for ring in self._kernel.rings], [], [], IDLE_S)


class Observation:
    """What some processes do, look by look."""

    def __init__(
        self, sensor: Sensor, origin: Origin, alive: Iterable[int], *, labels: Labels | None = None, gives_way: int = 0
    ) -> None:
        """`alive`: the processes that are observed at the beginning, their numbers.

        `labels`: what is sensitive, else what is so everywhere. `gives_way`: how far this thread goes behind what it observes
        (nice(2)), unless a ring is filling.
        """
        self._gives_way = gives_way
        self._given = 0
        self.alive = set(alive)
        """Those that live; a number is taken out when its process has ended."""
        self._sensor = sensor
        self._origin = origin
        self._secrets = Secrets(labels)
        for pid in self.alive:
            if variables := sensor.given(pid):
                self._secrets.given(variables)
        self._workloads = Workloads()
        self._wire = Wire(origin, sensor.written, self._secrets)
        self._known: dict[int, Running] = {}
        """Processes that ran before, of which nothing was told yet."""
        self._busy = True

    def join(self, targets: Iterable[Target]) -> bool:
        """Observe more processes, which run already; return whether one is new. Raises `OSError`."""
        new = self._sensor.watch(targets)
        self.alive |= new
        self._known |= {pid: one for pid in new if (one := running(pid)) is not None}
        return bool(new)

    def look(self) -> list[Event]:
        """Wait a moment, and return what was done since the last look."""
        self._sensor.wait(busy=self._busy)
        self._give_way(0 if self._sensor.filled > FILLING else self._gives_way)
        return self._read()

    def _give_way(self, how_far: int) -> None:
        if how_far != self._given:
            os.setpriority(os.PRIO_PROCESS, 0, how_far)
            self._given = how_far

    def spans(self) -> list[Span]:
        """Return the talks with models that were complete since this was asked for last."""
        return self._wire.spans()

    def end(self) -> list[Event]:
        """Observe no longer; return what is left, and what was lost."""
        found = self._read()
        found += self._wire.end(time.clock_gettime_ns(time.CLOCK_BOOTTIME))
        found += self._sensor.gaps(self._origin, outliving=len(self.alive))
        if unseen := self._secrets.unseen():
            found.append(CaptureStatus(**_about(self._origin), subject="kernel sensor", unseen=unseen))
        self._sensor.forget(self.alive)
        return found

    def _read(self) -> list[Event]:
        records = self._sensor.records()
        self._busy = bool(records)
        found = [event for record in records for event in self._told(record)]
        self._secrets.ask()
        return found

    def _told(self, record: Record) -> Iterator[Event]:
        if record.type == Type.FORKED:
            self.alive.add(record.first)
        elif record.type == Type.EXITED:
            self.alive.discard(record.tgid)
            self._sensor.gone(record.tgid)
        if (before := self._known.pop(record.tgid, None)) is not None:
            # Only the kernel says when it started, to the nanosecond, which is part of its identity.
            ran = ProcessStarted(
                **self._origin.about(record), process=self._origin.process(record.tgid, record.started_ns),
                executable=before.executable, argv=before.argv, cwd=before.cwd,
            )  # fmt: skip
            self._secrets.take(ran)
            yield ran
        for event in self._wire.take(record):
            self._secrets.take(event)
            if (
                isinstance(event, ProcessStarted)
                and event.cgroup
                and (known := self._workloads.of(event.cgroup).fields())
            ):
                yield event.model_copy(update=known)
            else:
                yield event


def _about(origin: Origin) -> dict[str, Any]:
    now = origin.booted_ns + time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return {"tenant": origin.tenant, "session": "", "source": SOURCE, "position": now, "at_ns": now}


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
