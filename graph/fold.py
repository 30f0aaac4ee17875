"""Fold an event into the graph: what one observation says about nodes and edges, and nothing more.

`fold` is pure and knows no other event. That is why arrival order and repetition cannot matter: facts that belong
together meet in a key that both can compute, such as a tool-call id. All edges made here are structure, proven by
an exact key (E1). What needs two events or a judgement is derived by the correlator.

Keys: a node that stands for a fact of a session has the fact's key, which holds the session's and with it the
tenant; all others hold the tenant. Busy things (a tool, a model, an endpoint) are one node per session, or per day
where the session is not known, so that no node's degree grows with the installation.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from graph.parts import Edge, Fields, Folded, Node
from graph.schema import (
    ACCEPTED,
    ACCESSED,
    ALERT,
    BECAME,
    CHANGED,
    CONNECTED,
    CONTAINS,
    CONTENT,
    DECISION,
    DECLARED,
    DESCRIBES,
    ENDPOINT,
    EXERCISED,
    FILE,
    GAP,
    HANDED_TO,
    LOOKED_UP,
    MADE_BY,
    MCP_SERVER,
    MODEL,
    OF_TOOL,
    OFFERED_BY,
    PRINCIPAL,
    PROCESS,
    PROMPT,
    READ,
    REQUESTED,
    RESOLVED_TO,
    RESOURCE,
    RETURNED,
    SERVED_AT,
    SESSION,
    STARTED,
    SUBMITTED,
    TOOL,
    TOOL_CALL,
    WROTE,
    EdgeKind,
    NodeKind,
)
from sensor.event import (
    AgentHandedOver,
    AlertReceived,
    Answered,
    Author,
    CaptureStatus,
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
    InputWritten,
    MemoryWritten,
    ModelResponded,
    NameResolved,
    OpenRefused,
    OutputWritten,
    Principal,
    PrivilegeUsed,
    ProcessExited,
    ProcessId,
    ProcessStarted,
    PromptSubmitted,
    SensitiveSent,
    SessionEnded,
    ToolCalled,
    ToolReturned,
    ToolsDeclared,
    ToolServed,
    Unparsed,
)
from sensor.identity import DEFAULT_TENANT, digest

SHORT = 200
"""Longest field of a node, in characters. The whole text is in the event log."""

LARGEST = 2**63 - 1
"""Largest number that every store can keep. Positions beyond it are hostile, and equal."""

_DAY_NS = 86_400 * 10**9


def fold(event: Event) -> Folded:
    """Return the nodes and edges that `event` proves on its own."""
    return _FOLDS[event.kind](event, _Fact(event))


def session_node(tenant: str, session: str) -> Node:
    """Return the node of a run."""
    return _shared(SESSION, tenant, session)


def process_node(tenant: str, process: ProcessId) -> Node:
    """Return the node of one execution of a program."""
    return _process(tenant, process.boot_id, process.pid, process.started_ns)


def call_key(tenant: str, session: str, call_id: str) -> str:
    """Return the key of the tool call with this id. An empty id is none: use the key of the fact."""
    return digest(TOOL_CALL.label, tenant, session, call_id)


def fact_key(event: Event) -> str:
    """Return the key of the node that stands for the fact: where derived edges of an agent event start or end."""
    if isinstance(event, ToolCalled) and event.call_id:
        return call_key(event.tenant, event.session, event.call_id)
    return _key(event)


def _key(event: Event) -> str:
    """Return the key of a fact among all tenants: two may have sessions of one key, and what has no session has no tenant in it."""
    if event.session and event.tenant == DEFAULT_TENANT:
        return event.entity
    return digest("fact", event.tenant, event.entity)


class _Fact:
    """The fact that an event speaks of: its key, its place, and what hangs on it."""

    __slots__ = ("at_ns", "day", "entity", "key", "part", "position", "session", "tenant")

    def __init__(self, event: Event) -> None:
        self.tenant = event.tenant
        self.session = event.session
        self.entity = event.entity
        self.key = _key(event)
        self.position = min(event.position, LARGEST)
        self.part = min(event.part, LARGEST)
        self.at_ns = event_time(event)
        self.day = 0 if self.session or self.at_ns is None else self.at_ns // _DAY_NS

    def edge(self, kind: EdgeKind, source: Node, target: Node) -> Edge:
        return Edge(kind.label, source[1], target[1], self.position, self.part, self.entity, self.at_ns)

    def node(self, kind: NodeKind, fields: Fields) -> Node:
        """Return the node that stands for the fact itself."""
        return Node(kind.label, self.key, fields)

    def shared(self, kind: NodeKind, name: str) -> Node:
        """Return a busy node: one per session, or per day where no session is known."""
        return _busy(kind, self.tenant, self.session, self.day, name)

    def contained(self, node: Node, nodes: tuple[Node, ...] = (), edges: tuple[Edge, ...] = ()) -> Folded:
        """Return `node` as a part of its session, with what else hangs on it."""
        if not self.session:
            return Folded((node, *nodes), edges)
        session = _shared(SESSION, self.tenant, self.session)
        return Folded((session, node, *nodes), (self.edge(CONTAINS, session, node), *edges))

    def call(self, call_id: str | None, fields: Fields) -> Node:
        key = call_key(self.tenant, self.session, call_id) if call_id else self.key
        return Node(TOOL_CALL.label, key, fields)


def event_time(event: Event) -> int | None:
    """Return the time in nanoseconds since the Unix epoch, UTC, or `None` where it is unknown or on another clock."""
    at_ns = event.at_ns
    if at_ns is None or event.clock != "utc" or not -LARGEST <= at_ns <= LARGEST:
        return None
    return at_ns


def short(text: str) -> str:
    """Return at most `SHORT` characters of hostile text; an ellipsis marks what was cut."""
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"


def size(text: str) -> int:
    """Return the size in bytes (UTF-8)."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


# The same few keys come again with every event of a session; a bounded memory spares the hash.


@lru_cache(maxsize=8192)
def _shared(kind: NodeKind, tenant: str, session: str) -> Node:
    return Node(kind.label, digest(kind.label, tenant, session))


@lru_cache(maxsize=8192)
def _busy(kind: NodeKind, tenant: str, session: str, day: int, name: str) -> Node:
    return Node(kind.label, digest(kind.label, tenant, session, day, name), (("name", short(name)),))


@lru_cache(maxsize=8192)
def _principal(tenant: str, session: str, kind: str, account: str | None) -> Node:
    key = digest(PRINCIPAL.label, tenant, kind, account, "" if account is not None else session)
    fields: Fields = (("kind", kind),) if account is None else (("id", short(account)), ("kind", kind))
    return Node(PRINCIPAL.label, key, fields)


@lru_cache(maxsize=8192)
def _process(tenant: str, boot_id: str, pid: int, started_ns: int) -> Node:
    return Node(PROCESS.label, digest(PROCESS.label, tenant, boot_id, pid, started_ns), (("pid", pid),))


@lru_cache(maxsize=8192)
def _file(tenant: str, boot_id: str, path: str) -> Node:
    return Node(FILE.label, digest(FILE.label, tenant, boot_id, path), (("path", short(path)),))


@lru_cache(maxsize=8192)
def _resource(tenant: str, session: str, day: int, kind: str, name: str) -> Node:
    return Node(
        RESOURCE.label,
        digest(RESOURCE.label, tenant, session, day, kind, name),
        (("kind", kind), ("name", short(name))),
    )


def sensitive_node(event: SensitiveSent) -> Node:
    """Return the node of what data was sent of."""
    if event.what == "file":
        return _file(event.tenant, event.process.boot_id, event.name)
    return _resource(event.tenant, event.session, _Fact(event).day, event.what, event.name)


def _run(fact: _Fact, process: ProcessId) -> Node:
    return process_node(fact.tenant, process)


# One small function per kind of event.


def _prompt_submitted(event: PromptSubmitted, fact: _Fact) -> Folded:
    prompt = fact.node(PROMPT, (("role", event.role), ("size", size(event.text))))
    if event.principal is None:
        return fact.contained(prompt)
    speaker = _speaker(event.principal, fact)
    return fact.contained(prompt, (speaker,), (fact.edge(SUBMITTED, speaker, prompt),))


def _speaker(principal: Principal, fact: _Fact) -> Node:
    return _principal(fact.tenant, fact.session, principal.kind, principal.id)


def _model_responded(event: ModelResponded, fact: _Fact) -> Folded:
    fields: list[tuple[str, str | int | bool]] = [("calls", len(event.calls))]
    if event.finish_reason:
        fields.append(("finish", short(event.finish_reason)))
    if event.model:
        fields.append(("model", short(event.model)))
    fields.append(("size", size(event.text)))
    decision = fact.node(DECISION, tuple(fields))
    nodes: list[Node] = []
    edges: list[Edge] = []
    if event.model:
        model = fact.shared(MODEL, event.model)
        nodes.append(model)
        edges.append(fact.edge(MADE_BY, decision, model))
    for requested in event.calls:
        # Without an id nothing exact ties the request to a call; the correlator may conclude it.
        if requested.call_id:
            call = fact.call(requested.call_id, (("name", short(requested.name)),))
            nodes.append(call)
            edges.append(fact.edge(REQUESTED, decision, call))
    return fact.contained(decision, tuple(nodes), tuple(edges))


def _tool_called(event: ToolCalled, fact: _Fact) -> Folded:
    tool = fact.shared(TOOL, event.name)
    if not event.server:
        call = fact.call(event.call_id, tool.fields)
        return fact.contained(call, (tool,), (fact.edge(OF_TOOL, call, tool),))
    call = fact.call(event.call_id, (*tool.fields, ("server", short(event.server))))
    server = fact.shared(MCP_SERVER, event.server)
    edges = (fact.edge(OF_TOOL, call, tool), fact.edge(OFFERED_BY, tool, server))
    return fact.contained(call, (tool, server), edges)


def _tool_returned(event: ToolReturned, fact: _Fact) -> Folded:
    content = fact.node(CONTENT, _content("tool_result", event.text, event.name, event.author, event.failed))
    if not event.call_id:
        return fact.contained(content)
    call = fact.call(event.call_id, (("name", short(event.name)),) if event.name else ())
    return fact.contained(content, (call,), (fact.edge(RETURNED, call, content),))


def _content(
    kind: str, text: str, place: str | None = None, author: Author | None = None, failed: bool = False
) -> Fields:
    fields: list[tuple[str, str | int | bool]] = []
    if author and author.id:
        fields.append(("author", short(author.id)))
    if failed:
        fields.append(("failed", True))
    fields.append(("kind", kind))
    if place:
        fields.append(("place", short(place)))
    fields.append(("size", size(text)))
    if author and author.trust != "unknown":
        fields.append(("trust", author.trust))
    return tuple(fields)


def _document_retrieved(event: DocumentRetrieved, fact: _Fact) -> Folded:
    return fact.contained(fact.node(CONTENT, _content("document", event.text, event.place, event.author)))


def _memory_written(event: MemoryWritten, fact: _Fact) -> Folded:
    return fact.contained(fact.node(CONTENT, _content("memory", event.text, event.place)))


def _answered(event: Answered, fact: _Fact) -> Folded:
    return fact.contained(fact.node(CONTENT, _content("answer", event.text)))


def _tools_declared(event: ToolsDeclared, fact: _Fact) -> Folded:
    session = session_node(fact.tenant, fact.session)
    nodes: list[Node] = [session]
    edges: list[Edge] = []
    for number, declared in enumerate(event.tools):
        tool = fact.shared(TOOL, declared.name)
        key = digest(CONTENT.label, fact.tenant, fact.key, number)
        words = Node(CONTENT.label, key, _content("tool_description", declared.description, declared.name))
        nodes += (tool, words)
        edges += (
            fact.edge(DECLARED, session, tool),
            fact.edge(CONTAINS, session, words),
            fact.edge(DESCRIBES, words, tool),
        )
    return Folded(tuple(nodes), tuple(edges))


def _agent_handed_over(event: AgentHandedOver, fact: _Fact) -> Folded:
    task = fact.node(CONTENT, _content("handover", event.text))
    other = session_node(fact.tenant, event.to_session)
    return fact.contained(task, (other,), (fact.edge(HANDED_TO, task, other),))


def _session_ended(event: SessionEnded, fact: _Fact) -> Folded:
    return Folded((session_node(fact.tenant, event.session)._replace(fields=(("ended", True),)),))


def _process_started(event: ProcessStarted, fact: _Fact) -> Folded:
    process = _run(fact, event.process)
    if event.executable:
        process = process._replace(fields=(("executable", short(event.executable)), *process.fields))
    where = (("unit", event.unit), ("container", event.container), ("pod", event.pod))
    process = process._replace(fields=(*process.fields, *((name, short(value)) for name, value in where if value)))
    if event.parent is None:
        return Folded((process,))
    parent = _run(fact, event.parent)
    return Folded((parent, process), (fact.edge(STARTED, parent, process),))


def _process_exited(event: ProcessExited, fact: _Fact) -> Folded:
    process = _run(fact, event.process)
    if event.exit_code is None:
        return Folded((process,))
    return Folded((process._replace(fields=(("exit_code", event.exit_code), *process.fields)),))


def _file_opened(event: FileOpened, fact: _Fact) -> Folded:
    process = _run(fact, event.process)
    file = _file(fact.tenant, event.process.boot_id, event.path)
    edge = fact.edge(WROTE, process, file) if event.for_writing else fact.edge(READ, file, process)
    return Folded((process, file), (edge,))


def _open_refused(event: OpenRefused, fact: _Fact) -> Folded:
    return Folded((_run(fact, event.process), _file(fact.tenant, event.process.boot_id, event.path)))


def _file_changed(event: FileChanged, fact: _Fact) -> Folded:
    process = _run(fact, event.process)
    file = _file(fact.tenant, event.process.boot_id, event.path)
    changed = fact.edge(CHANGED, process, file)
    if event.to_path is None:
        return Folded((process, file), (changed,))
    other = _file(fact.tenant, event.process.boot_id, event.to_path)
    return Folded((process, file, other), (changed, fact.edge(BECAME, file, other)))


def _connection_opened(event: ConnectionOpened, fact: _Fact) -> Folded:
    process, peer = _run(fact, event.process), fact.shared(ENDPOINT, event.remote)
    return Folded((process, peer), (fact.edge(CONNECTED, process, peer),))


def _connection_accepted(event: ConnectionAccepted, fact: _Fact) -> Folded:
    process, peer = _run(fact, event.process), fact.shared(ENDPOINT, event.remote)
    return Folded((process, peer), (fact.edge(ACCEPTED, peer, process),))


def _name_resolved(event: NameResolved, fact: _Fact) -> Folded:
    process, name = _run(fact, event.process), fact.shared(ENDPOINT, event.name)
    addresses = tuple(fact.shared(ENDPOINT, address) for address in event.addresses)
    resolved = tuple(fact.edge(RESOLVED_TO, name, address) for address in addresses)
    return Folded((process, name, *addresses), (fact.edge(LOOKED_UP, process, name), *resolved))


def _privilege_used(event: PrivilegeUsed, fact: _Fact) -> Folded:
    process = _run(fact, event.process)
    privilege = _resource(fact.tenant, fact.session, fact.day, "syscall", event.syscall)
    return Folded((process, privilege), (fact.edge(EXERCISED, process, privilege),))


def _http_requested(event: HttpRequested, fact: _Fact) -> Folded:
    place = _without_query(event.url)
    resource = _resource(fact.tenant, fact.session, fact.day, "http", place.address)
    peer = fact.shared(ENDPOINT, place.host)
    return _accessed(fact, resource, (peer,), (fact.edge(SERVED_AT, resource, peer),))


class _Place:
    """A URL without what may carry data: its host, and its address up to the query."""

    __slots__ = ("address", "host")

    def __init__(self, host: str, address: str) -> None:
        self.host = host
        self.address = address


def _without_query(url: str) -> _Place:
    try:
        parts = urlsplit(url)
        return _Place(parts.hostname or "", f"{parts.scheme}://{parts.hostname or ''}{parts.path}")
    except ValueError:  # hostile URL, such as an unclosed bracket
        return _Place("", url.partition("?")[0])


def _accessed(fact: _Fact, resource: Node, nodes: tuple[Node, ...] = (), edges: tuple[Edge, ...] = ()) -> Folded:
    if not fact.session:
        return Folded((resource, *nodes), edges)
    session = session_node(fact.tenant, fact.session)
    return Folded((session, resource, *nodes), (fact.edge(ACCESSED, session, resource), *edges))


def _http_responded(event: HttpResponded, fact: _Fact) -> Folded:
    body = event.body or ""
    count = event.body_bytes if event.body_bytes is not None else size(body)
    fields = dict(_content("http_response", body, failed=event.status >= 400)) | {"size": count}
    return fact.contained(fact.node(CONTENT, tuple(sorted(fields.items()))))


def _database_queried(event: DatabaseQueried, fact: _Fact) -> Folded:
    database = _resource(fact.tenant, fact.session, fact.day, "database", f"{event.system} {event.server}".strip())
    if not event.server:
        return _accessed(fact, database)
    peer = fact.shared(ENDPOINT, event.server)
    return _accessed(fact, database, (peer,), (fact.edge(SERVED_AT, database, peer),))


def _tool_served(event: ToolServed, fact: _Fact) -> Folded:
    tool = fact.shared(TOOL, event.name)
    return Folded((tool,) if event.process is None else (tool, _run(fact, event.process)))


def _sensitive_sent(event: SensitiveSent, fact: _Fact) -> Folded:
    return Folded((_run(fact, event.process), sensitive_node(event), _reached(event.url, fact)))


def _reached(url: str, fact: _Fact) -> Node:
    scheme, _, rest = url.partition("://")
    if scheme == "mcp":
        return fact.shared(TOOL, rest)
    if scheme == "postgresql":
        return _resource(fact.tenant, fact.session, fact.day, "database", f"{scheme} {rest}".strip())
    return _resource(fact.tenant, fact.session, fact.day, "http", _without_query(url).address)


def _written(event: InputWritten | OutputWritten, fact: _Fact) -> Folded:
    return Folded((_run(fact, event.process),))


def _alert_received(event: AlertReceived, fact: _Fact) -> Folded:
    fields = (("product", short(event.product)), ("rule", short(event.rule)), ("severity", short(event.severity)))
    return fact.contained(fact.node(ALERT, fields))


def _events_lost(event: EventsLost, fact: _Fact) -> Folded:
    return fact.contained(fact.node(GAP, (("count", event.count), ("reason", "lost"), ("where", short(event.where)))))


def _unparsed(event: Unparsed, fact: _Fact) -> Folded:
    return fact.contained(fact.node(GAP, (("reason", "unparsed"), ("where", short(event.where)))))


def _capture_status(event: CaptureStatus, fact: _Fact) -> Folded:
    if not (event.unseen or event.otherwise):
        return Folded()
    return fact.contained(fact.node(GAP, (("reason", "unseen"), ("where", short(event.subject)))))


_FOLDS: dict[str, Callable[[Any, _Fact], Folded]] = {
    # `Any`: each function takes the event class of its own kind, which a table cannot say. A test calls every row.
    "prompt_submitted": _prompt_submitted,
    "model_responded": _model_responded,
    "tool_called": _tool_called,
    "tool_returned": _tool_returned,
    "document_retrieved": _document_retrieved,
    "memory_written": _memory_written,
    "tools_declared": _tools_declared,
    "agent_handed_over": _agent_handed_over,
    "session_ended": _session_ended,
    "answered": _answered,
    "process_started": _process_started,
    "process_exited": _process_exited,
    "file_opened": _file_opened,
    "open_refused": _open_refused,
    "file_changed": _file_changed,
    "connection_opened": _connection_opened,
    "connection_accepted": _connection_accepted,
    "name_resolved": _name_resolved,
    "privilege_used": _privilege_used,
    "http_requested": _http_requested,
    "http_responded": _http_responded,
    "database_queried": _database_queried,
    "tool_served": _tool_served,
    "sensitive_sent": _sensitive_sent,
    "output_written": _written,
    "input_written": _written,
    "alert_received": _alert_received,
    "events_lost": _events_lost,
    "unparsed": _unparsed,
    "capture_status": _capture_status,
}
