"""`clew verdict STORY benign|malicious`: what an analyst found."""

from enum import StrEnum
from typing import Annotated

import typer

from correlator.cli.verb import Run, verb

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Found(StrEnum):
    """The verdicts there are."""

    BENIGN = "benign"
    MALICIOUS = "malicious"


@app.command()
@verb
def verdict(
    run: Run,
    story: Annotated[str, typer.Argument(help="Id, former id, or the beginning of one.", metavar="STORY")],
    found: Annotated[Found, typer.Argument(help="What it is.", metavar="benign|malicious")],
) -> None:
    """Say whether a story is benign or malicious.

    Benign excuses the data flows of this story, and nothing else, for later sessions of the workload.
    """
    from correlator.cli.desk import opened_casebook

    settings = run.settings()
    with opened_casebook(settings) as casebook:
        record = casebook.decide(settings.tenant, story, found.value)
    if run.json:
        run.data({"id": record.story.id, "verdict": record.verdict})
    else:
        run.say(f"{record.story.id} is {found.value}: {record.story.title}")
