"""Joins what the events alone do not join: derived edges of the provenance graph, each with the grade of its evidence.

Content → call where a value of the one was found in the other (E2), or where a sentence orders that very act (E3); call → what the
kernel saw of its work (`correlator.attribution`). Order in time (E5) is never an edge: the position on every edge already tells it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from correlator.attribution import Attribution, Work
from correlator.chain import Chain, Judged, Trail
from correlator.conversation import Conversation
from correlator.signals import Signal
from correlator.taint import Traced
from graph.fold import fact_key, fold, process_node, sensitive_node
from graph.parts import Edge, Fields, Node
from graph.schema import (
    CAMPAIGN,
    CARRIED,
    CHAIN,
    CONCERNS,
    ENDPOINT,
    FILE,
    ORDERED,
    PART_OF,
    RAN,
    RESOURCE,
    SIGNAL,
    TOUCHED,
    Grade,
)
from sensor.event import Event, FileChanged, FileOpened, OpenRefused, SensitiveSent, ToolServed
from sensor.identity import digest


@dataclass(frozen=True)
class Links:
    """Derived nodes and edges of one session."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def __add__(self, other: "Links") -> "Links":
        return Links(self.nodes + other.nodes, self.edges + other.edges)


def flows(traced: Iterable[Traced], judged: Iterable[Judged]) -> Links:
    """Return the edges along which third-party text reached a call or the answer."""
    return _gathered((*_carried(traced), *_ordered(judged)))


def link(chains: Iterable[tuple[Chain, Trail]], signals: Iterable[Signal]) -> Links:
    """Return the nodes of chains, campaigns and signals with what belongs to them."""
    return _gathered((*_chained(chains), *_noted(signals)))


MOST_ACTS = 500
"""Acts of one work that come into the graph of its session; what they did to files comes last."""


def worked(attribution: Attribution) -> Links:
    """Return the edges from calls to what was done for them, with what hangs on it."""
    return _gathered(part for work in attribution.works for part in (*_ended(work), *_leaked(work), *_hanging(work)))


def _ended(work: Work) -> Iterator[tuple[Node, Edge]]:
    """Yield what the call of a work ran or touched."""
    served = work.root.process if isinstance(work.root, ToolServed) else None
    if work.tree or served is not None:
        ran = process_node(work.call.tenant, served or work.process)
        yield ran, _edge(RAN.label, fact_key(work.call), ran.key, work.call, work.evidence.grade)
    elif not isinstance(work.root, OpenRefused):
        for node in fold(work.root).nodes:
            if node.label in (FILE.label, RESOURCE.label, ENDPOINT.label):
                yield node, _edge(TOUCHED.label, fact_key(work.call), node.key, work.call, work.evidence.grade)


def _leaked(work: Work) -> Iterator[tuple[Node, Edge]]:
    """Yield that data of a file, a table or a variable was in what a call sent."""
    for event in work.acts:
        if isinstance(event, SensitiveSent):
            node = sensitive_node(event)
            yield node, _edge(CARRIED.label, node.key, fact_key(work.call), work.call, Grade.E2)


def _hanging(work: Work) -> Iterator[tuple[Node | None, Edge | None]]:
    """Yield what the acts of a work say by themselves."""
    acts = sorted(work.acts, key=lambda event: isinstance(event, FileOpened | OpenRefused | FileChanged))[:MOST_ACTS]
    for part in map(fold, acts):
        yield from ((node, None) for node in part.nodes)
        yield from ((None, edge) for edge in part.edges)


def completed(links: Links, conversation: Conversation) -> Links:
    """Return links with the nodes of other sessions that their edges end at: those of the first session are in its graph."""
    ends = {key for edge in links.edges for key in (edge.source, edge.target)}
    others = [
        event for event in conversation.known if event.session != conversation.session and fact_key(event) in ends
    ]
    nodes = (node for event in others for node in fold(event).nodes if node.key == fact_key(event))
    return Links((*links.nodes, *nodes), links.edges)


def _gathered(parts: Iterable[tuple[Node | None, Edge | None]]) -> Links:
    """Return each part once; the same evidence gives the same parts."""
    nodes: dict[tuple[str, str, Fields], Node] = {}
    edges: dict[tuple[str, str, str, str], Edge] = {}
    for node, edge in parts:
        if node is not None:
            nodes[node.label, node.key, node.fields] = node
        if edge is not None:
            edges[edge.label, edge.source, edge.target, edge.fact] = edge
    return Links(tuple(nodes.values()), tuple(edges.values()))


def _edge(label: str, source: str, target: str, event: Event, grade: Grade) -> Edge:
    return Edge(label, source, target, event.position, event.part, event.entity, event.at_ns, grade)


def _carried(traced: Iterable[Traced]) -> Iterator[tuple[None, Edge]]:
    for item in traced:
        event = item.event
        for flow in item.flows:
            if flow.foreign and not flow.value.weak:
                for place in flow.places[:3]:
                    yield None, _edge(CARRIED.label, fact_key(place.content.event), fact_key(event), event, flow.grade)


def _ordered(judged: Iterable[Judged]) -> Iterator[tuple[None, Edge]]:
    for one in judged:
        steered = one.effect.steered
        if steered is not None and steered.commanded:
            source = fact_key(steered.place.content.event)
            yield None, _edge(ORDERED.label, source, fact_key(one.event), one.event, Grade.E3)


def _chained(chains: Iterable[tuple[Chain, Trail]]) -> Iterator[tuple[Node | None, Edge]]:
    for chain, trail in chains:
        tenant = chain.lead.event.tenant
        node = Node(CHAIN.label, digest(CHAIN.label, tenant, chain.session, chain.origin.key))
        if chain.origin.event is not None:
            yield node, _edge(PART_OF.label, fact_key(chain.origin.event), node.key, chain.origin.event, Grade.E2)
        for judged in chain.effects:
            yield node, _edge(PART_OF.label, fact_key(judged.event), node.key, judged.event, Grade.E2)
        yield from ((None, edge) for edge in trail.recalled)
        for edge in trail.way_in:
            # What led to the origin belongs to the chain, in the place where it did.
            yield node, edge._replace(label=PART_OF.label, target=node.key)
        if chain.origin.campaign is not None:
            campaign = Node(CAMPAIGN.label, digest(CAMPAIGN.label, tenant, chain.origin.campaign))
            yield campaign, _edge(PART_OF.label, node.key, campaign.key, chain.lead.event, Grade.E2)


def _noted(signals: Iterable[Signal]) -> Iterator[tuple[Node, Edge]]:
    for signal in signals:
        key = digest(SIGNAL.label, signal.event.tenant, signal.rule, signal.event.entity)
        node = Node(SIGNAL.label, key, (("name", signal.rule),))
        yield node, _edge(CONCERNS.label, key, fact_key(signal.event), signal.event, Grade.E1)
