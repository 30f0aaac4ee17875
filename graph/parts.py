"""What the graph is made of: claims about nodes, and edges.

Both are plain tuples, because millions of them are made. A node that two observations describe is two claims with
one key; whoever reads them puts them together (`combined`), so that a union of claims is all that a store needs to
do, and the order in which claims arrive cannot matter.
"""

from collections.abc import Iterable
from typing import NamedTuple

from graph.schema import Grade

Fields = tuple[tuple[str, str | int | bool], ...]
"""Names and values, sorted by name; the schema declares which a kind may have."""


class Node(NamedTuple):
    """A claim that a thing exists and has these fields."""

    label: str
    key: str
    fields: Fields = ()

    def get(self, name: str) -> str | int | bool | None:
        """Return the field's value, or `None` where nobody observed it."""
        return next((value for field, value in self.fields if field == name), None)


class Edge(NamedTuple):
    """A relation between two nodes, with the fact that proves it."""

    label: str
    source: str
    """Key of the node it starts from."""
    target: str
    position: int
    """Place in the session; for edges of the system layer the source's own sequence number."""
    part: int
    fact: str
    """Entity key of the fact that proves it; the event log has its observations."""
    at_ns: int | None = None
    """Nanoseconds since the Unix epoch, UTC; `None` where unknown or on another clock."""
    grade: Grade = Grade.E1

    @property
    def order(self) -> tuple[int, int]:
        """Return the place of the fact in its session."""
        return (self.position, self.part)


class Folded(NamedTuple):
    """What one event says about the graph."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()


def combined(claims: Iterable[Node]) -> list[Node]:
    """Return one node per label and key, sorted by both.

    Where claims differ in a field, the smallest value stands, so that neither order nor repetition matters. Texts are compared by
    UTF-16 code units, as Neo4j does.
    """
    known: dict[tuple[str, str], dict[str, str | int | bool]] = {}
    for label, key, fields in claims:
        values = known.setdefault((label, key), {})
        for name, value in fields:
            held = values.get(name)
            if held is None or (value != held and _is_before(value, held)):
                values[name] = value
    return [Node(label, key, tuple(sorted(values.items()))) for (label, key), values in sorted(known.items())]


def _is_before(first: str | int, second: str | int) -> bool:
    if isinstance(first, str) and isinstance(second, str):
        return first.encode("utf-16-be", "surrogatepass") < second.encode("utf-16-be", "surrogatepass")
    # The schema gives a field one type, so the values of one field can be compared.
    return first < second  # type: ignore[operator]


def placed(edge: Edge) -> tuple[int, int, str, str, str, str, str, int]:
    """Return what edges are sorted by: their place in the session first, then everything that tells them apart."""
    return (*edge.order, edge.label, edge.source, edge.target, edge.fact, edge.grade, edge.at_ns or 0)


def distinct(edges: Iterable[Edge]) -> list[Edge]:
    """Return each edge once, sorted by its place; of several observations' times the earliest known one stands."""
    known: dict[Edge, int | None] = {}
    for edge in edges:
        bare = edge._replace(at_ns=None)
        times = [time for time in (edge.at_ns, known.get(bare)) if time is not None]
        known[bare] = min(times, default=None)
    return sorted((edge._replace(at_ns=time) for edge, time in known.items()), key=placed)
