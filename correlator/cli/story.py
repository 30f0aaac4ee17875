"""`clew story list|show|diff|export|changes|narrate`: what was found."""

import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from correlator.cli.verb import FAILURE, Run, verb

if TYPE_CHECKING:
    from correlator.casebook import StoryRecord
    from correlator.narrating.differential import Differential
    from correlator.narrating.rounds import Narrating

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="List, show, compare and export stories."
)
SHORT = 11
"""Characters of an id in a list: the version and eight digits."""


class Form(StrEnum):
    """Formats of a story."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    SLACK = "slack"
    JIRA = "jira"


StoryArgument = Annotated[str, typer.Argument(help="Id, former id, or the beginning of one.", metavar="STORY")]
FormOption = Annotated[Form, typer.Option("--format", help="How to write it.")]


@app.command("list")
@verb
def list_(
    run: Run,
    every: Annotated[bool, typer.Option("--all", help="Withdrawn stories, too.")] = False,
    session: Annotated[str | None, typer.Option(help="Only those of this session.")] = None,
    beyond: Annotated[
        bool, typer.Option("--overflow", help="Also those that are more than CLEW_STORIES_A_DAY allows.")
    ] = False,
) -> None:
    """List the stories, strongest first."""
    from correlator.cli.desk import opened_casebook
    from correlator.overflow import overflow

    settings = run.settings()
    with opened_casebook(settings) as casebook:
        records = casebook.stories(settings.tenant, every=every)
        a_day = settings.stories_a_day
        more = frozenset[str]() if a_day is None else overflow(records, a_day)
        if session is not None:
            key = casebook.session(settings.tenant, session).key
            records = [record for record in records if record.story.session == key]
            beyond = True
    if run.json:
        run.data([
            {
                "id": one.story.id, "version": one.story.version, "session": one.story.session,
                "title": one.story.title,
                "severity": one.story.severity, "assessment": one.story.assessment, "score": one.story.score,
                "standing": one.standing, "verdict": one.verdict, "campaign": one.story.origin.campaign,
                "campaign_other_sessions": one.also_in, "aliases": list(one.story.aliases),
                "proven": one.story.proven, "overflow": one.story.id in more,
            }
            for one in records
        ])  # fmt: skip
    elif records:
        run.out(listed([one for one in records if beyond or one.story.id not in more], run.width))
        if more and not beyond:
            run.say(f"{len(more)} more are beyond {a_day} a day: `clew story list --overflow` shows them, too.")
    else:
        run.say("No stories. `clew replay FILE` reads a recorded session; `clew session list` shows what was read.")


@app.command()
@verb
def show(
    run: Run,
    story: StoryArgument,
    form: FormOption = Form.TERMINAL,
    template: Annotated[bool, typer.Option("--template", help="Without the words of a language model.")] = False,
) -> None:
    """Show one story."""
    from correlator.cli.desk import in_words, notes, opened_casebook
    from correlator.render import render

    settings = run.settings()
    with opened_casebook(settings) as casebook:
        record = casebook.story(settings.tenant, story)
        shown = record.story if template else in_words(casebook, record)
    name = "json" if run.json else form.value
    run.out(render(shown, name, notes=notes(record, settings), width=run.width, color=run.color))


@app.command()
@verb
def diff(
    run: Run,
    story: StoryArgument,
    since: Annotated[
        int | None, typer.Option(min=1, help="Version to compare with; the one before if not given.", metavar="VERSION")
    ] = None,
) -> None:
    """Show what has changed in a story since an earlier version, in the templates' words; the last 20 are kept."""
    from correlator.cli.desk import opened_casebook
    from correlator.render import changed_lines

    settings = run.settings()
    with opened_casebook(settings) as casebook:
        new = casebook.story(settings.tenant, story).story
        old = casebook.earlier(settings.tenant, new.id, since)
    lines = changed_lines(old, new)
    if run.json:
        fields = [name for name in type(new).model_fields if getattr(old, name) != getattr(new, name)]
        run.data({"story": new.id, "from": old.version, "to": new.version, "changed": [*fields], "lines": [*lines]})
    else:
        run.out("".join(f"{line}\n" for line in lines))


@app.command()
@verb
def narrate(
    run: Run,
    story: Annotated[
        str | None, typer.Argument(help="Id, former id, or the beginning of one.", metavar="STORY")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also if the model has worded this version already.")] = False,
    new: Annotated[
        bool, typer.Option("--new", help="All open stories that it has not worded yet, strongest first.")
    ] = False,
    differential: Annotated[
        bool,
        typer.Option(
            "--differential",
            help="Compare how it tells the story with and without what the quotations are like; nothing is kept.",
        ),
    ] = False,
) -> int:
    """Have the language model word a story: each sentence that its evidence does not carry stays as the template has it."""
    from correlator.cli.desk import notes, opened
    from correlator.narrating.narration import narrated
    from correlator.narrating.rounds import BUSY, Narrating
    from correlator.render import render
    from correlator.wiring import open_language_model

    if (story is None) != new or (differential and new):
        raise typer.BadParameter("name a story, or give --new for all that are not worded yet", param_hint="STORY")
    settings = run.settings()
    with opened(settings) as desk:
        model = open_language_model(settings)
        narrating = Narrating(desk, model, run.say)
        if story is None:
            return _narrate_new(run, narrating, desk.casebook.stories(settings.tenant), model.name, again=again)
        record = desk.casebook.story(settings.tenant, story)
        if differential:
            if why := narrating.used_up:
                run.say(why)
                return FAILURE
            return _compare(run, narrating.compared(record))
        found, why = (None if again else narrating.made_before(record)), ""
        if found is not None:
            run.say(f"{model.name} was asked for this version already; --again asks it anew.")
        elif not (why := narrating.used_up):
            found = narrating.word(record, again=again)
            why = "" if found is not None else BUSY
    run.say(why if found is None else found.summary)
    name = "json" if run.json else "terminal"
    told = record.story if found is None else narrated(record.story, found)
    run.out(render(told, name, notes=notes(record, settings), width=run.width, color=run.color))
    return 0 if found is not None and found.worded else FAILURE


def _compare(run: Run, found: "Differential") -> int:
    """Say whether what the quotations are like changes how the story is told; that fails."""
    if run.json:
        run.data({"wavers": found.wavers, "steers": found.steers, **asdict(found)})
    elif found.stopped:
        run.out(f"The model was not asked to the end, so nothing can be said: {found.stopped}")
    elif found.wavers:
        run.out("The model tells this story otherwise each time, so nothing can be said.")
    elif found.steers:
        run.out(
            "What the quotations are like changes title or structure: what was observed has a say in how the story is told."
        )
    else:
        run.out("What the quotations are like changes nothing but words.")
    return FAILURE if found.steers or found.stopped or found.wavers else 0


def _narrate_new(run: Run, narrating: "Narrating", records: "Sequence[StoryRecord]", model: str, *, again: bool) -> int:
    done = narrating.word_all(records, again=again)
    if narrating.waiting:
        run.say(narrating.waiting)
    if run.json:
        run.data({"stories": len(records), "done": done})
    else:
        run.out(f"{model} was asked for {done} of {len(records)} open stories to the end")
    return 0 if done == len(records) else FAILURE


@app.command()
@verb
def export(
    run: Run,
    to: Annotated[str, typer.Argument(help="File, or an existing folder: one file per story.", metavar="TO")],
    story: Annotated[str | None, typer.Option(help="Only this story; needed if TO is a file.")] = None,
    form: FormOption = Form.MARKDOWN,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> int:
    """Write stories to a file or a folder."""
    from correlator.cli.desk import in_words, notes, opened_casebook
    from correlator.render import FORMATS, render

    settings = run.settings()
    name = "json" if run.json else form.value
    target = Path(to)
    if story is None and not target.is_dir():
        raise typer.BadParameter(f"{to} is no folder; name a folder, or one story with --story", param_hint="TO")
    with opened_casebook(settings) as casebook:
        records = [casebook.story(settings.tenant, story)] if story else casebook.stories(settings.tenant)
        shown = [in_words(casebook, record) for record in records]
    for record, told in zip(records, shown, strict=True):
        path = target / (record.story.id.replace(":", "-") + FORMATS[name]) if target.is_dir() else target
        if path.exists() and not force:
            run.say(f"clew: {path} is there already; --force replaces it.")
            return 1
        _write(path, render(told, name, notes=notes(record, settings)))
        run.say(f"{path}: {record.story.title}")
    return 0


@app.command()
@verb
def changes(
    run: Run,
    after: Annotated[int, typer.Option(min=0, help="Only those behind this number: the last that was handled.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="So many at most.")] = 1_000,
) -> None:
    """List what happened to stories, in order; numbers have no gaps, so who follows with --after knows what he has."""
    from correlator.cli.desk import opened_casebook
    from correlator.cli.table import table
    from correlator.render.times import moment

    settings = run.settings()
    with opened_casebook(settings) as casebook:
        found = casebook.outbox(settings.tenant, after, limit)
    if found and found[0].number > after + 1:
        run.say(f"changes {after + 1} to {found[0].number - 1} have expired, or happened before clew kept them")
    if run.json:
        run.data([
            {"number": one.number, "at_ns": one.at_ns, "story": one.story, "version": one.version, "what": one.what}
            for one in found
        ])  # fmt: skip
    elif found:
        rows = [
            (str(one.number), moment(one.at_ns, local=settings.local), one.story[:SHORT], str(one.version), one.what)
            for one in found
        ]
        run.out(table(("number", "when", "story", "version", "what"), rows, run.width))
    else:
        run.say(f"nothing has happened to stories{f' behind number {after}' if after else ''}")


def listed(records: "Iterable[StoryRecord]", width: int) -> str:
    """Return the stories as a table."""
    from correlator.cli.table import table

    rows = [
        (
            one.story.id[:SHORT],
            one.story.severity,
            one.story.assessment,
            f"{one.story.score:g}",
            _standing(one),
            one.story.title,
        )
        for one in records
    ]
    return table(("story", "severity", "assessment", "score", "standing", "title"), rows, width)


def _standing(record: "StoryRecord") -> str:
    return record.verdict or record.standing


def _write(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".clew-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
