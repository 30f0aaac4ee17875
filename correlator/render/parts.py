"""What all outputs of a story share: its pieces in the order of reading, still unescaped."""

from dataclasses import dataclass

from correlator.render.times import moment
from correlator.story import AlertShown, EffectShown, Sentence, Story, ValueShown, WorkShown
from correlator.telling.summary import LEAVING

STAGES = {"prompt": "prompt", "decision": "decision", "tool": "tool call", "resource": "resource", "egress": "egress"}
MARKS = {"reached": "●", "not reached": "○", "unseen": "?"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence: ours, or quoted from an event."""

    text: str
    quoted: bool


def pieces(sentence: Sentence) -> tuple[Piece, ...]:
    """Return the sentence cut at its quotations. Quotation marks inside one are made plain: they cannot end it."""
    found: list[Piece] = []
    rest = sentence.text
    for quote in sentence.quotes:
        before, mark, after = rest.partition(f"“{quote}")
        if not quote or not mark:
            continue
        found += [Piece(f"{before}“", False), Piece(quote.replace("“", '"').replace("”", '"'), True)]
        rest = after
    return (*found, Piece(rest, False))


def citations(sentence: Sentence) -> str:
    """Return the steps and processes that a sentence rests on, such as `[3] [7] [process 12]`."""
    steps = sorted({(one.session or "", one.step) for one in sentence.cites if one.step is not None})
    processes = sorted({one.process for one in sentence.cites if one.process is not None})
    return " ".join([*(place(step, session) for session, step in steps), *(f"[process {pid}]" for pid in processes)])


def place(step: int, session: str | None) -> str:
    """Return a step in brackets, with the beginning of its session where that is not the story's own."""
    return f"[{session[:8]}:{step}]" if session else f"[{step}]"


def facts(story: Story) -> tuple[str, ...]:
    """Return the lines under the title: assessment, score, ids."""
    return (
        f"{story.assessment} · score {story.score:g} against a threshold of {story.threshold:g}",
        f"story {story.id} · version {story.version}",
        f"session {story.session} · tenant {story.tenant}",
        *(f"also known as {alias}" for alias in story.aliases),
    )


def source(story: Story) -> str:
    """Return who or what the chain began with."""
    origin = story.origin
    of = f" of session {origin.session[:8]}" if origin.session else ""
    at = f", step {origin.step}{of}" if origin.step is not None else ""
    if origin.kind == "content":
        way = dict.fromkeys(
            hop.from_step
            for hop in story.path
            if hop.from_step < (origin.step or 0) and hop.from_session == origin.session
        )
        through = f", found by way of step {' and '.join(map(str, way))}" if way else ""
        by = f", written by {origin.author}" if origin.author else ""
        return f"third-party text from {origin.source}{by}{at}{through}"
    if origin.kind == "principal":
        return f"a principal of kind {origin.source}{at}"
    return "origin unseen: no text that steered the agent was captured"


def deed(effect: EffectShown) -> str:
    """Return an effect in one line."""
    allowed = "" if effect.permitted else ", not permitted"
    return f"{effect.tool} ({effect.act}): {effect.explanation}{allowed}, {effect.outcome}, score {effect.score:g}"


def left(story: Story) -> tuple[tuple[EffectShown, tuple[ValueShown, ...]], ...]:
    """Return the effects by which something left, each with the values that it carried and that came from elsewhere."""
    return tuple(
        (effect, tuple(value for value in story.values if value.event == effect.event))
        for effect in story.effects
        if effect.act in LEAVING and effect.outcome != "failed"
    )


def carried(value: ValueShown, steps: dict[str, int]) -> str:
    """Return where a value was and where it came from."""
    step = steps.get(value.from_event or "")
    came = f", from step {step}" if step is not None else ""
    return f"{value.kind} in {value.argument or 'value'}{came} ({value.grade})"


def steps(story: Story) -> dict[str, int]:
    """Return event → step for all events that the story names."""
    found = {cite.event: cite.step for sentence in story.sentences for cite in sentence.cites if cite.step is not None}
    return found | {effect.event: effect.step for effect in story.effects}


def points(story: Story) -> tuple[tuple[str, str, str], ...]:
    """Return the terms of the score as points, name and meaning; a term that could not be told has no points."""
    return tuple(
        ("   –" if term.value is None else f"{term.points:+.2f}", term.name, term.doc if term.value is not None
         else f"{term.doc} (could not be told)")
        for term in story.terms
    )  # fmt: skip


_LINKS = {
    "call": "names the call", "conversation": "names this run", "trace": "names a trace of this run",
    "value": "names a value of the call", "text": "names the text of the call",
}  # fmt: skip


def alert(one: AlertShown) -> str:
    """Return an alert of another product in one line."""
    when = f", {moment(one.at_ns)}" if one.at_ns is not None else ""
    said = f": {one.text}" if one.text else ""
    return f"{place(one.step, one.session)} {one.product}, {one.rule} ({one.severity}){when}; {_LINKS[one.link]}{said}"


_DID = (
    ("leaked", "sent data of"), ("commands", "ran"), ("credentials", "opened files that hold credentials:"),
    ("refused", "tried to open, and was refused,"), ("read", "read"),
    ("changed", "wrote or changed"), ("databases", "asked databases:"), ("requests", "sent"), ("connections", "called connect for"),
    ("names", "looked up"), ("privileges", "used privileged calls:"),
)  # fmt: skip


def work(one: WorkShown) -> str:
    """Return what the kernel saw of a call: which process, what links both, what it did."""
    head = f"{place(one.step, one.session)} {one.tool}: process {one.process} ({one.grade}, {one.proof} “{one.shared}”)"
    done = [f"{verb} {_some(things)}" for name, verb in _DID if (things := getattr(one, name))]
    return "; ".join((head, *done))


def _some(things: tuple[str, ...]) -> str:
    more = f" and {len(things) - _SHOWN} more" if len(things) > _SHOWN else ""
    return ", ".join(things[:_SHOWN]) + more


_SHOWN = 4
"""Things of one kind that a line names; the story's JSON has more."""


def _moments(story: Story) -> tuple[str, ...]:
    """Return what happened when; nothing where there are no times: the order of steps is that of the sentences."""
    shown = [one for one in story.timeline if one.at_ns is not None]
    lines = tuple(
        f"{moment(one.at_ns)} {place(one.step, one.session) if one.step is not None else f'[process {one.process}]'} {one.what}"
        for one in shown[:_MOMENTS]
    )
    return (*lines, f"and {len(shown) - _MOMENTS} more") if len(shown) > _MOMENTS else lines


_MOMENTS = 40


def lists(story: Story, *, actions: bool = True) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the plain lists that end a story: heading and lines; without `actions` for who has said them already."""
    signals = tuple(f"{place(signal.step, signal.session)} {signal.rule}: {signal.text}" for signal in story.signals)
    alerts = tuple(map(alert, story.alerts))
    if story.alerts_in_all > len(alerts):
        alerts += (f"and {story.alerts_in_all - len(alerts)} more; `clew alert list --story {story.id}` lists all",)
    works = tuple(map(work, story.works))
    return (
        *((("When", moments),) if (moments := _moments(story)) else ()),
        *((("What the kernel saw of these calls", works),) if works else ()),
        *((("Alerts of other products that fall on it", alerts),) if alerts else ()),
        *((("Signals on its way", signals),) if signals else ()),
        ("What speaks against it", story.counter_evidence or ("Nothing that was recorded.",)),
        ("What is not known", story.gaps or ("No gap was noticed.",)),
        *((("What would change this", story.turning),) if story.turning else ()),
        *((("What to do", story.actions),) if actions else ()),
    )
