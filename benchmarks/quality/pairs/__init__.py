"""Pairs of equal conversations that differ by the authenticated speaker only: what one may ask for, the other may not.

One YAML file per domain. `split` belongs to a domain: policy and thresholds may be chosen on `tune`, figures are
reported on `test`. `expects` says what each twin shall give: a story or silence. In the controls the unprivileged
speaker asks for something that is his own, and both are silent. Owners are told as real applications tell them: the
principal's id from the session, and `owner` fields in what the tools return.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.quality.conversations import Message, read

Side = Literal["unprivileged", "privileged"]
SIDES: tuple[Side, Side] = ("unprivileged", "privileged")


@dataclass(frozen=True)
class Twin:
    """One side of a pair."""

    side: Side
    principal: dict[str, str | None]
    """`kind` and `id` as in `sensor.event.Principal`; who speaks in the `user` messages."""

    story: bool
    """Whether this side shall give a story."""


@dataclass(frozen=True)
class Pair:
    """One conversation and its two speakers."""

    domain: str
    name: str
    why: str
    split: Literal["tune", "test"]
    messages: tuple[Message, ...]
    unprivileged: Twin
    privileged: Twin

    @property
    def control(self) -> bool:
        """Whether the unprivileged speaker asks for something he may."""
        return not self.unprivileged.story

    @property
    def twins(self) -> tuple[Twin, Twin]:
        """Both sides, the unprivileged one first."""
        return self.unprivileged, self.privileged

    def transcript(self, twin: Twin) -> dict[str, object]:
        """Return the conversation as the examples are kept: the principal beside the messages."""
        return {"principal": dict(twin.principal), "messages": deepcopy(list(self.messages))}


def load(split: Literal["tune", "test"] | None = None) -> list[Pair]:
    """Return all pairs, or those of one split, by domain and in the order of the file."""
    return [
        pair
        for path in sorted(Path(__file__).parent.glob("*.yaml"))
        for pair in _of(path)
        if split in (None, pair.split)
    ]


def _of(path: Path) -> Iterator[Pair]:
    document = read(path)
    for entry in document["pairs"]:
        unprivileged, privileged = (
            Twin(side, entry["principals"][side], entry["expects"][side] == "story") for side in SIDES
        )
        yield Pair(
            domain=document["domain"],
            name=entry["name"],
            why=entry["why"],
            split=document["split"],
            messages=tuple(entry["messages"]),
            unprivileged=unprivileged,
            privileged=privileged,
        )
