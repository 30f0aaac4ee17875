"""The sentences of a story, from templates. Each quotes only what its cited events contain, letter by letter."""

from collections.abc import Iterator
from functools import cached_property

from correlator.attribution import NOTHING, Attribution, Work, doer
from correlator.authors import author
from correlator.baseline import source_tool
from correlator.chain import Chain, Judged, Trail
from correlator.conversation import Conversation
from correlator.spelling import address, quoted
from correlator.story import Citation, Sentence
from correlator.work import Doings
from graph.fold import fact_key
from graph.parts import Edge
from graph.schema import CARRIED, RETURNED, Grade
from sensor.event import AgentHandedOver, Event, ToolCalled

_WORKS = 6
"""Works of one call that are told in sentences."""
SHORT = 8
"""Digits of the key of another session."""
ACTS = {
    "read": "read data", "contact": "contact an address", "communicate": "send a message", "create": "create an object",
    "modify": "change an object", "delete": "delete something", "grant": "give access", "transfer": "move value",
    "credential": "touch credentials", "execute": "run something", "move": "move a file", "rate": "rate something",
}  # fmt: skip


class Sentences:
    """Writes the sentences of one chain."""

    def __init__(
        self, chain: Chain, trail: Trail, conversation: Conversation, attribution: Attribution = NOTHING
    ) -> None:
        self._attribution = attribution
        self._chain = chain
        self._trail = trail
        self._conversation = conversation

    def all(self) -> list[Sentence]:
        """Return the story's sentences in order."""
        written = [self._request(), *self._way_in(), self._source(), self._recalled(), *self._handovers()]
        for judged in self._chain.effects[:12]:
            written += [
                self._call(judged),
                *self._worked(judged),
                self._link(judged),
                self._carried(judged),
                self._why(judged),
                self._result(judged),
            ]
        return [sentence for sentence in written if sentence is not None]

    def _request(self) -> Sentence | None:
        said = self._conversation.said
        if not said:
            return None
        first = next((one for one in said if one.event.session == self._chain.session), said[0])
        event, text, who = first.event, quoted(first.text), first.principal.kind
        speaker = "A user whose standing is not recorded" if who == "unknown" else f"The {who}"
        return self._sentence(f"{speaker} asked at {self.step(event)}: “{text}”.", (event,), (text.removesuffix("…"),))

    def _way_in(self) -> list[Sentence]:
        """Return how the agent came to the origin: one sentence for each call that third-party text led to."""
        found = []
        for edge in self._trail.way_in:
            source, call = self.ends(edge)
            if edge.label == RETURNED.label or not isinstance(call, ToolCalled):
                continue
            verb = "carried the same value as" if edge.label == CARRIED.label else "is consistent with an order in"
            brought = next((one for one in self._conversation.contents if one.event is source), None)
            place = source_tool(brought) if brought else source.kind
            found.append(
                self._sentence(
                    f"The call of {call.name} at {self.step(call)} {verb} text that {place} brought at "
                    f"{self.step(source)}.",
                    (source, call),
                    (),
                )
            )
        return found

    def _recalled(self) -> Sentence | None:
        """Return how third-party text of another session came into this one."""
        origin = self._chain.origin
        kept = next((one for one in self._conversation.recalled if one.source is origin.event), None)
        if kept is None or origin.place is None:
            return None
        letters = origin.place.span.squashed
        back = [one for one in self._conversation.contents if one.event.session == self._chain.session]
        here = next((one for one in back if any(span.squashed in letters for span in one.segments.spans)), None)
        name = kept.writer.name if isinstance(kept.writer, ToolCalled) else "memory"
        return self._sentence(
            f"The agent kept it with {name} at {self.step(kept.writer)}"
            + (f"; {source_tool(here)} brought it back at {self.step(here.event)}." if here else "."),
            (kept.writer, *((here.event,) if here else ())),
            (),
        )

    def _handovers(self) -> list[Sentence]:
        """Return how the work came to the agents that caused the effects, one sentence for each that was handed some."""
        handed: dict[str, AgentHandedOver] = {}
        for event in self._conversation.events:
            if isinstance(event, AgentHandedOver):
                handed.setdefault(event.to_session, event)
        on_the_way: set[str] = set()
        for judged in self._chain.effects[:12]:
            session = judged.event.session
            while session in handed and session not in on_the_way:
                on_the_way.add(session)
                session = handed[session].session
        return [self._handover(event) for event in handed.values() if event.to_session in on_the_way]

    def _handover(self, event: AgentHandedOver) -> Sentence:
        text = quoted(event.text)
        return self._sentence(
            f"At {self.step(event)} the agent handed this to another one (session {event.to_session[:SHORT]}): “{text}”.",
            (event,),
            (text.removesuffix("…"),),
        )

    def _source(self) -> Sentence | None:
        origin = self._chain.origin
        if origin.place is None or origin.event is None:
            return None
        text = quoted(origin.place.span.text)
        source = source_tool(origin.place.content)
        writer = author(origin.place.content, origin.place.span.unit)
        by = f" written by “{quoted(writer, 80)}”" if writer else ""
        return self._sentence(
            f"At {self.step(origin.event)}, {source} brought third-party text{by} that says: “{text}”.",
            (origin.event,),
            (*((quoted(writer, 80).removesuffix("…"),) if writer else ()), text.removesuffix("…")),
        )

    def _call(self, judged: Judged) -> Sentence:
        call = judged.effect.call
        if call is None:
            return self._sentence(f"At {self.step(judged.event)} the agent answered with a link.", (judged.event,), ())
        leaves = [(leaf.path or "value", quoted(leaf.text, 120)) for leaf in call.leaves[:6]]
        told = ", ".join(f"{path} = “{text}”" for path, text in leaves) or "no arguments"
        return self._sentence(
            f"At {self.step(judged.event)} the agent called {call.event.name} with {told}.",
            (judged.event,),
            tuple(text.removesuffix("…") for _, text in leaves),
        )

    def _worked(self, judged: Judged) -> list[Sentence]:
        """Return what the kernel saw of the work of a call: a sentence that says why it is that, and one for what it did."""
        call = judged.effect.call
        works = self._attribution.of(call.event) if call is not None else ()
        return [sentence for work in works[:_WORKS] for sentence in (self._did(work), *self._deeds(work))]

    def _did(self, work: Work) -> Sentence:
        found, text = work.evidence, quoted(work.evidence.shared, 160)
        who = f"process {(doer(work.root) or work.process).pid}"
        quotes = (text.removesuffix("…"),)
        if work.tree and found.proof == "command":
            said = f"The kernel saw {who} run what the call asked for: “{text}”."
        elif work.tree and found.proof == "arguments":
            said = f"The kernel saw {who} get the arguments of the call: “{text}”."
        elif found.proof in ("output", "response") and found.grade == Grade.E1:
            said = f"What {who} {'wrote' if work.tree else 'got back'} was the result of the call: “{text}”."
        elif found.proof == "request":
            said = f"A tool server was asked by {who} for this tool with these arguments: “{text}”."
        elif found.grade == Grade.E3:
            said = f"What {who} did in the span of the call is consistent with it: “{text}” is an argument of both."
        else:
            said = f"What {who} did carried the same value as the call: “{text}”."
        return self._sentence(said, (work.call, work.root), quotes)

    def _deeds(self, work: Work) -> Iterator[Sentence]:
        doings = Doings(work)
        for verb, things in (
            ("opened, of files that hold credentials,", doings.credentials),
            ("tried to open, of files that hold credentials, and was refused", doings.refused),
            ("sent sensitive data:", doings.leaked),
            ("read", doings.read),
            ("wrote or changed", doings.changed),
            ("sent statements to", doings.databases),
            ("used privileged system calls:", doings.privileges),
            ("sent HTTP requests:", doings.requests),
            ("called connect for", doings.connections),
        ):
            if things:
                some = [(quoted(text, 120), event) for text, event in list(things.items())[:3]]
                more = f" and {len(things) - len(some)} more" if len(things) > len(some) else ""
                listed = ", ".join(f"“{text}”" for text, _ in some)
                yield self._sentence(
                    f"It {verb} {listed}{more}.",
                    tuple(event for _, event in some),
                    tuple(text.removesuffix("…") for text, _ in some),
                )

    def _link(self, judged: Judged) -> Sentence | None:
        steered = judged.effect.steered
        if steered is None:
            return None
        event = steered.place.content.event
        value = quoted(address(steered.flow.value.text), 120)
        if steered.commanded:
            return self._sentence(
                f"The text of {self.step(event)} orders an act of this kind; the call is consistent with it.",
                (event, judged.event),
                (),
            )
        place = "a field" if steered.place.exact else "a sentence"
        # The value is quoted as the call has it; the source may spell it otherwise.
        return self._sentence(
            f"The call carried the same value as {place} of that content: “{value}” in {steered.flow.leaf.path or 'value'}, "
            "which no principal said.",
            (judged.event, event),
            (value.removesuffix("…"),),
        )

    def _carried(self, judged: Judged) -> Sentence | None:
        steered = judged.effect.steered
        other = [
            place
            for place in judged.effect.traced.carried
            if steered is None or place.content is not steered.place.content
        ]
        if not other:
            return None
        best = max(other, key=lambda place: (len(place.span.squashed), -place.span.number))
        text = quoted(best.span.text, 160)
        event = best.content.event
        return self._sentence(
            f"It also carried text that {source_tool(best.content)} returned at {self.step(event)}: “{text}”.",
            (event, judged.event),
            (text.removesuffix("…"),),
        )

    def _why(self, judged: Judged) -> Sentence:
        effect = judged.effect
        said = tuple(said.event for said in self._conversation.said[:3]) or (judged.event,)
        if not effect.permitted:
            owner = {
                "own": "his own object",
                "other": "somebody else's object",
                "unknown": "an object not known to be his",
            }
            return self._sentence(
                f"The policy does not let the {effect.principal.kind} {ACTS[effect.act.kind]} on "
                f"{owner[effect.ownership]}.",
                (*said, judged.event),
                (),
            )
        if effect.explanation == "delegated":
            return self._sentence(
                "A principal handed authority to that source, but the policy does not let delegated text "
                f"{ACTS[effect.act.kind]}.",
                (*said, judged.event),
                (),
            )
        return self._sentence("No sentence of the request explains this call.", (*said, judged.event), ())

    def _result(self, judged: Judged) -> Sentence | None:
        call = judged.effect.call
        if call is None:
            return None
        if call.returned is None:
            return self._sentence("No result of this call was recorded.", (judged.event,), ())
        text = quoted(call.returned.text, 160)
        failed = "failed" if call.returned.failed else "returned"
        if not text:
            return self._sentence(f"The call {failed} with an empty result.", (call.returned,), ())
        return self._sentence(f"The call {failed}: “{text}”.", (call.returned,), (text.removesuffix("…"),))

    def other(self, event: Event) -> str | None:
        """Return the session of an event, where it is not the story's own."""
        return event.session if event.session not in (self._chain.session, "") else None

    def step(self, event: Event) -> str:
        """Return where an event is, in words."""
        other = self.other(event)
        return f"step {event.position}" + (f" of session {other[:SHORT]}" if other else "")

    def tool(self, judged: Judged) -> str:
        """Return the tool that carried an effect out."""
        return judged.effect.call.event.name if judged.effect.call else "answer"

    def ends(self, edge: Edge) -> tuple[Event, Event]:
        """Return the events that the two nodes of an edge of this session stand for."""
        return self._facts[edge.source], self._facts[edge.target]

    @cached_property
    def _facts(self) -> dict[str, Event]:
        return {fact_key(event): event for event in self._conversation.known}

    def _sentence(self, text: str, events: tuple[Event, ...], quotes: tuple[str, ...]) -> Sentence:
        cites = {
            event.entity: Citation(event=event.entity, step=event.position, session=self.other(event))
            if event.session
            else Citation(event=event.entity, step=None, process=process.pid if (process := doer(event)) else None)
            for event in events
        }
        return Sentence(text=text, cites=tuple(cites.values()), quotes=quotes)
