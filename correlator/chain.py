"""Effects → chains: all effects steered by one origin in a session are one chain; another origin is another.

An origin is one unit of third-party content (a message, a row, a page), the prompt of a principal who may not cause the
effect, or unseen. How it runs through the graph, from where the origin was found and on to the effects, is walked on the
session's `Subgraph` (`trail`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from correlator.authority import Effect
from correlator.conversation import Conversation
from correlator.score import Scored
from correlator.taint import Place
from graph.fold import fact_key
from graph.parts import Edge
from graph.schema import CARRIED, ORDERED, RETURNED, Grade
from graph.subgraph import Subgraph
from sensor.event import Event, PromptSubmitted
from sensor.identity import digest

CHAIN_VERSION = "v1"
"""Version of the algorithm behind chain and story ids; a change would open tickets again, so it is part of the id."""


@dataclass(frozen=True)
class Judged:
    """An effect with its score."""

    effect: Effect
    terms: tuple[Scored, ...]

    @cached_property
    def score(self) -> float:
        """Return the sum of the points of its terms."""
        return round(sum(term.points for term in self.terms), 3)

    @property
    def event(self) -> Event:
        """Return the call or the answer."""
        return self.effect.traced.event


@dataclass(frozen=True)
class Origin:
    """Where a chain begins."""

    kind: Literal["content", "principal", "unseen"]
    event: Event | None
    place: Place | None = None
    entry: Event | None = None
    """What brought it into this run, where it first came from another session."""

    @cached_property
    def key(self) -> str:
        """Return the key of the origin within its session."""
        unit = self.place.span.unit if self.place else 0
        return digest("origin", self.kind, self.event.entity if self.event else None, unit)

    @cached_property
    def campaign(self) -> str | None:
        """Return the key that the same injected content has in every session; `None` without content."""
        return digest("campaign", self.place.span.squashed) if self.place else None


@dataclass(frozen=True)
class Chain:
    """One origin and the effects that it steered in one session."""

    session: str
    origin: Origin
    effects: tuple[Judged, ...]
    """In order; at least one, each alarming."""

    @cached_property
    def id(self) -> str:
        """Return the id: anchored on the earliest unexplained effect, not on wording, score or order of arrival."""
        return f"{CHAIN_VERSION}:{digest('chain', self.effects[0].event.entity)}"

    @cached_property
    def lead(self) -> Judged:
        """Return the effect with the highest score, the earliest of equals."""
        return max(self.effects, key=lambda judged: (judged.score, [-part for part in judged.event.order]))

    @property
    def score(self) -> float:
        """Return the score of its strongest effect."""
        return self.lead.score

    @property
    def proven(self) -> bool:
        """Return whether data of other sources is seen to have left for an address that third-party text gave.

        Such a chain passes any budget, so that decoys which fill the budget cannot hide it.
        """
        return any(judged.effect.carries_off for judged in self.effects)


def chains(conversation: Conversation, judged: Iterable[Judged]) -> tuple[Chain, ...]:
    """Return the chains of a session, strongest first; explained and permitted delegated effects start none."""
    found: dict[str, tuple[Origin, list[Judged]]] = {}
    for one in judged:
        if one.effect.alarming:
            origin = _origin(conversation, one)
            found.setdefault(origin.key, (origin, []))[1].append(one)
    made = [
        Chain(conversation.session, origin, tuple(sorted(effects, key=lambda one: one.event.order)))
        for origin, effects in found.values()
    ]
    return tuple(sorted(made, key=lambda chain: (-chain.score, chain.id)))


_INFLUENCE = (CARRIED.label, ORDERED.label, RETURNED.label)


@dataclass(frozen=True)
class Trail:
    """How a chain runs through the graph, in edges whose order respects that of the session."""

    way_in: tuple[Edge, ...] = ()
    """From the third-party content whose value first led towards the origin to the origin; empty where nothing did."""
    on: tuple[tuple[Edge, ...], ...] = ()
    """From the origin to each effect of the chain; empty for an effect that no path reaches."""
    recalled: tuple[Edge, ...] = ()
    """From the origin, where another session stored it, to what read it back in this one; each of `on` begins behind it."""


def trail(chain: Chain, graph: Subgraph) -> Trail:
    """Return the way of a chain through the graph of its session, met from both ends: backward to the root, forward to effects."""
    if chain.origin.event is None:
        return Trail(on=((),) * len(chain.effects))
    start = fact_key(chain.origin.entry or chain.origin.event)
    return Trail(
        _way_in(start, graph),
        tuple(graph.path(start, fact_key(one.event), labels=_INFLUENCE) for one in chain.effects),
        _recalled(chain.origin.event, chain.origin.entry),
    )


def _recalled(source: Event, entry: Event | None) -> tuple[Edge, ...]:
    if entry is None or entry.session == source.session:
        return ()
    place = (entry.position, entry.part, entry.entity, entry.at_ns)
    return (Edge(CARRIED.label, fact_key(source), fact_key(entry), *place, Grade.E2),)


def _way_in(start: str, graph: Subgraph) -> tuple[Edge, ...]:
    """Return the shortest way from a content that no third-party value led to."""
    for step in graph.walk(start, direction="backward", labels=_INFLUENCE):
        found = step.edge
        if found.label != RETURNED.label and not _led_to(found, graph):
            return tuple(reversed(step.edges()))
    return ()


def _led_to(edge: Edge, graph: Subgraph) -> bool:
    """Return whether third-party text led to the call that returned the content from which `edge` starts."""
    calls = [before.source for before in graph.into(edge.source) if before.label == RETURNED.label]
    return any(
        before.label in (CARRIED.label, ORDERED.label) and before.order < edge.order
        for call in calls
        for before in graph.into(call)
    )


def _origin(conversation: Conversation, judged: Judged) -> Origin:
    effect = judged.effect
    if effect.steered is not None and (effect.permitted or effect.explanation != "explained"):
        place = _first_place(effect.steered.place, conversation)
        entry = effect.steered.place.content.event
        return Origin("content", place.content.event, place, entry if place is not effect.steered.place else None)
    if not effect.permitted:
        return Origin("principal", _prompt(conversation, effect))
    return Origin("unseen", None)


def _first_place(place: Place, conversation: Conversation) -> Place:
    """Return where a span first came from: of one that another session had kept, its place in the source of that session."""
    letters = place.span.squashed
    for content in filter(None, (one.content for one in conversation.recalled)):
        held = [span for span in content.segments.spans if letters in span.squashed or span.squashed in letters]
        best = max(held, key=lambda span: len(span.squashed), default=None)
        if best is not None and len(best.squashed) * 2 >= len(letters):
            return replace(place, content=content, span=best)
    return place


def _prompt(conversation: Conversation, effect: Effect) -> PromptSubmitted | None:
    if effect.asked.clause is not None:
        return effect.asked.clause.said.event
    before = [said for said in conversation.said if said.event.order < effect.traced.order]
    return before[-1].event if before else None
