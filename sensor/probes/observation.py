"""What observed processes do, as events: look by look, until they have ended."""

import os
import subprocess
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from sensor.event import CaptureStatus, Event, EventsLost, ProcessStarted
from sensor.probes.origin import SOURCE, Origin
from sensor.probes.record import Record, Type
from sensor.probes.rights import may_go_before
from sensor.probes.running import Running, Target, running
from sensor.probes.secrets import Secrets
from sensor.probes.sensor import Sensor
from sensor.probes.table import PROBES
from sensor.probes.tls.joined import joined
from sensor.probes.wire import Wire
from sensor.probes.workload import Workloads
from sensor.sources.otlp.span import Span

FILLING = 0.25
"""Part of a ring from which on reading comes first: what does not fit is lost."""
DRAINED_S = 0.005
"""Seconds after which the rings are emptied again, whatever is being told: what takes long must not push out the rest."""
LOOK_S = 0.1
"""Seconds for which a look tells; what is left then waits for the next."""
MOST_WAITING = 32 << 20
"""Bytes that wait outside the rings."""


def observed(
    sensor: Sensor, process: "subprocess.Popen[bytes]", origin: Origin, secrets: Secrets | None = None
) -> Iterator[Event]:
    """Yield what a launched command and its children do, until it has ended; then its talks with models, and what was lost.

    `secrets`: what is looked for in what they send, else what is sensitive everywhere.
    """
    from sensor.sources.otlp.derive import derive  # at the end: it is much, and who follows has it elsewhere

    observation = Observation(sensor, origin, {process.pid}, secrets=secrets)
    while process.poll() is None:
        yield from observation.look()
    yield from observation.end()
    yield from derive(observation.spans(), origin.tenant)


def status(sensor: Sensor, origin: Origin) -> CaptureStatus:
    """Return what is observed, and which tracepoints are not there."""
    return CaptureStatus(
        **_about(origin), subject=_SUBJECT, seen=tuple(probe.name for probe in PROBES), unseen=sensor.unobserved
    )


def gaps(sensor: Sensor, origin: Origin, outliving: int = 0) -> Iterator[EventsLost | CaptureStatus]:
    """Yield what was lost since this was asked for last, by type, and what else was not seen whole."""
    about = _about(origin)
    lost, unseen = sensor.losses()
    for part, (where, count) in enumerate(lost.items()):
        if count:
            yield EventsLost(**about, part=part, where=where, count=count)
    parts = [f"{where} ({count})" for where, count in unseen.items() if count]
    if outliving:
        parts.append(f"what {outliving} processes do that outlive the command")
    if parts:
        yield CaptureStatus(**about, part=len(lost), subject=_SUBJECT, unseen=tuple(parts))


_SUBJECT = "kernel sensor"
_NICE, _NICEST = 10, 19
"""How far the reader gives way (nice(2)): with more, or in `SCHED_IDLE`, it could wait a second for a share of a busy machine."""


class Observation:
    """What some processes do, look by look."""

    def __init__(
        self,
        sensor: Sensor,
        origin: Origin,
        alive: Iterable[int],
        *,
        secrets: Secrets | None = None,
        gives_way: bool = False,
    ) -> None:
        """`alive`: the processes that are observed at the beginning, their numbers.

        `secrets`: what is looked for in what they send, else what is sensitive everywhere. `gives_way`: whether this thread goes
        behind what it observes, unless a ring is filling, or it could not come back.
        """
        self._usual = self._given = os.getpriority(os.PRIO_PROCESS, 0)
        self._gives_way = gives_way and may_go_before(self._usual)
        if self._gives_way and os.sched_getscheduler(0) == os.SCHED_OTHER:
            # Interrupts nobody when it wakes up (sched(7)): what it looks at has waited for it in the rings already.
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        self.alive = set(alive)
        """Those that live; a number is taken out when its process has ended."""
        self._sensor = sensor
        self._origin = origin
        self._secrets = secrets or Secrets()
        for pid in self.alive:
            if variables := sensor.given(pid):
                self._secrets.given(variables)
        self._workloads = Workloads()
        self._wire = Wire(origin, sensor.written, self._secrets)
        self._known: dict[int, Running] = {}
        """Processes that ran before, of which nothing was told yet."""
        self._waiting: deque[Record] = deque()
        """What was read from the rings and is not told yet."""
        self._held = 0
        """Bytes of these."""
        self._busy = True

    def join(self, targets: Iterable[Target]) -> bool:
        """Observe more processes, which run already; return whether one is new. Raises `OSError`."""
        new = self._sensor.watch(targets)
        self.alive |= new
        self._known |= {pid: one for pid in new if (one := running(pid)) is not None}
        return bool(new)

    def look(self) -> list[Event]:
        """Wait a moment, and return what was done since the last look, or as much of it as can be told in a moment."""
        if not self._waiting:
            self._sensor.wait(busy=self._busy)
        gives_way = self._gives_way and self._sensor.filled <= FILLING
        self._be_nice(min(self._usual + _NICE, _NICEST) if gives_way else self._usual)
        return self._read(LOOK_S)

    def _be_nice(self, nice: int) -> None:
        if nice != self._given:
            os.setpriority(os.PRIO_PROCESS, 0, nice)
            self._given = nice

    def spans(self) -> list[Span]:
        """Return the talks with models that were complete since this was asked for last."""
        return self._wire.spans()

    def end(self) -> list[Event]:
        """Observe no longer; return what is left, and what was lost."""
        self._be_nice(self._usual)  # nothing is left to give way to
        self._sensor.forget(self.alive)  # so that there is an end of what is read
        found = self._read()
        found += map(self._secrets.take, self._wire.end(time.clock_gettime_ns(time.CLOCK_BOOTTIME)))
        found += gaps(self._sensor, self._origin, outliving=len(self.alive))
        if unseen := self._secrets.unseen():
            found.append(CaptureStatus(**_about(self._origin), subject=_SUBJECT, unseen=unseen))
        self._sensor.forget(self.alive)
        return found

    def _read(self, most_s: float = float("inf")) -> list[Event]:
        begun = drained = time.monotonic()
        self._busy = self._drain() > 0
        found: list[Event] = []
        while self._waiting and drained - begun < most_s:
            record = self._waiting.popleft()
            self._held -= len(record.payload)
            found += self._told(record)
            if (now := time.monotonic()) - drained > DRAINED_S:
                self._drain()
                drained = now
        self._secrets.ask()
        return found

    def _drain(self) -> int:
        """Take over what is in the rings, and return how much that was; where too much waits already, nothing."""
        if self._held > MOST_WAITING:
            return 0
        records = joined(self._sensor.records())
        self._held += sum(len(record.payload) for record in records)
        self._waiting += records
        return len(records)

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
            yield self._secrets.take(ran)
        for event in map(self._secrets.take, self._wire.take(record)):
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
