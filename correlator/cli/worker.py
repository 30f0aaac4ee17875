"""`clew worker`: a worker of a fleet."""

import logging
from typing import Annotated

import typer

from correlator.cli.verb import Run, verb

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
@verb
def worker(
    run: Run,
    processes: Annotated[int, typer.Option(help="How many sessions are judged at a time.", min=1, max=64)] = 1,
) -> int:
    """Judge the sessions of a fleet, keep the graph of hunters up to date, and have stories worded where a model is set.

    Any number may run, on any number of machines.

    Needs a store that all of them share (CLEW_BACKEND=sql or neo4j, CLEW_DATABASE) and a broker (CLEW_BROKER). Ctrl-C ends when
    what is under way is done.
    """
    from correlator.duties import Duties
    from correlator.wiring import open_language_model, open_workers

    settings = run.settings()
    if settings.backend not in ("sql", "neo4j"):
        raise typer.BadParameter("workers share a database: set CLEW_BACKEND=sql or neo4j, and CLEW_DATABASE")
    celery = open_workers(settings)
    with Duties.opened(settings):
        pass  # what cannot be reached is said now, in one line
    if settings.model is not None:
        open_language_model(settings)  # so is a package or an address that is missing
    logging.basicConfig(level=logging.WARNING, format="clew: %(message)s")
    run.say(f"clew: {processes} processes wait for work; Ctrl-C ends")
    celery(processes)
    return 0
