"""`clew ship --to URL`: send what `clew run --to` and `clew watch --to` have left."""

from typing import Annotated

import typer

from correlator.cli.shipping import ToOption, address, ship
from correlator.cli.verb import FAILURE, Run, verb

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(name="ship")
@verb
def ship_command(
    run: Run,
    to: Annotated[str, ToOption],
    patience: Annotated[float, typer.Option(help="Seconds to try for.", min=0, metavar="SECONDS")] = 60,
) -> int:
    """Send what a sensor has seen and nobody has taken yet to the `clew listen` at a URL. Fails while something still waits."""
    address(to)
    waiting = ship(run.settings(), to, run.say, patience_s=patience)
    return FAILURE if waiting.batches or waiting.aside else 0
