"""`clew graph show SESSION`: nodes and edges as text, JSON or DOT; and Neo4j brought up to date, or made again."""

from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from correlator.cli.verb import Run, verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

    from graph.parts import Node
    from graph.store import Projection
    from graph.subgraph import Subgraph

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Show the provenance graph of a session, and keep it in Neo4j.",
)


class Form(StrEnum):
    """Formats of a graph."""

    TEXT = "text"
    JSON = "json"
    DOT = "dot"


@app.callback()
def group() -> None:
    """Show the provenance graph of a session, and keep it in Neo4j."""


@app.command()
@verb
def show(
    run: Run,
    session: Annotated[str, typer.Argument(help="Key, or its beginning.", metavar="SESSION")],
    form: Annotated[Form, typer.Option("--format", help="How to write it.")] = Form.TEXT,
) -> None:
    """Show the nodes and edges of a session, in its order."""
    from correlator.cli.desk import opened

    settings = run.settings()
    with opened(settings) as desk:
        record = desk.casebook.session(settings.tenant, session)
        graph = desk.graph.subgraph(record.key, tenant=settings.tenant)
    if run.json or form is Form.JSON:
        run.data(_data(record.key, graph))
    elif form is Form.DOT:
        run.out(_dot(graph))
    else:
        run.out(_text(graph, run.width))


@app.command()
@verb
def project(run: Run) -> None:
    """Bring the graph in Neo4j up to the end of the event log."""
    with _projection(run) as projection:
        run.say(f"{projection.project()} entries of the event log were projected")


@app.command()
@verb
def rebuild(run: Run) -> None:
    """Empty the graph in Neo4j and project the whole event log again. Nothing is lost: the log has everything."""
    with _projection(run) as projection:
        run.say(f"{projection.rebuild()} entries of the event log were projected")


@contextmanager
def _projection(run: Run) -> "Iterator[Projection]":
    """Give the store, where it is one whose graph is projected."""
    from correlator.wiring import open_graph
    from graph.store import Projection

    store = open_graph(run.settings())
    try:
        if not isinstance(store, Projection):
            raise typer.BadParameter("only the store neo4j is projected: set CLEW_BACKEND=neo4j and CLEW_NEO4J")
        yield store
    finally:
        store.close()


def _data(key: str, graph: "Subgraph") -> "JsonValue":
    return {
        "session": key,
        "nodes": [{"key": node.key, "label": node.label, "fields": dict(node.fields)} for node in graph.nodes()],
        "edges": [
            {
                "label": edge.label, "source": edge.source, "target": edge.target, "position": edge.position,
                "part": edge.part, "fact": edge.fact, "at_ns": edge.at_ns, "grade": str(edge.grade),
            }
            for edge in graph.edges()
        ],
    }  # fmt: skip


def _text(graph: "Subgraph", width: int) -> str:
    from correlator.cli.table import table

    names = {node.key: _name(node) for node in graph.nodes()}
    nodes = table(
        ("node", "kind", "what"), [(node.key[:8], node.label, _fields(node)) for node in graph.nodes()], width
    )
    edges = table(
        ("step", "from", "edge", "to", "grade"),
        [
            (f"[{edge.position}]", names.get(edge.source, ""), edge.label, names.get(edge.target, ""),
             str(edge.grade))
            for edge in graph.edges()
        ],
        width,
    )  # fmt: skip
    return f"{nodes}\n{edges}"


def _dot(graph: "Subgraph") -> str:
    lines = ["digraph session {", "  rankdir=LR; node [shape=box];"]
    lines += [f"  {_quoted(node.key)} [label={_quoted(_name(node))}];" for node in graph.nodes()]
    lines += [
        f"  {_quoted(edge.source)} -> {_quoted(edge.target)} [label={_quoted(f'{edge.label} [{edge.position}]')}];"
        for edge in graph.edges()
    ]
    return "\n".join((*lines, "}")) + "\n"


def _quoted(text: str) -> str:
    from correlator.render.escape import terminal as safe

    return '"' + safe(text, 120).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _name(node: "Node") -> str:
    known = node.get("name") or node.get("kind") or node.get("role") or node.get("reason") or node.key[:8]
    return f"{node.label or 'beyond'} {known}"


def _fields(node: "Node") -> str:
    return ", ".join(f"{name}={value}" for name, value in node.fields)
