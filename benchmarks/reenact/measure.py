"""Measure what is linked right when recorded sessions run as real processes under the kernel sensor. Needs root and BCC.

    python -m benchmarks.reenact.measure --sessions 200 --together 20 --out benchmarks/reenact/results/mixed.json

Agents, client, TLS, tools and sensor are real; model, tools' results and what is said are those of the recordings. An edge from a
call to a process, or to an act of the agent itself, is right when it is the one that the agent's own log has for that call. Beside
the agents somebody else starts the same tools with the arguments of their calls (`launch.py`): an edge to one of these is wrong.
"""

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.reenact.plays import CHILD, INSIDE, Play, play
from benchmarks.speed.place import place, report
from correlator.attribution import Attribution, Work, attribute
from correlator.pipeline import Judgement, judge
from examples.live import postgres
from examples.live.model import serving
from sensor.event import EVENT, DatabaseQueried, Event, EventsLost, HttpRequested, ToolCalled
from sensor.sources import read_any

AGENTS = {
    "python": (sys.executable, "-m", "benchmarks.reenact.agent"),
    "node": ("node", str(Path(__file__).with_name("agent.mjs"))),
}
AGENTDOJO = Path(os.environ.get("CLEW_SHARED", Path(__file__).parents[3] / "shared")) / "data/agentdojo"


@dataclass
class Batch:
    """Sessions that ran at the same time, as they were and as the kernel saw them."""

    plays: dict[str, Play]
    told: dict[str, list[Event]]
    """Key of a play → the events of its recording."""
    seen: list[Event] = field(default_factory=list)
    pids: dict[int, str] = field(default_factory=dict)
    """What the agents say that they started: number of a process → call."""
    marks: dict[str, str] = field(default_factory=dict)
    """What they say that they asked: mark in the address → call."""
    decoys: set[int] = field(default_factory=set)
    """Processes that somebody else has started meanwhile, with the arguments of calls: the work of none."""


def recorded(count: int, ways: Sequence[str], seed: int) -> Iterator[tuple[Play, list[Event]]]:
    """Yield plays of AgentDojo's runs with the events of their recordings, in a random order."""
    chance = random.Random(seed)
    runs: list[tuple[str, list[Event]]] = []
    for path in sorted(AGENTDOJO.glob("*.jsonl.gz")):
        sessions: dict[str, list[Event]] = {}
        for event in read_any(path):
            sessions.setdefault(event.session, []).append(event)
        runs += sessions.items()
    chance.shuffle(runs)
    made = 0
    for _, events in runs:
        found = play(f"p{seed}x{made}", events, ways, chance)
        if found is not None:
            yield found, events
            made += 1
        if made == count:
            return


@contextmanager
def database(batch: Batch) -> Iterator[Mapping[str, str]]:
    """Serve what tools that ask a database get, where there are such, and give the environment that names it."""
    calls = [call for one in batch.plays.values() for reply in one.replies for call in reply.calls if call.how == "sql"]
    if not calls:
        yield {}
        return
    rows = (
        (
            hashlib.sha256(one.call_id.encode()).hexdigest(),
            one.name,
            json.dumps(one.arguments),
            one.result.replace("\0", ""),
        )
        for one in calls
    )
    values = ",\n".join("(" + ", ".join("'" + text.replace("'", "''") + "'" for text in row) + ")" for row in rows)
    made = "CREATE TABLE answers (place text PRIMARY KEY, tool text, arguments text, body text);"
    with postgres.serving(f"{made} INSERT INTO answers VALUES {values};") as environment:  # noqa: S608 - quoted above
        yield environment


def run(batch: Batch, agents: int, language: str) -> None:
    """Run the sessions of a batch in so many processes, under the sensor."""
    with tempfile.TemporaryDirectory(prefix="clew-reenact-") as name:
        folder = Path(name)
        for part in ("plays", "results", "truth"):
            (folder / part).mkdir()
        for one in batch.plays.values():
            one.write(folder / "plays")
        keys = list(batch.plays)
        server = (sys.executable, "-m", "benchmarks.reenact.server")
        with serving(folder, server) as port, database(batch) as environment:
            agent = [*AGENTS[language], name, str(port)]
            commands = [[*agent, *keys[number::agents]] for number in range(agents) if keys[number::agents]]
            launch = [sys.executable, "-m", "benchmarks.reenact.launch", name, json.dumps(commands)]
            recording = folder / "recording.jsonl"
            subprocess.run(
                [sys.executable, "-m", "correlator.cli", "record", "-o", recording, "--", *launch],
                check=True, stderr=subprocess.DEVNULL,
                env=os.environ | environment | {"NODE_EXTRA_CA_CERTS": str(folder / "cert.pem"), "PYTHON": sys.executable},
            )  # fmt: skip
        with recording.open("rb") as lines:
            batch.seen = [EVENT.validate_json(line) for line in lines]
        batch.decoys = set(json.loads((folder / "decoys").read_text("utf-8")))
        for truth in (folder / "truth").iterdir():
            for line in truth.read_text("utf-8").splitlines():
                did = json.loads(line)
                if "pid" in did:
                    batch.pids[did["pid"]] = did["call"]
                else:
                    batch.marks[did["mark"]] = did["call"]


def right(work: Work, batch: Batch) -> bool:
    """Return whether a work is that of its call, as the agent's own log has it."""
    if work.tree:
        return batch.pids.get(work.process.pid) == work.call.call_id
    if isinstance(work.root, DatabaseQueried):
        mark = work.root.statement.partition("/* ")[2].partition(" */")[0]
    else:
        mark = work.root.url.rpartition("=")[2] if isinstance(work.root, HttpRequested) else ""
    return batch.marks.get(mark) == work.call.call_id


def by_play(seen: Sequence[Event]) -> dict[str, list[Event]]:
    """Return the sessions that the kernel saw, by the play that they are: their calls' ids have its key."""
    sessions: dict[str, list[Event]] = {}
    for event in seen:
        if event.session:
            sessions.setdefault(event.session, []).append(event)
    return {
        event.call_id.split("_")[1]: events
        for events in sessions.values()
        for event in events
        if isinstance(event, ToolCalled) and event.call_id
    }


def unlike(batch: Batch) -> dict[str, set[str]]:
    """Return, by play, the ids of the calls that no other call of the batch is like: name, arguments and result."""
    calls = [(key, call) for key, one in batch.plays.items() for reply in one.replies for call in reply.calls]
    words = Counter((call.name, json.dumps(call.arguments, sort_keys=True), call.result) for _, call in calls)
    found: dict[str, set[str]] = {key: set() for key in batch.plays}
    for key, call in calls:
        if words[call.name, json.dumps(call.arguments, sort_keys=True), call.result] == 1:
            found[key].add(call.call_id)
    return found


def story_of(judgement: Judgement) -> list[tuple[Any, ...]]:
    """Return what must be the same of a session's stories whoever saw it: effects with explanations, and the origin's words."""
    return sorted(
        (tuple((one.step, one.tool, one.explanation) for one in story.effects), story.origin.quote)
        for story in judgement.stories
    )


def weighed(batch: Batch, count: Counter[str]) -> None:
    """Count what of a batch was linked, and how."""
    sessions = by_play(batch.seen)
    system = [event for event in batch.seen if not event.session]
    links: Mapping[str, Attribution] = attribute(sessions, system)
    count["lost"] += sum(event.count for event in batch.seen if isinstance(event, EventsLost))
    count["calls"] += sum(len(reply.calls) for one in batch.plays.values() for reply in one.replies)
    count["decoys"] += len(batch.decoys)
    count["sessions"] += len(batch.plays)
    alone = unlike(batch)
    for key in batch.plays:
        attribution = links.get(key, Attribution())
        good = [work for work in attribution.works if right(work, batch)]
        count["edges"] += len(attribution.works)
        count["right"] += len(good)
        done = {work.call.call_id for work in good}
        count["attributed"] += len(done)
        count["alone"] += len(alone[key])
        count["alone attributed"] += len(alone[key] & done)
        count["acts that may be of several calls"] += len(attribution.ambiguous)
        called = {event.entity: event.call_id for event in sessions.get(key, ()) if isinstance(event, ToolCalled)}
        count["called ambiguous"] += len({called[one] for one in attribution.undecided} - done)
        for work in attribution.works:
            count[f"grade {work.evidence.grade.name}"] += 1
            count[f"proof {work.evidence.proof}"] += 1
        telemetry = story_of(judge(batch.told[key]))
        kernel = story_of(judge(sessions.get(key, ()), attribution=attribution))
        count["not seen"] += key not in sessions
        if telemetry or kernel:
            count["with a story"] += 1
            count["same stories"] += telemetry == kernel


def main() -> None:
    """Run all batches and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--together", type=int, default=16, help="sessions that run at the same time")
    parser.add_argument("--agents", type=int, default=4, help="processes that they run in")
    parser.add_argument("--ways", nargs="+", choices=(*CHILD, *INSIDE), default=[*CHILD, *INSIDE])
    parser.add_argument(
        "--language", choices=AGENTS, default="python", help="of the agents; Node plays exec, stdin and http"
    )
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    where = place()
    chosen = list(recorded(given.sessions, given.ways, given.seed))
    count: Counter[str] = Counter()
    for start in range(0, len(chosen), given.together):
        some = chosen[start : start + given.together]
        batch = Batch({one.key: one for one, _ in some}, {one.key: events for one, events in some})
        run(batch, given.agents, given.language)
        weighed(batch, count)
        print(f"{count['sessions']} sessions: {count['right']} of {count['edges']} edges right", file=sys.stderr)
    report(
        {
            "command": " ".join(["python -m benchmarks.reenact.measure", *sys.argv[1:]]), **where, "seed": given.seed,
            "precision": count["right"] / max(1, count["edges"]), "attributed": count["attributed"] / max(1, count["calls"]),
            "attributed_of_unlike": count["alone attributed"] / max(1, count["alone"]),
            "same_stories": count["same stories"] / max(1, count["with a story"]), "counts": dict(sorted(count.items())),
        },
        given.out,
    )  # fmt: skip


if __name__ == "__main__":
    main()
