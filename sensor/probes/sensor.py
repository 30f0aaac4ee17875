"""A command under observation: started in the scope, read until it and its children are gone."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from sensor.errors import ProbesUnusable
from sensor.event import CaptureStatus, Event, EventsLost
from sensor.probes.btf import VMLINUX
from sensor.probes.kernel import Kernel, tracepoints
from sensor.probes.origin import SOURCE, Origin
from sensor.probes.record import Count, Record, Type
from sensor.probes.source import USUAL, Sizes, order
from sensor.probes.table import PROBES, Probe
from sensor.probes.tls.libraries import Libraries
from sensor.probes.wire import Wire

BUSY_S, IDLE_S = 0.02, 0.2
"""Seconds between looks at the rings: after a look that found something, and after one that did not."""
_HELD = 'kill -STOP $$ && exec "$@"'
"""What a command is held in until its process is observed: it begins with its own `execve`, and nothing is missed."""


class Sensor:
    """Programs in the kernel, and who reads them."""

    def __init__(self, probes: Sequence[Probe] = PROBES, sizes: Sizes = USUAL) -> None:
        """Compile and attach, observing nothing yet. Raises `ProbesUnusable`."""
        try:
            btf = VMLINUX.read_bytes()
        except OSError as error:
            raise ProbesUnusable(
                f"{VMLINUX} cannot be read ({error.strerror}): the kernel needs CONFIG_DEBUG_INFO_BTF."
            ) from error
        asked = order(probes, btf, tracepoints(), sizes)
        self._kernel = Kernel(asked, sizes)
        self.unobserved = (*asked.missing, *self._kernel.unattached)
        """Tracepoints that this kernel does not have, or that could not be attached to."""
        self.probes = tuple(probe.name for probe in probes)
        self._libraries = Libraries(self._kernel.attach)
        if "tls" in self.probes:
            self._libraries.look_at_usual()
        self._lost: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._kernel.close()

    def launch(self, command: Sequence[str], **more: object) -> "subprocess.Popen[bytes]":
        """Start a command whose first `execve` is the first thing that is observed. `more` goes to `subprocess.Popen`."""
        process = subprocess.Popen(["/bin/sh", "-c", _HELD, "clew", *command], **more)  # type: ignore[call-overload]  # noqa: S603 - the user's own command
        try:
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)
            self._kernel.observe(process.pid)
            process.send_signal(signal.SIGCONT)
        except BaseException:
            process.kill()
            process.wait()
            raise
        return process  # type: ignore[no-any-return]

    def observed(self, process: "subprocess.Popen[bytes]", origin: Origin) -> Iterator[Event]:
        """Yield what a launched command and its children do, until it has ended; then its talks with models, and what was lost."""
        wire = Wire(origin)
        busy = True
        while process.poll() is None:
            self.wait(busy=busy)
            records = self.records()
            busy = bool(records)
            for record in records:
                yield from wire.take(record)
        for record in self.records():
            yield from wire.take(record)
        yield from wire.end(time.clock_gettime_ns(time.CLOCK_BOOTTIME))
        yield from self.lost(origin)

    def status(self, origin: Origin) -> CaptureStatus:
        """Return what is observed, and which tracepoints are not there."""
        now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        return CaptureStatus(
            tenant=origin.tenant, session="", source=SOURCE, position=now, at_ns=origin.booted_ns + now,
            subject="kernel sensor", seen=self.probes, unseen=self.unobserved,
        )  # fmt: skip

    def records(self) -> list[Record]:
        """Return what is in the rings now, in the order of time."""
        found = []
        for piece in self._kernel.read():
            record = Record.read(piece)
            # At once: the process goes on meanwhile, and what it says before is not seen.
            self._libraries.take(record)
            found.append(record)
        return sorted(found, key=lambda record: record.at_ns)

    def count(self, kind: Type, what: Count) -> int:
        """Return what the kernel has counted so far."""
        return self._kernel.count(kind, what)

    def lost(self, origin: Origin) -> Iterator[EventsLost]:
        """Yield what was lost since this was asked for last, by type."""
        counted = {f"kernel ring ({kind.name.lower()})": self.count(kind, Count.LOST) for kind in Type}
        counted["kernel scope (processes)"] = self._kernel.unscoped
        now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        for part, (where, count) in enumerate(counted.items()):
            new = count - self._lost.get(where, 0)
            self._lost[where] = count
            if new:
                yield EventsLost(
                    tenant=origin.tenant, session="", source=SOURCE, position=now, part=part,
                    at_ns=origin.booted_ns + now, where=where, count=new,
                )  # fmt: skip

    def wait(self, *, busy: bool) -> None:
        """Wait for something vital, or a moment; where nothing happens, for anything, or longer."""
        rings = [self._kernel.vital.fd] if busy else [ring.fd for ring in self._kernel.rings]
        select.select(rings, [], [], BUSY_S if busy else IDLE_S)
