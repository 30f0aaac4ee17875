"""`clew record -o FILE -- CMD`: run a command under the kernel sensor and keep what it and its children did."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from correlator.cli.verb import Run, verb

if TYPE_CHECKING:
    import subprocess

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@verb
def record(
    run: Run,
    command: Annotated[list[str], typer.Argument(help="Command with its arguments, behind `--`.", metavar="CMD...")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write; `clew replay` reads it.", metavar="FILE")],
) -> int:
    """Run a command under the kernel sensor and write what it and its children did, one event a line.

    Only this command's own process tree is observed. Its input, output and exit code are untouched. Needs root.
    """
    from correlator.wiring import redaction_key
    from sensor.event import EventsLost
    from sensor.probes.origin import Origin
    from sensor.probes.sensor import Sensor
    from sensor.redact import redact

    settings = run.settings()
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
    run.say(f"clew: {events} events in {out}" + (f", {lost} lost" if lost else ""))
    code = process.returncode
    return code if code >= 0 else 128 - code


@contextmanager
def _passed_on(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Leave Ctrl-C to the command, which gets it from the terminal as well, and pass on what asks it to end."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
