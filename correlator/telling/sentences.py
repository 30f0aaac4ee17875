"""The sentences of a story, from templates. Each quotes only what its cited events contain, letter by letter.

A template is words of ours with slots between them (`correlator.story.Slot`): what was observed stands in a slot, whatever field it
came in, so that whoever words the sentence anew can do without it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from correlator.attribution import NOTHING, Attribution, Work, doer
from correlator.authors import author
from correlator.baseline import source_tool
from correlator.chain import Chain, Judged, Trail
from correlator.conversation import Conversation
from correlator.spelling import address, quoted
from correlator.story import Citation, Sentence, Slot, SlotKind
from correlator.telling.work import Doings
from graph.fold import fact_key
from graph.parts import Edge
from graph.schema import CARRIED, RETURNED, Grade
from sensor.event import AgentHandedOver, Event, ToolCalled

_WORKS = 6
"""Works of one call that are told in sentences."""
_NAME = 120
"""Characters of a name that was observed."""
SHORT = 8
"""Digits of the key of another session."""
ACTS = {
    "read": "read data", "contact": "contact an address", "communicate": "send a message", "create": "create an object",
    "modify": "change an object", "delete": "delete something", "grant": "give access", "transfer": "move value",
    "credential": "touch credentials", "execute": "run something", "move": "move a file", "rate": "rate something",
}  # fmt: skip
DEEDS = {
    "read": "read data", "contact": "contacted an address", "communicate": "sent a message", "create": "created an object",
    "modify": "changed an object", "delete": "deleted something", "grant": "gave access", "transfer": "moved value",
    "credential": "touched credentials", "execute": "ran something", "move": "moved a file", "rate": "rated something",
}  # fmt: skip
DONE = DEEDS | {"grant": "given access", "execute": "run something"}
"""The same behind "may have"."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Something that was observed, for a slot of a sentence."""

    kind: SlotKind
    text: str

    def __str__(self) -> str:
        return f"“{self.text}”" if self.kind == "quote" else self.text


Part = str | Observed


def quote(text: str, length: int | None = None) -> Observed:
    """Return a quotation of observed text, at most `length` characters of it."""
    return Observed("quote", quoted(text) if length is None else quoted(text, length))


def tool(name: str) -> Observed:
    """Return the name of a tool, or of what else brought a text."""
    return Observed("tool", quoted(name, _NAME))


def argument(path: str) -> Observed:
    """Return the name of an argument."""
    return Observed("argument", quoted(path, _NAME) or "value")


def listed(things: Iterable[Sequence[Part]], more: int = 0) -> list[Part]:
    """Return parts as a list with commas, and how many there are beyond it."""
    found: list[Part] = []
    for one in things:
        found += [", ", *one] if found else one
    return [*found, f" and {more} more"] if more else found


def assembled(parts: Iterable[Part]) -> tuple[str, tuple[Slot, ...]]:
    """Return parts as one text, and where in it what was observed stands."""
    text, slots = "", list[Slot]()
    for part in parts:
        if isinstance(part, Observed):
            slots.append(Slot(kind=part.kind, start=len(text), end=len(text) + len(str(part))))
        text += str(part)
    return text, tuple(slots)


class Sentences:
    """Writes the sentences of one chain."""

    def __init__(
        self, chain: Chain, trail: Trail, conversation: Conversation, attribution: Attribution = NOTHING
    ) -> None:
        self._attribution = attribution
        self._chain = chain
        self._trail = trail
        self._conversation = conversation
        self.cited: dict[str, Event] = {}
        """Entity key → event, of all that the sentences written so far cite."""

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
        event, who = first.event, first.principal.kind
        speaker = "A user whose standing is not recorded" if who == "unknown" else f"The {who}"
        return self._sentence((event,), f"{speaker} asked at ", self.step(event), ": ", quote(first.text), ".")

    def _way_in(self) -> list[Sentence]:
        """Return how the agent came to the origin: one sentence for each call that third-party text led to."""
        found = []
        for edge in self._trail.way_in:
            source, call = self.ends(edge)
            if edge.label == RETURNED.label or not isinstance(call, ToolCalled):
                continue
            verb = "carried the same value as" if edge.label == CARRIED.label else "is consistent with an order in"
            brought = next((one for one in self._conversation.contents if one.event is source), None)
            place = tool(source_tool(brought) if brought else source.kind)
            found.append(
                self._sentence(
                    (source, call),
                    "The call of ", tool(call.name), " at ", self.step(call), f" {verb} text that ", place, " brought at ",
                    self.step(source), ".",
                )
            )  # fmt: skip
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
        name = tool(kept.writer.name if isinstance(kept.writer, ToolCalled) else "memory")
        said: tuple[Part, ...] = ("The agent kept it with ", name, " at ", self.step(kept.writer))
        if here is None:
            return self._sentence((kept.writer,), *said, ".")
        back_again = ("; ", tool(source_tool(here)), " brought it back at ", self.step(here.event), ".")
        return self._sentence((kept.writer, here.event), *said, *back_again)

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
        session = Observed("session", event.to_session[:SHORT])
        return self._sentence(
            (event,),
            "At ", self.step(event), " the agent handed this to another one (session ", session, "): ", quote(event.text), ".",
        )  # fmt: skip

    def _source(self) -> Sentence | None:
        origin = self._chain.origin
        if origin.place is None or origin.event is None:
            return None
        source = tool(source_tool(origin.place.content))
        writer = author(origin.place.content, origin.place.span.unit)
        by: tuple[Part, ...] = (" written by ", quote(writer, 80)) if writer else ()
        says = quote(origin.place.span.text)
        return self._sentence(
            (origin.event,),
            "At ", self.step(origin.event), ", ", source, " brought third-party text", *by, " that says: ", says, ".",
        )  # fmt: skip

    def _call(self, judged: Judged) -> Sentence:
        call = judged.effect.call
        at: tuple[Part, ...] = ("At ", self.step(judged.event))
        if call is None:
            return self._sentence((judged.event,), *at, " the agent answered with a link.")
        leaves = [(argument(leaf.path), " = ", quote(leaf.text, 120)) for leaf in call.leaves[:6]]
        told = listed(leaves) or ["no arguments"]
        return self._sentence((judged.event,), *at, " the agent called ", tool(call.event.name), " with ", *told, ".")

    def _worked(self, judged: Judged) -> list[Sentence]:
        """Return what the kernel saw of the work of a call: a sentence that says why it is that, and one for what it did."""
        call = judged.effect.call
        works = self._attribution.of(call.event) if call is not None else ()
        return [sentence for work in works[:_WORKS] for sentence in (self._did(work), *self._deeds(work))]

    def _did(self, work: Work) -> Sentence:
        found, shared = work.evidence, quote(work.evidence.shared, 160)
        who = Observed("process", f"process {(doer(work.root) or work.process).pid}")
        said: tuple[Part, ...]
        if work.tree and found.proof == "command":
            said = ("The kernel saw ", who, " run what the call asked for: ", shared, ".")
        elif work.tree and found.proof == "arguments":
            said = ("The kernel saw ", who, " get the arguments of the call: ", shared, ".")
        elif found.proof in ("output", "response") and found.grade == Grade.E1:
            verb = "wrote" if work.tree else "got back"
            said = ("What ", who, f" {verb} was the result of the call: ", shared, ".")
        elif found.proof == "request":
            said = ("A tool server was asked by ", who, " for this tool with these arguments: ", shared, ".")
        elif found.grade == Grade.E3:
            said = (
                "What ",
                who,
                " did in the span of the call is consistent with it: ",
                shared,
                " is an argument of both.",
            )
        else:
            said = ("What ", who, " did carried the same value as the call: ", shared, ".")
        return self._sentence((work.call, work.root), *said)

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
                some = list(things.items())[:3]
                told = listed([(quote(text, 120),) for text, _ in some], len(things) - len(some))
                yield self._sentence(tuple(event for _, event in some), f"It {verb} ", *told, ".")

    def _link(self, judged: Judged) -> Sentence | None:
        steered = judged.effect.steered
        if steered is None:
            return None
        event = steered.place.content.event
        if steered.commanded:
            return self._sentence(
                (event, judged.event),
                "The text of ", self.step(event), " orders an act of this kind; the call is consistent with it.",
            )  # fmt: skip
        place = "a field" if steered.place.exact else "a sentence"
        # The value is quoted as the call has it; the source may spell it otherwise.
        value = quote(address(steered.flow.value.text), 120)
        return self._sentence(
            (judged.event, event),
            f"The call carried the same value as {place} of that content: ", value, " in ",
            argument(steered.flow.leaf.path), ", which no principal said.",
        )  # fmt: skip

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
        event = best.content.event
        return self._sentence(
            (event, judged.event),
            "It also carried text that ", tool(source_tool(best.content)), " returned at ", self.step(event), ": ",
            quote(best.span.text, 160), ".",
        )  # fmt: skip

    def _why(self, judged: Judged) -> Sentence:
        effect = judged.effect
        cites = (*(tuple(said.event for said in self._conversation.said[:3]) or (judged.event,)), judged.event)
        if not effect.permitted:
            owner = {
                "own": "his own object",
                "other": "somebody else's object",
                "unknown": "an object not known to be his",
            }
            who, act = effect.principal.kind, ACTS[effect.act.kind]
            return self._sentence(cites, f"The policy does not let the {who} {act} on {owner[effect.ownership]}.")
        if effect.explanation == "delegated":
            return self._sentence(
                cites,
                "A principal handed authority to that source, but the policy does not let delegated text "
                f"{ACTS[effect.act.kind]}.",
            )
        return self._sentence(cites, "No sentence of the request explains this call.")

    def _result(self, judged: Judged) -> Sentence | None:
        call = judged.effect.call
        if call is None:
            return None
        if call.returned is None:
            return self._sentence((judged.event,), "No result of this call was recorded.")
        text = quote(call.returned.text, 160)
        failed = "failed" if call.returned.failed else "returned"
        if not text.text:
            return self._sentence((call.returned,), f"The call {failed} with an empty result.")
        return self._sentence((call.returned,), f"The call {failed}: ", text, ".")

    def other(self, event: Event) -> str | None:
        """Return the session of an event, where it is not the story's own."""
        return event.session if event.session not in (self._chain.session, "") else None

    def step(self, event: Event) -> Observed:
        """Return where an event is, in words."""
        other = self.other(event)
        return Observed("step", f"step {event.position}" + (f" of session {other[:SHORT]}" if other else ""))

    def tool(self, judged: Judged) -> str:
        """Return the tool that carried an effect out."""
        return judged.effect.call.event.name if judged.effect.call else "answer"

    def ends(self, edge: Edge) -> tuple[Event, Event]:
        """Return the events that the two nodes of an edge of this session stand for."""
        return self._facts[edge.source], self._facts[edge.target]

    @cached_property
    def _facts(self) -> dict[str, Event]:
        return {fact_key(event): event for event in self._conversation.known}

    def _sentence(self, events: tuple[Event, ...], *parts: Part) -> Sentence:
        cites = {
            event.entity: Citation(event=event.entity, step=event.position, session=self.other(event))
            if event.session
            else Citation(event=event.entity, step=None, process=process.pid if (process := doer(event)) else None)
            for event in events
        }
        self.cited |= {event.entity: event for event in events}
        text, slots = assembled(parts)
        quotes = (part.text for part in parts if isinstance(part, Observed) and part.kind == "quote")
        return Sentence(
            text=text, cites=tuple(cites.values()), quotes=tuple(quote.removesuffix("…") for quote in quotes),
            slots=slots,
        )  # fmt: skip
