"""The vocabulary of the graph, declared once: kinds of nodes, kinds of edges and the grades of evidence.

Checks, walks, the reference page (`graph/reference.py`) and whatever later needs constraints or a legend derive
from these rows. A label is written nowhere else: modules refer to the rows by name, such as `TOOL_CALL.label`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class Field:
    """One short value of a node. Text that was observed stays in the event log, whatever its length."""

    name: str
    doc: str
    form: Literal["text", "number", "flag"] = "text"
    sought: bool = False
    """Whether it is what hunters begin with: it has an index in Neo4j."""


@dataclass(frozen=True, slots=True)
class NodeKind:
    """A kind of thing in the graph."""

    label: str
    key: tuple[str, ...]
    """What its identity is made of. The tenant is part of every key; a session's key holds its tenant already."""
    fields: tuple[Field, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class EdgeKind:
    """A kind of relation between things; it points from cause to consequence, or from the whole to its part."""

    label: str
    sources: tuple[NodeKind, ...]
    targets: tuple[NodeKind, ...]
    doc: str
    derived: bool = False
    """Whether the correlator concludes it, with a grade. The others are folded from one event and are E1."""
    flow: bool = False
    """Whether influence passes along it: walks follow these edges and no others unless told."""
    layer: Literal["agent", "system"] = "agent"
    """What its position counts: the place in the conversation, or the sequence number of a system source."""


class Grade(StrEnum):
    """How well a link is proven; `GRADES` says what each one allows."""

    E1 = "E1"
    E2 = "E2"
    E3 = "E3"
    E4 = "E4"
    E5 = "E5"


@dataclass(frozen=True, slots=True)
class GradeKind:
    """What a grade of evidence proves and allows."""

    grade: Grade
    proof: str
    verbs: tuple[str, ...]
    """What a story may say of such a link; nothing stronger."""
    alerts: Literal["alone", "together", "never"]
    """Whether the link may raise an alert: alone, only together with another, or never."""


GRADES: dict[Grade, GradeKind] = {
    row.grade: row
    for row in (
        GradeKind(
            Grade.E1,
            "An exact key: tool-call id, MCP request id, one TLS connection, one pipe, parent process, an argument of "
            "`bash -c` that equals the call's.",
            ("caused", "ran", "sent"),
            "alone",
        ),
        GradeKind(
            Grade.E2,
            "The same data: a value of the one found in the other after bounded decoding, or a rare typed entity.",
            ("carried the same value as",),
            "alone",
        ),
        GradeKind(
            Grade.E3,
            "Lineage within the span of the tool call, with a matching argument or host.",
            ("is consistent with",),
            "alone",
        ),
        GradeKind(Grade.E4, "Similarity: fingerprints weighted by rarity.", ("resembles",), "together"),
        GradeKind(Grade.E5, "Order in time.", ("was followed by",), "never"),
    )
}

_NAME = Field("name", "Name as it was observed, shortened.", sought=True)
_SIZE = Field("size", "Size of the text in bytes (UTF-8).", "number")

PRINCIPAL = NodeKind(
    "Principal",
    ("tenant", "kind", "id"),
    (
        Field("kind", "Operator, administrator, employee, customer, anonymous, agent or unknown."),
        Field("id", "Account.", sought=True),
    ),
    "Somebody who may ask an agent for something. Without an account the key holds the session: two anonymous visitors "
    "are not one person.",
)
HOST = NodeKind("Host", ("tenant", "boot_id"), (_NAME,), "One boot of one machine.")
WORKLOAD = NodeKind("Workload", ("tenant", "name"), (_NAME,), "A pod's owner, a systemd unit, or an executable.")
AGENT = NodeKind("Agent", ("tenant", "name"), (_NAME,), "A program that lets a model act through tools.")
SESSION = NodeKind(
    "Session",
    ("tenant", "session"),
    (Field("ended", "Whether the run is known to be over.", "flag"),),
    "One run of an agent.",
)
PROMPT = NodeKind(
    "Prompt",
    ("fact",),
    (Field("role", "System, developer or user."), _SIZE),
    "A message in the role of an instruction.",
)
DECISION = NodeKind(
    "Decision",
    ("fact",),
    (
        Field("model", "Model that replied."),
        Field("calls", "Number of tool calls it asked for.", "number"),
        Field("finish", "Why the model stopped."),
        _SIZE,
    ),
    "One reply of a model. It is a carrier of what it read, never a justification.",
)
TOOL_CALL = NodeKind(
    "ToolCall",
    ("session", "call_id"),
    (_NAME, Field("server", "MCP server or service that offers the tool.")),
    "One use of a tool. Keyed by its call id; where there is none, by the fact. An id that a session uses twice is one "
    "node with two places, and walks keep them apart by order.",
)
TOOL = NodeKind("Tool", ("tenant", "session", "name"), (_NAME,), "A tool, one node per session to bound its degree.")
MCP_SERVER = NodeKind("McpServer", ("tenant", "session", "name"), (_NAME,), "A server that offers tools, per session.")
MODEL = NodeKind("Model", ("tenant", "session", "name"), (_NAME,), "A model, one node per session to bound its degree.")
CONTENT = NodeKind(
    "Content",
    ("fact",),
    (
        Field("kind", "tool_result, document, memory, tool_description, handover, http_response or answer."),
        Field("place", "Where it is kept or who gave it out: URL, path, tool.", sought=True),
        Field("author", "Who wrote it, from the metadata of the system that stores it.", sought=True),
        Field("trust", "How far its author is trusted: principal, internal, external, public."),
        Field("failed", "Whether it reports a failure.", "flag"),
        _SIZE,
    ),
    "A piece of text that reached the model, or left it for a reader.",
)
PROCESS = NodeKind(
    "Process",
    ("tenant", "boot_id", "pid", "started_ns"),
    (
        Field("executable", "Path of the program.", sought=True),
        Field("pid", "Process number on the host.", "number"),
        Field("exit_code", "What it ended with.", "number"),
        Field("unit", "Unit of systemd that it runs in."),
        Field("container", "Container that it runs in: its id, or its name where that is known."),
        Field("pod", "Pod that it runs in: `namespace/name`, or its id."),
    ),
    "One execution of a program. Keyed by start time too, so that a reused pid is a new node.",
)
FILE = NodeKind(
    "File", ("tenant", "boot_id", "path"), (Field("path", "Path as it was opened.", sought=True),), "A path on a host."
)
CREDENTIAL = NodeKind("Credential", ("tenant", "fingerprint"), (_NAME,), "A secret, by its keyed fingerprint only.")
RESOURCE = NodeKind(
    "Resource",
    ("tenant", "session", "kind", "name"),
    (Field("kind", "database, http, syscall, table or variable."), _NAME),
    "Something that can be acted upon or holds data: a database, an API, a queue, a privilege of the kernel, a table or a variable "
    "that is labelled sensitive.",
)
ENDPOINT = NodeKind(
    "Endpoint", ("tenant", "session", "name"), (_NAME,), "A network peer: `address:port` or a host name, per session."
)
SIGNAL = NodeKind("Signal", ("tenant", "rule", "fact"), (_NAME,), "A single observation worth noting.")
ALERT = NodeKind(
    "Alert",
    ("fact",),
    (
        Field("product", "Who raised it."),
        Field("rule", "Its rule.", sought=True),
        Field("severity", "Its severity, in its own words."),
    ),
    "An alert of another product.",
)
CHAIN = NodeKind("Chain", ("tenant", "session", "origin"), (), "All effects that one origin steered in one session.")
STORY = NodeKind(
    "Story",
    ("tenant", "id"),
    (
        Field("id", "As `clew story` has it.", sought=True),
        Field("title", "Headline."),
        Field("session", "Key of its session."),
        Field("assessment", "Attempted, in progress or succeeded."),
        Field("severity", "Low, medium, high or critical."),
        Field("score", "What it scored.", "number"),
        Field("standing", "Open, or withdrawn: new evidence explains it."),
        Field("verdict", "What an analyst found: benign or malicious."),
        Field("version", "Version of its text.", "number"),
    ),
    "What an analyst reads of a chain. The casebook tells it; what belongs to it is `PART_OF` it, as its origin, effect or way.",
)
CAMPAIGN = NodeKind("Campaign", ("tenant", "content"), (), "The same injected content in many sessions.")
GAP = NodeKind(
    "Gap",
    ("fact",),
    (
        Field("reason", "lost, unparsed or unseen."),
        Field("where", "Source, record or subject that is concerned."),
        Field("count", "Number of events that were lost.", "number"),
    ),
    "Something that we know we did not see. A chain that crosses it says so.",
)

NODES: tuple[NodeKind, ...] = (
    PRINCIPAL,
    HOST,
    WORKLOAD,
    AGENT,
    SESSION,
    PROMPT,
    DECISION,
    TOOL_CALL,
    TOOL,
    MCP_SERVER,
    MODEL,
    CONTENT,
    PROCESS,
    FILE,
    CREDENTIAL,
    RESOURCE,
    ENDPOINT,
    SIGNAL,
    ALERT,
    CHAIN,
    STORY,
    CAMPAIGN,
    GAP,
)

CONTAINS = EdgeKind(
    "CONTAINS",
    (SESSION,),
    (PROMPT, DECISION, TOOL_CALL, CONTENT, ALERT, GAP),
    "This happened in the session, at the edge's position.",
)
SUBMITTED = EdgeKind("SUBMITTED", (PRINCIPAL,), (PROMPT,), "The principal is authenticated as the speaker.", flow=True)
MADE_BY = EdgeKind("MADE_BY", (DECISION,), (MODEL,), "The model gave this reply.")
REQUESTED = EdgeKind("REQUESTED", (DECISION,), (TOOL_CALL,), "The reply asked for this call, by its id.", flow=True)
OF_TOOL = EdgeKind("OF_TOOL", (TOOL_CALL,), (TOOL,), "The call used this tool.")
OFFERED_BY = EdgeKind("OFFERED_BY", (TOOL,), (MCP_SERVER,), "The server offers the tool.")
RETURNED = EdgeKind("RETURNED", (TOOL_CALL,), (CONTENT,), "The call ended with this content, by its id.", flow=True)
DECLARED = EdgeKind("DECLARED", (SESSION,), (TOOL,), "The tool was offered to the model.")
DESCRIBES = EdgeKind("DESCRIBES", (CONTENT,), (TOOL,), "The content is the tool's description.")
HANDED_TO = EdgeKind("HANDED_TO", (CONTENT,), (SESSION,), "The content is the task of another agent's run.", flow=True)
ACCESSED = EdgeKind("ACCESSED", (SESSION,), (RESOURCE,), "The run asked something of the resource.")
SERVED_AT = EdgeKind("SERVED_AT", (RESOURCE,), (ENDPOINT,), "The resource is reached at this peer.")
STARTED = EdgeKind(
    "STARTED", (PROCESS,), (PROCESS,), "The process is the parent of the other.", flow=True, layer="system"
)
READ = EdgeKind("READ", (FILE,), (PROCESS,), "The process opened the file for reading.", flow=True, layer="system")
WROTE = EdgeKind("WROTE", (PROCESS,), (FILE,), "The process opened the file for writing.", flow=True, layer="system")
CHANGED = EdgeKind(
    "CHANGED", (PROCESS,), (FILE,), "The process renamed, removed, linked or re-permissioned it.", layer="system"
)
BECAME = EdgeKind(
    "BECAME", (FILE,), (FILE,), "The file was renamed or linked to the other path.", flow=True, layer="system"
)
CONNECTED = EdgeKind(
    "CONNECTED", (PROCESS,), (ENDPOINT,), "The process connected to the peer.", flow=True, layer="system"
)
ACCEPTED = EdgeKind("ACCEPTED", (ENDPOINT,), (PROCESS,), "The process accepted the peer.", flow=True, layer="system")
LOOKED_UP = EdgeKind(
    "LOOKED_UP", (PROCESS,), (ENDPOINT,), "The process asked for the name's addresses.", layer="system"
)
RESOLVED_TO = EdgeKind("RESOLVED_TO", (ENDPOINT,), (ENDPOINT,), "The name had this address.", layer="system")
EXERCISED = EdgeKind(
    "EXERCISED", (PROCESS,), (RESOURCE,), "The process made the privileged system call.", layer="system"
)

CARRIED = EdgeKind(
    "CARRIED",
    (PROMPT, CONTENT, DECISION, FILE, RESOURCE),
    (TOOL_CALL, CONTENT, DECISION, FILE),
    "A value of the one appears in the other.",
    derived=True,
    flow=True,
)
ORDERED = EdgeKind(
    "ORDERED",
    (CONTENT,),
    (TOOL_CALL,),
    "The content holds an order of this kind of act; no value of it is in the call.",
    derived=True,
    flow=True,
)
RAN = EdgeKind("RAN", (TOOL_CALL,), (PROCESS,), "The process is the work of the call.", derived=True, flow=True)
TOUCHED = EdgeKind(
    "TOUCHED",
    (TOOL_CALL,),
    (FILE, RESOURCE, ENDPOINT),
    "The agent's own process did so for the call.",
    derived=True,
    flow=True,
)
RESEMBLES = EdgeKind("RESEMBLES", (CONTENT,), (CONTENT, PROMPT), "The texts are alike.", derived=True)
FOLLOWED_BY = EdgeKind("FOLLOWED_BY", (TOOL_CALL,), (TOOL_CALL,), "The one came before the other.", derived=True)
CONCERNS = EdgeKind(
    "CONCERNS",
    (SIGNAL, ALERT),
    (PROMPT, DECISION, TOOL_CALL, CONTENT, PROCESS, SESSION),
    "The signal or alert speaks of this.",
    derived=True,
)
PART_OF = EdgeKind(
    "PART_OF",
    (PROMPT, DECISION, TOOL_CALL, CONTENT, SIGNAL, ALERT, CHAIN, STORY),
    (CHAIN, STORY, CAMPAIGN),
    "It belongs to the chain, story or campaign.",
    derived=True,
)

EDGES: tuple[EdgeKind, ...] = (
    CONTAINS,
    SUBMITTED,
    MADE_BY,
    REQUESTED,
    OF_TOOL,
    OFFERED_BY,
    RETURNED,
    DECLARED,
    DESCRIBES,
    HANDED_TO,
    ACCESSED,
    SERVED_AT,
    STARTED,
    READ,
    WROTE,
    CHANGED,
    BECAME,
    CONNECTED,
    ACCEPTED,
    LOOKED_UP,
    RESOLVED_TO,
    EXERCISED,
    CARRIED,
    ORDERED,
    RAN,
    TOUCHED,
    RESEMBLES,
    FOLLOWED_BY,
    CONCERNS,
    PART_OF,
)

NODE_KINDS: dict[str, NodeKind] = {kind.label: kind for kind in NODES}
EDGE_KINDS: dict[str, EdgeKind] = {kind.label: kind for kind in EDGES}
FLOW: frozenset[str] = frozenset(kind.label for kind in EDGES if kind.flow)
"""Labels of the edges along which influence passes."""
