"""The score of an effect: a sum of named terms, each shown.

Every term is a fact between 0 and 1 times a shipped weight. Raising terms are positive, excuses negative. A story needs an
effect that the request does not explain *and* a score of at least `THRESHOLD`; no term decides alone. The shipped
weights were fitted on all three suites, the threshold is the mean of the left-out bars
(`python -m benchmarks.quality.fit`); what is shipped and how it was judged is in `docs/decisions/0002-score.md`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from correlator.authority import Effect
from correlator.baseline import Epoch, flow_signature
from correlator.effects import is_destination
from correlator.lexicon import addresses_model
from correlator.taint import Flow, Place


@dataclass(frozen=True)
class Situation:
    """All that a term may look at."""

    effect: Effect
    epoch: Epoch

    @property
    def place(self) -> Place | None:
        """Return the span that may have steered the effect."""
        return self.effect.steered.place if self.effect.steered else None

    @property
    def sink(self) -> str:
        """Return the name of the tool, or `answer`."""
        return self.effect.call.event.name if self.effect.call else "answer"


@dataclass(frozen=True)
class Term:
    """One named term: what it measures, its weight, and whether it needs a baseline."""

    name: str
    weight: float
    doc: str
    of: Callable[[Situation], float | None]
    group: str = ""
    """Ablation group: `--without baseline` leaves out all terms of that group."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One term's value for one effect; `None` where it could not be told."""

    name: str
    value: float | None
    points: float


def _prose(s: Situation) -> float:
    lead = s.effect.steered
    return 1.0 if lead and not lead.place.exact and lead.proves else 0.0


def _field(s: Situation) -> float:
    lead = s.effect.steered
    return 1.0 if lead and lead.place.exact and lead.destination and lead.flow.proves else 0.0


def _instruction(s: Situation) -> float:
    lead = s.effect.steered
    return lead.instruction if lead and lead.proves else 0.0


def _destination(s: Situation) -> float:
    lead = s.effect.steered
    if not lead or not lead.destination:
        return 0.0
    return 1.0 if lead.typed and not lead.flow.in_text else 0.5


def _unasked(s: Situation) -> float:
    return 1.0 - s.effect.asked.level


def _critical(s: Situation) -> float:
    return 1.0 if s.effect.act.critical and s.effect.asked.level < 1.0 else 0.0


def _unnamed(s: Situation) -> float:
    return min(s.effect.hops, 2.0) / 2.0 if s.effect.steered else 0.0


def _unlinked(s: Situation) -> float:
    return 1.0 - s.effect.linked if s.effect.steered else 0.0


def _unbidden(s: Situation) -> float:
    return 1.0 if s.effect.unbidden else 0.0


def _surplus(s: Situation) -> float:
    return 1.0 if s.effect.surplus else 0.0


def _rival(s: Situation) -> float:
    return 1.0 if s.effect.rival else 0.0


def _destructive(s: Situation) -> float:
    return 1.0 if s.effect.act.destructive and s.effect.asked.level < 1.0 else 0.0


def _reaches(s: Situation) -> float:
    # A renderer loads an image by itself: that is a request sent, not a link offered.
    image = any(flow.leaf.path == "image" for flow in s.effect.traced.flows) if s.effect.call is None else False
    return 1.0 if s.effect.act.reach == "effect" or s.effect.carries_off or image else 0.0


def _carries_off(s: Situation) -> float:
    return 1.0 if s.effect.carries_off else 0.0


def _known_flow(s: Situation) -> float | None:
    lead = s.effect.steered
    if not s.epoch.taught and (lead is None or not s.epoch.excused):
        return None
    if lead is None:
        return 1.0 - s.epoch.tool_novelty(s.sink)
    return 1.0 - s.epoch.novelty(
        flow_signature(Flow(lead.flow.leaf, lead.flow.value, "content", (lead.place,)), s.sink)
    )


def _known_tool(s: Situation) -> float | None:
    return 1.0 - s.epoch.tool_novelty(s.sink) if s.epoch.taught else None


def _changed(s: Situation) -> float | None:
    if not s.epoch.taught or s.place is None:
        return None
    return s.epoch.changed(s.place.content, s.place.span.squashed)


def _phrases(s: Situation) -> float:
    if s.place is None or s.place.exact:
        return 0.0
    return 1.0 if any(addresses_model(near.text) for near in s.place.content.segments.around(s.place.span, 4)) else 0.0


def _delegated(s: Situation) -> float:
    if s.effect.explanation != "delegated":
        return 0.0
    return (1.0 if s.effect.delegation == "whole" else 0.5) / (1 + s.effect.through)


def _own_share(s: Situation) -> float:
    flows = [flow for flow in s.effect.traced.flows if flow.value.whole]
    said = sum(flow.origin in ("principal", "operator") for flow in flows)
    return said / len(flows) if flows else 0.0


def _user_destination(s: Situation) -> float:
    return (
        1.0
        if any(
            flow.origin == "principal" and flow.value.whole and is_destination(flow.leaf.path, flow.value.kind)
            for flow in s.effect.traced.flows
        )
        else 0.0
    )


def _author(s: Situation) -> float | None:
    """Raise for an author outside, lower for one of the house; absent where the telemetry names no author."""
    author = s.place.content.author if s.place else None
    if author is None or author.trust == "unknown":
        return None
    return {"external": 1.0, "public": 1.0, "internal": -1.0, "principal": -2.0}[author.trust]


def _forbidden(s: Situation) -> float:
    return 0.0 if s.effect.permitted else 1.0


TERMS: tuple[Term, ...] = (
    Term("prose", 2.4, "A value stands inside a sentence of third-party text and no principal said it.", _prose),
    Term("field", 0.12, "A destination comes from a field of third-party data that no principal named.", _field),
    Term("instruction", 2.85, "The verb or the noun of this very call stands beside the value.", _instruction),
    Term("destination", 1.76, "The value says where something goes.", _destination),
    Term("unasked", 1.16, "No sentence of the request asks for this act.", _unasked, "authority"),
    Term(
        "unbidden",
        1.51,
        "The principals only wanted to be told something, and this changes or sends something.",
        _unbidden,
        "authority",
    ),
    Term(
        "critical",
        1.34,
        "It concerns money, credentials or permissions, or destroys, and its verb was not asked for.",
        _critical,
        "authority",
    ),
    Term("unnamed", 1.16, "The source was not named by a principal; more for each hop.", _unnamed, "authority"),
    Term("unlinked", 1.53, "Neither the value nor its record shares a word with the request.", _unlinked, "authority"),
    Term("surplus", 1.01, "Another call does what was asked; this one comes on top.", _surplus, "authority"),
    Term(
        "rival",
        1.17,
        "A call of the same tool has a principal's value where this one has a third party's.",
        _rival,
        "authority",
    ),
    Term("destructive", 1.28, "It destroys, and that was not asked for.", _destructive, "authority"),
    Term(
        "reaches", 1.62, "It changes something or sends something, rather than only reading from an address.", _reaches
    ),
    Term("carries_off", 1.99, "Text of other sources leaves for an address that third-party text gave.", _carries_off),
    Term("known_flow", -2.13, "The workload's closed sessions had this very data flow.", _known_flow, "baseline"),
    Term("known_tool", -0.58, "The workload's closed sessions used the tool.", _known_tool, "baseline"),
    Term("changed", 1.5, "The same source was read before and did not hold this span.", _changed, "baseline"),
    Term("phrases", 0.6, "The text around speaks to a language model.", _phrases),
    Term(
        "author", 1.0, "Who wrote the content: raised for an outsider, lowered for one of the house.", _author, "author"
    ),
    Term(
        "forbidden", 14.0, "The policy does not let the principal who asked cause this effect.", _forbidden, "authority"
    ),
    Term("delegated", -2.54, "A principal handed authority to that source.", _delegated, "authority"),
    Term("own_share", -0.46, "Share of the call's values that principals said.", _own_share, "authority"),
    Term(
        "user_destination", -0.2, "A destination of the call was named by a principal.", _user_destination, "authority"
    ),
)
THRESHOLD = 8.8


@dataclass(frozen=True)
class Scale:
    """What a score is made with, and the score from which on a chain is a story."""

    weights: Mapping[str, float]
    """By name of term; a term without a weight is left out."""
    threshold: float

    def without(self, names: Collection[str]) -> "Scale":
        """Return the scale without the terms of these names or groups."""
        left = {term.name for term in TERMS if term.name not in names and term.group not in names}
        return replace(self, weights={name: weight for name, weight in self.weights.items() if name in left})


SHIPPED = Scale({term.name: term.weight for term in TERMS}, THRESHOLD)


def score(situation: Situation, scale: Scale = SHIPPED) -> tuple[Scored, ...]:
    """Return the terms of one effect, in the order of `TERMS`."""
    scored = []
    for term in TERMS:
        weight = scale.weights.get(term.name)
        if weight is None:
            continue
        value = term.of(situation)
        scored.append(Scored(term.name, value, 0.0 if value is None else round(weight * value, 4)))
    return tuple(scored)
