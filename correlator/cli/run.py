"""`clew run [--report FILE] -- CMD`: run a command under the kernel sensor and tell the story when it ends."""

import sys
import tempfile
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from correlator.cli.record import OWN
from correlator.cli.shipping import ToOption, address, shipping
from correlator.cli.verb import Run, verb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pydantic import JsonValue

    from correlator.casebook import StoryRecord
    from correlator.cli.observed import Observation, Taken
    from correlator.cli.station import Station
    from correlator.settings import Settings
    from sensor.event import Event
    from sensor.probes.origin import Origin
    from sensor.probes.secrets import Secrets
    from sensor.probes.sensor import Sensor
    from sensor.sources.otlp.span import Span

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(name="run", context_settings=OWN)
@verb
def run_command(
    run: Run,
    command: Annotated[list[str], typer.Argument(help="Command with its arguments, behind `--`.", metavar="CMD...")],
    report: Annotated[Path | None, typer.Option(help="File for the stories, as JSON.", metavar="FILE")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Tell stories while the command runs.")] = False,
    to: Annotated[str | None, ToOption] = None,
    workload: Annotated[str | None, typer.Option(help="Label of the agent; equal labels share a baseline.")] = None,
    policy: Annotated[str | None, typer.Option(help="Policy file; the shipped one if not given.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Score from which on a chain is a story.")] = None,
) -> int:
    """Run a command under the kernel sensor; when it has ended, tell on stderr what stories there are in what it did.

    Only this command's own process tree is observed. What instrumented programs in it send by OpenTelemetry is taken, too, unless
    an endpoint is set. Its input, output and exit code are untouched. Without root, or where the kernel sensor cannot run, there is
    telemetry only.
    """
    from correlator.cli.desk import opened
    from correlator.cli.observed import observed, unobserved
    from correlator.cli.station import station
    from correlator.policy import load_policy
    from correlator.render.data import to_json
    from sensor.probes.origin import Origin
    from sensor.probes.secrets import Secrets

    settings = run.settings(workload=workload, policy=policy, threshold=threshold)
    origin, secrets = Origin.here(settings.tenant), Secrets(load_policy(settings.policy).labels)

    def observe(sensor: "Sensor | None", there: "Station", take: "Taken") -> "Observation":
        if sensor is None:
            return unobserved(command, there.environment)
        return observed(sensor, command, origin, take, secrets, there.environment)

    if (where := address(to)) is not None:
        if report is not None or follow or workload is not None or threshold is not None:
            without = "without --report, --follow, --workload and --threshold"
            raise typer.BadParameter(f"stories are told where it is sent to: {without}", param_hint="--to")
        with _sensing(run) as sensor, shipping(settings, where, run.say, secrets=secrets) as there:
            return observe(sensor, there, there.saw).exit_code
    with opened(settings) as desk:
        begun = desk.casebook.begin(settings.tenant)
    ran: list[Observation] = []
    try:
        if follow:
            told = partial(_tell, run, settings)
            with _sensing(run) as sensor, station(settings, told, secrets=secrets) as there:
                ran.append(observe(sensor, there, there.saw))
        else:
            _afterwards(run, settings, origin, secrets, lambda *which: ran.append(observe(*which)))
    except Exception as error:
        # What fails of ours when the command has ended does not change what it returned.
        if not ran:
            raise
        run.say(f"clew: {error}")
    found = ran[0]
    with opened(settings) as desk:
        keys = {one.key for one in desk.casebook.sessions(settings.tenant) if one.seen >= begun}
        records = [one for one in desk.casebook.each_story(settings.tenant) if one.story.session in keys]
    counts = f"{found.events} events, {len(keys)} sessions judged, {len(records)} stories"
    run.say(f"clew: {counts}" + (f", {found.lost} events lost" if found.lost else ""))
    for one in () if follow else records:
        _tell(run, settings, one)
    if report is not None:
        stories: list[JsonValue] = [one.story.model_dump(mode="json") for one in records]
        try:
            report.write_text(to_json({"stories": stories}) + "\n", "utf-8")
        except OSError as error:
            run.say(f"clew: {report} cannot be written ({error.strerror}); `clew story list` has what was found.")
    return found.exit_code


@contextmanager
def _sensing(run: Run) -> "Iterator[Sensor | None]":
    """Give a sensor, or none where there can be none, and say why."""
    from correlator.cli.observed import sensing
    from sensor.errors import ProbesUnusable

    with ExitStack() as stack:
        sensor = None
        try:
            sensor = stack.enter_context(sensing())
        except ProbesUnusable as error:
            run.say(f"clew: telemetry only, without the kernel: {error} `clew doctor` names what is missing.")
        yield sensor


def _afterwards(
    run: Run, settings: "Settings", origin: "Origin", secrets: "Secrets",
    observe: "Callable[[Sensor | None, Station, Taken], None]",
) -> None:  # fmt: skip
    """Observe first and judge then: it takes no time from the command."""
    from correlator.cli.desk import opened
    from correlator.cli.observed import recorded
    from correlator.cli.station import station
    from correlator.ingest import ingest

    with tempfile.TemporaryDirectory(prefix="clew-run-") as folder:
        recording = Path(folder) / "events.jsonl"
        said: list[Span] = []

        def keep(events: "Sequence[Event]", spans: "Sequence[Span]") -> None:
            said.extend(spans)
            take(events, [])

        with _sensing(run) as sensor, station(settings, secrets=secrets) as there:
            with recorded(recording, settings, origin) as take:
                observe(sensor, there, keep)
            # What was heard of a conversation, and what its agent tells of it, is one conversation.
            there.saw([], said)
        if recording.exists():
            with opened(settings) as desk:
                ingest([("the command", recording)], desk)


def _tell(run: Run, settings: "Settings", record: "StoryRecord") -> None:
    from correlator.cli.desk import notes
    from correlator.render import render

    color = run.color and sys.stderr.isatty()
    sys.stderr.write(
        f"\n{render(record.story, 'terminal', notes=notes(record, settings), width=run.width, color=color)}"
    )
    sys.stderr.flush()
