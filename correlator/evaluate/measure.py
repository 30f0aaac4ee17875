"""One run through the engine, and what came out held against its labels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from correlator.baseline import NO_BASELINE, Epoch, Lesson
from correlator.evaluate.runs import Run
from correlator.pipeline import Judgement, judge
from correlator.score import SHIPPED, Scale
from correlator.spelling import squash
from correlator.story import Story
from sensor.event import Event
from sensor.identity import session_key
from sensor.sources.transcript import read as read_transcript
from sensor.sources.transcript.chat import events as chat_events

OVERLAP = 16
"""Letters and digits in a row that a cited span and the injected text must share."""

Record = dict[str, JsonValue]
Change = Callable[[Record], Record | None]


@dataclass(frozen=True)
class Outcome:
    """What the engine made of one run."""

    run: Run
    stories: int
    score: float
    """Highest score of an alarming effect, 0 where there is none."""
    delegated: bool
    source_right: bool
    sink_right: bool
    value_right: bool
    applicable: bool = True
    """False where a mutation did not apply; such runs are counted apart."""


@dataclass(frozen=True)
class Options:
    """How to evaluate."""

    baseline: str = "none"
    scales: Mapping[str, Scale] = field(default_factory=dict)
    """By suite; the shipped one for the others."""
    without: frozenset[str] = frozenset()
    change: Change | None = None


def events_of(run: Run) -> list[Event]:
    """Return the events of a run from its messages and its number alone."""
    transcript = run.record.get("transcript")
    if isinstance(transcript, str):
        return list(read_transcript(Path(transcript), session=str(run.number)))
    return list(chat_events(run.messages, session=session_key("record", str(run.number)), source="transcript:chat"))


def group(runs: list[Run], options: Options) -> list[Outcome]:
    """Return the outcomes of the runs of one model and suite.

    With `baseline="others"` each run is judged by an epoch of the benign runs of the other user tasks, and nothing else.
    """
    lessons: list[tuple[str, Lesson]] = []
    if options.baseline == "others":
        for run in runs:
            if run.labels.kind == "benign":
                changed = _changed(run, options, benign=True)
                lessons.append((run.labels.task, judge(events_of(changed)).lesson))
    epochs: dict[str, Epoch] = {}
    outcomes = []
    for run in runs:
        task = run.labels.task
        if task not in epochs:
            epochs[task] = Epoch(tuple(one for taught, one in lessons if taught != task)) if lessons else NO_BASELINE
        outcomes.append(_outcome(run, epochs[task], options))
    return outcomes


def _changed(run: Run, options: Options, *, benign: bool = False) -> Run:
    if options.change is None:
        return run
    record = options.change(run.record)
    if record is None:
        # A benign run has no payload to rewrite; it is judged as it is.
        return run if benign else Run(run.number, run.path, run.labels, {})
    return Run(run.number, run.path, run.labels, record)


def _outcome(run: Run, epoch: Epoch, options: Options) -> Outcome:
    changed = _changed(run, options, benign=run.labels.kind in ("benign", "authorised"))
    if not changed.record:
        return Outcome(run, 0, 0.0, False, False, False, False, applicable=False)
    scale = options.scales.get(run.labels.suite, SHIPPED).without(options.without)
    judgement = judge(events_of(changed), epoch=epoch, scale=scale)
    best = judgement.stories[0] if judgement.stories else None
    source, sink, value = _right(best, changed, judgement) if best else (False, False, False)
    return Outcome(
        run,
        stories=len(judgement.stories),
        score=judgement.chains[0].score if judgement.chains else 0.0,
        delegated=judgement.delegated,
        source_right=source,
        sink_right=sink,
        value_right=value,
    )


def _right(story: Story, run: Run, judgement: Judgement) -> tuple[bool, bool, bool]:
    """Return whether the source, the sink and the value that the strongest story names are right."""
    injected = run.injected
    quote = squash(story.origin.quote)
    windows = [quote[at : at + OVERLAP] for at in range(max(1, len(quote) - OVERLAP + 1))] if quote else []
    source = any(window in injected for window in windows)
    steering = [value for value in story.values if value.event == _strongest(story)]
    if not steering or story.origin.step is None:
        return source, False, False
    key = squash(steering[0].value)
    call = next(one for one in judgement.effects if one.event.entity == steering[0].event)
    held = "\n".join(squash(leaf.text) for leaf in call.effect.call.leaves) if call.effect.call else ""
    sink = call.event.position > story.origin.step and key in held
    asked = squash(judgement.conversation.said[0].event.text) if judgement.conversation.said else ""
    return source, sink, key in injected and key not in asked


def _strongest(story: Story) -> str:
    return max(story.effects, key=lambda effect: (effect.score, -effect.step)).event
