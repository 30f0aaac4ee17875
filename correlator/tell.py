"""Chain → story, from templates: the oracle that any language model's wording is held against.

Every sentence quotes only what its cited events contain and uses the verb that the grade of its link allows. Nothing
observed is interpreted; escaping is the business of each output (`correlator.render`).
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from correlator.attribution import NOTHING, Attribution, Work
from correlator.authority import Effect
from correlator.authors import author
from correlator.baseline import Epoch, flow_signature, source_tool
from correlator.chain import Chain, Judged, Trail
from correlator.contents import MAX_TEXT
from correlator.conversation import Conversation
from correlator.score import TERMS, THRESHOLD, Scored
from correlator.signals import Signal
from correlator.spelling import address, quoted
from correlator.story import (
    Assessment,
    EffectShown,
    Headline,
    HopShown,
    OriginShown,
    Severity,
    SignalShown,
    StageReached,
    Story,
    TermShown,
    ValueShown,
    WorkShown,
)
from correlator.taint import Flow, Place
from correlator.telling.playbook import actions
from correlator.telling.sentences import ACTS, DEEDS, DONE, Part, Sentences, assembled
from correlator.telling.sentences import tool as named
from correlator.telling.summary import LEAVING, summary
from correlator.telling.timeline import timeline
from correlator.telling.work import Doings
from correlator.telling.work import shown as shown_work
from sensor.event import CaptureStatus, Event, EventsLost, SessionEnded, Unparsed


def tell(
    chain: Chain,
    trail: Trail,
    conversation: Conversation,
    epoch: Epoch,
    signals: tuple[Signal, ...] = (),
    threshold: float = THRESHOLD,
    attribution: Attribution = NOTHING,
) -> Story:
    """Return the story of a chain; of the session's signals it tells those that fall on its origin and effects."""
    words = Sentences(chain, trail, conversation, attribution)
    writer = _Writer(chain, trail, conversation, epoch, words, attribution)
    sentences, titles = tuple(words.all()), writer.titles()
    events = {judged.event.entity for judged in chain.effects}
    if chain.origin.event is not None:
        events |= {event.entity for event in (chain.origin.event, chain.origin.entry) if event is not None}
    story = Story(
        id=chain.id,
        tenant=chain.lead.event.tenant,
        session=chain.session,
        title=titles[0].text,
        titles=titles,
        assessment=writer.assessment(),
        severity=writer.severity(),
        score=chain.score,
        proven=chain.proven,
        threshold=threshold,
        stages=writer.stages(),
        origin=writer.origin(),
        path=tuple(writer.path()),
        effects=tuple(writer.effect(judged) for judged in chain.effects),
        values=tuple(writer.values()),
        works=tuple(writer.works()),
        gaps=tuple(writer.gaps()),
        counter_evidence=tuple(writer.counter_evidence()),
        turning=tuple(writer.turning()),
        actions=tuple(
            actions(((one.effect.act.kind, _outcome(one.effect)) for one in chain.effects), chain.origin.kind)
        ),
        terms=shown(chain.lead.terms),
        baseline=epoch.key if epoch.taught else "no baseline yet",
        signals=tuple(
            SignalShown(
                rule=signal.rule,
                event=signal.event.entity,
                step=signal.event.position,
                text=signal.text,
                session=words.other(signal.event),
            )
            for signal in signals
            if signal.event.entity in events
        ),
        sentences=sentences,
        timeline=timeline(words.cited.values(), chain.session),
    )
    return story.model_copy(update={"summary": summary(story)})


_MOST_WORKS = 40


def _seen(things: list[str]) -> str:
    """Return what the kernel saw, in one line; empty where it saw nothing."""
    some = ", ".join(quoted(text, 60) for text in things[:2])
    more = f" and {len(things) - 2} more" if len(things) > 2 else ""
    return f"seen by the kernel: {some}{more}" if things else ""


def shown(terms: tuple[Scored, ...]) -> tuple[TermShown, ...]:
    """Return the terms that could be told and are not zero, and those that could not be told."""
    docs = {term.name: term.doc for term in TERMS}
    return tuple(
        TermShown(name=term.name, value=term.value, points=term.points, doc=docs[term.name])
        for term in terms
        if term.value is None or term.points
    )


_MOST_TURNING = 3
"""Effects of which is told what would change what is said of them."""


class _Writer:
    """Writes the parts of one story."""

    def __init__(
        self,
        chain: Chain,
        trail: Trail,
        conversation: Conversation,
        epoch: Epoch,
        words: Sentences,
        attribution: Attribution,
    ) -> None:
        self._words = words
        self._attribution = attribution
        self._chain = chain
        self._trail = trail
        self._conversation = conversation
        self._epoch = epoch

    # Head

    def titles(self) -> tuple[Headline, ...]:
        """Return the ways to say in one line who steered the agent into what; the first says it best."""
        return tuple(Headline(text=text, slots=slots) for text, slots in map(assembled, self._titles()))

    def _titles(self) -> list[tuple[Part, ...]]:
        lead, origin = self._chain.lead.effect, self._chain.origin
        act, deed, done = ACTS[lead.act.kind], DEEDS[lead.act.kind], DONE[lead.act.kind]
        if lead.carries_off:
            act, deed, done = "carry data out", "carried data out", "carried data out"
        did = {"succeeded": deed, "failed": f"tried to {act}", "no result": f"may have {done}"}[_outcome(lead)]
        used = named(self._words.tool(self._chain.lead))
        if origin.kind == "content" and origin.place:
            source = named(source_tool(origin.place.content))
            return [
                (f"The agent {did} with ", used, ", in line with text returned by ", source),
                (f"The agent {did} with ", used, " after it had read text returned by ", source),
                ("In line with text returned by ", source, f", the agent {did} with ", used),
            ]
        if origin.kind == "principal":
            who = lead.principal.kind
            article = "An" if who[0] in "aeiou" else "A"
            return [
                (f"The agent {did} with ", used, f" for {article.lower()} {who} principal, which the policy does not allow"),
                (f"{article} {who} principal had the agent use ", used, f", which the policy does not allow: it {did}"),
            ]  # fmt: skip
        return [
            (f"The agent {did} with ", used, ", and nothing seen asked for it"),
            ("Nothing seen asked for what the agent did with ", used, f": it {did}"),
        ]

    def assessment(self) -> Assessment:
        """Return whether any effect succeeded, else whether the outcome is still open."""
        outcomes = {_outcome(judged.effect) for judged in self._chain.effects}
        if "succeeded" in outcomes:
            return "succeeded"
        if "no result" in outcomes and not self._ended():
            return "in progress"
        return "attempted"

    def severity(self) -> Severity:
        """Return the severity: weight of the worst effect, one step down when nothing succeeded."""
        kinds = {judged.effect.act.kind for judged in self._chain.effects}
        carried = any(
            judged.effect.traced.carried for judged in self._chain.effects if judged.effect.act.kind in LEAVING
        )
        if kinds & {"credential", "transfer", "grant", "delete", "execute"}:
            rank = 3
        elif carried or kinds & {"communicate", "modify", "move"}:
            rank = 2
        else:
            rank = 1
        levels: tuple[Severity, ...] = ("low", "medium", "high", "critical")
        return levels[rank if self.assessment() == "succeeded" else rank - 1]

    # Parts

    def stages(self) -> tuple[StageReached, ...]:
        """Return the five stages in order."""
        effects = self._chain.effects
        prompted = self._chain.origin.kind != "unseen"
        decided = any(event.kind == "model_responded" for event in self._conversation.events)
        resources = [judged for judged in effects if judged.effect.act.kind not in ("contact", "communicate")]
        touched = [place for judged in effects for place in judged.effect.traced.carried]
        left = [
            judged for judged in effects if judged.effect.act.kind in LEAVING and _outcome(judged.effect) != "failed"
        ]
        tool = self._words.tool(self._chain.lead)
        seen = [Doings(work) for judged in effects for work in self._works(judged)]
        held = list(dict.fromkeys(text for one in seen for text in one.resources))
        went = list(dict.fromkeys(text for one in seen for text in one.left))
        return (
            StageReached(
                stage="prompt",
                reached="reached" if prompted else "unseen",
                what=self._began() if prompted else "no text that steered the agent was captured",
            ),
            StageReached(
                stage="decision",
                reached="reached" if decided else "unseen",
                what="the model asked for the call" if decided else "the model's reply was not captured",
            ),
            StageReached(stage="tool", reached="reached", what=f"{tool} was called"),
            StageReached(
                stage="resource",
                reached="reached" if resources or touched or held else "not reached",
                what=_seen(held)
                or (
                    "data or an object of the application was touched"
                    if resources or touched
                    else "none is seen to be touched"
                ),
            ),
            StageReached(
                stage="egress",
                reached="reached" if left or went else "not reached",
                what=_seen(went) or ("something was sent out or contacted" if left else "nothing is seen to have left"),
            ),
        )

    def _began(self) -> str:
        if self._chain.origin.kind == "principal":
            return "a principal who may not asked for it"
        return "the steering text came before the model"

    def origin(self) -> OriginShown:
        """Return where the chain began."""
        origin = self._chain.origin
        event = origin.event
        if origin.place is not None:
            source, quote = source_tool(origin.place.content), quoted(origin.place.span.text)
        elif event is not None:
            source, quote = self._chain.lead.effect.principal.kind, quoted(getattr(event, "text", ""))
        else:
            source, quote = "origin unseen", ""
        return OriginShown(
            kind=origin.kind,
            event=event.entity if event else None,
            step=event.position if event else None,
            source=source,
            author=author(origin.place.content, origin.place.span.unit) if origin.place else None,
            session=self._words.other(event) if event else None,
            quote=quote,
            campaign=origin.campaign,
        )

    def path(self) -> list[HopShown]:
        """Return the hops of the chain, each once."""
        edges = dict.fromkeys(
            (*self._trail.way_in, *self._trail.recalled, *(edge for path in self._trail.on for edge in path))
        )
        return [
            HopShown(
                link=edge.label,
                grade=edge.grade.name,
                from_event=source.entity,
                from_step=source.position,
                to_event=target.entity,
                to_step=target.position,
                from_session=self._words.other(source),
                to_session=self._words.other(target),
            )
            for edge in edges
            for source, target in (self._words.ends(edge),)
        ]

    def effect(self, judged: Judged) -> EffectShown:
        """Return one effect for display."""
        call = judged.effect.call
        return EffectShown(
            event=judged.event.entity,
            step=judged.event.position,
            tool=self._words.tool(judged),
            act=judged.effect.act.kind,
            arguments={leaf.path or "value": quoted(leaf.text) for leaf in (call.leaves if call else ())[:20]},
            explanation=judged.effect.explanation,
            permitted=judged.effect.permitted,
            outcome=_outcome(judged.effect),
            score=judged.score,
            session=self._words.other(judged.event),
        )

    def values(self) -> list[ValueShown]:
        """Return the values that link origin and effects, the steering one of each effect first."""
        found: list[ValueShown] = []
        for judged in self._chain.effects:
            steered = judged.effect.steered
            if steered is None:
                continue
            found.append(self._value(judged, steered.flow, None if steered.commanded else steered.place))
            found += [
                self._value(judged, flow, flow.places[0])
                for flow in judged.effect.traced.flows
                if flow.foreign and flow is not steered.flow and not flow.value.weak
            ][:8]
        return found

    def works(self) -> list[WorkShown]:
        """Return what the kernel saw of the calls of the chain, and of those that brought what it is about."""
        contents = [place.content for judged in self._chain.effects for place in judged.effect.traced.carried]
        contents += [
            flow.places[0].content for one in self._chain.effects for flow in one.effect.traced.flows if flow.places
        ]
        if self._chain.origin.place is not None:
            contents.append(self._chain.origin.place.content)
        calls = [content.call for content in contents if content.call is not None]
        calls += [judged.effect.call for judged in self._chain.effects if judged.effect.call is not None]
        keys = {call.event.entity for call in calls}
        works = [work for work in self._attribution.works if work.call.entity in keys]
        works.sort(key=lambda work: (work.call.order, work.root.position))
        return [shown_work(work, self._words.other(work.call)) for work in works[:_MOST_WORKS]]

    def _works(self, judged: Judged) -> tuple[Work, ...]:
        return self._attribution.of(judged.effect.call.event) if judged.effect.call is not None else ()

    def gaps(self) -> list[str]:
        """Return what was not seen; no sentence claims an absence over one of these."""
        found = []
        for event in self._conversation.events:
            if isinstance(event, EventsLost):
                found.append(f"{event.count} events were lost at {event.where} ({self._words.step(event)}).")
            elif isinstance(event, Unparsed):
                found.append(f"{event.size} bytes at {self._words.step(event)} could not be read: {event.reason}.")
        for event in self._conversation.events:
            if isinstance(event, CaptureStatus) and event.otherwise:
                parts, subject = ", ".join(event.otherwise), quoted(event.subject, 80)
                found.append(
                    f"Telemetry of “{subject}” tells otherwise than was heard on the wire: {quoted(parts, 160)}. "
                    "What was heard is told."
                )
        kept_back = Counter(
            (event.subject, ", ".join(event.unseen))
            for event in self._conversation.events
            if isinstance(event, CaptureStatus) and event.unseen
        )
        found += [
            f"Not captured by “{quoted(subject, 80)}”, {count} times: {quoted(what, 160)}."
            for (subject, what), count in kept_back.most_common(5)
        ]
        if not any(isinstance(event, SessionEnded) for event in self._conversation.events):
            found.append("The session has not ended; what follows is not known.")
        found += [
            f"Of {len(content.text)} characters at step {content.event.position} only the first {MAX_TEXT} were read."
            for content in self._conversation.contents
            if len(content.text) > MAX_TEXT
        ]
        missing = [call for call in self._conversation.calls if call.returned is None]
        if missing:
            steps = ", ".join(str(call.event.position) for call in missing[:10])
            found.append(f"No result was recorded for {len(missing)} calls (steps {steps}).")
        if all(event.at_ns is None for event in self._conversation.events):
            found.append("The recording has no times; only the order of steps is known.")
        found += self._unseen()
        if self._chain.origin.kind == "unseen":
            found.append("No text that steered the agent was captured: origin unseen.")
        if not self._epoch.taught:
            found.append("There is no baseline yet; terms that need one are absent.")
        return found

    def _unseen(self) -> list[str]:
        """Return what the kernel did not see, or what of it could not be tied to the calls."""
        attribution = self._attribution
        if not attribution.observed:
            return ["No kernel evidence: what the tools really contacted or changed was not observed."]
        found = []
        calls = [
            one.effect.call.event for one in self._chain.effects if one.effect.call is not None and not self._works(one)
        ]
        doubtful = [call for call in calls if call.entity in attribution.undecided]
        if untied := [call for call in calls if call.entity not in attribution.undecided]:
            found.append(
                f"Nothing that the kernel saw is tied to the calls at steps {_steps(untied)}: "
                "no key, value or argument is in both."
            )
        if doubtful:
            found.append(
                f"What the kernel saw of the calls at steps {_steps(doubtful)} may as well be the work of others."
            )
        if attribution.ambiguous:
            found.append(
                f"{len(attribution.ambiguous)} acts that the kernel saw may be of several calls; they are told of none."
            )
        lost = Counter[str]()
        for event in attribution.gaps:
            if isinstance(event, EventsLost):
                lost[event.where] += event.count
        found += [f"{count} events were lost at {quoted(where, 80)}." for where, count in lost.most_common(5)]
        unread = Counter(event.reason for event in attribution.gaps if isinstance(event, Unparsed))
        found += [f"{count} connections could not be read: {quoted(why, 160)}." for why, count in unread.most_common(3)]
        parts = Counter(what for one in attribution.gaps if isinstance(one, CaptureStatus) for what in one.unseen)
        if parts:
            some = ", ".join(quoted(what, 80) for what, _ in parts.most_common(4))
            found.append(f"The kernel sensor did not see {len(parts)} things, such as {some}.")
        return found

    def counter_evidence(self) -> list[str]:
        """Return what speaks against the story."""
        effect = self._chain.lead.effect
        found = []
        if effect.asked.level >= 0.5 and effect.asked.clause is not None:
            found.append(f"The request speaks of the same kind of act: “{quoted(effect.asked.clause.text, 160)}”.")
        if effect.delegation:
            found.append(f"A principal handed {effect.delegation} authority to the source of the text.")
        if effect.linked:
            found.append("The value or its record shares a word with the request.")
        if effect.steered is not None and self._epoch.taught:
            place = effect.steered.place
            signature = flow_signature(
                Flow(effect.steered.flow.leaf, effect.steered.flow.value, "content", (place,)),
                self._words.tool(self._chain.lead),
            )
            if self._epoch.novelty(signature) < 1.0:
                found.append("The same flow was seen in closed sessions of the workload.")
        return found

    def turning(self) -> list[str]:
        """Return what, if it were found, would change assessment, severity or score: to be looked for before anybody acts."""
        found, assessment = [], self.assessment()
        succeeded = sum(_outcome(judged.effect) == "succeeded" for judged in self._chain.effects)
        for judged in self._chain.effects[:_MOST_TURNING]:
            effect, outcome = judged.effect, _outcome(judged.effect)
            tool, step = self._words.tool(judged), judged.event.position
            if effect.explanation == "unexplained" and effect.permitted:
                found.append(
                    f"If a principal asked the agent to {ACTS[effect.act.kind]}, in a way that was not recorded, "
                    f"{tool} at step {step} is explained."
                )
            if effect.steered is not None and not effect.steered.commanded:
                value = quoted(address(effect.steered.flow.value.text), 80)
                found.append(
                    f"If the agent knew “{value}” from elsewhere, such as instructions that were not recorded, "
                    "the text need not have steered it."
                )
            if outcome == "no result" and assessment == "in progress":
                found.append(f"If the call of {tool} at step {step} has failed, it was an attempt.")
            elif outcome == "succeeded" == assessment and succeeded == 1 and effect.call and not self._works(judged):
                found.append(
                    f"That {tool} succeeded at step {step} is its own word, and nothing else was seen of it; "
                    "if it is not so, it was an attempt."
                )
        if self._chain.origin.kind == "unseen":
            found.append(
                "If the text that steered the agent is found, it says where this began and what else it reached."
            )
        if not self._epoch.taught:
            found.append(
                "If closed sessions of this workload did the same, it scores less as soon as there is a baseline."
            )
        return list(dict.fromkeys(found))

    def _ended(self) -> bool:
        return any(isinstance(event, SessionEnded) for event in self._conversation.events)

    def _value(self, judged: Judged, flow: Flow, place: Place | None) -> ValueShown:
        return ValueShown(
            kind=flow.value.kind,
            value=quoted(address(flow.value.text)),
            argument=flow.leaf.path,
            event=judged.event.entity,
            from_event=place.content.event.entity if place else None,
            grade=flow.grade.name,
        )


# A result that opens with a refusal, or says so in a field. Origin: RFC 9110 §15.5 (status names), errno(3).
_REFUSED = re.compile(
    r"^\W*(?:error|failed|failure|denied|forbidden|unauthori[sz]ed|invalid|not found|no such|unable|cannot|could not|blocked|"
    r"rejected|refused|permission denied|access denied|timed? ?out|HTTP/?[\d.]*\s*[45]\d\d|[45]\d\d\s+\w)"
    r"|[\"']?(?:ok|success|succeeded)[\"']?\s*[:=]\s*(?:false|no|0)\b|\bwas not (?:sent|created|done|changed|found)\b",
    re.IGNORECASE,
)


def _steps(events: Sequence[Event]) -> str:
    return ", ".join(str(event.position) for event in events[:10])


def _outcome(effect: Effect) -> Literal["succeeded", "failed", "no result"]:
    if effect.call is None:
        return "succeeded"
    if effect.call.returned is None:
        return "no result"
    returned = effect.call.returned
    return "failed" if returned.failed or _REFUSED.search(returned.text[:200]) else "succeeded"
