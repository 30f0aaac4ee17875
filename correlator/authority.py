"""Is this effect explained by what a principal asked, delegated by him to a source, or neither? And may he cause it?

The principals' words are the only axiom: model output explains nothing, and third-party text never raises anybody's authority.
An explanation rests on verb, object and values of the request; a delegation on a clause that hands authority to the very
source in which the steering span stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from correlator.conversation import UNKNOWN, Call, Conversation
from correlator.delegation import Delegations, Hops
from correlator.effects import Act, act_of, is_destination
from correlator.lexicon import COMMON, content_words
from correlator.policy import Ownership, Policy, ownership
from correlator.request import Clause, Request
from correlator.spelling import address, squash, stem, words
from correlator.steering import Steered, lead_of
from correlator.taint import Traced
from correlator.values import values
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
    """The object that a principal named is carried by another call of the same tool, or by none, and here stands another."""

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
    unbidden: bool
    """The principals only wanted to be told something, and this changes or sends something."""

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
    hops = Hops(request, items)
    delegations = Delegations(request, items)
    acts = [act_of(item.call, conversation.tools.get(item.call.event.name)) if item.call else ANSWER for item in items]
    asked = [_asked(item, act, request) for item, act in zip(items, acts, strict=True)]
    found: list[Effect] = []
    for item, act, ask in zip(items, acts, asked, strict=True):
        principal = _asker(item, ask, conversation)
        restricted = policy.restricts(principal)
        # What an unprivileged person gets to read is an effect as well.
        if act.reach == "read" and not restricted:
            continue
        owned = (
            ownership(principal, item, conversation.through(item.order), reading=act.reach != "effect")
            if restricted
            else "unknown"
        )
        permitted = policy.permits(principal, act.kind, owned, critical=act.critical or _addressed(item, act))
        if act.reach == "read" and permitted:
            continue
        unbidden = request.only_asks and act.reach == "effect"
        lead = lead_of(item, act, conversation, asked=ask.level == 1.0, unbidden=unbidden)
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
                rival=_rival(item, items) or _replaced(item, ask, lead),
                principal=principal,
                ownership=owned,
                permitted=permitted,
                delegable=act.kind in policy.delegated.allow and not _carries_off(item, lead),
                carries_off=_carries_off(item, lead),
                unbidden=unbidden,
            )
        )
    return tuple(effect for effect in found if not _handed_on(effect, found, conversation))


def _handed_on(effect: Effect, found: list[Effect], conversation: Conversation) -> bool:
    """Return whether an effect is only that work was handed to another agent, which caused effects of its own.

    A call that names where something goes is an effect of its own, whatever runs inside the tool.
    """
    order = effect.traced.order
    if order not in conversation.handed_over or _addressed(effect.traced, effect.act):
        return False
    return any(other.traced.order[: len(order)] == order and other.traced.order != order for other in found)


def _addressed(item: Traced, act: Act) -> bool:
    """Return whether something is sent to an address that the call names."""
    return act.kind in ("communicate", "move") and any(
        flow.value.whole and is_destination(flow.leaf.path, flow.value.kind) for flow in item.flows
    )


def _carries_off(item: Traced, lead: Steered | None) -> bool:
    """Return whether text of other sources leaves for an address that third-party text gave: never a delegated choice."""
    if lead is None or not lead.typed or not lead.destination or lead.flow.in_text:
        return False
    # What is part of the given address itself is not carried by it.
    return any(
        place.content is not lead.place.content and place.span.squashed not in lead.flow.value.key
        for place in item.carried
    )


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
            # "Write me a headline" asks for an answer, not for an act of that class.
            verb=bool(act.classes & clause.classes) and not (act.reach == "effect" and clause.only_asks),
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


def _replaced(item: Traced, ask: Asked, lead: Steered | None) -> bool:
    """Return whether the sentence that asks for the act names an address of the same kind, and the call has another instead."""
    if ask.clause is None or not ask.verb or lead is None or not lead.destination or not lead.typed:
        return False
    named = {value.key for value in values(ask.clause.text) if value.kind == lead.flow.value.kind}
    return bool(named) and not named & {flow.value.key for flow in item.flows}


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
