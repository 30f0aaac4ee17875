"""A command under the kernel sensor: started, passed on what it is sent, and what it did written to a file as it comes."""

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

    from correlator.settings import Settings

_NICE = 10
"""How far the observer gives way (nice(2))."""
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


def observed(
    command: Sequence[str], out: Path, settings: "Settings", environment: Mapping[str, str] | None = None
) -> Observation:
    """Run a command and write what it and its children did, one event a line. Raises `ProbesUnusable` before it is started."""
    from correlator.wiring import redaction_key
    from sensor.event import EventsLost
    from sensor.probes.origin import Origin
    from sensor.probes.sensor import Sensor
    from sensor.redact import redact

    key, origin = redaction_key(settings), Origin.here(settings.tenant)
    events = lost = 0
    # The file is opened when the sensor stands, so that a failure leaves what was in it; it is written line by line, so that an end
    # by force loses nothing that was told.
    with Sensor() as sensor, out.open("w", encoding="utf-8", newline="\n", buffering=1) as file:
        file.write(f"{sensor.status(origin).content}\n")
        try:
            process = sensor.launch(command, env=environment)
        except OSError as error:
            return _not_started(command, error)
        # What is observed goes before its observer; the rings hold what waits.
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
        with _passed_on(process):
            for event in sensor.observed(process, origin):
                file.write(f"{redact(event, key).content}\n")
                events += 1
                lost += event.count if isinstance(event, EventsLost) else 0
    return Observation(_code(process), events, lost)


def unobserved(command: Sequence[str], environment: Mapping[str, str]) -> Observation:
    """Run a command as it is, where there is no sensor."""
    import subprocess

    try:
        process = subprocess.Popen(list(command), env=environment)  # noqa: S603 - what the user asked for
    except OSError as error:
        return _not_started(command, error)
    with _passed_on(process):
        process.wait()
    return Observation(_code(process), 0, 0)


def _not_started(command: Sequence[str], error: OSError) -> Observation:
    from correlator.render.escape import visible

    sys.stderr.write(f"clew: {visible(command[0], 200)}: {error.strerror}\n")
    return Observation(_NOT_FOUND if error.errno == errno.ENOENT else _NOT_STARTED, 0, 0)


def _code(process: "subprocess.Popen[bytes]") -> int:
    return process.returncode if process.returncode >= 0 else _SIGNALS - process.returncode


@contextmanager
def _passed_on(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Leave Ctrl-C to the command, which gets it from the terminal as well, and pass on what asks it to end.

    When the command has ended, what asks to end is meant for us.
    """

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if process.returncode is not None:
            raise KeyboardInterrupt
        process.send_signal(number)

    def leave(_number: int, _frame: FrameType | None) -> None:
        if process.returncode is not None:
            raise KeyboardInterrupt

    handlers: dict[int, Callable[[int, FrameType | None], None]] = {
        signal.SIGINT: leave, signal.SIGTERM: pass_on, signal.SIGHUP: pass_on, signal.SIGQUIT: leave
    }  # fmt: skip
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
