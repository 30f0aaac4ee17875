"""Judgement → why each effect scored what it scored, and what is missing to a story."""

from pydantic import BaseModel, ConfigDict

from correlator.pipeline import Judgement
from correlator.render.escape import terminal as safe
from correlator.render.terminal import Page
from correlator.spelling import QUOTE, quoted
from correlator.story import TermShown
from correlator.tell import shown


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EffectReason(_Part):
    """One effect with its reasons."""

    event: str
    step: int
    tool: str
    act: str
    arguments: dict[str, str]
    explanation: str
    permitted: bool
    principal: str
    asked: str
    """The clause of the request that speaks of it, if there is one."""
    steered_by: str
    """Third-party text that the call may have followed, if there is one."""
    alarming: bool
    """Whether it may start a story at all; an explained and permitted effect may not, whatever its score."""
    score: float
    missing: float
    """Points up to the threshold; 0 where it is reached."""
    terms: tuple[TermShown, ...]


class Reasons(_Part):
    """All effects of a session."""

    session: str
    threshold: float
    effects: tuple[EffectReason, ...]
    stories: tuple[str, ...]
    unseen: tuple[str, ...]
    """What was not captured."""


def reasons(judgement: Judgement, threshold: float, unseen: tuple[str, ...] = ()) -> Reasons:
    """Return the reasons behind a judgement."""
    found = []
    for judged in judgement.effects:
        effect = judged.effect
        call = effect.call
        found.append(
            EffectReason(
                event=judged.event.entity,
                step=judged.event.position,
                tool=call.event.name if call else "answer",
                act=effect.act.kind,
                arguments={leaf.path or "value": quoted(leaf.text) for leaf in (call.leaves if call else ())[:20]},
                explanation=effect.explanation,
                permitted=effect.permitted,
                principal=effect.principal.kind,
                asked=quoted(effect.asked.clause.text) if effect.asked.clause else "",
                steered_by=quoted(effect.steered.place.span.text) if effect.steered else "",
                alarming=effect.alarming,
                score=judged.score,
                missing=round(max(0.0, threshold - judged.score), 3),
                terms=shown(judged.terms),
            )
        )
    return Reasons(
        session=judgement.conversation.session,
        threshold=threshold,
        effects=tuple(found),
        stories=tuple(story.id for story in judgement.stories),
        unseen=unseen,
    )


def unseen(judgement: Judgement) -> tuple[str, ...]:
    """Return what the recording of a session did not show."""
    conversation = judgement.conversation
    found = []
    for event in conversation.events:
        if event.kind == "events_lost":
            found.append(f"{event.count} events were lost at {event.where} (step {event.position}).")
        elif event.kind == "unparsed":
            found.append(f"{event.size} bytes at step {event.position} could not be read: {event.reason}.")
    missing = [str(call.event.position) for call in conversation.calls if call.returned is None]
    if missing:
        found.append(f"No result was recorded for {len(missing)} calls (steps {', '.join(missing[:10])}).")
    if not judgement.ended:
        found.append("The session has not ended.")
    if conversation.said and all(said.event.principal is None for said in conversation.said):
        found.append("Nobody said who the user is; `clew replay --principal KIND` states it.")
    if not any(event.kind == "tools_declared" for event in conversation.events):
        found.append("The tools' own descriptions were not recorded; their names had to do.")
    if all(event.at_ns is None for event in conversation.events):
        found.append("The recording has no times; only the order of steps is known.")
    if not judgement.attribution.observed:
        found.append("What the tools really contacted or changed was not observed: there is no kernel evidence.")
    return tuple(found)


def reasons_text(found: Reasons, *, width: int = 100, color: bool = False) -> str:
    """Return the reasons as lines for a terminal."""
    from rich.text import Text

    page = Page(width, color)
    page.line(
        Text(safe(f"session {found.session}: {len(found.effects)} effects, threshold {found.threshold:g}"), "bold")
    )
    for effect in found.effects:
        page.heading(f"[{effect.step}] {effect.tool} ({effect.act}): {effect.explanation}, score {effect.score:g}")
        page.item(Text(safe(_standing(effect, found.threshold))))
        for path, text in effect.arguments.items():
            page.item(Text(safe(f"{path} = ")).append(f"“{safe(text, QUOTE)}”", "cyan"))
        if effect.asked:
            page.item(Text("asked for by: ").append(f"“{safe(effect.asked)}”", "cyan"))
        if effect.steered_by:
            page.item(Text("may have followed: ").append(f"“{safe(effect.steered_by)}”", "cyan"))
        page.table([
            (Text("   –" if term.value is None else f"{term.points:+.2f}", "bold"), Text(safe(term.name)),
             Text(safe(term.doc), "dim"))
            for term in effect.terms
        ], 4)  # fmt: skip
    if not found.effects:
        page.item(Text("No call and no answer that could have had an effect."))
    page.heading("What was not captured")
    for line in found.unseen:
        page.item(Text(safe(line)))
    if found.stories:
        page.heading("Stories")
        for name in found.stories:
            page.item(Text(safe(name)))
    return page.text()


def _standing(effect: EffectReason, threshold: float) -> str:
    if not effect.alarming:
        return (
            "starts no story: the request explains it, and the policy lets it happen"
            if effect.permitted and (effect.explanation == "explained")
            else "starts no story: the policy lets delegated text do this"
        )
    refused = "" if effect.permitted else f"; the policy does not let a principal of kind {effect.principal} do this"
    if effect.missing:
        return f"{effect.missing:g} points below the threshold of {threshold:g}{refused}"
    return f"reaches the threshold of {threshold:g}{refused}"
