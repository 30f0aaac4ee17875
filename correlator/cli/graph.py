"""`clew graph`: the graph of a session as text, JSON or DOT; and Neo4j: brought up to date, made again, asked, made at home in."""

from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from correlator.cli.verb import Run, verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

    from correlator.casebook import Casebook
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
    """Bring the graph in Neo4j up to the end of the event log, and to the stories."""
    from correlator.following import follow

    with _projected(run) as (graph, casebook):
        run.say(f"{follow(graph, casebook)} entries of the event log, and stories, were projected")


@app.command()
@verb
def rebuild(run: Run) -> None:
    """Empty the graph in Neo4j and project all again. Nothing is lost: event log and casebook have everything."""
    from correlator.following import follow

    with _projected(run) as (graph, casebook):
        done = graph.rebuild()
        run.say(f"{done + follow(graph, casebook)} entries of the event log, and stories, were projected")


@app.command()
@verb
def queries(run: Run) -> None:
    """List the questions that `ask` answers."""
    from correlator.cli.table import table
    from graph import queries as pack

    found = pack.queries()
    if run.json:
        run.data([
            {"name": one.name, "folder": one.folder, "title": one.title, "doc": one.doc, "parameters": list(one.parameters),
             "columns": list(one.columns), "cypher": one.text}
            for one in found
        ])  # fmt: skip
        return
    rows = [(one.name, ", ".join(pack.needed(one)), one.title) for one in found]
    run.out(table(("query", "needs", "question"), rows, run.width))


@app.command()
@verb
def ask(
    run: Run,
    name: Annotated[str, typer.Argument(help="As `clew graph queries` lists it.", metavar="QUERY")],
    values: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter; may be given several times.", metavar="NAME=VALUE")
    ] = None,
) -> None:
    """Ask the graph in Neo4j one of the questions of `clew graph queries`. It only reads."""
    from correlator.cli.table import table
    from graph import queries as pack
    from graph.errors import QueryUnusable

    query = pack.query(name)
    if query is None:
        raise typer.BadParameter(f"there is no query {name!r}; `clew graph queries` lists them", param_hint="QUERY")
    given = {value.partition("=")[0]: value.partition("=")[2] for value in values or ()}
    try:
        asked = pack.values(query, {"tenant": run.settings().tenant} | given)
    except QueryUnusable as error:
        raise typer.BadParameter(str(error), param_hint="--set") from error
    with _projected(run) as (graph, _):
        rows = graph.ask(query.text, asked)
    if run.json or not query.columns:
        run.data([*rows])
    elif rows:
        cells = [[_cell(row[column]) for column in query.columns] for row in rows]
        run.out(table(query.columns, cells, run.width))
    else:
        run.say("nothing was found")


@app.command("browser-pack")
@verb
def browser_pack(
    run: Run,
    to: Annotated[Path, typer.Argument(help="Folder; it is made if it is not there.", metavar="FOLDER")],
) -> None:
    """Write what Neo4j Browser imports: the questions as saved queries, a style, and a guide."""
    from graph import browser
    from graph import queries as pack

    to.mkdir(parents=True, exist_ok=True)
    for name, content in browser.pack(pack.queries(), run.settings().tenant).items():
        (to / name).write_bytes(content)
        run.say(f"{to / name}: {browser.USES[name]}")


@contextmanager
def _projected(run: Run) -> "Iterator[tuple[Projection, Casebook]]":
    """Give the store, where it is one whose graph is projected, and the casebook."""
    from correlator.cli.desk import opened
    from correlator.collector import settle_memory
    from graph.store import Projection

    settle_memory()
    with opened(run.settings()) as desk:
        if not isinstance(desk.graph, Projection):
            raise typer.BadParameter("only the store neo4j is projected: set CLEW_BACKEND=neo4j and CLEW_NEO4J")
        yield desk.graph, desk.casebook


def _cell(value: "JsonValue") -> str:
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    return "" if value is None else str(value)


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
