"""Every station in order, on one screen: events of a session in, stories out. Pure: no clock, no store, no model."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from correlator.attribution import NOTHING, Attribution
from correlator.authority import Effect, explain
from correlator.baseline import NO_BASELINE, Epoch, Lesson, lesson
from correlator.chain import Chain, Judged, chains, trail
from correlator.conversation import Conversation, Recalled, read
from correlator.deeds import deeds
from correlator.link import Links, completed, flows, link, worked
from correlator.memory import Kept, kept
from correlator.policy import Policy, load_policy
from correlator.request import request_of
from correlator.score import SHIPPED, Scale, Situation, score
from correlator.signals import Signal, signals
from correlator.story import Story
from correlator.taint import trace
from correlator.tell import tell
from graph.fold import fold
from graph.subgraph import Subgraph
from sensor.event import Event, SessionEnded, in_order


@dataclass(frozen=True)
class Judgement:
    """What the engine found in one session, or in a run of several."""

    conversation: Conversation
    effects: tuple[Judged, ...]
    """All effects, explained ones too, in order."""
    chains: tuple[Chain, ...]
    """Chains of alarming effects, below the threshold too, strongest first."""
    stories: tuple[Story, ...]
    signals: tuple[Signal, ...]
    lesson: Lesson
    kept: tuple[Kept, ...]
    """What it stored, for sessions that read it."""
    links: Links
    """Derived nodes and edges, for the graph of its first session."""
    attribution: Attribution = NOTHING
    """What the kernel saw of the calls."""

    @property
    def spoken_of(self) -> tuple[Event, ...]:
        """Return all events that its stories may cite, each once: of the kernel, then of its sessions in their order."""
        seen = [event for work in self.attribution.works for event in (work.root, *work.acts)]
        seen += [*self.attribution.ambiguous, *self.attribution.gaps]
        return tuple({event.id: event for event in (*seen, *self.conversation.known)}.values())

    @property
    def delegated(self) -> bool:
        """Return whether an effect was delegated."""
        return any(judged.effect.explanation == "delegated" for judged in self.effects)

    @property
    def ended(self) -> bool:
        """Return whether the session said that it is over."""
        return any(isinstance(event, SessionEnded) for event in self.conversation.events)

    @property
    def teaches(self) -> bool:
        """Return whether a closed session may teach: no story, no delegated effect (DESIGN §6.5)."""
        return not self.stories and not self.delegated


def judge(
    events: Iterable[Event],
    *,
    recalled: Iterable[Recalled] = (),
    attribution: Attribution = NOTHING,
    policy: Policy | None = None,
    epoch: Epoch = NO_BASELINE,
    scale: Scale = SHIPPED,
) -> Judgement:
    """Return what is found in the events of one session, whatever their order and however often they arrived.

    `recalled`: what it reads back of other sessions. `attribution`: what the kernel saw of its calls.
    """
    conversation = read(in_order(events), recalled, deeds(attribution))
    traced = trace(conversation)
    effects = explain(conversation, request_of(conversation), traced, policy or load_policy())
    judged = tuple(_judged(effect, epoch, scale) for effect in effects)
    found = chains(conversation, judged)
    noted = signals(conversation)
    carried = flows(traced, judged)
    told = [chain for chain in found if chain.score >= scale.threshold]
    # Nothing is told of a session without a chain, so its graph need not be walked.
    graph = _graph(conversation.known, carried) if told else Subgraph()
    trails = [(chain, trail(chain, graph)) for chain in told]
    return Judgement(
        conversation=conversation,
        effects=judged,
        chains=found,
        stories=tuple(
            tell(chain, way, conversation, epoch, noted, scale.threshold, attribution) for chain, way in trails
        ),
        signals=noted,
        lesson=replace(lesson(conversation, traced), score=max((chain.score for chain in found), default=0.0)),
        kept=kept(conversation, traced, judged),
        links=completed(carried + link(trails, noted) + worked(attribution), conversation),
        attribution=attribution,
    )


def _graph(events: Sequence[Event], carried: Links) -> Subgraph:
    folded = [fold(event) for event in events]
    edges = (*(edge for part in folded for edge in part.edges), *carried.edges)
    if len({event.session for event in events}) > 1:
        # Each session counts its own positions; along a run the order of the run holds.
        places = {event.entity: place for place, event in enumerate(events)}
        edges = tuple(edge._replace(position=places[edge.fact]) for edge in edges)
    return Subgraph((node for part in folded for node in part.nodes), edges)


def _judged(effect: Effect, epoch: Epoch, scale: Scale) -> Judged:
    return Judged(effect, score(Situation(effect, epoch), scale))
