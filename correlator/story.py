"""What an attack story is. Its JSON form is published as `docs/reference/story.schema.json`; `correlator.tell` writes it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Stage = Literal["prompt", "decision", "tool", "resource", "egress"]
Reached = Literal["reached", "not reached", "unseen"]
Assessment = Literal["attempted", "in progress", "succeeded"]
Severity = Literal["low", "medium", "high", "critical"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Citation(_Part):
    """One event that a sentence rests on."""

    event: str
    """Entity key of the fact."""
    step: int | None
    """Position in the conversation, from 0; `None` for what the kernel saw."""
    session: str | None = None
    """Session of the run that it belongs to, where that is not the story's own."""
    process: int | None = None
    """For what the kernel saw: number of the process that did it."""


SlotKind = Literal["argument", "process", "quote", "session", "step", "tool"]


class Slot(_Part):
    """A stretch of a sentence that was observed; the rest are words of ours."""

    kind: SlotKind
    start: int
    end: int
    """Behind its last character."""


class Sentence(_Part):
    """One sentence of a story."""

    text: str
    cites: tuple[Citation, ...]
    quotes: tuple[str, ...] = ()
    """The pieces of `text` that are quoted from the cited events, letter by letter."""
    slots: tuple[Slot, ...] = ()
    """What of `text` was observed, in its order."""
    worded: bool = False
    """Whether a language model worded it; what it says was held against the cited events."""


class Headline(_Part):
    """A title that the engine wrote."""

    text: str
    slots: tuple[Slot, ...] = ()
    """What of `text` was observed, in its order."""


class MomentShown(_Part):
    """One event that a sentence cites, at its time."""

    event: str
    step: int | None
    session: str | None = None
    """Session of the run that it belongs to, where that is not the story's own."""
    process: int | None = None
    """For what the kernel saw: number of the process that did it."""
    at_ns: int | None
    """Unix time; `None` where the recording has none."""
    what: str


class StageReached(_Part):
    """One of the five stages of an attack through an agent."""

    stage: Stage
    reached: Reached
    what: str


class OriginShown(_Part):
    """Where the chain began."""

    kind: Literal["content", "principal", "unseen"]
    event: str | None
    step: int | None
    source: str
    """Tool or kind of event that brought it, and for principals their kind."""
    author: str | None = None
    """Who wrote it, as the system that stores it says; it may be forged."""
    session: str | None = None
    """Session of the run that it belongs to, where that is not the story's own."""
    quote: str
    campaign: str | None


class HopShown(_Part):
    """One edge of the graph on the way of the chain."""

    link: str
    """Label of the edge (`docs/reference/graph.md`)."""
    grade: str
    from_event: str
    from_step: int
    to_event: str
    to_step: int
    from_session: str | None = None
    to_session: str | None = None
    """Sessions of the run, where they are not the story's own."""


class EffectShown(_Part):
    """One effect of the chain."""

    event: str
    step: int
    tool: str
    act: str
    arguments: dict[str, str]
    explanation: Literal["explained", "delegated", "unexplained"]
    permitted: bool
    outcome: Literal["succeeded", "failed", "no result"]
    score: float
    session: str | None = None
    """Session of the run that it belongs to, where that is not the story's own."""


class ValueShown(_Part):
    """A value that links origin and effect."""

    kind: str
    value: str
    """What both sides have: of an address without scheme, `www.` and trailing slash."""
    argument: str
    event: str
    """The call it was used in."""
    from_event: str | None
    """The content it came from."""
    grade: str


class SignalShown(_Part):
    """A signal that falls on the chain."""

    rule: str
    event: str
    step: int
    text: str
    session: str | None = None
    """Session of the run that it belongs to, where that is not the story's own."""


class AlertShown(_Part):
    """An alert of another product that falls on the chain."""

    event: str
    product: str
    rule: str
    severity: str
    """In the product's own words."""
    level: str
    at_ns: int | None
    text: str
    link: Literal["call", "conversation", "trace", "value", "text"]
    """What it has in common with the step: the id of the call, the run, the trace, a value, the text of a query or command."""
    step: int
    session: str | None = None
    """Session of the run that the step is of, where that is not the story's own."""


class WorkShown(_Part):
    """What the kernel saw of the work of one call."""

    call: str
    """Entity key of the call."""
    step: int
    tool: str
    session: str | None = None
    """Session of the run that the call is of, where that is not the story's own."""
    grade: str
    proof: str
    """What links both (`correlator.attributing.evidence.Proof`)."""
    shared: str
    """The text that both have."""
    process: int
    """Number of the process, of several the first."""
    event: str
    """Entity key of the fact that the link rests on."""
    commands: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    """Files that were opened and are known to hold credentials."""
    refused: tuple[str, ...] = ()
    """Such files that it tried to open and may not, with the error."""
    read: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Files that were written, renamed, removed, linked or re-permissioned."""
    databases: tuple[str, ...] = ()
    """Statements, with the database before them."""
    leaked: tuple[str, ...] = ()
    """Files, tables and variables that are sensitive, of which data was sent, and where it went."""
    requests: tuple[str, ...] = ()
    """HTTP requests: method and URL."""
    connections: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Names whose addresses were asked for."""
    privileges: tuple[str, ...] = ()
    """Privileged system calls, with the error where they were refused."""


class TermShown(_Part):
    """One term of the score."""

    name: str
    value: float | None
    points: float
    doc: str


class Story(_Part):
    """One attack story. Its JSON form is published as `docs/reference/story.schema.json`."""

    schema_version: Literal[1] = 1
    id: str
    aliases: tuple[str, ...] = ()
    version: int = 1
    tenant: str
    session: str
    title: str
    titles: tuple[Headline, ...] = ()
    """The titles that the engine wrote, of which a narrator may choose another; `title` is the first."""
    summary: tuple[str, ...] = ()
    """The story for who has half a minute; the engine's words, whoever words the rest."""
    assessment: Assessment
    severity: Severity
    score: float
    proven: bool = False
    """Whether data of other sources is seen to have left for an address that third-party text gave."""
    threshold: float
    stages: tuple[StageReached, ...]
    origin: OriginShown
    path: tuple[HopShown, ...] = ()
    """How third-party text led to the origin, and from there to the effects; each hop once, in order."""
    effects: tuple[EffectShown, ...]
    values: tuple[ValueShown, ...]
    signals: tuple[SignalShown, ...] = ()
    alerts: tuple[AlertShown, ...] = ()
    """Alerts of other products, in the order of their times; the first 50."""
    alerts_in_all: int = 0
    works: tuple[WorkShown, ...] = ()
    """What the kernel saw of the chain's calls, and of the calls that brought what they carried."""
    gaps: tuple[str, ...]
    counter_evidence: tuple[str, ...]
    turning: tuple[str, ...] = ()
    """What, if it were found, would change assessment, severity or score."""
    actions: tuple[str, ...]
    terms: tuple[TermShown, ...]
    baseline: str
    """Digest of the epoch, or `no baseline yet`."""
    narrator: str = "template"
    sentences: tuple[Sentence, ...]
    timeline: tuple[MomentShown, ...] = ()
    """The events that the sentences cite, in the order of their times; of their steps where these have none."""
