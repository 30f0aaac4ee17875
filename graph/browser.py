"""What Neo4j Browser imports: saved queries, a style, and a guide. Pure.

Both generations of it are served (shared/reference/ux.md, 3): the older one takes a zip of files by drag and drop, the newer one
the table that it exports itself, or the same zip; both take GraSS; the guide is AsciiDoc for the newer and HTML for the older one.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

from graph.queries import PARAMETERS, Query
from graph.schema import EDGES, NODES, EdgeKind, NodeKind

_NEVER = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: the same queries make the same file."""
_COLOURS = {
    "Story": "#7B4EA3", "Chain": "#A480C4", "Campaign": "#C9B3DD", "Session": "#2F6690", "Agent": "#2F6690",
    "Prompt": "#81A4CD", "Decision": "#81A4CD", "ToolCall": "#F2A541", "Tool": "#F7CD8F", "McpServer": "#F7CD8F",
    "Content": "#6BA292", "Process": "#5C6B73", "File": "#9DB4C0", "Credential": "#C97B63", "Resource": "#9DB4C0",
    "Endpoint": "#C97B63", "Principal": "#3A7D44", "Signal": "#E0C24B", "Alert": "#E0C24B", "Gap": "#BBBBBB",
}  # fmt: skip
"""By what a thing is, not by how bad it is: red is nobody's but a verdict's."""
_OTHER = "#A5ABB6"
_LARGE = {"Story": 80, "Session": 60}
_CAPTIONS = ("title", "name", "path", "executable", "place", "session", "rule", "reason", "role", "id", "kind")
"""What a node is called by, the first that it has."""


def style() -> str:
    """Return the style (GraSS)."""
    return "\n".join((*map(_node_style, NODES), *map(_edge_style, EDGES)))


def _node_style(kind: NodeKind) -> str:
    names = [field.name for field in kind.fields]
    caption = "session" if kind.label == "Session" else next((name for name in _CAPTIONS if name in names), None)
    shown = f'"{{{caption}}}"' if caption else f'"{kind.label}"'
    return (
        f"node.{kind.label} {{ color: {_COLOURS.get(kind.label, _OTHER)}; border-color: #4A4A4A; border-width: 2px; "
        f"text-color-internal: #FFFFFF; diameter: {_LARGE.get(kind.label, 50)}px; font-size: 10px; caption: {shown}; }}"
    )


def _edge_style(kind: EdgeKind) -> str:
    width = 4 if kind.derived and kind.flow else 2 if kind.flow else 1
    return (
        f"relationship.{kind.label} {{ color: {'#4A4A4A' if kind.flow else '#BBBBBB'}; shaft-width: {width}px; "
        f'font-size: 8px; caption: "<type>"; }}'
    )


def favorites(queries: Sequence[Query]) -> bytes:
    """Return the zip with a file for each query, in folders."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for query in queries:
            archive.writestr(zipfile.ZipInfo(f"Clew {query.folder}/{query.name}.cypher", _NEVER), query.file)
    return packed.getvalue()


def saved(queries: Sequence[Query]) -> str:
    """Return the table of saved queries: `name,description,query,id,parentId,isFolder`."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(("name", "description", "query", "id", "parentId", "isFolder"))
    number = 0
    for folder, some in groupby(queries, key=lambda query: query.folder):
        parent, number = number, number + 1
        rows.writerow((f"Clew {folder}", "", "", parent, "", "true"))
        for query in some:
            rows.writerow((query.title, query.doc, query.file, number, parent, "false"))
            number += 1
    return table.getvalue()


def parameters(given: Mapping[str, str | int]) -> str:
    """Return the command that sets all parameters: what is given, and what is usual."""
    values = {name: given.get(name, one.usual) for name, one in PARAMETERS.items()}
    return f":params {json.dumps(values, ensure_ascii=False)}"


def guide(queries: Sequence[Query], tenant: str) -> str:
    """Return the guide as AsciiDoc, for the newer Browser."""
    return "\n".join(_asciidoc(queries, tenant)) + "\n"


def _asciidoc(queries: Sequence[Query], tenant: str) -> Iterator[str]:
    yield from ("= Clew", "", "== Begin", "", 'Set the parameters once; change one with `:param story => "v1:…"`.', "")
    yield from ("[source,cypher]", "----", parameters({"tenant": tenant}), "----", "")
    for folder, some in groupby(queries, key=lambda query: query.folder):
        yield from (f"== {folder}", "")
        for query in some:
            yield from (
                f"=== {query.title}",
                "",
                query.doc,
                "",
                "[source,cypher]",
                "----",
                query.text.rstrip(),
                "----",
                "",
            )


def page(queries: Sequence[Query], tenant: str) -> str:
    """Return the guide as HTML, for the older Browser (`:play`)."""
    return "\n".join(_html(queries, tenant)) + "\n"


def _html(queries: Sequence[Query], tenant: str) -> Iterator[str]:
    yield '<article class="guide"><carousel class="deck container-fluid">'
    yield f"<slide><h3>Clew</h3><p>Set the parameters once.</p>{_runnable(parameters({'tenant': tenant}))}</slide>"
    for folder, some in groupby(queries, key=lambda query: query.folder):
        yield f"<slide><h3>{escape(folder)}</h3>"
        for query in some:
            yield f"<h4>{escape(query.title)}</h4><p>{escape(query.doc)}</p>{_runnable(query.text.rstrip())}"
        yield "</slide>"
    yield "</carousel></article>"


def _runnable(text: str) -> str:
    return f'<figure><pre class="code runnable">{escape(text)}</pre></figure>'


USES = {
    "favorites.zip": "saved queries for either Browser: drop it into the window, or import it in the panel of saved Cypher",
    "saved_cypher.csv": "the same for the newer Browser, with descriptions",
    "clew.grass": "style: drop it into the window, or import it in the panel of styles",
    "clew.adoc": "guide for the newer Browser",
    "clew.html": "guide for the older Browser: `:play` with its address",
}
"""File → what is done with it."""


def pack(queries: Sequence[Query], tenant: str) -> dict[str, bytes]:
    """Return the files of the pack by name; `tenant`: whose graph the guide begins with."""
    texts = {
        "saved_cypher.csv": saved(queries), "clew.grass": style(), "clew.adoc": guide(queries, tenant),
        "clew.html": page(queries, tenant),
    }  # fmt: skip
    return {"favorites.zip": favorites(queries)} | {name: text.encode() for name, text in texts.items()}
