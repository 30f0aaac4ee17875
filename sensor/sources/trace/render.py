"""Events → trace notation, so that `parse(render(events)) == events`."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sensor.event import (
    AgentHandedOver,
    AlertReceived,
    Answered,
    Author,
    ConnectionAccepted,
    ConnectionOpened,
    DatabaseQueried,
    DocumentRetrieved,
    Event,
    EventsLost,
    FileChanged,
    FileOpened,
    HttpRequested,
    HttpResponded,
    MemoryWritten,
    ModelResponded,
    NameResolved,
    Observed,
    PrivilegeUsed,
    ProcessExited,
    ProcessId,
    ProcessStarted,
    PromptSubmitted,
    SessionEnded,
    ToolCalled,
    ToolDeclaration,
    ToolReturned,
    ToolsDeclared,
)
from sensor.identity import DEFAULT_TENANT, session_key
from sensor.sources.trace import clock
from sensor.sources.trace.scan import ARGUMENT, WORD
from sensor.sources.trace.words import CHANGES, HINTS, RESERVED, SPEAKERS

_COMMON = ("tenant", "session", "position", "part", "at_ns", "source")
_KEY = re.compile(r"[0-9a-f]{32}")
_PROCESS = re.compile(r"process\[\d{1,18}@-?\d{1,18} on [^\s\]\"]+\]")
_KIND_WORDS = {kind: word for word, kind in SPEAKERS.items()}
_VERBS = {change: verb for verb, change in CHANGES.items()}
_ARGUMENT_KEYWORDS = ("as", "in", "with", "to", "for", "-")


def render(events: Iterable[Event], *, names: Iterable[str] = (), tenant: str = DEFAULT_TENANT) -> str:
    """Return the events as text, one statement each, in the order given.

    `names`: names of sessions; a key that `session_key("record", name)` made of one is written so. `tenant`: that of
    the reader, who is told only where an event has another.
    """
    keys = {session_key("record", name, tenant): name for name in names}
    rows: list[str] = []
    state: dict[str, Any] = {"tenant": tenant, "session": None, "source": "trace"}
    following: dict[str, int] = {}
    for event in events:
        if event.tenant != state["tenant"]:
            rows.append(f"tenant {word(event.tenant)}")
        if event.source != state["source"]:
            rows.append(f"source {argument(event.source)}")
        if event.session != state["session"]:
            rows.append(f"session {_session(event.session, keys)}")
        state = {"tenant": event.tenant, "session": event.session, "source": event.source}
        rows.append(_statement(event, following.get(event.session, 0)))
        following[event.session] = event.position + 1
    return "\n".join(rows) + "\n" if rows else ""


def word(text: str) -> str:
    """Return a name, bare if it can be."""
    return text if WORD.fullmatch(text) and text.isprintable() and text not in RESERVED else quoted(text)


def argument(text: str) -> str:
    """Return a path, address or command argument, bare if it can be."""
    bare = ARGUMENT.fullmatch(text) and text.isprintable() and text not in _ARGUMENT_KEYWORDS
    return text if bare and not text.startswith(":") and not text.endswith(":") else quoted(text)


def quoted(value: object) -> str:
    """Return JSON on one line that no terminal and no line splitter can misread."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)


def _session(key: str, names: Mapping[str, str]) -> str:
    if key in names:
        return quoted(names[key]) if names[key] == "-" or names[key].startswith("key:") else word(names[key])
    return f"key:{key}" if key else "-"


def _statement(event: Event, expected: int) -> str:
    at = clock.written(event.at_ns) if event.at_ns is not None else None
    place = "" if event.order == (expected, 0) else f"@{event.position}" + (f".{event.part}" if event.part else "")
    clause = CLAUSES.get(type(event), _any)(event) if _expressible(event) else _any(event)
    if event.at_ns is not None and at is None:
        clause = _any(event, "at_ns")
    return " ".join(filter(None, (at, place, clause)))


def _expressible(event: Event) -> bool:
    """Return whether the clause of its kind can hold the event; `event {...}` holds any."""
    if event.clock != "utc":
        return False
    if isinstance(event, AgentHandedOver):
        return event.to_session == "" or _KEY.fullmatch(event.to_session) is not None
    if isinstance(event, AlertReceived):
        return event.model_fields_set.isdisjoint(("level", "uid", "named", "trace_id", "tool_call"))
    if isinstance(event, ToolsDeclared):
        return all(isinstance(tool.input_schema, dict | None) for tool in event.tools)
    processes = (getattr(event, name, None) for name in ("process", "parent"))
    if not all(
        process is None or (_PROCESS.fullmatch(_process(process)) and process.boot_id.isprintable())
        for process in processes
    ):
        return False
    numbers = (getattr(event, name, None) for name in ("body_bytes", "rows", "count", "exit_code", "status"))
    return all(number is None or -(10**18) < number < 10**18 for number in numbers)


def _any(event: Event, *also: str) -> str:
    fields = json.loads(event.content)
    return "event " + quoted({name: value for name, value in fields.items() if name not in _COMMON or name in also})


def _extra(event: Observed, *names: str) -> str:
    """Return ` with {...}` for the named fields that are not at their default."""
    fields = event.model_dump(mode="json", include=set(names), exclude_defaults=True)
    return f" with {quoted(fields)}" if fields else ""


def _content(text: str) -> str:
    """Return `: TEXT` as bare text, an indented block or a quoted string, whichever reads back the same."""
    rows = text.split("\n")
    if not all(row.isprintable() for row in rows):
        return f": {quoted(text)}"
    if len(rows) > 1 and rows[0].strip() == rows[0].lstrip() != "" and rows[-1].strip() and not rows[0][0].isspace():
        if all(row.strip() or not row for row in rows):
            return ": |\n" + "\n".join(f"    {row}" if row else "" for row in rows)
        return f": {quoted(text)}"
    bare = len(rows) == 1 and text and text == text.strip() and text[0] != '"' and not text.endswith("|")
    return f": {text}" if bare else f": {quoted(text)}"


def _author(author: Author | None) -> str:
    if author is None:
        return ""
    return f" by {author.trust}" + (f" {quoted(author.id)}" if author.id is not None else "")


def _prompt(event: PromptSubmitted) -> str:
    principal = event.principal
    if event.role != "user":
        return f"{event.role}{_extra(event, 'principal')}{_content(event.text)}"
    if principal is None:
        return f"user{_content(event.text)}"
    identity = f" {quoted(principal.id)}" if principal.id is not None else ""
    return f"{_KIND_WORDS[principal.kind]}{identity}{_content(event.text)}"


def _reply(event: ModelResponded) -> str:
    extra = _extra(event, "calls", "model", "usage", "finish_reason", "response_id")
    return f"agent says{extra}{_content(event.text)}"


def _called(event: ToolCalled) -> str:
    call_id = f" as {word(event.call_id)}" if event.call_id is not None else ""
    server = f" on {word(event.server)}" if event.server is not None else ""
    return f"agent calls {word(event.name)}{_arguments(event.arguments)}{call_id}{server}"


def _arguments(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dict) and all(WORD.fullmatch(key) and key.isprintable() for key in value):
        return "(" + ", ".join(f"{key}={quoted(item)}" for key, item in value.items()) + ")"
    return f"({quoted(value)})"


def _returned(event: ToolReturned) -> str:
    call_id = "tool" if event.call_id is None else word(event.call_id)
    name = f" from {word(event.name)}" if event.name is not None else ""
    verb = "fails" if event.failed else "returns"
    return f"{call_id} {verb}{name}{_author(event.author)}{_content(event.text)}"


def _stored(event: DocumentRetrieved | MemoryWritten) -> str:
    verb = "retrieves" if isinstance(event, DocumentRetrieved) else "remembers"
    place = f" {quoted(event.place)}" if event.place is not None else ""
    author = _author(event.author) if isinstance(event, DocumentRetrieved) else ""
    return f"agent {verb}{place}{author}{_content(event.text)}"


def _declared(event: ToolsDeclared) -> str:
    return f"agent may use {', '.join(map(_tool, event.tools)) or 'nothing'}"


def _tool(tool: ToolDeclaration) -> str:
    hints = [hint for hint, (name, value) in HINTS.items() if getattr(tool, name) is value]
    parts = [word(tool.name) if tool.name != "nothing" else quoted(tool.name)]
    if hints:
        parts.append(f"({', '.join(hints)})")
    if tool.description:
        parts.append(quoted(tool.description))
    if tool.input_schema is not None:
        parts.append(quoted(tool.input_schema))
    return " ".join(parts)


def _ended(event: SessionEnded) -> str:
    return "end" + (_content(event.reason) if event.reason else "")


def _handed(event: AgentHandedOver) -> str:
    return f"agent hands over to {_session(event.to_session, {})}" + (_content(event.text) if event.text else "")


def _process(process: ProcessId, name: str = "process") -> str:
    return f"{name}[{process.pid}@{process.started_ns} on {process.boot_id}]"


def _started(event: ProcessStarted) -> str:
    argv = event.argv[1:] if event.argv[:1] == (event.executable,) else ()
    parent = "-" if event.parent is None else _process(event.parent)
    words = " ".join(map(argument, (event.executable, *argv)))
    cwd = f" in {argument(event.cwd)}" if event.cwd is not None else ""
    extra = _extra(event, "cgroup", "namespaces")
    if event.argv != (event.executable, *argv):
        return _any(event)
    return f"{parent} starts {words} as {_process(event.process)}{cwd}{extra}"


def _exited(event: ProcessExited) -> str:
    return f"{_process(event.process)} exits" + (f" {event.exit_code}" if event.exit_code is not None else "")


def _opened(event: FileOpened) -> str:
    return f"{_process(event.process)} opens {argument(event.path)}" + (" for writing" if event.for_writing else "")


def _changed(event: FileChanged) -> str:
    to_path = f" to {argument(event.to_path)}" if event.to_path is not None else ""
    return f"{_process(event.process)} {_VERBS[event.change]} {argument(event.path)}{to_path}"


def _connected(event: ConnectionOpened | ConnectionAccepted) -> str:
    verb = "connects" if isinstance(event, ConnectionOpened) else "accepts"
    return f"{_process(event.process)} {verb} {argument(event.remote)}"


def _resolved(event: NameResolved) -> str:
    addresses = " ".join(map(argument, event.addresses))
    return f"{_process(event.process)} resolves {argument(event.name)}" + (f" to {addresses}" if addresses else "")


def _used(event: PrivilegeUsed) -> str:
    words = " ".join((_process(event.process), "uses", *map(argument, (event.syscall, *event.arguments))))
    return words + _extra(event, "error")


def _alert(event: AlertReceived) -> str:
    head = f"alert {word(event.product)} {word(event.severity)} {quoted(event.rule)}"
    return head + (_content(event.text) if event.text else "")


def _lost(event: EventsLost) -> str:
    return f"lost {event.count} events at {argument(event.where)}{_extra(event, 'since_ns')}"


def _http(event: HttpRequested | HttpResponded) -> str:
    if isinstance(event, HttpResponded):
        subject = str(event.status)
    else:
        method = word(event.method) if event.method[:1].isalpha() else quoted(event.method)
        subject = f"{method} {argument(event.url)}"
    size = f" {event.body_bytes} bytes" if event.body_bytes is not None else ""
    return f"http {subject}{size}" + (_content(event.body) if event.body is not None else "")


def _queried(event: DatabaseQueried) -> str:
    rows = f" {event.rows} rows" if event.rows is not None else ""
    return f"database {word(event.system)}{rows}{_content(event.statement)}"


CLAUSES: dict[type[Observed], Callable[[Any], str]] = {
    PromptSubmitted: _prompt, ModelResponded: _reply, ToolCalled: _called, ToolReturned: _returned,
    DocumentRetrieved: _stored, MemoryWritten: _stored, ToolsDeclared: _declared, AgentHandedOver: _handed,
    SessionEnded: _ended, Answered: lambda event: f"agent answers{_content(event.text)}",
    ProcessStarted: _started, ProcessExited: _exited, FileOpened: _opened, FileChanged: _changed,
    ConnectionOpened: _connected, ConnectionAccepted: _connected, NameResolved: _resolved, PrivilegeUsed: _used,
    HttpRequested: _http, HttpResponded: _http, DatabaseQueried: _queried, AlertReceived: _alert, EventsLost: _lost,
}  # fmt: skip
