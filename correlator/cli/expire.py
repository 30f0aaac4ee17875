"""`clew expire`: what is older than it is to be kept."""

from typing import Annotated

import typer

from correlator.cli.verb import Run, verb

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
@verb
def expire(
    run: Run,
    days: Annotated[
        int | None, typer.Option(help="Older than so many days; CLEW_KEEP_DAYS if not given.", min=1, max=36_500)
    ] = None,
) -> None:
    """Remove what was observed so long ago. Stories stay, with the events that they cite and a digest of all they rested on.

    A session is as old as the last that arrived of it. Workers of a fleet do this every hour when CLEW_KEEP_DAYS is set.
    """
    from correlator.cli.desk import opened
    from correlator.retention import expire, too_old

    settings = run.settings()
    days = days or settings.keep_days
    if days is None:
        raise typer.BadParameter("say how old: --days, or set CLEW_KEEP_DAYS")
    with opened(settings) as desk:
        done = expire(desk.graph, desk.casebook, settings.tenant, too_old(desk.casebook, days))
    if run.json:
        run.data({
            "sessions": done.sessions, "observations": done.observations, "unplaced": done.unplaced, "alerts": done.alerts,
            "kept": done.kept,
        })  # fmt: skip
    else:
        run.say(
            f"{done.sessions} sessions older than {days} days: {done.observations} observations removed, {done.kept} kept that "
            f"stories cite; {done.unplaced} without a session and {done.alerts} alerts removed"
        )
