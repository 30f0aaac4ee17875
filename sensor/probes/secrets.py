"""Reads what processes read of what is sensitive, bounded, to know it again where it leaves; nothing of it is kept."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

from sensor.event import (
    AlertReceived,
    DatabaseQueried,
    Event,
    FileOpened,
    HttpRequested,
    HttpResponded,
    InputWritten,
    NameResolved,
    OutputWritten,
    PrivilegeUsed,
    ProcessExited,
    ProcessId,
    ProcessStarted,
    SensitiveSent,
    ToolServed,
    Unparsed,
)
from sensor.probes.lineage import Lineage, Sight
from sensor.probes.models import ModelServers
from sensor.probes.running import TICK_NS, started
from sensor.redact import leaves
from sensor.sensitive import SHORTEST, Labels, Shingles, Source, built_in
from sensor.sources.otlp.span import Attributes, Span

MOST = 64 << 10
"""Bytes of a file that are read."""
MOST_ENVIRONMENT = 256 << 10
"""Bytes of the variables of a program that are read."""
PATIENCE_S = 0.5
"""For a file: it may be one of a file system that an observed process made (FUSE), and never come. So may a process's memory."""
MOST_HANGING = 4
"""Files that have not come yet; while there are so many, no more are asked for."""
MOST_LEARNED = 4_096
"""Files of which is remembered that they were read."""
MOST_LEARNING_S = 0.25
"""Of each second, for files: those beyond are not read."""
MOST_NAME = 256
"""Characters of the name of a variable, which is kept: a longer one is nobody's."""
MOST_WAITING = 256
"""Programs whose variables are read at a time: a thread for each would take four times as long as reading."""
MOST_ASKED = 65_536
"""Processes of which is remembered that this was done."""
_PATHS = ("/", "~", "./", "../")

_TEXTS: dict[type[Event], tuple[str, ...]] = {
    ProcessStarted: ("argv",), OutputWritten: ("text",), InputWritten: ("text",), NameResolved: ("name",),
    HttpRequested: ("url", "body"), HttpResponded: ("body",), DatabaseQueried: ("statement", "parameters", "result"),
    ToolServed: ("name", "arguments", "text"), SensitiveSent: ("url",),
}  # fmt: skip
"""Fields in which something sensitive may stand that was read elsewhere."""
_TELLING = frozenset((FileOpened, ProcessStarted, ProcessExited, PrivilegeUsed, DatabaseQueried))
"""What tells what processes read, or who they are."""

Alert = AlertReceived | Unparsed
Open = Callable[[Sight, str], int]
"""Through whose eyes, and a path → a descriptor. Raises `OSError`."""


class Secrets:
    """What observed processes have read of that kind."""

    def __init__(self, labels: Labels | None = None, opened: Open = Sight.opened) -> None:
        """Know nothing yet. `labels`: what is sensitive, if not only what is so everywhere; `opened`: how files are opened."""
        self._labels = labels or built_in()
        self._open = opened
        self._lineage = Lineage()
        self._models = ModelServers(self._lineage, self._labels.models)
        self._learned: dict[tuple[int, ...], Source] = {}
        """Files that were read: device, number, size, and when they were changed last → by which path."""
        self._readers: set[tuple[ProcessId, Source]] = set()
        """Who opened them."""
        self._second, self._spent = 0.0, 0.0
        """When the second began that is counted, and how much of it was spent on learning."""
        self.shingles = Shingles()
        self.unread = 0
        """Files that could not be read, because nobody was left who sees them, or that were more than there was time for."""
        self.unasked = 0
        """Programs whose variables could not be read, of which the same holds; those of who started them could not either."""
        self._hanging: list[Thread] = []
        self._is_given = False
        self._waiting: dict[ProcessId, ProcessStarted] = {}
        """Processes whose variables are to be read."""
        self._asked: set[ProcessId] = set()
        """Those of which they were."""

    def unseen(self) -> tuple[str, ...]:
        """Return what will not be known again where it leaves, in words."""
        missing = {
            f"what is in {self.unread} sensitive files": self.unread,
            f"the sensitive variables of {self.unasked} programs": self.unasked,
            f"{self.shingles.unlearned} pieces of sensitive files, tables and variables, which are more than is remembered": (
                self.shingles.unlearned
            ),
        }
        return tuple(f"{what}, to know it again where it leaves" for what, count in missing.items() if count)

    def found(self, *texts: str) -> dict[Source, int]:
        """Return of what there are pieces in texts that a process sent together, and how many of each."""
        self.ask()
        return self.shingles.found(*texts)

    def is_own(self, process: ProcessId, source: Source) -> bool:
        """Return whether something is of a file that a process itself had opened."""
        return (process, source) in self._readers

    def is_its_model(self, process: ProcessId, host: str, *, secured: bool, answered: bool) -> bool:
        """Return whether a process that talks with a host as with a model has its own there (`ModelServers`)."""
        return self._models.is_its(process, host, secured=secured, answered=answered)

    def given(self, variables: Mapping[str, str]) -> None:
        """Take note of the variables that the first of all programs was started with."""
        self._is_given = True  # and the first program that is told has them
        for name, value in variables.items():
            self._learn(name, value)

    def ask(self) -> None:
        """Read the variables of the programs that were executed since this was done last."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        found: dict[ProcessId, str] = {}

        def read() -> None:
            for process in waiting:
                with suppress(OSError):
                    found[process] = _environment(process)

        self._in_time(read)
        for process, event in waiting.items():
            if (text := found.get(process)) is None:
                self._gone(event)
            else:
                for variable in text.split("\0"):
                    name, _, value = variable.partition("=")
                    self._learn(name, value)
                self._was_asked(process)

    def take(self, event: Event) -> Event:
        """Look at what an event tells of, and return it as it may be told: with placeholders for what is known."""
        kind = type(event)
        if kind in _TELLING:
            self._look_at(event)
        if (texts := _TEXTS.get(kind)) is None:
            return event
        if not isinstance(event, ProcessStarted):  # of which there are many, each with variables of its own
            self.ask()
        if not self.shingles:
            return event
        clean = {name: _each(getattr(event, name), self.shingles.without) for name in texts}
        changed = {name: value for name, value in clean.items() if value != getattr(event, name)}
        return event.model_copy(update=changed) if changed else event

    def without(self, spans: Sequence[Span]) -> Sequence[Span]:
        """Return talks with models with placeholders for what is known. May be asked in another thread than that which observes."""
        return [self._clean(span) for span in spans] if self.shingles else spans

    def without_in_alerts(self, alerts: Sequence[Alert]) -> Sequence[Alert]:
        """Return alerts of other products with placeholders for what is known. May be asked in another thread, too."""
        if not self.shingles:
            return alerts
        return [type(one).model_validate(leaves(one.model_dump(mode="json"), self.shingles.without)) for one in alerts]

    def _clean(self, span: Span) -> Span:
        return replace(
            span, name=self.shingles.without(span.name), attributes=self._leaves(span.attributes),
            resource=self._leaves(span.resource),
            events=tuple(
                replace(one, attributes=self._leaves(one.attributes), body=leaves(one.body, self.shingles.without))
                for one in span.events
            ),
        )  # fmt: skip

    def _leaves(self, values: Attributes) -> Attributes:
        return {name: leaves(value, self.shingles.without) for name, value in values.items()}

    def _look_at(self, event: Event) -> None:
        if isinstance(event, FileOpened):
            if self._labels.is_file(event.path):
                self._opened(event.process, event.path)
            return
        self._lineage.take(event)
        self._models.take(event)
        if isinstance(event, ProcessStarted):
            if not event.executable:
                if event.parent in self._asked:  # a copy of that, until it executes something
                    self._was_asked(event.process)
            else:
                if self._is_given:
                    self._is_given = False
                    self._was_asked(event.process)
                self._waiting[event.process] = event
                if len(self._waiting) >= MOST_WAITING:
                    self.ask()
        elif isinstance(event, ProcessExited):
            if (waited := self._waiting.pop(event.process, None)) is not None:
                self._gone(waited)
            self._asked.discard(event.process)
        elif isinstance(event, DatabaseQueried):
            self._queried(event)

    def _opened(self, process: ProcessId, path: str) -> None:
        now = time.monotonic()
        if now - self._second >= 1:
            self._second, self._spent = now, 0.0
        if self._spent >= MOST_LEARNING_S:
            self.unread += 1
            return
        sight = self._lineage.sight(process)
        found: list[tuple[tuple[int, ...], bytes]] = []

        def read() -> None:
            with suppress(OSError):
                file = self._open(sight, path)
                try:
                    of = os.fstat(file)
                    mark = (of.st_dev, of.st_ino, of.st_size, of.st_ctime_ns)
                    found.append((mark, b"" if mark in self._learned else os.read(file, MOST)))
                finally:
                    os.close(file)

        in_time = self._in_time(read)
        if found:
            mark, data = found[0]
            source = self._learned.get(mark, Source("file", path))
            if data:
                self.shingles.learn(data.decode("utf-8", "replace"), source)
                if len(self._learned) >= MOST_LEARNED:
                    self._learned.clear()
                self._learned[mark] = source
            if len(self._readers) < MOST_ASKED:
                self._readers.add((process, source))
        else:
            self.unread += 1
        if in_time:
            self._spent += time.monotonic() - now

    def _gone(self, event: ProcessStarted) -> None:
        # What it was started with it most often has from who started it; what that had is not known of one who is gone, too.
        known = event.process in self._asked or event.parent in self._asked or event.parent in self._waiting
        self.unasked += not known

    def _was_asked(self, process: ProcessId) -> None:
        if len(self._asked) < MOST_ASKED:
            self._asked.add(process)

    def _learn(self, name: str, value: str) -> None:
        if len(value) < SHORTEST or len(name) > MOST_NAME or value.startswith(_PATHS):
            return
        if self._labels.is_variable(name):
            self.shingles.learn(value, Source("variable", name))

    def _queried(self, event: DatabaseQueried) -> None:
        if event.result and (table := self._labels.table(event.statement)):
            self.shingles.learn(event.result, Source("table", table, event.server))

    def _in_time(self, read: Callable[[], None]) -> bool:
        """Return whether something was read or refused before patience ended; nothing is read while too much hangs."""
        self._hanging = [one for one in self._hanging if one.is_alive()]
        if len(self._hanging) >= MOST_HANGING:
            return False
        reader = Thread(target=read, daemon=True)
        reader.start()
        reader.join(PATIENCE_S)
        if reader.is_alive():
            self._hanging.append(reader)
            return False
        return True


def _each(value: Any, clean: Callable[[str], str]) -> Any:
    """Return the texts of a field as `clean` makes them."""
    return tuple(map(clean, value)) if isinstance(value, tuple) else leaves(value, clean)


def _environment(process: ProcessId) -> str:
    """Return the variables of a process, a NUL behind each (proc_pid_environ(5)). Raises `OSError`, also where it is gone."""
    file = os.open(f"/proc/{process.pid}/environ", os.O_RDONLY | os.O_CLOEXEC)
    try:
        # The number may be another's by now; what was opened stays that of one process.
        if started(process.pid) != process.started_ns // TICK_NS:
            raise ProcessLookupError
        Path(
            f"/proc/{process.pid}/exe"
        ).readlink()  # who has ended and is not waited for has neither program nor variables
        found = bytearray()
        # A read gives a page at most.
        while len(found) < MOST_ENVIRONMENT and (more := os.read(file, MOST_ENVIRONMENT - len(found))):
            found += more
        return found.decode("utf-8", "replace")
    finally:
        os.close(file)
