"""How a dialect of telemetry is described: names of attributes, in the order in which they are looked at."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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


_NUMBER = re.compile(r"\d{1,4}")


def numbered(attributes: Mapping[str, JsonValue], prefix: str) -> list[JsonValue]:
    """Return the list that attributes such as `prefix.0.role` spell, nested lists and objects included.

    Wrong numbers leave no holes: elements come in the order of their numbers.
    """
    tree: dict[str, object] = {}
    for name, value in attributes.items():
        if name.startswith(prefix + "."):
            _plant(tree, name[len(prefix) + 1 :].split(".")[:24], value)
    return [_grown(tree[key]) for key in sorted(filter(_NUMBER.fullmatch, tree), key=int)]


def _plant(tree: dict[str, object], path: list[str], value: JsonValue) -> None:
    for step in path[:-1]:
        inner = tree.setdefault(step, {})
        if not isinstance(inner, dict):  # `a.0` and `a.0.b` cannot both be
            return
        tree = inner
    tree.setdefault(path[-1], _Leaf(value))


@dataclass(frozen=True, slots=True)
class _Leaf:
    value: JsonValue


def _grown(node: object) -> JsonValue:
    if isinstance(node, _Leaf):
        return node.value
    if not isinstance(node, dict):
        return None
    if node and all(map(_NUMBER.fullmatch, node)):
        return [_grown(node[key]) for key in sorted(node, key=int)]
    return {str(key): _grown(inner) for key, inner in node.items()}
