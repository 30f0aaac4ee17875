"""Entries of the event log → rows for a graph in which sessions share nodes. Pure.

A thing of one session, whose key names a session or a fact, holds the number of that session (`run`). Things that sessions share
(principals, sessions, processes, files) are listed with the session that speaks of them (`others`), and what each session said of a
process is kept beside its fields (`claims`), because a session is told what it said and nothing else.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic_core import to_json

from graph.fold import fold, session_node, short
from graph.log import Concluded, Observed, Run
from graph.parts import Edge, Fields, Node, combined, distinct
from graph.schema import NODE_KINDS, SESSION, Grade, NodeKind

SYSTEM = "-"
"""Who claims what no session is known for."""
Properties = dict[str, Any]


class Way(NamedTuple):
    """Edges that are written together."""

    label: str
    source: str
    """Label of the nodes from which they start."""
    target: str


@dataclass(slots=True)
class Rows:
    """What a batch of entries brings: rows as the statements of `graph.cypher` take them."""

    nodes: dict[str, list[Properties]] = field(default_factory=dict)
    """Label → `{key, tenant, fields}` with `run` for a thing of one session, else `claims`; sorted by key: whoever writes in one
    order does not deadlock."""
    edges: dict[Way, list[Properties]] = field(default_factory=dict)
    """`{source, target, fields}`."""
    earlier: dict[Way, list[Properties]] = field(default_factory=dict)
    """Edges that are there with a later time: the same rows."""
    sessions: list[Properties] = field(default_factory=list)
    """`{key, run, tenant, session, others}`."""


def is_own(kind: NodeKind) -> bool:
    """Return whether a node of this kind is a thing of one session."""
    return kind is not SESSION and not {"session", "fact"}.isdisjoint(kind.key)


def is_of_machine(kind: NodeKind) -> bool:
    """Return whether a node of this kind is a thing of one machine of which several may say different things.

    Who said what of it is kept with it. Of a file, which very many may read, all say the same: its only field stands in its key.
    """
    return "boot_id" in kind.key and any(field.name not in kind.key for field in kind.fields)


def project(entries: Sequence[Observed | Concluded], before: Iterable[Observed], runs: Mapping[int, Run]) -> Rows:
    """Return the rows of entries. `before`: earlier observations of the same facts, of which the edges are there already."""
    parts = _Parts(runs)
    known = defaultdict[int, set[Edge]](set)
    for one in before:
        known[one.run].update(fold(one.event).edges)
    new = defaultdict[int, list[Edge]](list)
    for entry in entries:
        if isinstance(entry, Observed):
            folded = fold(entry.event)
            parts.said(entry.run, folded.nodes)
            new[entry.run] += folded.edges
        else:
            parts.concluded(entry)
    for run, edges in new.items():
        parts.proven(run, edges, known[run])
    return parts.rows()


class _Parts:
    """What is gathered of a batch."""

    def __init__(self, runs: Mapping[int, Run]) -> None:
        self._runs = runs
        self._said = defaultdict[tuple[str, str], list[tuple[int, Node]]](list)
        """Label and key → who said what."""
        self._own = dict[tuple[str, str], int]()
        self._others = defaultdict[int, set[str]](set)
        self._labels = dict[str, str]()
        self._edges = defaultdict[Way, list[Properties]](list)
        self._earlier = defaultdict[Way, list[Properties]](list)

    def said(self, run: int, nodes: Iterable[Node]) -> None:
        for node in nodes:
            at = (node.label, node.key)
            self._said[at].append((run, node))
            self._labels[node.key] = node.label
            if is_own(NODE_KINDS[node.label]):
                self._own[at] = run
            else:
                self._others[run].add(_named(node))

    def concluded(self, entry: Concluded) -> None:
        """Take what was derived. A node that it brings may be of another session, which says itself that it is."""
        for node in entry.nodes:
            self._said[node.label, node.key].append((entry.run, node))
            if node.key not in entry.own:
                self._others[entry.run].add(_named(node))
        there = set(entry.earlier)
        for edge in distinct(entry.edges):
            rows = self._earlier if edge in there else self._edges
            rows[_way(edge, entry.labels)].append(_edge(edge, self._run(entry.run)))

    def proven(self, run: int, edges: Iterable[Edge], known: Collection[Edge]) -> None:
        """Take the edges that observations of a session prove, but for those that are there."""
        there, of = _earliest(known), self._run(run)
        for bare, edge in _earliest(edges).items():
            rows = self._edges
            if (old := there.get(bare)) is not None:
                if edge.at_ns is None or (old.at_ns is not None and old.at_ns <= edge.at_ns):
                    continue
                rows = self._earlier
            rows[_way(edge, self._labels)].append(_edge(edge, of))

    def rows(self) -> Rows:
        nodes = defaultdict[str, list[Properties]](list)
        for (label, key), said in sorted(self._said.items()):
            (node,) = [said[0][1]] if len(said) == 1 else combined(claim for _, claim in said)
            row: Properties = {"key": key, "tenant": self._runs[said[0][0]][0], "fields": dict(node.fields)}
            kind = NODE_KINDS[label]
            if is_own(kind):
                row["run"] = self._own.get((label, key))
            else:
                claims = {
                    _claim(of, claim.fields)
                    for run, claim in said
                    if (of := self._run(run)) is None or is_of_machine(kind)
                }
                row["claims"] = sorted(claims)
            nodes[label].append(row)
        return Rows(dict(nodes), dict(self._edges), dict(self._earlier), list(self._sessions()))

    def _sessions(self) -> Iterable[Properties]:
        for run in sorted({*self._own.values(), *self._others}):
            tenant, key = self._runs[run]
            if key:
                yield {
                    "key": session_node(tenant, key).key, "run": run, "tenant": tenant, "session": short(key),
                    "others": sorted(self._others[run]),
                }  # fmt: skip

    def _run(self, run: int) -> int | None:
        """Return the number by which what a session says is marked, `None` where no session is known."""
        return run if self._runs[run][1] else None


def _earliest(edges: Iterable[Edge]) -> dict[tuple[Any, ...], Edge]:
    """Return each edge once, as `graph.parts.distinct` does, by all that tells it apart."""
    found: dict[tuple[Any, ...], Edge] = {}
    for edge in edges:
        bare = (*edge[:6], edge.grade)
        old = found.setdefault(bare, edge)
        if old is not edge and edge.at_ns is not None and (old.at_ns is None or edge.at_ns < old.at_ns):
            found[bare] = edge
    return found


def _named(node: Node) -> str:
    return f"{node.label} {node.key}"


def _claim(run: int | None, fields: Fields) -> str:
    return f"{SYSTEM if run is None else run} {to_json(fields).decode()}"


def _way(edge: Edge, labels: Mapping[str, str]) -> Way:
    return Way(edge.label, labels[edge.source], labels[edge.target])


def _edge(edge: Edge, run: int | None) -> Properties:
    fields: Properties = {"position": edge.position, "part": edge.part, "fact": edge.fact}
    if edge.at_ns is not None:
        fields["at_ns"] = edge.at_ns
    if edge.grade is not Grade.E1:
        fields["grade"] = str(edge.grade)
    if run is not None:
        fields["run"] = run
    return {"source": edge.source, "target": edge.target, "fields": fields}
