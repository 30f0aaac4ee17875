"""`clew expire`: what is older than it is to be kept."""

from contextlib import closing
from dataclasses import asdict
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
    """Remove what was observed so long ago. Stories stay, with the events that they cite and a digest of what their run was.

    A session is as old as the last that arrived of it. It is marked at first, and removed by a later run, ten minutes or more
    behind it, if nothing has arrived. `clew listen` and the workers of a fleet do this every hour when CLEW_KEEP_DAYS is set.
    """
    from correlator.cli.desk import opened
    from correlator.retention import DAY_NS, expire, too_old
    from correlator.wiring import open_spool

    settings = run.settings()
    days = days or settings.keep_days
    if days is None:
        raise typer.BadParameter("say how old: --days, or set CLEW_KEEP_DAYS")
    with opened(settings) as desk:
        done = expire(desk.graph, desk.casebook, settings.tenant, too_old(desk.casebook, days))
        with closing(open_spool(settings, desk.key)) as spool:
            spans = spool.expire(days * DAY_NS)
    if run.json:
        run.data(asdict(done) | {"spans": spans})
    else:
        run.say(
            f"older than {days} days: {done.sessions} sessions removed ({done.observations} observations; {done.kept} kept that "
            f"stories cite), {done.unplaced} observations without a session, {done.alerts} alerts, "
            f"{done.changes} changes of stories (`clew story changes`), {spans} spans as they were received"
        )
        if done.marked:
            run.say(
                f"{done.marked} sessions are marked, and go with a run in ten minutes or later, if nothing arrives of them"
            )
