"""Which span of third-party text does a call obey, and how much of a command to this very call is it?

A *data span* holds a value that the call uses; an *instruction span* holds the value and the verb or noun of that call. When
several fit, prose goes before data, an order before a mention, a destination before a description.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from correlator.conversation import Conversation
from correlator.effects import Act, acknowledges, is_destination
from correlator.lexicon import classes_of, content_words, orders, reads_as_order
from correlator.request import without_values
from correlator.spelling import stem, words
from correlator.taint import Flow, Place, Traced
from correlator.values import DESTINATIONS


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
    unbidden: bool = False
    """The principals asked for no act at all."""

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
    def proves(self) -> bool:
        """Return whether the span is evidence: a value that proves a flow, or an order that names verb and noun of the call.

        Where nobody asked for any act, an order of its kind is enough.
        """
        return self.flow.proves or (self.ordered and self.verb and (self.noun or self.unbidden))

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
        """Return the order among candidates: acted upon before mentioned, prose before data, command before mention."""
        return (
            # An account in a text says where money goes, whoever the text is sent to; a host may just be spoken of.
            not self.flow.in_text or (self.flow.value.kind == "account" and self.flow.from_prose),
            not self.place.exact,
            self.instruction + self.destination + self.typed,
            self.flow.proves,
            len(self.flow.value.key),
            -self.place.content.event.position,
            -self.place.span.number,
        )


def lead_of(
    item: Traced, act: Act, conversation: Conversation, *, asked: bool, unbidden: bool = False
) -> Steered | None:
    """Return the span that the call most likely obeys.

    `asked`: the request asks for the call, verb and object. `unbidden`: it asks for no act at all.
    """
    candidates = sorted(_candidates(item, act), key=lambda steered: steered.rank, reverse=True)
    lead = candidates[0] if candidates else None
    if not asked and act.reach == "effect" and (lead is None or not lead.ordered):
        # An order without a value ("delete one of the files") steers too; the value then comes from elsewhere.
        lead = _commanded(item, act, conversation, lead, unbidden) or lead
    return replace(lead, unbidden=unbidden) if lead else None


def _speaks_of(verb: str, text: str) -> bool:
    """Return whether a text has the verb of the act or a noun made of it ("make a reservation" for "reserve")."""
    told = map(stem, words(without_values(text)))
    return any(word == verb or (len(verb) >= 4 and word.startswith(verb)) for word in told)


def _quotes(text: str, sentence: str) -> bool:
    """Return whether a text repeats most words of the sentence that a value came from: it quotes, it does not obey."""
    told = content_words(sentence)
    return len(told) >= 5 and len(told & content_words(text)) >= 0.7 * len(told)


def _commanded(
    item: Traced, act: Act, conversation: Conversation, lead: Steered | None, unbidden: bool
) -> Steered | None:
    """Return the sentence that orders this act though the value stands in a field, or in no third-party text at all.

    In the record of the value an order of the act's class is enough; anywhere else it must name verb and noun of the tool, or,
    where nobody asked for any act, order a weighty act of this kind.
    """
    flow = lead.flow if lead else next((flow for flow in item.flows if flow.value.whole), None)
    if flow is None:
        return None
    if lead is not None and lead.place.exact and not lead.flow.value.weak:
        for place in flow.places:
            for span in place.content.segments.unit_of(place.span):
                if span.kind == "prose" and _ordered(span.text, act):
                    return Steered(flow, Place(place.content, span, False), True, False, ordered=True, commanded=True)
    if not act.verb or not (act.nouns or unbidden):
        return None
    weighty = unbidden and act.critical
    for content in conversation.before(item.order):
        if acknowledges(content):
            continue
        for span in content.segments.spans:
            if span.kind != "prose":
                continue
            named = _orders(span.text, act)
            if named or (weighty and _ordered(span.text, act)):
                return Steered(flow, Place(content, span, False), True, named, ordered=True, commanded=True)
    return None


def _ordered(text: str, act: Act) -> bool:
    """Return whether a text orders an act of this kind."""
    return any(classes_of(verb) & act.own_classes for verb in orders(text))


def _orders(sentence: str, act: Act) -> bool:
    """Return whether a sentence orders an act of this kind, with a noun of its tool behind ("repo" for "repository")."""
    told = [stem(word) for word in words(without_values(sentence))]
    # Another verb of the same class will do for a weighty act ("remove" for "delete"); elsewhere the classes are too wide.
    like = act.own_classes if act.critical else frozenset[str]()
    verbs = {stem(verb) for verb in orders(sentence) if stem(verb) == act.verb or classes_of(verb) & like}
    at = next((at for at, word in enumerate(told) if word in verbs), None)
    if at is None:
        return False
    behind = told[at + 1 :]
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
            ordered = _ordered(near, act) or (bool(orders(near)) and _speaks_of(act.verb, place.span.text))
            if flow.in_text and _quotes(flow.leaf.text, place.span.text):
                continue
            # What stands in a field too is data, unless a sentence orders its use.
            if place.exact or ordered or flow.from_prose:
                formed = not place.exact and reads_as_order(without_values(place.span.text))
                yield Steered(flow, place, verb, noun, ordered, formed)
