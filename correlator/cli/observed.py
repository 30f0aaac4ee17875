"""A command under the kernel sensor: started, passed on what it is sent, and what it did written to a file as it comes."""

import errno
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import subprocess

    from correlator.settings import Settings
    from sensor.event import Event
    from sensor.probes.origin import Origin
    from sensor.probes.secrets import Secrets
    from sensor.probes.sensor import Sensor
    from sensor.sources.otlp.span import Span

    Taken = Callable[[Sequence[Event], Sequence[Span]], None]

_SIGNALS = 128
"""What a shell adds to the number of the signal that ended a command."""
_NOT_STARTED, _NOT_FOUND = 126, 127
"""What a shell returns for a command that it could not execute, and for one that is not there."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What came of it."""

    exit_code: int
    """Of the command, as a shell has it."""
    events: int
    lost: int


@contextmanager
def sensing(*, launches: bool = True) -> "Iterator[Sensor]":
    """Give a sensor, and keep no more rights than it takes to read it: to be called before another thread is started.

    `launches`: whether a command will be launched, once. Raises `ProbesUnusable`.
    """
    from sensor.errors import ProbesUnusable
    from sensor.probes.sensor import Sensor

    with Sensor() as sensor:
        try:
            sensor.give_up_rights(launches=launches)
        except OSError as error:
            raise ProbesUnusable(f"{error}.") from error
        yield sensor


def observed(
    sensor: "Sensor",
    command: Sequence[str],
    origin: "Origin",
    take: "Taken",
    secrets: "Secrets",
    environment: Mapping[str, str] | None = None,
) -> Observation:
    """Run a command and hand on what it and its children did; `secrets` is what is looked for in what they send."""
    from sensor.probes.observation import Observation as Seen
    from sensor.probes.observation import status

    take([status(sensor, origin)], [])
    with _passed_on() as started:
        try:
            process = sensor.launch(command, env=environment)
        except OSError as error:
            return _not_started(command, error)
        started(process)
        # What is observed goes before its observer, as long as the rings hold what waits.
        seen = Seen(sensor, origin, {process.pid}, secrets=secrets, gives_way=True)
        count = _Count(take)
        while process.poll() is None:
            count(seen.look(), seen.spans())
        count(seen.end(), seen.spans())
    return Observation(_code(process), count.events, count.lost)


def without_ours(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what lets clew in elsewhere: who is observed could speak in its name."""
    from correlator.settings import PREFIX, SECRET

    ours = {PREFIX + name.upper() for name in SECRET}
    return {name: value for name, value in environment.items() if name not in ours}


@contextmanager
def recorded(out: Path, settings: "Settings", origin: "Origin") -> "Iterator[Taken]":
    """Give what writes events to a file, one a line, credentials replaced; talks with models are told at the end."""
    from correlator.key import redaction_key
    from sensor.redact import redact
    from sensor.sources.otlp.span import Span

    key, said = redaction_key(settings), list[Span]()
    # The file is opened when there is something to write, so that a sensor that cannot run leaves what was in it; what was told
    # together is written at once, so that an end by force loses nothing of it.
    with ExitStack() as opened:
        file: list[TextIO] = []

        def take(events: "Sequence[Event]", spans: "Sequence[Span]") -> None:
            said.extend(spans)
            if not file:
                file.append(opened.enter_context(out.open("w", encoding="utf-8", newline="\n")))
            file[0].write("".join([f"{redact(event, key).content}\n" for event in events]))
            file[0].flush()

        yield take
        if said:
            from sensor.sources.otlp.derive import derive  # much that no sensor needs while it observes

            take(derive(said, origin.tenant), [])


class _Count:
    """Counts what it hands on."""

    def __init__(self, take: "Taken") -> None:
        self._take = take
        self._failed = False
        self.events = self.lost = 0

    def __call__(self, events: "Sequence[Event]", spans: "Sequence[Span]") -> None:
        self.events += len(events)
        self.lost += sum(event.count for event in events if event.kind == "events_lost")
        if self._failed:
            return
        try:
            self._take(events, spans)
        except Exception as error:  # noqa: BLE001 - whatever happens to us, the command is left to its end
            from correlator.render.escape import visible

            self._failed = True
            sys.stderr.write(f"clew: from here on nothing is kept ({visible(str(error), 300)}); the command goes on.\n")


def unobserved(command: Sequence[str], environment: Mapping[str, str]) -> Observation:
    """Run a command as it is, where there is no sensor."""
    import subprocess

    with _passed_on() as started:
        try:
            process = subprocess.Popen(list(command), env=environment)  # noqa: S603 - what the user asked for
        except OSError as error:
            return _not_started(command, error)
        started(process)
        process.wait()
    return Observation(_code(process), 0, 0)


def _not_started(command: Sequence[str], error: OSError) -> Observation:
    from correlator.render.escape import visible

    sys.stderr.write(f"clew: {visible(command[0], 200)}: {error.strerror}\n")
    return Observation(_NOT_FOUND if error.errno == errno.ENOENT else _NOT_STARTED, 0, 0)


def _code(process: "subprocess.Popen[bytes]") -> int:
    return process.returncode if process.returncode >= 0 else _SIGNALS - process.returncode


@contextmanager
def _passed_on() -> "Iterator[Callable[[subprocess.Popen[bytes]], None]]":
    """Leave Ctrl-C to the command, which gets it from the terminal as well, and pass on what asks it to end.

    Gives what is to be told the command once it has been started; what asks it to end before that reaches it then. When it has
    ended, what asks to end is meant for us.
    """
    processes: list[subprocess.Popen[bytes]] = []
    waiting: list[int] = []

    def started(process: "subprocess.Popen[bytes]") -> None:
        processes.append(process)
        for number in waiting:
            process.send_signal(number)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if not processes:
            waiting.append(number)
        elif processes[0].returncode is not None:
            raise KeyboardInterrupt
        else:
            processes[0].send_signal(number)

    def leave(_number: int, _frame: FrameType | None) -> None:
        if not processes or processes[0].returncode is not None:
            raise KeyboardInterrupt

    handlers: dict[int, Callable[[int, FrameType | None], None]] = {
        signal.SIGINT: leave, signal.SIGTERM: pass_on, signal.SIGHUP: pass_on, signal.SIGQUIT: leave
    }  # fmt: skip
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield started
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
