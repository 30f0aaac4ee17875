"""Five sessions of one shape (task, `fetch_url`, `view_file`, last call), made again after a comparison of peers.

Two are benign twins of the other three, with equal form: the same calls are work when the user asked for them, and a
page may quote an injection without being one. `expected.source` quotes the span that steered the last call.
"""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality.conversations import Message, read


@dataclass(frozen=True)
class Session:
    """One session with what shall be found in it."""

    name: str
    why: str
    messages: tuple[Message, ...]
    story: bool
    message: int | None
    """Index of the message that holds the steering text; `None` where there is no story."""

    source: str | None
    """The steering text, literally as it stands there."""

    value: str | None
    """The value of the last call that came from it, as the call holds it."""

    secret: str | None
    """What was read and left in the last call, before any encoding."""


def load() -> list[Session]:
    """Return the five sessions by name."""
    return [_session(path) for path in sorted(Path(__file__).parent.glob("*.yaml"))]


def _session(path: Path) -> Session:
    document = read(path)
    expected = document["expected"]
    return Session(
        name=document["name"],
        why=document["why"],
        messages=tuple(document["messages"]),
        story=expected["story"],
        message=expected.get("message"),
        source=expected.get("source"),
        value=expected.get("value"),
        secret=expected.get("secret"),
    )
