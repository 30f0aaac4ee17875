"""Write `docs/reference/queries.md` from the files: `python -m graph.queries.reference docs/reference/queries.md`."""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from graph.queries import PARAMETERS, queries


def page() -> str:
    """Return the reference page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from ("# Questions to the graph", "", "Made by `make reference` from `graph/queries/`; not to be edited.", "")
    yield from (
        "`clew graph ask QUERY --set NAME=VALUE` asks one; `clew graph browser-pack FOLDER` writes them for Neo4j Browser.",
        "",
    )
    yield from ("| parameter | usual | |", "| --- | --- | --- |")
    for name, one in PARAMETERS.items():
        yield f"| `{name}` | {'' if one.is_needed else f'`{one.usual}`'} | {one.doc} |"
    for folder, some in groupby(queries(), key=lambda query: query.folder):
        yield from ("", f"## {folder}")
        for query in some:
            columns = ", ".join(query.columns) or "a graph"
            yield from ("", f"### {query.title}", "", f"`{query.name}`: {query.doc}", "")
            yield f"Parameters: {', '.join(query.parameters)}. Returns {columns}."
            yield from ("", "```cypher", query.text.rstrip(), "```")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
