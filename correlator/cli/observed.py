"""A command under the kernel sensor: started, passed on what it is sent, and what it did written to a file as it comes."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

    from correlator.settings import Settings

_SIGNALS = 128
"""What a shell adds to the number of the signal that ended a command."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What came of it."""

    exit_code: int
    """Of the command, as a shell has it."""
    events: int
    lost: int


def observed(command: Sequence[str], out: Path, settings: "Settings") -> Observation:
    """Run a command and write what it and its children did, one event a line. Raises `ProbesUnusable`, before it is started."""
    from correlator.wiring import redaction_key
    from sensor.event import EventsLost
    from sensor.probes.origin import Origin
    from sensor.probes.sensor import Sensor
    from sensor.redact import redact

    key, origin = redaction_key(settings), Origin.here(settings.tenant)
    events = lost = 0
    with out.open("w", encoding="utf-8", newline="\n") as file, Sensor() as sensor:
        file.write(f"{sensor.status(origin).content}\n")
        process = sensor.launch(command)
        with _passed_on(process):
            for event in sensor.observed(process, origin):
                file.write(f"{redact(event, key).content}\n")
                events += 1
                lost += event.count if isinstance(event, EventsLost) else 0
    code = process.returncode
    return Observation(code if code >= 0 else _SIGNALS - code, events, lost)


@contextmanager
def _passed_on(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Leave Ctrl-C to the command, which gets it from the terminal as well, and pass on what asks it to end."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    def leave(_number: int, _frame: FrameType | None) -> None:
        pass

    handlers: dict[int, Callable[[int, FrameType | None], None]] = {signal.SIGINT: leave, signal.SIGTERM: pass_on}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
