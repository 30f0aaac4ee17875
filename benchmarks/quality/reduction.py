"""Count what analysts are shown of a million events, and whether all of the attacks among them is there.

    python -m benchmarks.quality.reduction --out benchmarks/quality/results/reduction.json

*Background*: synthetic sessions of an agent (those of `benchmarks.speed.ingest`: words, addresses and calls drawn at random,
which now and then look like an attack). *Attacks*: the shipped examples with a story, those of one session many times under
keys of their own, mixed into the background by a fixed seed. What belongs to an attack says its `expected.yaml`, written by
hand with the recording: from the text that steers to the effect, and from the effect to what it is aimed at (`value` or
`destination`); where a run has several sessions, also from the one to the other. *Chain edges* are all that stories show: each
hop of a way, and each effect with its aim. Printed together: events for each chain edge, and the share of labelled edges found.
"""

import argparse
import math
import random
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.speed.ingest import batches
from benchmarks.speed.place import place, report
from correlator.cli.desk import opened
from correlator.dispatch import Nobody
from correlator.ingest import Desk, accept
from correlator.settings import Settings
from correlator.spelling import squash
from correlator.story import Story
from sensor.event import Event
from sensor.identity import session_key
from sensor.redact import redact
from sensor.sources import read_any

ROOT = Path(__file__).resolve().parents[2]
WANTED = {"orders_of_magnitude": 2, "recall": 1.0}
_BATCH = 1_000


@dataclass(frozen=True)
class Attack:
    """One attack, and what is to be found of it."""

    name: str
    events: list[Event]
    expected: dict[str, Any]

    @property
    def sessions(self) -> set[str]:
        """Return the keys of its sessions."""
        return {event.session for event in self.events}

    def edges(self, stories: Sequence[Story]) -> dict[str, bool]:
        """Return its labelled edges, each with whether a story of its sessions shows it."""
        mine = [story for story in stories if story.session in self.sessions and self._begins(story)]
        tool = self.expected["effect"] or "answer"
        acted = [(story, {one.event for one in story.effects if one.tool == tool}) for story in mine]
        acted = [(story, effects) for story, effects in acted if effects]
        found = {
            "origin → effect": any(self._joined(*one) for one in acted),
            "effect → aim": any(self._leads(*one) for one in acted),
        }
        if len(self.sessions) > 1:
            hops = (hop for story, _ in acted for hop in story.path)
            found["session → session"] = any(hop.from_session != hop.to_session for hop in hops)
        return found

    def _begins(self, story: Story) -> bool:
        quote = squash(story.origin.quote.removesuffix("…"))
        return bool(quote) and quote in squash(self.expected["origin"]["text"])

    @staticmethod
    def _joined(story: Story, effects: Collection[str]) -> bool:
        """Return whether hops lead from the origin to one of the effects; what a principal asked for himself needs none."""
        reached, hops = {story.origin.event}, list(story.path)
        for _ in hops:
            reached |= {hop.to_event for hop in hops if hop.from_event in reached}
        return story.origin.kind == "principal" or not reached.isdisjoint(effects)

    def _leads(self, story: Story, effects: Collection[str]) -> bool:
        shown = [value.value for value in story.values if value.event in effects]
        shown += [text for one in story.effects if one.event in effects for text in one.arguments.values()]
        aims = [squash(self.expected[name]) for name in ("value", "destination")]
        return any(aim in squash(text) for aim in aims for text in shown)


def attacks(copies: int) -> Iterator[Attack]:
    """Yield the shipped attacks; those of one session so many times, under a key of its own each time."""
    for path in sorted((*(ROOT / "examples").glob("*/session.json"), *(ROOT / "examples").glob("*/spans.jsonl"))):
        expected = yaml.safe_load((path.parent / "expected.yaml").read_text("utf-8"))
        if not expected["story"]:
            continue
        events = list(read_any(path))
        sessions = {event.session for event in events}
        if len(sessions) > 1:
            yield Attack(path.parent.name, events, expected)
            continue
        for number in range(copies):
            key = session_key("record", f"{path.parent.name} {number}")
            copied = [event.model_copy(update={"session": key}) for event in events]
            yield Attack(path.parent.name, copied, expected)


def stream(count: int, seed: int, found: Sequence[Attack]) -> Iterator[list[Event]]:
    """Yield the events of the background in batches, each attack as a whole somewhere among them."""
    source = random.Random(seed)
    parts = math.ceil(count / _BATCH)
    at: dict[int, list[Event]] = {}
    for attack in found:
        at.setdefault(source.randrange(parts), []).extend(attack.events)
    for number, batch in enumerate(batches(count, seed)):
        yield [*batch, *at.get(number, ())]


def taken(desk: Desk, count: int, seed: int, found: Sequence[Attack]) -> int:
    """Have all of it stored and judged; return how many events that were."""
    events = 0
    for batch in stream(count, seed, found):
        accept(desk, [redact(event, desk.key) for event in batch], Nobody())
        events += len(batch)
        if events // 100_000 > (events - len(batch)) // 100_000:
            print(f"{events} events are stored", file=sys.stderr, flush=True)
    judged = desk.clear(lambda step: None if step.count % 1_000 else print(step, file=sys.stderr, flush=True))
    print(f"{judged.sessions} sessions are judged", file=sys.stderr, flush=True)
    return events


def main() -> None:
    """Count and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--copies", type=int, default=50)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    where, found = place(), list(attacks(asked.copies))
    with (
        tempfile.TemporaryDirectory(prefix="clew-reduction-") as name,
        opened(Settings(store=Path(name) / "store")) as desk,
    ):
        events = taken(desk, asked.events, asked.seed, found)
        sessions = len(desk.casebook.sessions("local"))
        stories = [record.story for record in desk.casebook.stories("local")]
    labelled = [edge for attack in found for edge in attack.edges(stories).items()]
    missed = sorted(
        {f"{attack.name}: {edge}" for attack in found for edge, there in attack.edges(stories).items() if not there}
    )
    known = {key for attack in found for key in attack.sessions}
    shown = sum(len(story.path) + len(story.effects) for story in stories)
    command = " ".join(["python -m benchmarks.quality.reduction", *sys.argv[1:]])
    report(
        {
            "benchmark": "quality/reduction", **where, "command": command, "wanted": WANTED, "events": events, "sessions": sessions,
            "attacks": len(found), "stories": len(stories),
            "stories_of_no_attack": sum(one.session not in known for one in stories),
            "chain_edges": shown, "events_for_each_chain_edge": round(events / shown, 1) if shown else None,
            "orders_of_magnitude": round(math.log10(events / shown), 2) if shown else None,
            "labelled_edges": len(labelled), "found": sum(there for _, there in labelled),
            "recall": round(sum(there for _, there in labelled) / len(labelled), 4), "missed": missed,
        },
        asked.out,
    )  # fmt: skip


if __name__ == "__main__":
    main()
