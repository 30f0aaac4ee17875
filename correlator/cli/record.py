"""`clew record -o FILE -- CMD`: run a command under the kernel sensor and keep what it did."""

import os
from pathlib import Path
from typing import Annotated

import typer

from correlator.cli.verb import Run, verb

app = typer.Typer(rich_markup_mode=None, add_completion=False)
OWN = {"ignore_unknown_options": True, "allow_interspersed_args": False}
"""What stands behind the command is the command's."""


@app.command(context_settings=OWN)
@verb
def record(
    run: Run,
    command: Annotated[list[str], typer.Argument(help="Command with its arguments, behind `--`.", metavar="CMD...")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write; `clew replay` reads it.", metavar="FILE")],
) -> int:
    """Run a command under the kernel sensor and write what it and its children did, one event a line.

    Only this command's own process tree is observed. Its input, output and exit code are untouched. Needs root.
    """
    from correlator.cli.observed import observed, recorded, sensing, without_ours
    from correlator.policy import load_policy
    from sensor.probes.origin import Origin
    from sensor.probes.secrets import Secrets

    settings = run.settings()
    origin, secrets = Origin.here(settings.tenant), Secrets(load_policy(settings.policy).labels)
    with sensing() as sensor, recorded(out, settings, origin) as take:
        found = observed(sensor, command, origin, take, secrets, without_ours(os.environ))
    run.say(f"clew: {found.events} events in {out}" + (f", {found.lost} lost" if found.lost else ""))
    return found.exit_code
