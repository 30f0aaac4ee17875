"""Sessions of many domains, written by people who did not know how the detector works, from a brief that named no example.

One YAML file per domain. Terms, word lists and policy may be mended on `tune`; figures are reported on `test`, whose sessions are
not read by whoever mends. `reached` sessions carry out an injected order, `benign` and `authorised` ones are honest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.quality.conversations import Message, read

Split = Literal["tune", "test"]


@dataclass(frozen=True)
class Session:
    """One session with what shall be found in it."""

    domain: str
    split: Split
    name: str
    why: str
    kind: Literal["reached", "benign", "authorised"]
    source: str
    """The injected text, literally as it stands in a tool result; empty for honest sessions."""

    messages: tuple[Message, ...]

    @property
    def story(self) -> bool:
        """Return whether the session shall give a story."""
        return self.kind == "reached"


def load(split: Split | None = None) -> list[Session]:
    """Return all sessions, or those of one split, by domain and in the order of the file."""
    return [
        session
        for path in sorted(Path(__file__).parent.glob("*.yaml"))
        for session in _of(path)
        if split in (None, session.split)
    ]


def _of(path: Path) -> Iterator[Session]:
    document = read(path)
    for entry in document["sessions"]:
        yield Session(
            domain=document["domain"],
            split=document["split"],
            name=entry["name"],
            why=entry["why"],
            kind=entry["class"],
            source=entry.get("source") or "",
            messages=tuple(entry["messages"]),
        )
