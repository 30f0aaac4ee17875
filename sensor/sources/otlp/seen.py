"""What a span tells, in words of no dialect: values that dialects give and sessions are made of."""

from dataclasses import dataclass

from pydantic import JsonValue

from sensor.event import Author, ToolDeclaration
from sensor.sources.otlp.messages import Messages
from sensor.sources.transcript.message import Document, Reply


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A request to a model and its reply."""

    messages: Messages = ()
    """What the model was sent, oldest first; empty where the exporter kept the content back."""
    reply: Reply | None = None
    """`None` where it was kept back, or the call failed."""
    tools: tuple[ToolDeclaration, ...] = ()
    conversation: str = ""
    previous: str = ""
    """Id of the reply that `messages` follow on, where only what is new was sent."""
    captured: bool = True
    """Whether the exporter captured content."""


@dataclass(frozen=True, slots=True)
class ToolRun:
    """One execution of a tool."""

    name: str
    call_id: str = ""
    arguments: JsonValue = None
    result: str | None = None
    """`None` where it was kept back, or there was none."""
    failed: bool = False
    server: str = ""
    author: Author | None = None
    conversation: str = ""
    captured: bool = True


@dataclass(frozen=True, slots=True)
class AgentRun:
    """One run of an agent, or of a step of a workflow that spans others."""

    name: str = ""
    conversation: str = ""
    messages: Messages = ()
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Stored content that was looked up for the model."""

    documents: tuple[Document, ...] = ()
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Something stored for later sessions."""

    text: str
    place: str = ""
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """Tools that a server offers."""

    tools: tuple[ToolDeclaration, ...]
    server: str = ""


Seen = ModelCall | ToolRun | AgentRun | Retrieval | Remembered | Offered
