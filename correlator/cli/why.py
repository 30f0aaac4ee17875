"""`clew why SESSION`: what each effect scored, and what kept it below the threshold."""

from typing import Annotated

import typer

from correlator.cli.verb import Run, verb

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
@verb
def why(
    run: Run,
    session: Annotated[str, typer.Argument(help="Key, or its beginning.", metavar="SESSION")],
    policy: Annotated[str | None, typer.Option(help="Policy file; the shipped one if not given.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Score from which on a chain is a story.")] = None,
) -> None:
    """Explain each effect of a session: how it is explained, its points, and what is missing to a story."""
    from correlator.cli.desk import opened
    from correlator.render.reasons import reasons, reasons_text, unseen
    from correlator.score import THRESHOLD

    settings = run.settings(policy=policy, threshold=threshold)
    with opened(settings) as desk:
        judgement = desk.judge(desk.casebook.session(settings.tenant, session))
    found = reasons(judgement, THRESHOLD if settings.threshold is None else settings.threshold, unseen(judgement))
    if run.json:
        run.data(found.model_dump(mode="json"))
    else:
        run.out(reasons_text(found, width=run.width, color=run.color))
