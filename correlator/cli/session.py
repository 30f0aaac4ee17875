"""`clew session list|show`: what was read."""

from typing import TYPE_CHECKING, Annotated

import typer

from correlator.cli.verb import Run, verb

if TYPE_CHECKING:
    from pydantic import JsonValue

    from correlator.casebook import SessionRecord, Teaching
    from sensor.event import Event

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="List sessions, or show one.")
SHORT = 12
"""Characters of a key in a list."""


@app.command("list")
@verb
def list_(run: Run) -> None:
    """List the sessions, earliest first; those without times come last."""
    from correlator.casebook.learning import teachings
    from correlator.cli.desk import opened_casebook
    from correlator.cli.table import table
    from correlator.render.times import moment

    settings = run.settings()
    with opened_casebook(settings) as casebook:
        sessions = casebook.sessions(settings.tenant)
        taught = teachings(casebook, settings.tenant, idle_minutes=settings.idle_minutes)
        stories: dict[str, int] = {}
        for record in casebook.stories(settings.tenant):
            stories[record.story.session] = stories.get(record.story.session, 0) + 1
    if run.json:
        run.data([_data(one, taught[one.key], stories.get(one.key, 0)) for one in sessions])
        return
    if not sessions:
        run.say("No sessions. `clew replay FILE` reads a recorded one.")
        return
    rows = [
        (
            one.key[:SHORT], moment(one.first_ns, local=settings.local), str(one.events), str(one.effects),
            str(stories.get(one.key, 0)), _state(one, taught[one.key]), one.workload, one.source,
        )
        for one in sessions
    ]  # fmt: skip
    headings = ("session", "first event", "events", "effects", "stories", "state", "workload", "source")
    run.out(table(headings, rows, run.width))


@app.command()
@verb
def show(run: Run, session: Annotated[str, typer.Argument(help="Key, or its beginning.", metavar="SESSION")]) -> None:
    """Show a session step by step."""
    from correlator.cli.desk import opened
    from correlator.cli.table import table
    from correlator.render.times import moment
    from sensor.event import in_order

    settings = run.settings()
    with opened(settings) as desk:
        record = desk.casebook.session(settings.tenant, session)
        events = in_order(desk.graph.events(record.key, tenant=settings.tenant))
    # A reply and the calls it asks for have one place; the reply reads better first.
    events.sort(key=lambda event: (event.order, event.kind in ("tool_called", "answered")))
    if run.json:
        run.data({"session": record.key, "events": [event.model_dump(mode="json") for event in events]})
        return
    rows = [
        (f"[{event.position}]", moment(event.at_ns, local=settings.local), event.kind.replace("_", " "), _what(event))
        for event in events
    ]
    run.out(table(("step", "time", "event", "what"), rows, run.width))


def _state(one: "SessionRecord", teaching: "Teaching") -> str:
    state = "waiting" if one.waiting else "closed" if teaching.closed else "open"
    return f"{state}, teaches" if teaching.taught else state


def _data(one: "SessionRecord", teaching: "Teaching", stories: int) -> "JsonValue":
    return {
        "session": one.key, "tenant": one.tenant, "workload": one.workload, "source": one.source,
        "first_ns": one.first_ns, "last_ns": one.last_ns, "events": one.events, "effects": one.effects,
        "stories": stories, "waiting": one.waiting, "closed": teaching.closed, "taught": teaching.taught,
    }  # fmt: skip


def _what(event: "Event") -> str:
    """Return the words of an event in one line, unescaped."""
    import json

    name = getattr(event, "name", None) or getattr(event, "role", None) or ""
    if event.kind == "tool_called":
        return f"{name} {json.dumps(event.arguments, ensure_ascii=False)}"
    if event.kind == "model_responded":
        asked = ", ".join(call.name for call in event.calls)
        return f"{event.text} → {asked}" if asked else event.text
    if event.kind == "tools_declared":
        return ", ".join(tool.name for tool in event.tools)
    if event.kind == "http_requested":
        return f"{event.method} {event.url}"
    if event.kind == "http_responded":
        return str(event.status)
    if event.kind == "database_queried":
        return f"{event.system}: {event.statement}"
    text = str(getattr(event, "text", None) or getattr(event, "reason", ""))
    return f"{name}: {text}" if name else text
