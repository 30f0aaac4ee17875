"""`clew replay FILE...`: files → stories."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from correlator.cli.verb import STORIES, Run, verb

if TYPE_CHECKING:
    from pydantic import JsonValue

    from correlator.casebook import StoryRecord
    from correlator.ingest import FileRead, Ingested, Progress
    from correlator.settings import Settings
    from sensor.event import Principal

app = typer.Typer(rich_markup_mode=None, add_completion=False)
SHOWN_IN_FULL = 3
"""Stories that are told in full; more are listed."""


@app.command()
@verb
def replay(
    run: Run,
    files: Annotated[list[str], typer.Argument(help="Recorded sessions; - is standard input.", metavar="FILE")],
    session: Annotated[str | None, typer.Option(help="Name of the run, where a file does not say it.")] = None,
    principal: Annotated[
        str | None,
        typer.Option(help="Who the user is, where a file does not say it.", metavar="KIND[:ID]"),
    ] = None,
    alert_mapping: Annotated[
        str | None,
        typer.Option(
            help="Which field is what in alerts of a product that is not known; docs/reference/alerts.md.",
            metavar="FILE",
        ),
    ] = None,
    workload: Annotated[str | None, typer.Option(help="Label of the agent; equal labels share a baseline.")] = None,
    policy: Annotated[str | None, typer.Option(help="Policy file; the shipped one if not given.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Score from which on a chain is a story.")] = None,
    fail_on_story: Annotated[bool, typer.Option("--fail-on-story", help="Exit with 3 if there is a story.")] = False,
) -> int:
    """Read recorded sessions and tell the stories in them.

    What was read is kept in the store; reading it again changes nothing.
    """
    stated = _principal(principal)
    from correlator.cli.desk import opened
    from correlator.ingest import Stated, ingest
    from sensor.sources.alerts.mapping import load

    settings = run.settings(workload=workload, policy=policy, threshold=threshold)
    mapping = load(Path(alert_mapping)) if alert_mapping else None
    talk = _Talk(run)
    with _inputs(files) as paths, opened(settings) as desk:
        found = ingest(paths, desk, stated=Stated(session, stated, mapping), progress=talk.progress, read=talk.read)
        talk.end()
        number = len(found.stories)
        run.say(f"{_count(found.sessions, 'session')} judged, {_count(number, 'story', 'stories')}")
        _tell(run, settings, found, desk.casebook.each_story(settings.tenant, ids=frozenset(found.stories)))
    if any(file.problem for file in found.files):
        return 1
    return STORIES if number and fail_on_story else 0


def _tell(run: Run, settings: "Settings", found: "Ingested", records: "Iterator[StoryRecord]") -> None:
    from correlator.cli.desk import notes
    from correlator.cli.story import listed
    from correlator.render import render

    if run.json:
        run.data({
            "files": [_file(file) for file in found.files],
            "sessions": found.sessions,
            "stories": [record.story.model_dump(mode="json") for record in records],
        })  # fmt: skip
    elif len(found.stories) > SHOWN_IN_FULL:
        run.out(listed(records, run.width))
        run.say("`clew story show ID` tells one of them in full.")
    else:
        told = (
            render(one.story, "terminal", notes=notes(one, settings), width=run.width, color=run.color)
            for one in records
        )
        run.out(f"\n{'─' * run.width}\n\n".join(told))


def _principal(text: str | None) -> "Principal | None":
    if text is None:
        return None
    from sensor.event import Principal, PrincipalKind

    kind, _, identity = text.partition(":")
    if kind not in get_args(PrincipalKind):
        known = ", ".join(get_args(PrincipalKind))
        raise typer.BadParameter(f"{kind!r} is no kind of principal; choose one of {known}", param_hint="--principal")
    return Principal.model_validate({"kind": kind, "id": identity or None})


@contextmanager
def _inputs(files: list[str]) -> Iterator[list[tuple[str, Path]]]:
    """Give names and paths; standard input is put into a file first, because its format is told by looking twice."""
    with tempfile.TemporaryDirectory(prefix="clew-") as folder:
        paths = []
        for name in files:
            path = Path(name)
            if name == "-":
                path = Path(folder) / "stdin"
                with path.open("wb") as copy:
                    shutil.copyfileobj(sys.stdin.buffer, copy)
            paths.append(("standard input" if name == "-" else name, path))
        yield paths


def _file(file: "FileRead") -> "JsonValue":
    return {
        "name": file.name, "events": file.events, "new": file.new, "sessions": file.sessions,
        "unparsed": file.unparsed, "reasons": dict(file.reasons), "problem": file.problem,
    }  # fmt: skip


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


class _Talk:
    """What is said on stderr while the work goes on."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._live = sys.stderr.isatty()
        self._open = False

    def progress(self, step: "Progress") -> None:
        """Renew the line that shows how far the work is, on a terminal only."""
        if self._live:
            what = "events" if step.what == "read" else "sessions judged"
            sys.stderr.write(f"\r\x1b[K{step.count} {what}")
            sys.stderr.flush()
            self._open = True

    def read(self, file: "FileRead") -> None:
        """Say what a file brought."""
        self.end()
        parts = [_count(file.events, "event"), f"{file.new} new", _count(file.sessions, "session")]
        if file.unparsed:
            parts.append(f"{file.unparsed} unparsed")
        self._run.say(f"{file.name}: {', '.join(parts)}")
        for reason, count in file.reasons:
            self._run.say(f"  could not be read ({count}): {reason}")
        if file.problem:
            self._run.say(f"clew: {file.problem}")

    def end(self) -> None:
        """Clear the line."""
        if self._open:
            sys.stderr.write("\r\x1b[K")
            self._open = False
