"""`clew alert list`: what other products raised."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from correlator.cli.verb import Run, verb

if TYPE_CHECKING:
    from pydantic import JsonValue

    from correlator.casebook import AlertRecord

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="List alerts of other products."
)
SHORT = 11
"""Characters of a story's id in a list."""


@app.callback()
def root() -> None:
    """List alerts of other products."""


@app.command("list")
@verb
def list_(
    run: Run,
    every: Annotated[
        bool, typer.Option("--all", help="Those that fell on a story, and records that nobody judged, too.")
    ] = False,
    story: Annotated[str | None, typer.Option(help="Only those that fell on this story.")] = None,
) -> None:
    """List the alerts that fell on no story, earliest first."""
    from correlator.cli.desk import opened_casebook

    settings = run.settings()
    with opened_casebook(settings) as casebook:
        wanted = casebook.story(settings.tenant, story).story.id if story else None
        found = list(casebook.alerts(settings.tenant))
    if wanted is not None:
        chosen = [one for one in found if one.story == wanted]
    else:
        chosen = [one for one in found if every or (one.story is None and one.alert.level != "informational")]
    if run.json:
        run.data([_data(one) for one in chosen])
        return
    if chosen:
        run.out(_listed(chosen, run.width, local=settings.local))
    left = Counter(
        "fell on stories" if one.story else "are informational" for one in found if wanted is None and one not in chosen
    )
    if left:
        run.say(
            f"Not shown: {', '.join(f'{count} that {what}' for what, count in sorted(left.items()))}; --all shows them."
        )
    elif not chosen:
        run.say(
            "No alerts. `clew replay FILE` and `clew listen` read them; docs/reference/alerts.md lists the formats."
        )


def _listed(records: "list[AlertRecord]", width: int, *, local: bool) -> str:
    from correlator.cli.table import table
    from correlator.render.times import moment

    rows = [
        (
            moment(one.alert.at_ns, local=local), one.alert.product, one.alert.level, (one.story or "-")[:SHORT],
            one.alert.rule, one.alert.text,
        )
        for one in records
    ]  # fmt: skip
    return table(("time", "product", "level", "story", "rule", "text"), rows, width)


def _data(record: "AlertRecord") -> "JsonValue":
    return {**record.alert.model_dump(mode="json"), "id": record.alert.entity, "story": record.story}
