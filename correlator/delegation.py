"""What authority did the principals hand to a source, and how far is it from what they named?"""

from correlator.authors import writers
from correlator.conversation import Call, Content
from correlator.effects import act_of
from correlator.lexicon import content_words
from correlator.request import Clause, Request
from correlator.spelling import address, squash, stem, words
from correlator.taint import Place, Traced
from correlator.values import DESTINATIONS


class Delegations:
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
            found: list[tuple[str, int]] = []
            for flow in item.flows:
                if flow.foreign:
                    kind, hops = self.of(flow.places[0])
                    # To open an entry of a listing by its number is no step away from it; to follow what a text refers to is.
                    place = flow.places[0]
                    opened = place.exact and flow.value.kind not in DESTINATIONS and _lists(place.content)
                    found += [(kind, hops if opened else hops + 1)] if kind else []
            if found:
                self._known[call.number] = max(found, key=lambda one: (one[0], -one[1]))
        return self._known[call.number]


def _names_unit(clauses: tuple[Clause, ...], place: Place) -> bool:
    """Return whether a source of many records was handed authority in the record of `place`.

    "Do what Ann's mail says" means Ann's mail, not the whole inbox: where a name of the request stands in some records of the
    source, the others are not meant; where it is the writer of some, those that only speak of him are not meant either.
    """
    names = frozenset().union(*(clause.names for clause in clauses))
    by_them = {unit for unit, span in writers(place.content.segments).items() if names & set(words(span.text))}
    if by_them:
        return place.span.unit in by_them
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
        # "Tuesday's minutes" speaks of minutes_tuesday.
        told = content_words(leaf.text.replace("_", " "))
        if told and told <= clause.content and any(len(word) >= 4 for word in told):
            return True
    return bool(act_of(call).nouns & clause.content)


def _lists(content: Content) -> bool:
    """Return whether a content is what a look through many things gave: a listing or the finds of a search."""
    return content.call is not None and act_of(content.call).verb in _LISTING


_LISTING = frozenset(map(stem, ("list", "search", "find", "query", "lookup", "browse", "scan")))


class Hops:
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
