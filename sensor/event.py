"""What can happen: one frozen type per thing, in the past tense, and one tagged union over them.

An event is an *observation*: what one source saw. It speaks of a *fact*, whose key (`entity`) does not depend on the
source. Three rules hold for every event:

- `order` within a session is always known, `at_ns` may not be. Nothing downstream invents a time.
- Times are integer nanoseconds since the Unix epoch, UTC, unless `clock` names another domain. Sizes are bytes.
- All text is hostile: it is stored and compared, never interpreted.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from sensor.identity import DEFAULT_TENANT, digest, entity_key


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


PrincipalKind = Literal["operator", "administrator", "employee", "customer", "anonymous", "agent", "unknown"]


class Principal(_Value):
    """Who speaks to an agent, as far as the application authenticated him."""

    kind: PrincipalKind = "unknown"
    id: str | None = None
    """Account name or number. `None` where the application knows only the kind."""


class Author(_Value):
    """Who wrote a piece of content, from the metadata of the system that stores it (never from its own words)."""

    id: str | None = None
    """E-mail address, account or site that wrote it."""
    trust: Literal["principal", "internal", "external", "public", "unknown"] = "unknown"
    """`principal`: the person who gave the task; `internal`: the same organisation; `public`: anybody may write there."""


class RequestedCall(_Value):
    """A tool call as the model asked for it."""

    call_id: str | None = None
    name: str
    arguments: JsonValue = None


class ToolDeclaration(_Value):
    """One tool as it was offered to the model."""

    name: str
    description: str = ""
    input_schema: JsonValue = None
    read_only: bool | None = None
    destructive: bool | None = None
    open_world: bool | None = None
    """MCP tool annotations (`readOnlyHint`, `destructiveHint`, `openWorldHint`); `None` where the server said nothing."""


class Usage(_Value):
    """Tokens of one model reply."""

    input_tokens: int | None = None
    output_tokens: int | None = None


class ProcessId(_Value):
    """One execution of a program; survives the reuse of its pid."""

    boot_id: str
    pid: int
    started_ns: int
    """Start time, nanoseconds since boot."""


class Observed(_Value):
    """What every observation carries."""

    tenant: str = DEFAULT_TENANT
    session: str
    """Key of the agent run (`sensor.identity.session_key`); empty for facts that no session is known for."""
    position: int = Field(ge=0)
    """Place in the session's conversation, from 0; for facts of the system that no session is known for, their time (`at_ns`)."""
    part: int = Field(default=0, ge=0)
    """Place within one message, from 0: the third tool call of a message has part 2."""
    at_ns: int | None = None
    clock: str = "utc"
    """Clock domain of `at_ns`."""
    source: str
    """Source and format that saw it, such as `transcript:anthropic`."""
    trace_id: str | None = None
    """Trace that it belongs to (W3C Trace Context), 32 hexadecimal digits, where the source knows it."""

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Return the event's place in its session, or where `placed` put it; never unknown."""
        return (self.position, self.part)

    def placed(self, order: tuple[int, ...]) -> Self:
        """Return the same observation of the same fact in the order of a session that it is read with."""
        other = self.model_copy()
        other.__dict__["order"] = order  # a cached property: what is known is not computed
        return other

    @property
    def call_key(self) -> str | None:
        """Return the call id that is part of the fact's identity, if it has one."""
        return getattr(self, "call_id", None)

    @cached_property
    def entity(self) -> str:
        """Return the key of the fact that is spoken of, independent of the source."""
        return entity_key(self.session, self.kind, self.position, self.part, self.call_key)  # type: ignore[attr-defined]

    @cached_property
    def content(self) -> str:
        """Return the observation as canonical JSON, as the event log stores it; `EVENT.validate_json` reads it back."""
        kind: str = self.kind  # type: ignore[attr-defined]
        return f'{{"kind":"{kind}",{self.model_dump_json(exclude_defaults=True)[1:]}'

    @cached_property
    def id(self) -> str:
        """Return the key of this observation: source, fact and content."""
        return digest("observation", self.source, self.entity, self.content)


# Agent layer


class PromptSubmitted(Observed):
    """A message reached the model in the role of its instructions or of its user."""

    kind: Literal["prompt_submitted"] = "prompt_submitted"
    role: Literal["system", "developer", "user"] = "user"
    text: str
    principal: Principal | None = None
    """Who is authenticated as the speaker. The role label proves nothing; `None` means the source did not say."""


class ModelResponded(Observed):
    """The model replied: text, tool calls that it asks for, or both."""

    kind: Literal["model_responded"] = "model_responded"
    text: str = ""
    calls: tuple[RequestedCall, ...] = ()
    model: str | None = None
    usage: Usage | None = None
    finish_reason: str | None = None
    response_id: str | None = None
    heard_in: str | None = None
    """Trace of the HTTP request over which the kernel heard it, where `trace_id` is that of the agent's own telemetry."""


class ToolCalled(Observed):
    """A tool was called with these arguments."""

    kind: Literal["tool_called"] = "tool_called"
    call_id: str | None = None
    name: str
    arguments: JsonValue = None
    server: str | None = None
    """MCP server or service that offers the tool."""


class ToolReturned(Observed):
    """A tool call ended with this result."""

    kind: Literal["tool_returned"] = "tool_returned"
    call_id: str | None = None
    name: str | None = None
    text: str
    failed: bool = False
    author: Author | None = None
    """Who wrote the content, where one author wrote all of it and the telemetry says so."""


class DocumentRetrieved(Observed):
    """Stored content was put before the model: retrieval, memory read, file attached by the application."""

    kind: Literal["document_retrieved"] = "document_retrieved"
    text: str
    place: str | None = None
    """Where it is kept: URL, path, index and id."""
    author: Author | None = None


class MemoryWritten(Observed):
    """The agent stored something for later sessions."""

    kind: Literal["memory_written"] = "memory_written"
    text: str
    place: str | None = None


class ToolsDeclared(Observed):
    """Tools were offered to the model, with the words and hints of their server."""

    kind: Literal["tools_declared"] = "tools_declared"
    tools: tuple[ToolDeclaration, ...]


class AgentHandedOver(Observed):
    """The agent passed a task to another agent."""

    kind: Literal["agent_handed_over"] = "agent_handed_over"

    @property
    def call_key(self) -> str | None:
        """Return the other session: one call may hand work to several."""
        return self.to_session

    to_session: str
    text: str = ""


class SessionEnded(Observed):
    """The run is over; nothing more belongs to it."""

    kind: Literal["session_ended"] = "session_ended"
    reason: str = ""


class Answered(Observed):
    """The user, or the page that renders the reply, got this text. Links and images in it can carry data out."""

    kind: Literal["answered"] = "answered"
    text: str


# System layer


class ProcessStarted(Observed):
    """A process executed a program."""

    kind: Literal["process_started"] = "process_started"
    process: ProcessId
    parent: ProcessId | None = None
    executable: str
    """Path of the program as it was executed; empty for a process that was born and has executed nothing yet."""
    argv: tuple[str, ...] = ()
    cwd: str | None = None
    """Working folder when the program was executed."""
    cgroup: str | None = None
    unit: str | None = None
    """Of systemd, by the name of the control group; so are the next two."""
    container: str | None = None
    """Its id, or its name where that is known."""
    pod: str | None = None
    """`namespace/name`, or its id."""
    namespaces: dict[str, int] = Field(default_factory=dict)
    """Namespace type to inode number."""


class ProcessExited(Observed):
    """A process ended."""

    kind: Literal["process_exited"] = "process_exited"
    process: ProcessId
    exit_code: int | None = None


class FileOpened(Observed):
    """A process opened a file."""

    kind: Literal["file_opened"] = "file_opened"
    process: ProcessId
    path: str
    for_writing: bool = False


class OpenRefused(Observed):
    """A process tried to open a file that it may not open."""

    kind: Literal["open_refused"] = "open_refused"
    process: ProcessId
    path: str
    for_writing: bool = False
    error: str
    """Name of the error (errno)."""


class FileChanged(Observed):
    """A process renamed, removed, linked or re-permissioned a file."""

    kind: Literal["file_changed"] = "file_changed"
    process: ProcessId
    path: str
    change: Literal["rename", "unlink", "chmod", "link"]
    to_path: str | None = None


class ConnectionOpened(Observed):
    """A process called connect(2)."""

    kind: Literal["connection_opened"] = "connection_opened"
    process: ProcessId
    remote: str
    """Peer as `address:port`, IPv6 in brackets."""


class ConnectionAccepted(Observed):
    """A process called accept(2)."""

    kind: Literal["connection_accepted"] = "connection_accepted"
    process: ProcessId
    remote: str


class NameResolved(Observed):
    """A process asked for the addresses of a name."""

    kind: Literal["name_resolved"] = "name_resolved"
    process: ProcessId
    name: str
    addresses: tuple[str, ...] = ()


class PrivilegeUsed(Observed):
    """A process made a privileged system call."""

    kind: Literal["privilege_used"] = "privilege_used"
    process: ProcessId
    syscall: str
    arguments: tuple[str, ...] = ()
    error: str | None = None
    """Name of the error (errno) where the call was refused."""


class OutputWritten(Observed):
    """A process wrote to its standard output or error until it closed it: what whoever started it may read."""

    kind: Literal["output_written"] = "output_written"
    process: ProcessId
    stream: Literal["stdout", "stderr"]
    text: str
    """As much of it as is kept."""
    size: int = Field(ge=0)
    """All bytes that were written."""


class InputWritten(Observed):
    """Somebody wrote to the standard input of a process until it ended: what it was handed, unless that is another's output."""

    kind: Literal["input_written"] = "input_written"
    process: ProcessId
    """Whose input it is."""
    text: str
    """As much of it as is kept."""
    size: int = Field(ge=0)
    """All bytes that were written, as far as they were told: of long ones, not each is."""


# Application layer


class HttpRequested(Observed):
    """An HTTP request was sent. `trace_id` is that of its response, and of the conversation where it was made to a model."""

    kind: Literal["http_requested"] = "http_requested"
    process: ProcessId | None = None
    """Who sent it."""
    method: str
    url: str
    body_bytes: int | None = None
    body: str | None = None
    """As much of it as is kept, decoded; `None` where it is told as messages of a conversation."""


class HttpResponded(Observed):
    """An HTTP response came back. `trace_id` is that of its request."""

    kind: Literal["http_responded"] = "http_responded"
    process: ProcessId | None = None
    """Who got it."""
    status: int
    media_type: str | None = None
    """Such as `text/event-stream` for one that came in pieces, while it was made."""
    body_bytes: int | None = None
    body: str | None = None


class DatabaseQueried(Observed):
    """A statement was sent to a database, and answered. `trace_id` is of these two alone."""

    kind: Literal["database_queried"] = "database_queried"
    process: ProcessId | None = None
    """Who sent it."""
    system: str
    """As OpenTelemetry's conventions name it (`db.system.name`), such as `postgresql`."""
    server: str = ""
    """Peer as `address:port`."""
    statement: str
    parameters: tuple[str, ...] = ()
    rows: int | None = None
    result: str | None = None
    """As much of the rows as is kept: a line a row, values parted by tabs."""


class SensitiveSent(Observed):
    """Data of something sensitive was in what a process sent: in a request, a query or a call, whose `trace_id` it has.

    The data itself is not here; in what was sent, as it is told, placeholders stand for its pieces.
    """

    kind: Literal["sensitive_sent"] = "sensitive_sent"
    process: ProcessId
    what: Literal["file", "table", "variable"] = "file"
    """A file, a table of a database, or a variable of the environment."""
    name: str
    """Path as the file was opened, name of the table as it is labelled, name of the variable."""
    url: str
    """Where to, without the path: `postgresql://` and the server of a database, `mcp://` and the tool of a server over pipes."""
    own: bool = False
    """Whether it is a file that the process itself had opened."""
    pieces: int = Field(ge=1)
    """Pieces of it that were in what was sent, as they stand or decoded."""


class ToolServed(Observed):
    """A tool server (MCP) was asked for a tool over a connection, and answered. `trace_id`: of these two, or the HTTP request's."""

    kind: Literal["tool_served"] = "tool_served"
    process: ProcessId | None = None
    """The server, where it is known."""
    client: ProcessId | None = None
    """Who asked."""
    request_id: str
    name: str
    arguments: JsonValue = None
    text: str | None = None
    """The result; `None` where none came."""
    failed: bool = False
    ended_ns: int | None = None
    """When the answer came; `at_ns` is when it was asked for."""


# Foreign alerts


AlertLevel = Literal["informational", "low", "medium", "high", "critical", "unknown"]
NamedAs = Literal[
    "host", "address", "url", "path", "email", "account", "user", "process", "command", "container", "resource", "query"
]


class Named(_Value):
    """Something that an alert names."""

    what: NamedAs
    value: str


class AlertReceived(Observed):
    """Another product raised an alert; its own words are kept."""

    kind: Literal["alert_received"] = "alert_received"
    product: str
    rule: str
    severity: str
    """In the product's own words."""
    level: AlertLevel = "unknown"
    """The severity, told in one scale."""
    text: str = ""
    uid: str | None = None
    """The product's own id of the alert, else the key of its content: alerts have no place in a conversation."""
    named: tuple[Named, ...] = ()
    """What it speaks of, in the order of the record: hosts, paths, accounts, processes."""
    tool_call: str | None = None
    """Id of the tool call that it fell upon, where the product knows it."""

    @property
    def call_key(self) -> str | None:
        """Return the alert's own id, which is part of its identity."""
        return self.uid

    @cached_property
    def entity(self) -> str:
        """Return the key of the alert: its own id where it has one, since the same alert may come in any file and line."""
        place = (self.position, self.part) if self.uid is None else (0, 0)
        return entity_key(self.session, self.kind, *place, self.uid)


# About ourselves


class EventsLost(Observed):
    """Events were dropped before they could be read."""

    kind: Literal["events_lost"] = "events_lost"
    where: str
    count: int = Field(ge=0)
    since_ns: int | None = None


class Unparsed(Observed):
    """Input that could not be read; it is counted and named, never half-filled into another event."""

    kind: Literal["unparsed"] = "unparsed"
    reason: str
    digest: str
    """Key of the bytes that could not be read."""
    size: int = Field(ge=0)
    where: str = ""
    """Line or record of the input."""


class CaptureStatus(Observed):
    """What a source could and could not see."""

    kind: Literal["capture_status"] = "capture_status"
    subject: str
    seen: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    """What our own sensor heard otherwise than the subject, telemetry, has it; what was heard is told."""


AgentEvent = (
    PromptSubmitted
    | ModelResponded
    | ToolCalled
    | ToolReturned
    | DocumentRetrieved
    | MemoryWritten
    | ToolsDeclared
    | AgentHandedOver
    | SessionEnded
    | Answered
)
SystemEvent = (
    ProcessStarted
    | ProcessExited
    | FileOpened
    | OpenRefused
    | FileChanged
    | ConnectionOpened
    | ConnectionAccepted
    | NameResolved
    | PrivilegeUsed
    | OutputWritten
    | InputWritten
)
ApplicationEvent = HttpRequested | HttpResponded | DatabaseQueried | SensitiveSent | ToolServed
Event = AgentEvent | SystemEvent | ApplicationEvent | AlertReceived | EventsLost | Unparsed | CaptureStatus

EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
"""Reads one event of any kind: `EVENT.validate_json(line)`."""


def in_order(events: Iterable[Event]) -> list[Event]:
    """Return one event per fact, in the order of the session.

    Where several observations speak of one fact, the one with the smallest id stands for it, so that the result depends on
    neither order of arrival nor repetition.
    """
    facts: dict[str, Event] = {}
    for event in events:
        known = facts.get(event.entity)
        if known is None or event.id < known.id:
            facts[event.entity] = event
    return sorted(facts.values(), key=lambda event: (event.order, _RANK.get(event.kind, 0), event.entity))


_RANK = {"model_responded": 1, "tool_called": 2, "tool_returned": 3, "answered": 4, "session_ended": 5}
"""Within one place a reply comes before the calls that it asks for, and those before their results."""
