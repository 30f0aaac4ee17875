"""Questions that hunters ask of the graph in Neo4j, one file of Cypher each; they only read.

A file begins with comments: the question, an empty line, what the answer is, an empty line, and its folder, its parameters
(`PARAMETERS`) and its columns, or `graph` where it returns nodes and edges. What follows is the query.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from graph.errors import QueryUnusable


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a query asks for."""

    usual: str | int
    """What it is where nobody says; of the type that it has."""
    doc: str
    is_needed: bool = False
    """Whether there is no usual value: the query finds nothing without."""


PARAMETERS: Mapping[str, Parameter] = {
    "tenant": Parameter("local", "Whose graph."),
    "limit": Parameter(100, "Rows at most."),
    "since_ns": Parameter(0, "Nanoseconds since the Unix epoch, UTC."),
    "story": Parameter("", "Id of a story, as `clew story list` has it.", is_needed=True),
    "session": Parameter("", "Key of a session.", is_needed=True),
    "place": Parameter("", "Where content is kept or who gave it out: URL, path, tool.", is_needed=True),
    "author": Parameter("", "Who wrote content.", is_needed=True),
    "path": Parameter("", "Path of a file.", is_needed=True),
    "part": Parameter(".aws/credentials", "Part of a path."),
    "host": Parameter("", "Host, or address and port.", is_needed=True),
}


@dataclass(frozen=True, slots=True)
class Query:
    """One question."""

    name: str
    title: str
    doc: str
    folder: str
    parameters: tuple[str, ...]
    columns: tuple[str, ...]
    """Empty where it returns a graph."""
    text: str
    """Cypher, without the comments."""

    @property
    def file(self) -> str:
        """Return it as Neo4j Browser keeps it: the first line is its title."""
        needed = ", ".join(f"{name} ({PARAMETERS[name].doc.rstrip('.')})" for name in self.parameters)
        return f"// {self.title}\n// {self.doc}\n// Parameters: {needed}; `:params` shows what they are.\n{self.text}"


@cache
def queries() -> tuple[Query, ...]:
    """Return all, by folder and name."""
    found = [_read(one.name.removesuffix(".cypher"), one.read_text("utf-8")) for one in files(__name__).iterdir()
             if one.name.endswith(".cypher")]  # fmt: skip
    return tuple(sorted(found, key=lambda query: (query.folder, query.name)))


def query(name: str) -> Query | None:
    """Return the query of a name."""
    return next((one for one in queries() if one.name == name), None)


def needed(one: Query) -> tuple[str, ...]:
    """Return the parameters of a query that have no usual value."""
    return tuple(name for name in one.parameters if PARAMETERS[name].is_needed)


def values(one: Query, given: Mapping[str, str]) -> dict[str, str | int]:
    """Return the values of a query's parameters, of their types. Raises `QueryUnusable`."""
    if missing := [name for name in needed(one) if not given.get(name)]:
        raise QueryUnusable(f"{one.name} needs {', '.join(missing)}: {PARAMETERS[missing[0]].doc}")
    if unknown := sorted(given.keys() - set(one.parameters)):
        raise QueryUnusable(f"{one.name} has no parameter {unknown[0]!r}; it has {', '.join(one.parameters)}")
    return {name: _value(name, given[name]) if name in given else PARAMETERS[name].usual for name in one.parameters}


def _value(name: str, given: str) -> str | int:
    if isinstance(PARAMETERS[name].usual, str):
        return given
    if not _NUMBER.fullmatch(given):
        raise QueryUnusable(f"{name} is a number, not {given[:40]!r}")
    return int(given)


_NUMBER = re.compile(r"[0-9]{1,18}")
_FILE = re.compile(
    r"// (?P<title>.+)\n//\n(?P<doc>(?:// .+\n)+)//\n// folder: (?P<folder>.+)\n// parameters: (?P<parameters>.+)\n"
    r"// returns: (?P<columns>.+)\n(?P<text>(?:[^/].*\n)+)"
)


def _read(name: str, file: str) -> Query:
    found = _FILE.fullmatch(file)
    if found is None:
        raise ValueError(f"graph/queries/{name}.cypher is not of the form that graph/queries/__init__.py says")
    doc = " ".join(line.removeprefix("// ") for line in found["doc"].splitlines())
    columns = () if found["columns"] == "graph" else tuple(found["columns"].split(", "))
    return Query(
        name, found["title"], doc, found["folder"], tuple(found["parameters"].split(", ")), columns, found["text"]
    )
