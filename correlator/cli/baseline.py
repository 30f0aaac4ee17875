"""`clew baseline show`: what is normal for a workload."""

from dataclasses import asdict
from typing import Annotated

import typer

from correlator.cli.verb import Run, verb

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Show what is normal for a workload."
)
SHOWN = 15
"""Rows of a list on a terminal; JSON has all."""


@app.callback()
def group() -> None:
    """Show what is normal for a workload."""


@app.command()
@verb
def show(
    run: Run, workload: Annotated[str | None, typer.Option(help="Label of the agent; the setting if not given.")] = None
) -> None:
    """Show what a session of the workload would be compared with if it began now."""
    from correlator.budget import MIN_SESSIONS as BUDGET_SESSIONS
    from correlator.casebook.learning import summary
    from correlator.cli.desk import opened_casebook
    from correlator.cli.table import table
    from correlator.render.escape import terminal as safe

    settings = run.settings(workload=workload)
    with opened_casebook(settings) as casebook:
        found = summary(casebook, settings.tenant, settings.workload, idle_minutes=settings.idle_minutes)
    if run.json:
        run.data(
            asdict(found) | {"tools": dict(found.tools), "flows": dict(found.flows), "excused": list(found.excused)}
        )
        return
    run.out(f"workload {safe(found.workload)}: {found.sessions} sessions, {found.teaching} teach\n")
    run.out(f"epoch {safe(found.epoch)}\n")
    if found.teaching < found.needed:
        run.out(f"terms that need a baseline are absent until {found.needed} sessions teach\n")
    if found.teaching < BUDGET_SESSIONS:
        run.out(
            f"a budget applies from {BUDGET_SESSIONS} sessions on; these could promise no less than "
            f"{100 * found.attainable:.1f} % of honest sessions with a story\n"
        )
    for name, rows in (("tool", found.tools), ("data flow", found.flows)):
        if rows:
            run.out("\n" + table((name, "sessions"), [(text, str(count)) for text, count in rows[:SHOWN]], run.width))
    if found.excused:
        run.out("\n" + table(("excused by a verdict",), [(text,) for text in found.excused[:SHOWN]], run.width))
