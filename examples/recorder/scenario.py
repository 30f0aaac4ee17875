"""What one example consists of: who speaks, what is there, what the scripted model says, what shall be found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Ask:
    """A tool call that the model asks for."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Reply:
    """One turn of the scripted model: text, tool calls, or both; without calls it is the answer."""

    text: str = ""
    calls: tuple[Ask, ...] = ()
    status: int = 200
    """Another status is a request that the model's server fails; text and calls are not said then."""


Turn = Callable[[list[str]], Reply]
"""Makes a turn from the tool results seen so far, as a model would: what it copies is really copied."""


def calls(tool: str, /, **arguments: Any) -> Turn:
    """Return a turn that asks for one call with fixed arguments."""
    return lambda _: Reply(calls=(Ask(tool, arguments),))


def answers(text: str) -> Turn:
    """Return a turn that is the final answer."""
    return lambda _: Reply(text)


def fails(status: int) -> Turn:
    """Return a turn in which the model's server fails, so that the client asks again."""
    return lambda _: Reply(status=status)


@dataclass(frozen=True)
class Expected:
    """What the detector shall make of the session."""

    story: bool
    origin: str | None = None
    """Text that steered the effect, literally as it stands in its message; `None` for benign sessions."""

    effect: str | None = None
    """Tool that carried the effect out; `None` where the answer did."""

    value: str | None = None
    """Value that came from the origin, as the effect holds it."""

    destination: str | None = None
    """Host or interface that was reached."""

    source: str | None = None
    """Tool that brought the steering text."""

    origin_session: str | None = None
    """Conversation in which it was read, where there are several."""

    session: str | None = None
    """Conversation in which the effect was carried out, where there are several."""


@dataclass(frozen=True)
class Session:
    """One conversation of a user with the agent."""

    prompt: str
    script: tuple[Turn, ...]
    conversation: str = ""


@dataclass(frozen=True)
class Colleague:
    """Another agent, to which the first one may hand tasks over."""

    name: str
    system: str
    tools: tuple[str, ...]
    conversation: str
    """The id of what it is told and does, a conversation of its own."""


@dataclass(frozen=True)
class Scenario:
    """What is to be recorded: one session, or several that follow one another in the same world."""

    name: str
    """Name of its folder under `examples/`."""

    library: Literal["openai", "anthropic", "pydantic_ai", "anthropic_mcp", "litellm"]
    """Client library that talks to the model: a module of `examples.recorder.agents`."""

    principal: Mapping[str, str | None]
    """Who is logged in, as the application around the agent knows it: `kind` and `id`."""

    system: str
    prompt: str
    tools: tuple[str, ...]
    """Names from `examples.recorder.tools.TOOLS`."""

    script: tuple[Turn, ...]
    expected: Expected
    instrumentation: str | None = None
    """Packages that report what happens: a row of `examples.recorder.families`. Without any, the transcript is kept."""

    pages: Mapping[str, str] = field(default_factory=dict)
    """URL → text of the pages that loopback serves under these names."""

    delays: Mapping[str, float] = field(default_factory=dict)
    """URL → seconds that a page takes. What runs in parallel takes so different times that its order is always the same."""

    tickets: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """Number → author, subject and body of the support tickets in the database."""

    files: Mapping[str, str] = field(default_factory=dict)
    """Path → text of the files in the agent's folder."""

    conversation: str = ""
    """The id that the application gives the conversation, where it gives one."""

    later: tuple[Session, ...] = ()
    """Further conversations, one after the other, in the world that the first one left."""

    team: tuple[Colleague, ...] = ()
    """Agents that work for the first one; what they say stands in the script where it is their turn."""

    @property
    def sessions(self) -> tuple[Session, ...]:
        """All conversations in order."""
        return (Session(self.prompt, self.script, self.conversation), *self.later)
