"""`clew run [--report FILE] -- CMD`: run a command under the kernel sensor and tell the story when it ends."""

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from correlator.cli.record import OWN
from correlator.cli.verb import Run, verb

if TYPE_CHECKING:
    from pydantic import JsonValue

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(name="run", context_settings=OWN)
@verb
def run_command(
    run: Run,
    command: Annotated[list[str], typer.Argument(help="Command with its arguments, behind `--`.", metavar="CMD...")],
    report: Annotated[Path | None, typer.Option(help="File for the stories, as JSON.", metavar="FILE")] = None,
    workload: Annotated[str | None, typer.Option(help="Label of the agent; equal labels share a baseline.")] = None,
    policy: Annotated[str | None, typer.Option(help="Policy file; the shipped one if not given.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Score from which on a chain is a story.")] = None,
) -> int:
    """Run a command under the kernel sensor; when it has ended, tell on stderr what stories there are in what it did.

    Only this command's own process tree is observed. What instrumented programs in it send by OpenTelemetry is taken, too, unless
    an endpoint is set. Its input, output and exit code are untouched. Without root, or where the kernel sensor cannot run, there is
    telemetry only.
    """
    from correlator.cli.desk import notes, opened
    from correlator.cli.observed import observed, unobserved
    from correlator.cli.telemetry import received
    from correlator.ingest import ingest
    from correlator.render import render
    from correlator.render.data import to_json
    from sensor.errors import ProbesUnusable

    settings = run.settings(workload=workload, policy=policy, threshold=threshold)
    with tempfile.TemporaryDirectory(prefix="clew-run-") as folder:
        recording = Path(folder) / "events.jsonl"
        with opened(settings) as desk:
            begun = desk.casebook.begin(settings.tenant)
        with received(settings) as environment:
            try:
                found = observed(command, recording, settings, environment)
            except ProbesUnusable as error:
                run.say(f"clew: telemetry only, without the kernel: {error} `clew doctor` names what is missing.")
                found = unobserved(command, environment)
        with opened(settings) as desk:
            told = ingest([("the command", recording)] if recording.exists() else [], desk)
            sessions = [one for one in desk.casebook.sessions(settings.tenant) if one.seen >= begun]
            keys = {one.key for one in sessions}
            every = desk.casebook.each_story(settings.tenant)
            records = [one for one in every if one.story.session in keys or one.story.id in told.stories]
        counts = f"{found.events} events, {len(sessions)} sessions judged, {len(records)} stories"
        run.say(f"clew: {counts}" + (f", {found.lost} events lost" if found.lost else ""))
        color = run.color and sys.stderr.isatty()
        for one in records:
            sys.stderr.write(f"\n{render(one.story, 'terminal', notes=notes(one), width=run.width, color=color)}")
        if report is not None:
            stories: list[JsonValue] = [one.story.model_dump(mode="json") for one in records]
            report.write_text(to_json({"stories": stories}) + "\n", "utf-8")
    return found.exit_code
