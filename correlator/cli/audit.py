"""`clew audit`: what people did."""

import typer

from correlator.cli.verb import Run, verb

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
@verb
def audit(run: Run) -> None:
    """List who gave which verdict, who gave tokens to sensors or took them away, and who had what tried again; earliest first."""
    from correlator.cli.desk import opened_casebook
    from correlator.cli.table import table
    from correlator.render.times import moment

    settings = run.settings()
    with opened_casebook(settings) as casebook:
        found = casebook.acts(settings.tenant)
    if run.json:
        run.data([
            {"at_ns": one.at_ns, "who": one.who, "act": one.act, "subject": one.subject, "before": one.before}
            for one in found
        ])  # fmt: skip
    elif found:
        rows = [(moment(one.at_ns, local=settings.local), one.who, one.act, one.subject, one.before) for one in found]
        run.out(table(("when", "who", "what", "of", "before"), rows, run.width))
    else:
        run.say("nobody has done anything yet")
