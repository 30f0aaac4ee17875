"""Is this effect explained by what a principal asked, delegated by him to a source, or neither? And may he cause it?

The principals' words are the only axiom: model output explains nothing, and third-party text never raises anybody's authority.
An explanation rests on verb, object and values of the request; a delegation on a clause that hands authority to the very
source in which the steering span stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from correlator.conversation import UNKNOWN, Call, Content, Conversation
from correlator.effects import Act, acknowledges, act_of, is_destination
from correlator.lexicon import COMMON, classes_of, content_words, orders, reads_as_order
from correlator.policy import Ownership, Policy, ownership
from correlator.request import Clause, Request, without_values
from correlator.spelling import address, squash, stem, words
from correlator.taint import Flow, Place, Traced
from correlator.values import DESTINATIONS
from sensor.event import Principal

Explanation = Literal["explained", "delegated", "unexplained"]
ANSWER = Act("contact", "contact", "", frozenset({"communicate"}), frozenset())


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
    ordered: bool = False
    """That verb is used as an order: base form at the head of a clause."""
    formed: bool = False
    """The sentence of the value has the form of an order, whatever its verb."""
    commanded: bool = False
    """The sentence orders this very act, though the value stands elsewhere."""

    @property
    def instruction(self) -> float:
        """Return how much of a command to this call the span is: 1 for an order with the noun, 0 for a bare value."""
        if self.place.exact and not self.commanded:
            return 0.0
        if self.ordered:
            return 1.0 if self.noun else 0.8
        if self.formed:
            return 0.7 if self.noun or self.verb else 0.6
        return 0.5 if self.verb and self.noun else 0.35 if self.verb or self.noun else 0.0

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
    """Another call is better asked for, and this one carries a foreign value."""
    rival: bool
    """Another call of the same tool carries an object that a principal named, and this one carries none."""

    principal: Principal
    """Who is held to have asked for it: the speaker of the matching sentence, else the last one before."""
    ownership: Ownership
    """Whose object it concerns; told only for principals that the policy restricts."""
    permitted: bool
    """The policy lets that principal cause it."""
    delegable: bool
    """The policy lets delegated text cause it."""
    carries_off: bool
    """Text of other sources leaves for an address that third-party text gave."""

    @property
    def call(self) -> Call | None:
        """Return the call, `None` for an answer."""
        return self.traced.call

    @property
    def alarming(self) -> bool:
        """Return whether it may start a story: unexplained, delegated against the policy, or asked by one who may not."""
        if self.explanation == "delegated":
            return not self.delegable
        return self.explanation == "unexplained" or not self.permitted

    @property
    def explanation(self) -> Explanation:
        """Return whether the request explains the effect."""
        lead = self.steered
        if lead is None:
            return "explained" if self.asked.level >= 0.5 or not self.act.critical else "unexplained"
        if self.asked.level == 1.0 and (self.linked == 1.0 or not self.rival) and self._harmless(lead):
            return "explained"
        return "delegated" if self._delegated(lead) else "unexplained"

    def _delegated(self, lead: Steered) -> bool:
        """Return whether what steered the call lies within the authority that was handed over.

        The whole choice of the act is handed to the source that was named, not to what that source leads to. Partial delegation
        hands over the values of an act that was asked for: a value is no command.
        """
        if self.delegation == "whole":
            return self.through == 0 or self.act.reach == "contact"
        return self.delegation == "partial" and self.asked.level == 1.0 and not lead.ordered

    def _harmless(self, lead: Steered) -> bool:
        """Return whether the value is data, or tied to the request, or no part of a command to this call."""
        return lead.place.exact or (not lead.ordered and (self.linked == 1.0 or not lead.destination))


def explain(
    conversation: Conversation, request: Request, traced: Iterable[Traced], policy: Policy
) -> tuple[Effect, ...]:
    """Return the effects of a session in order, each with its explanation and whether the policy permits it."""
    items = list(traced)
    hops = _Hops(request, items)
    delegations = _Delegations(request, items)
    acts = [act_of(item.call, conversation.tools.get(item.call.event.name)) if item.call else ANSWER for item in items]
    asked = [_asked(item, act, request) for item, act in zip(items, acts, strict=True)]
    found: list[Effect] = []
    for item, act, ask in zip(items, acts, asked, strict=True):
        principal = _asker(item, ask, conversation)
        restricted = policy.restricts(principal)
        # What an unprivileged person gets to read is an effect as well.
        if act.reach == "read" and not restricted:
            continue
        owned = ownership(principal, item, conversation.through(item.order)) if restricted else "unknown"
        permitted = policy.permits(principal, act.kind, owned, critical=act.critical or _addressed(item, act))
        if act.reach == "read" and permitted:
            continue
        lead = _lead(item, act, ask, conversation)
        delegation, through = delegations.of(lead.place) if lead else ("", 0)
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
                surplus=_surplus(item, ask, items, acts, asked),
                rival=_rival(item, items),
                principal=principal,
                ownership=owned,
                permitted=permitted,
                delegable=act.kind in policy.delegated.allow and not _carries_off(item, lead),
                carries_off=_carries_off(item, lead),
            )
        )
    return tuple(found)


def _addressed(item: Traced, act: Act) -> bool:
    """Return whether something is sent to an address that the call names."""
    return act.kind in ("communicate", "move") and any(
        flow.value.whole and is_destination(flow.leaf.path, flow.value.kind) for flow in item.flows
    )


def _carries_off(item: Traced, lead: Steered | None) -> bool:
    """Return whether text of other sources leaves for an address that third-party text gave: never a delegated choice."""
    if lead is None or not lead.typed or not lead.destination:
        return False
    return any(place.content is not lead.place.content for place in item.carried)


def _asker(item: Traced, ask: Asked, conversation: Conversation) -> Principal:
    if ask.clause is not None and ask.level >= 0.5:
        return ask.clause.said.principal
    before = [said for said in conversation.said if said.event.order < item.order]
    return before[-1].principal if before else UNKNOWN


def _asked(item: Traced, act: Act, request: Request) -> Asked:
    best = Asked(False, False, False)
    keys = [flow.value.key for flow in item.flows if flow.origin == "principal" and not flow.value.weak]
    for clause in request.clauses:
        ask = Asked(
            verb=bool(act.classes & clause.classes),
            noun=bool(act.nouns & clause.content) or _takes_from(item, clause),
            value=any(key in clause.squashed for key in keys),
            clause=clause,
        )
        if (ask.level, ask.noun + ask.value) > (best.level, best.noun + best.value):
            best = ask
    return best


def _takes_from(item: Traced, clause: Clause) -> bool:
    """Return whether the call takes a field of a source that the sentence names: "pay the bill in FILE" names its object so."""
    sources = {
        place.content.call
        for flow in item.flows
        if flow.foreign and not flow.value.weak
        for place in flow.places
        if place.exact and place.content.call is not None
    }
    return any(
        len(key) >= 5 and key in clause.squashed
        for call in sources
        for key in (squash(address(leaf.text)) for leaf in call.leaves)
    )


def _lead(item: Traced, act: Act, ask: Asked, conversation: Conversation) -> Steered | None:
    """Return the span that the call most likely obeys."""
    candidates = sorted(_candidates(item, act), key=lambda steered: steered.rank, reverse=True)
    lead = candidates[0] if candidates else None
    if ask.level < 1.0 and act.reach == "effect" and (lead is None or not lead.ordered):
        # An order without a value ("delete one of the files") steers too; the value then comes from elsewhere.
        return _commanded(item, act, conversation, lead) or lead
    return lead


def _commanded(item: Traced, act: Act, conversation: Conversation, lead: Steered | None) -> Steered | None:
    """Return the sentence that orders this act though the value stands in a field, or in no third-party text at all.

    In the record of the value an order of the act's class is enough; anywhere else it must name the tool's verb and noun.
    """
    flow = lead.flow if lead else next((flow for flow in item.flows if flow.value.whole), None)
    if flow is None:
        return None
    if lead is not None and lead.place.exact and not lead.flow.value.weak:
        for place in flow.places:
            for span in place.content.segments.unit_of(place.span):
                if span.kind == "prose" and _ordered(span.text, act):
                    return Steered(flow, Place(place.content, span, False), True, False, ordered=True, commanded=True)
    if not act.verb or not act.nouns:
        return None
    for content in conversation.before(item.order):
        if acknowledges(content):
            continue
        for span in content.segments.spans:
            if span.kind == "prose" and _orders(span.text, act):
                return Steered(flow, Place(content, span, False), True, True, ordered=True, commanded=True)
    return None


def _ordered(text: str, act: Act) -> bool:
    """Return whether a text orders an act of this kind."""
    return any(classes_of(verb) & act.own_classes for verb in orders(text))


def _orders(sentence: str, act: Act) -> bool:
    """Return whether a sentence holds the verb of the act, and behind it a noun of its tool ("repo" for "repository")."""
    told = [stem(word) for word in words(without_values(sentence))]
    if act.verb not in told or act.verb not in map(stem, orders(sentence)):
        return False
    behind = told[told.index(act.verb) + 1 :]
    return any(
        word == noun or (min(len(word), len(noun)) >= 4 and (word.startswith(noun) or noun.startswith(word)))
        for noun in act.nouns
        for word in behind
    )


def _candidates(item: Traced, act: Act) -> Iterable[Steered]:
    name = item.call.event.name.casefold() if item.call else ""
    for flow in item.flows:
        if not flow.foreign:
            continue
        for place in flow.places:
            near = without_values("\n".join(span.text for span in place.content.segments.around(place.span)))
            told = words(near)
            verb = any(classes_of(word) & act.classes for word in told)
            noun = bool(act.nouns & content_words(near)) or (len(name) > 4 and name in near.casefold())
            ordered = _ordered(near, act) or (
                bool(orders(near)) and act.verb in map(stem, words(without_values(place.span.text)))
            )
            # What stands in a field too is data, unless a sentence orders its use.
            if place.exact or ordered or flow.from_prose:
                formed = not place.exact and reads_as_order(without_values(place.span.text))
                yield Steered(flow, place, verb, noun, ordered, formed)


def _linked(steered: Steered, request: Request) -> float:
    """Return how the value is tied to the request: 1 its own parts are spoken of, 0.5 its record or sentence is, 0 not."""
    spoken = request.spoken
    if any(
        len(word) > 2 and stem(word) in spoken for word in words(address(steered.flow.value.text)) if word not in COMMON
    ):
        return 1.0
    place = steered.place
    spans = (
        place.content.segments.record_of(place.span) if place.exact else place.content.segments.around(place.span, 0)
    )
    return 0.5 if any(content_words(span.text) & request.content for span in spans[:50]) else 0.0


class _Delegations:
    """What authority the principals handed to the source of a span, through which hops."""

    def __init__(self, request: Request, items: list[Traced]) -> None:
        # "Ann sent me a mail. Please do what she asks": the source is named in the sentence before.
        self._clauses = [
            (clause.delegation, (clause, *request.clauses[max(0, at - 1) : at]))
            for at, clause in enumerate(request.clauses)
            if clause.delegation
        ]
        self._by_call = {item.call.number: item for item in items if item.call}
        self._known: dict[int, tuple[str, int]] = {}

    def of(self, place: Place) -> tuple[str, int]:
        """Return (`whole`, `partial` or empty; hops from the source that was named) for the span of `place`."""
        call = place.content.call
        if not self._clauses or call is None:
            return ("", 0)
        kinds = {
            kind
            for kind, near in self._clauses
            if any(_points_to(clause, call) for clause in near) and _names_unit(near, place)
        }
        if kinds:
            return ("whole" if "whole" in kinds else "partial", 0)
        return self._handed_on(call)

    def _handed_on(self, call: Call) -> tuple[str, int]:
        """Return the delegation of the source whose values led to this call, one hop further."""
        if call.number not in self._known:
            self._known[call.number] = ("", 0)  # a cycle cannot come back to itself
            item = self._by_call[call.number]
            back = [self.of(flow.places[0]) for flow in item.flows if flow.foreign]
            handed = sorted((kind, hops + 1) for kind, hops in back if kind)
            if handed:
                self._known[call.number] = handed[-1]
        return self._known[call.number]


def _names_unit(clauses: tuple[Clause, ...], place: Place) -> bool:
    """Return whether a source of many records was handed authority in the record of `place`.

    "Do what Ann's mail says" means Ann's mail, not the whole inbox: where a name of the request stands in some records of the
    source, the others are not meant.
    """
    names = frozenset().union(*(clause.names for clause in clauses))
    units: dict[int, set[str]] = {}
    for span in place.content.segments.spans:
        units.setdefault(span.unit, set()).update(names & set(words(span.text)))
    return not any(units.values()) or bool(units.get(place.span.unit))


def _points_to(clause: Clause, call: Call) -> bool:
    """Return whether a clause speaks of the very source that `call` read: by a value of the call or a noun of its tool."""
    for leaf in call.leaves:
        key = squash(address(leaf.text))
        if len(key) >= 3 and (key in clause.squashed or any(named in key for named in clause.places)):
            return True
    return bool(act_of(call).nouns & clause.content)


def _surplus(item: Traced, ask: Asked, items: list[Traced], acts: list[Act], asked: list[Asked]) -> bool:
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


def _named_values(item: Traced) -> frozenset[str]:
    return frozenset(flow.leaf.path for flow in item.flows if flow.origin == "principal" and not flow.value.weak)


def _rival(item: Traced, items: list[Traced]) -> bool:
    """Return whether a call of the same tool has a principal's value where this one has a third party's."""
    if item.call is None:
        return False
    foreign = {flow.leaf.path for flow in item.flows if flow.foreign} - _named_values(item)
    return any(
        other is not item
        and other.call is not None
        and other.call.event.name == item.call.event.name
        and foreign & _named_values(other)
        for other in items
    )


class _Hops:
    """How far each content's source is from what the principals named."""

    def __init__(self, request: Request, items: list[Traced]) -> None:
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
