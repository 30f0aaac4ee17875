"""A slice of the graph in memory, on networkx, with walks that respect order.

Everything comes out in one order, whatever order it went in: edges by their place in the session, nodes by label and
key.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypedDict, Unpack

import networkx as nx

from graph.parts import Edge, Node, combined, distinct
from graph.schema import EDGE_KINDS, FLOW

MAX_EDGES = 10_000
"""Edges that one walk may take before it stops: a bound on time against hostile graphs."""

Order = tuple[int, int]


class Bounds(TypedDict, total=False):
    """How far a walk goes."""

    labels: Collection[str]
    """Labels of the edges to take; by default those along which influence passes."""
    since: Order
    """Earliest place, as (position, part)."""
    until: Order
    """Latest place."""
    hops: int
    """Longest path, in edges."""
    limit: int
    """Edges that the walk may take in all."""


@dataclass(frozen=True, slots=True)
class Step:
    """One edge that a walk reached, and the steps that led to it."""

    edge: Edge
    before: "Step | None"
    length: int
    """Edges from the start to here, this one included."""

    def edges(self) -> tuple[Edge, ...]:
        """Return the edges from the start of the walk to here, in the order in which it took them."""
        taken: list[Edge] = []
        step: Step | None = self
        while step is not None:
            taken.append(step.edge)
            step = step.before
        return tuple(reversed(taken))


class Subgraph:
    """Nodes and edges of a slice, usually of one session. Not to be changed once it is built.

    An end of an edge that the slice does not have is a node with an empty label: something beyond the slice.
    """

    def __init__(self, nodes: Iterable[Node] = (), edges: Iterable[Edge] = ()) -> None:
        """Build the slice from claims and edges; repetition and order do not matter."""
        self.graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        """The same on networkx: `node` and `edge` are the attributes that hold our values."""
        for node in combined(nodes):
            self.graph.add_node(node.key, node=node)
        self._edges = tuple(distinct(edges))
        self._out: dict[str, list[Edge]] = {}
        self._into: dict[str, list[Edge]] = {}
        for edge in self._edges:
            for key in (edge.source, edge.target):
                if key not in self.graph:
                    self.graph.add_node(key, node=Node("", key))
            self.graph.add_edge(edge.source, edge.target, edge=edge)
            self._out.setdefault(edge.source, []).append(edge)
            self._into.setdefault(edge.target, []).append(edge)

    def __len__(self) -> int:
        return len(self.graph)

    def __contains__(self, key: object) -> bool:
        return key in self.graph

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Subgraph):
            return NotImplemented
        return self.nodes() == other.nodes() and self.edges() == other.edges()

    __hash__ = None  # type: ignore[assignment]  # equal by content, and content is large

    def node(self, key: str) -> Node:
        """Return the node with this key. Raises `KeyError`."""
        node: Node = self.graph.nodes[key]["node"]
        return node

    def nodes(self, label: str | None = None) -> tuple[Node, ...]:
        """Return all nodes, or those with `label`, sorted by label and key."""
        every: Iterator[Node] = (data["node"] for _, data in self.graph.nodes(data=True))
        return tuple(sorted(node for node in every if label is None or node.label == label))

    def edges(self, label: str | None = None) -> tuple[Edge, ...]:
        """Return all edges, or those with `label`, in the order of the session."""
        return tuple(edge for edge in self._edges if label is None or edge.label == label)

    def out_of(self, key: str) -> tuple[Edge, ...]:
        """Return the edges that start at the node, in the order of the session."""
        return tuple(self._out.get(key, ()))

    def into(self, key: str) -> tuple[Edge, ...]:
        """Return the edges that end at the node, in the order of the session."""
        return tuple(self._into.get(key, ()))

    def walk(
        self,
        start: str,
        *,
        direction: Literal["forward", "backward"] = "forward",
        **bounds: Unpack[Bounds],
    ) -> Iterator[Step]:
        """Yield each edge that an order-respecting path from `start` reaches, nearest first, once.

        Forward, no edge of a path may precede the one before it; backward, the search goes against the edges.
        """
        labels, hops, limit = bounds.get("labels", FLOW), bounds.get("hops"), bounds.get("limit", MAX_EDGES)
        since, until = bounds.get("since"), bounds.get("until")
        forward = direction == "forward"
        beside = self._out if forward else self._into
        taken: set[Edge] = set()
        waiting: deque[tuple[str, Step | None]] = deque([(start, None)])
        while waiting:
            here, step = waiting.popleft()
            if step is not None and step.length == hops:
                continue
            for edge in beside.get(here, ()):
                if edge in taken or edge.label not in labels or not _within(edge, since, until):
                    continue
                if step and not (may_precede(step.edge, edge) if forward else may_precede(edge, step.edge)):
                    continue
                if len(taken) >= limit:
                    return
                taken.add(edge)
                longer = Step(edge, step, step.length + 1 if step else 1)
                yield longer
                waiting.append((edge.target if forward else edge.source, longer))

    def path(self, source: str, target: str, **bounds: Unpack[Bounds]) -> tuple[Edge, ...]:
        """Return the shortest order-respecting path, or an empty one where there is none within the bounds."""
        return next((step.edges() for step in self.walk(source, **bounds) if step.edge.target == target), ())

    def descendants(self, key: str, **bounds: Unpack[Bounds]) -> tuple[Node, ...]:
        """Return what the node may have influenced, nearest first, within the bounds."""
        reached = dict.fromkeys(step.edge.target for step in self.walk(key, **bounds))
        return tuple(self.node(other) for other in reached if other != key)

    def ancestors(self, key: str, **bounds: Unpack[Bounds]) -> tuple[Node, ...]:
        """Return what may have influenced the node, nearest first, within the bounds."""
        reached = dict.fromkeys(step.edge.source for step in self.walk(key, direction="backward", **bounds))
        return tuple(self.node(other) for other in reached if other != key)

    def merged(self, nodes: Iterable[Node] = (), edges: Iterable[Edge] = ()) -> "Subgraph":
        """Return a slice with these claims and edges in it, too."""
        return Subgraph((*self.nodes(), *nodes), (*self._edges, *edges))


def may_precede(first: Edge, second: Edge) -> bool:
    """Return whether `first` may have happened before `second` or together with it.

    Places compare within a conversation. The numbers of system sources do not compare with them or with each other:
    there times decide, and where one is unknown nothing is excluded.
    """
    if _in_conversation(first) and _in_conversation(second):
        return first.order <= second.order
    if first.at_ns is None or second.at_ns is None:
        return True
    return first.at_ns <= second.at_ns


def _in_conversation(edge: Edge) -> bool:
    kind = EDGE_KINDS.get(edge.label)
    return kind is not None and kind.layer == "agent"


def _within(edge: Edge, since: Order | None, until: Order | None) -> bool:
    return (since is None or since <= edge.order) and (until is None or edge.order <= until)
