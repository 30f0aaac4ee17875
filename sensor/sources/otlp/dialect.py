"""How a dialect of telemetry is described: names of attributes, in the order in which they are looked at."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, cast

from pydantic import JsonValue

Kind = Literal["model", "tool", "agent", "retrieval", "memory", "offer"]
Names = tuple[str, ...]


@dataclass(frozen=True)
class Dialect:
    """One family of instrumentations. Each field lists attributes that may hold the value; the first that does wins."""

    name: str
    source: str
    """Where the names are defined."""
    tells: Names
    """Attributes, or prefixes of them, of which a span of this dialect has one."""
    kind: Names = ()
    """Attributes whose value says what kind of span it is."""
    kinds: Mapping[str, Kind | None] = field(default_factory=dict)
    """Value of those attributes → kind; `None` for spans that tell nothing of the conversation."""
    when: tuple[tuple[str, Kind], ...] = ()
    """Where no such attribute is: the presence of an attribute (or prefix) → kind, first match."""
    conversation: Names = ()
    system: Names = ()
    input: Names = ()
    """Message list, or any input; a name that ends in `.N` stands for attributes that are numbered from 0."""
    output: Names = ()
    calls: Names = ()
    """Calls that the reply asks for, where they are kept apart from its text."""
    tools: Names = ()
    model: Names = ()
    response_id: Names = ()
    previous: Names = ()
    finish: Names = ()
    input_tokens: Names = ()
    output_tokens: Names = ()
    tool_name: Names = ()
    tool_call_id: Names = ()
    tool_arguments: Names = ()
    tool_result: Names = ()
    server: Names = ()
    agent: Names = ()
    documents: Names = ()
    memory: Names = ()
    place: Names = ()

    @property
    def known(self) -> frozenset[str]:
        """Return all attributes that the dialect names, numbered ones without their number."""
        listed = (
            getattr(self, one.name) for one in fields(self) if one.name not in ("name", "source", "kinds", "when")
        )
        return frozenset(name.removesuffix(".N") for names in listed for name in names)


class Attributes:
    """The attributes of one span, by name or by the beginning of one."""

    def __init__(self, values: Mapping[str, JsonValue]) -> None:
        self.values = values
        self.names = sorted(values)

    def holds(self, name: str) -> bool:
        """Return whether an attribute has this name, or one that goes on behind it with a dot."""
        if name in self.values:
            return True
        beginning = name + "."
        at = bisect_left(self.names, beginning)
        return at < len(self.names) and self.names[at].startswith(beginning)

    def numbered(self, name: str) -> list[JsonValue]:
        """Return the list that attributes such as `name.0.role` spell, nested lists and objects included.

        Wrong numbers leave no holes: elements come in the order of their numbers.
        """
        tree = _Branch()
        beginning = name + "."
        for one in self._under(beginning):
            _plant(tree, one[len(beginning) :].split(".")[:24], self.values[one])
        return [_grown(tree[key]) for key in sorted(filter(_is_number, tree), key=int)]

    def _under(self, beginning: str) -> Iterator[str]:
        for number in range(bisect_left(self.names, beginning), len(self.names)):
            name = self.names[number]
            if not name.startswith(beginning):
                return
            yield name


class _Branch(dict[str, object]):
    """What lies under a name; everything else in the tree is a value."""

    __slots__ = ()


def _is_number(step: str) -> bool:
    return len(step) <= 4 and step.isdecimal()


def _plant(tree: _Branch, path: list[str], value: JsonValue) -> None:
    for step in path[:-1]:
        inner = tree.get(step)
        if inner is None:
            inner = tree[step] = _Branch()
        elif not isinstance(inner, _Branch):  # `a.0` and `a.0.b` cannot both be
            return
        tree = inner
    tree.setdefault(path[-1], value)


def _grown(node: object) -> JsonValue:
    if not isinstance(node, _Branch):
        return cast("JsonValue", node)
    if all(map(_is_number, node)):
        return [_grown(node[key]) for key in sorted(node, key=int)]
    return {key: _grown(inner) for key, inner in node.items()}
