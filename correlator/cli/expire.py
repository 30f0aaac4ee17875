"""`clew expire`: what is older than it is to be kept."""

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from correlator.cli.verb import Run, verb

if TYPE_CHECKING:
    from correlator.ingest import Desk
    from correlator.settings import Settings

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
    from correlator.retention import expire, too_old

    settings = run.settings()
    days = days or settings.keep_days
    if days is None:
        raise typer.BadParameter("say how old: --days, or set CLEW_KEEP_DAYS")
    with opened(settings) as desk:
        done = expire(desk.graph, desk.casebook, settings.tenant, too_old(desk.casebook, days))
        spans = _expire_spans(settings, desk, days)
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


def _expire_spans(settings: "Settings", desk: "Desk", days: int) -> int:
    """Remove spans as `clew listen` received them, where it keeps them in this store; return how many."""
    from correlator.retention import DAY_NS
    from correlator.wiring import SPOOL_FILE, open_spool

    if not (settings.store / SPOOL_FILE).exists():
        return 0
    with closing(open_spool(settings, desk.key)) as spool:
        return spool.expire(days * DAY_NS, desk.casebook.there)
