"""Is this effect explained by what a principal asked, delegated by him to a source, or neither? And may he cause it?

The principals' words are the only axiom: model output explains nothing, and third-party text never raises anybody's authority.
An explanation rests on verb, object and values of the request; a delegation on a clause that hands authority to the very
source in which the steering span stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from correlator.conversation import Call, Content, Conversation
from correlator.effects import Act, act_of, is_destination
from correlator.lexicon import COMMON, classes_of, content_words
from correlator.request import Clause, Request, without_values
from correlator.spelling import address, squash, stem, words
from correlator.taint import Flow, Place, Traced
from correlator.values import DESTINATIONS

Explanation = Literal["explained", "delegated", "unexplained"]
ANSWER = Act("contact", frozenset({"communicate"}), frozenset(), critical=False, destructive=False)


@dataclass(frozen=True)
class Asked:
    """How far one sentence of the request asks for a call."""

    verb: bool
    noun: bool
    value: bool
    clause: Clause | None = None

    @property
    def level(self) -> float:
        """Return 1 for verb and object in one sentence, 0.5 for either alone, 0 for neither."""
        if self.verb and (self.noun or self.value):
            return 1.0
        return 0.5 if self.verb or self.value else 0.25 if self.noun else 0.0


@dataclass(frozen=True)
class Steered:
    """A span that may have steered the call: the value it gave and how much of a command to this call it is."""

    flow: Flow
    place: Place
    verb: bool
    """A verb of the call's class stands beside the value."""
    noun: bool
    """A noun of the tool, or its very name, stands beside the value."""

    @property
    def instruction(self) -> float:
        """Return 1 for verb and noun beside the value, 0.7 for the verb, 0.4 for the noun, 0 for a bare value."""
        if self.place.exact:
            return 0.0
        return 1.0 if self.verb and self.noun else 0.7 if self.verb else 0.4 if self.noun else 0.0

    @property
    def destination(self) -> bool:
        """Return whether the value says where something goes."""
        return is_destination(self.flow.leaf.path, self.flow.value.kind)

    @property
    def typed(self) -> bool:
        """Return whether the value is an address or account by its own form."""
        return self.flow.value.kind in DESTINATIONS

    @cached_property
    def rank(self) -> tuple[float, ...]:
        """Return the order among candidates: prose before data, command before mention, destination before description."""
        return (
            not self.place.exact,
            self.instruction + self.destination + self.typed,
            not self.flow.value.weak,
            len(self.flow.value.key),
            -self.place.content.event.position,
            -self.place.span.number,
        )


@dataclass(frozen=True)
class Effect:
    """A call or answer that changes something or carries something out, with what explains it."""

    traced: Traced
    act: Act
    asked: Asked
    steered: Steered | None
    """The best candidate for the span that it obeys; `None` where no third-party text carried a value of it."""
    hops: float
    """How far the source of that span is from what the principals named: 0 named, 1 a listing or one hop, more beyond."""
    linked: float
    """1 when parts of the value itself are spoken of in the request, 0.5 when its record or sentence is, else 0."""
    delegation: str
    """`whole`, `partial` or empty: what authority the principals handed to that source."""
    through: int
    """Hops from the source that was named to this one, when delegated."""
    surplus: bool
    """Another call of the same kind carries what was asked, and this one does not."""

    @property
    def call(self) -> Call | None:
        """Return the call, `None` for an answer."""
        return self.traced.call

    @property
    def explanation(self) -> Explanation:
        """Return whether the request explains the effect."""
        lead = self.steered
        if lead is None:
            return "explained" if self.asked.level >= 0.5 or not self.act.critical else "unexplained"
        if self.asked.level == 1.0 and (lead.place.exact or not lead.destination or self.linked == 1.0):
            return "explained"
        if self.delegation == "whole" or (self.delegation == "partial" and self.asked.verb):
            return "delegated"
        return "unexplained"


def explain(conversation: Conversation, request: Request, traced: Iterable[Traced]) -> tuple[Effect, ...]:
    """Return the effects of a session in order, each with its explanation."""
    found: list[Effect] = []
    items = list(traced)
    hops = _Hops(conversation, request, items)
    delegations = _Delegations(request, items)
    acts = [act_of(item.call, conversation.tools.get(item.call.event.name)) if item.call else ANSWER for item in items]
    asked = [_asked(item, act, request) for item, act in zip(items, acts, strict=True)]
    for item, act, ask in zip(items, acts, asked, strict=True):
        if act.reach == "read":
            continue
        candidates = sorted(_candidates(item, act), key=lambda steered: steered.rank, reverse=True)
        lead = candidates[0] if candidates else None
        delegation, through = delegations.of(lead.place.content) if lead else ("", 0)
        found.append(
            Effect(
                traced=item,
                act=act,
                asked=ask,
                steered=lead,
                hops=hops.of(lead.place.content) if lead else 0.0,
                linked=_linked(lead, request) if lead else 0.0,
                delegation=delegation,
                through=through,
                surplus=_surplus(item, act, ask, items, acts, asked),
            )
        )
    return tuple(found)


def _asked(item: Traced, act: Act, request: Request) -> Asked:
    best = Asked(False, False, False)
    keys = [flow.value.key for flow in item.flows if flow.origin == "principal" and not flow.value.weak]
    for clause in request.clauses:
        ask = Asked(
            verb=bool(act.classes & clause.classes),
            noun=bool(act.nouns & clause.content),
            value=any(key in clause.squashed for key in keys),
            clause=clause,
        )
        if (ask.level, ask.noun + ask.value) > (best.level, best.noun + best.value):
            best = ask
    return best


def _candidates(item: Traced, act: Act) -> Iterable[Steered]:
    name = item.call.event.name.casefold() if item.call else ""
    for flow in item.flows:
        if not flow.foreign:
            continue
        for place in flow.places:
            near = " ".join(span.text for span in place.content.segments.around(place.span))
            told = words(without_values(near))
            verb = any(classes_of(word) & act.classes for word in told)
            noun = bool(act.nouns & content_words(near)) or (len(name) > 4 and name in near.casefold())
            yield Steered(flow, place, verb, noun)


def _linked(steered: Steered, request: Request) -> float:
    """Return how the value is tied to the request: 1 its own parts are spoken of, 0.5 its record or sentence is, 0 not."""
    spoken = request.spoken
    if any(len(word) > 2 and stem(word) in spoken for word in words(address(steered.flow.value.text)) if word not in COMMON):
        return 1.0
    place = steered.place
    spans = place.content.segments.record_of(place.span) if place.exact else place.content.segments.around(place.span, 0)
    return 0.5 if any(content_words(span.text) & request.content for span in spans[:50]) else 0.0


class _Delegations:
    """What authority the principals handed to the source of a span, through which hops."""

    def __init__(self, request: Request, items: list[Traced]) -> None:
        self._clauses = [clause for clause in request.clauses if clause.delegation]
        self._by_call = {item.call.number: item for item in items if item.call}
        self._known: dict[int, tuple[str, int]] = {}

    def of(self, content: Content) -> tuple[str, int]:
        """Return (`whole`, `partial` or empty; hops from the source that was named)."""
        if not self._clauses:
            return ("", 0)
        call = content.call
        if call is None:
            return ("", 0)
        if call.number in self._known:
            return self._known[call.number]
        self._known[call.number] = ("", 0)
        kinds = {clause.delegation for clause in self._clauses if _points_to(clause, call)}
        found = ("whole" if "whole" in kinds else "partial" if kinds else "", 0)
        if not found[0]:
            item = self._by_call[call.number]
            back = [self.of(flow.places[0].content) for flow in item.flows if flow.foreign]
            handed = sorted((kind, hops + 1) for kind, hops in back if kind)
            if handed:
                found = handed[-1]
        self._known[call.number] = found
        return found


def _points_to(clause: Clause, call: Call) -> bool:
    """Return whether a clause speaks of the very source that `call` read: by a value of the call or a noun of its tool."""
    if any(len(key) >= 3 and key in clause.squashed for key in (squash(address(leaf.text)) for leaf in call.leaves)):
        return True
    return bool(act_of(call).nouns & clause.content)


def _surplus(
    item: Traced, act: Act, ask: Asked, items: list[Traced], acts: list[Act], asked: list[Asked]
) -> bool:
    """Return whether another call is better asked for and this one carries a foreign value instead."""
    mine = (ask.level, sum(flow.origin == "principal" for flow in item.flows))
    return any(
        other is not item
        and other.call is not None
        and acts[at].reach != "read"
        and (asked[at].level, sum(flow.origin == "principal" for flow in other.flows)) > mine
        and asked[at].level >= 0.5
        for at, other in enumerate(items)
    )


class _Hops:
    """How far each content's source is from what the principals named."""

    def __init__(self, conversation: Conversation, request: Request, items: list[Traced]) -> None:
        self._request = request
        self._by_call = {item.call.number: item for item in items if item.call}
        self._known: dict[int, float] = {}

    def of(self, content: Content) -> float:
        """Return 0 for a source that a principal named, 0.3 for a listing of what he spoke of, one more for each hop."""
        call = content.call
        if call is None or content.pasted:
            return 0.5
        if call.number in self._known:
            return self._known[call.number]
        self._known[call.number] = 3.0  # a cycle cannot come back to itself
        item = self._by_call[call.number]
        if any(flow.origin == "principal" and not flow.value.weak for flow in item.flows):
            found = 0.0
        else:
            foreign = [flow for flow in item.flows if flow.foreign]
            spoken = bool(act_of(call).nouns & self._request.content)
            if not foreign:
                found = 0.3 if spoken else 0.7
            else:
                back = min(self.of(flow.places[0].content) for flow in foreign)
                found = min(3.0, back + (0.5 if spoken else 1.0))
        self._known[call.number] = found
        return found
