"""`clew queue`: what waits for workers, and what they gave up."""

from typing import Annotated

import typer

from correlator.cli.verb import Run, verb

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Show what waits, and what was given up."
)
given_up = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="What was given up after many tries."
)
app.add_typer(given_up, name="dead")


@app.command()
@verb
def status(run: Run) -> None:
    """Show how many sessions wait, how many were given up, and how far the graph is behind."""
    from correlator.cli.desk import opened
    from graph.store import Projection

    settings = run.settings()
    with opened(settings) as desk:
        dead = {one.key for one in desk.casebook.dead(settings.tenant)}
        waiting = sum(one.waiting and one.key not in dead for one in desk.casebook.sessions(settings.tenant))
        lag = desk.graph.lag() if isinstance(desk.graph, Projection) else 0
    if run.json:
        run.data({"waiting": waiting, "dead": len(dead), "lag": lag})
    else:
        run.out(f"{waiting} sessions wait, {len(dead)} were given up, the graph is {lag} entries behind\n")


@given_up.command("list")
@verb
def list_(run: Run) -> None:
    """List what was given up, the latest first."""
    from correlator.cli.desk import opened_casebook
    from correlator.cli.table import table
    from correlator.render.times import moment

    settings = run.settings()
    with opened_casebook(settings) as casebook:
        rows = casebook.dead(settings.tenant)
    if run.json:
        run.data([{"task": one.task, "key": one.key, "reason": one.reason, "at_ns": one.at_ns} for one in rows])
    elif rows:
        lines = [(one.key, one.task, moment(one.at_ns, local=settings.local), one.reason) for one in rows]
        run.out(table(("session", "task", "when", "why"), lines, run.width))
    else:
        run.say("nothing was given up")


@given_up.command()
@verb
def retry(
    run: Run,
    keys: Annotated[
        list[str] | None, typer.Argument(help="Keys of sessions; all if not given.", metavar="KEY...")
    ] = None,
) -> None:
    """Have what was given up tried again."""
    from correlator.cli.desk import opened_casebook

    settings = run.settings()
    with opened_casebook(settings) as casebook:
        wanted = keys or [one.key for one in casebook.dead(settings.tenant)]
        run.say(f"{casebook.retry(settings.tenant, wanted)} sessions are tried again")
