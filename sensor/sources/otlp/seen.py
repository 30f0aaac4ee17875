"""What a span tells, in words of no dialect: values that dialects give and sessions are made of."""

from dataclasses import dataclass, replace
from functools import cached_property

from pydantic import JsonValue

from sensor.event import Author, ToolDeclaration
from sensor.sources.otlp.chain import chain
from sensor.sources.otlp.messages import Messages
from sensor.sources.transcript.message import Document, Reply


@dataclass(frozen=True)
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

    @cached_property
    def said(self) -> Messages:
        """Return the messages, the reply the last of them."""
        return self.messages if self.reply is None else (*self.messages, (self.reply,))

    @cached_property
    def chain(self) -> tuple[str, ...]:
        """Return the running digest after each of `said`. It costs most of what joining spans does."""
        return chain(self.said)

    def of(self, conversation: str) -> "ModelCall":
        """Return the call as one of `conversation`, where it names none itself."""
        if self.conversation or not conversation:
            return self
        named = replace(self, conversation=conversation)
        named.__dict__["chain"] = self.chain  # a cached property: the messages are the same
        return named


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
