"""Write `docs/reference/graph.md` from the schema: `python -m graph.reference docs/reference/graph.md`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from graph.schema import EDGES, GRADES, NODES, EdgeKind, NodeKind


def page() -> str:
    """Return the reference page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The graph"
    yield ""
    yield "Made by `make reference` from `graph/schema.py`; not to be edited."
    yield ""
    yield "## Grades of evidence"
    yield ""
    yield "| grade | what proves the link | a story says | may it alert? |"
    yield "| --- | --- | --- | --- |"
    for row in GRADES.values():
        verbs = ", ".join(f'"{verb}"' for verb in row.verbs)
        yield f"| {row.grade} | {row.proof} | {verbs} | {row.alerts} |"
    yield ""
    yield "## Nodes"
    for node in NODES:
        yield from _node(node)
    yield ""
    yield "## Edges"
    yield ""
    yield "Each carries its place in the session, the time where known, the fact that proves it, and its grade."
    yield "Edges not marked *derived* are folded from one event and are E1; the correlator concludes the others."
    yield "Influence passes along the edges marked *flow*."
    yield ""
    yield "| edge | from | to | | meaning |"
    yield "| --- | --- | --- | --- | --- |"
    for edge in EDGES:
        yield _edge(edge)


def _node(kind: NodeKind) -> Iterator[str]:
    yield ""
    yield f"### {kind.label}"
    yield ""
    yield kind.doc
    yield ""
    yield f"Key: {', '.join(kind.key)}."
    if kind.fields:
        yield ""
    for field in kind.fields:
        yield f"- `{field.name}` ({field.form}): {field.doc}"


def _edge(kind: EdgeKind) -> str:
    ends = (", ".join(end.label for end in side) for side in (kind.sources, kind.targets))
    marks = ", ".join(name for name, on in (("derived", kind.derived), ("flow", kind.flow)) if on)
    return f"| {kind.label} | {' | '.join(ends)} | {marks} | {kind.doc} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
