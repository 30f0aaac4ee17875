"""Recorded sessions → plays: what is said to the model, what it replies, what each tool gives, and how each tool does its work."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import JsonValue

from sensor.event import Event, ModelResponded, PromptSubmitted, ToolReturned, in_order

CHILD = ("exec", "flags", "stdin", "shell")
"""Ways of a tool that is a process: all arguments as JSON, one option each, on its standard input, or by a shell."""
INSIDE = ("http", "sql")
"""Ways of a tool inside the agent's process: a request to a service, a query of a database."""
SERVED = ("mcp", "mcp_child", "mcp_own", "mcp_http")
"""Ways of a tool of a tool server (MCP). Over pipes: of one that the agent's process has for all its sessions, which does it itself
or by a child, and of one that the session starts at its first call; over HTTP: of one for everybody. These two do it by a child."""


@dataclass(frozen=True)
class Asked:
    """A call that the model asks for."""

    call_id: str
    name: str
    arguments: JsonValue
    how: str = ""
    result: str = ""


@dataclass(frozen=True)
class Reply:
    """One reply of the model."""

    text: str
    calls: tuple[Asked, ...] = ()


@dataclass
class Play:
    """One session to be played."""

    key: str
    steps: list[Reply | tuple[str, str]] = field(default_factory=list)
    """Replies, and what is said before them: role and text."""

    def write(self, folder: Path) -> None:
        """Write it as `agent` and `server` read it."""
        steps = [asdict(step) if isinstance(step, Reply) else {"role": step[0], "said": step[1]} for step in self.steps]
        (folder / f"{self.key}.json").write_text(json.dumps({"key": self.key, "steps": steps}), "utf-8")

    @property
    def replies(self) -> list[Reply]:
        """Return the replies alone."""
        return [step for step in self.steps if isinstance(step, Reply)]


def play(key: str, events: Iterable[Event], ways: Sequence[str], chance: random.Random) -> Play | None:
    """Return the play of a session, `None` where a call has no result. Call ids are made anew: some recordings repeat them."""
    ordered = in_order(events)
    results = {event.call_id: event.text for event in ordered if isinstance(event, ToolReturned)}
    made = Play(key)
    for event in ordered:
        if isinstance(event, PromptSubmitted):
            made.steps.append((event.role, event.text))
        elif isinstance(event, ModelResponded):
            if any(call.call_id not in results for call in event.calls):
                return None
            calls = tuple(
                Asked(
                    f"call_{key}_{event.position}_{number}", call.name, call.arguments, chance.choice(ways),
                    results[call.call_id],
                )
                for number, call in enumerate(event.calls)
            )  # fmt: skip
            made.steps.append(Reply(event.text, calls))
    return made if any(reply.calls for reply in made.replies) and isinstance(made.steps[-1], Reply) else None
