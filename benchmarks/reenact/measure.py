"""Measure what is linked right when recorded sessions run as real processes under the kernel sensor. Needs root and BCC.

    python -m benchmarks.reenact.measure --sessions 200 --together 20 --out benchmarks/reenact/results/mixed.json

Agents, client, TLS, tools and sensor are real; model, tools' results and what is said are those of the recordings. An edge from a
call to a process, to an act of the agent itself or to a request to a tool server is right when it is the one that the logs of agent
and server have for that call. Beside the agents somebody else uses the same tools, started and served, with the arguments of their
calls (`launch.py`): an edge to one of these is wrong.

Each session is known as telemetry (the recording), as the kernel saw it (`clew record`), and with `--reported` as both: its agent
is instrumented and under the sensor (`clew run`). Stories are compared with those of the recording.
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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.reenact.plays import CHILD, INSIDE, SERVED, Play, play
from benchmarks.speed.place import place, report
from correlator.attribution import Attribution, Work, attribute
from correlator.cli.desk import opened
from correlator.pipeline import Judgement, judge
from correlator.settings import Settings
from examples.live import postgres
from examples.live.model import serving
from sensor.event import EVENT, DatabaseQueried, Event, EventsLost, HttpRequested, ToolCalled, ToolServed
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
    """What agents and tool servers say that they started: number of a process → call."""
    marks: dict[str, str] = field(default_factory=dict)
    """What agents say that they asked: mark in the address or the message → call."""
    served: dict[tuple[int, int, str], str] = field(default_factory=dict)
    """What tool servers say that they were asked: client, server, number of the request → call."""
    decoys: int = 0
    """What somebody else did meanwhile, with the arguments of calls: the work of none."""

    def take(self, log: Iterable[Mapping[str, Any]]) -> None:
        """Take what agents and tool servers have written about what they did."""
        said = list(log)
        self.marks |= {one["mark"]: one["call"] for one in said if "mark" in one and "call" in one}
        for one in said:
            call = one.get("call") or self.marks.get(one["mark"])
            if call is None:
                continue  # a decoy's
            if "pid" in one:
                self.pids[one["pid"]] = call
            elif "request" in one:
                self.served[one["client"], one["server"], one["request"]] = call


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


def observed(command: Sequence[str], folder: Path, environment: Mapping[str, str], *, reported: bool) -> list[Event]:
    """Run a command under the sensor and return what was seen; where it is `reported`, with what the command tells of itself."""
    recording, store = folder / "recording.jsonl", folder / "store"
    verb = ["run"] if reported else ["record", "-o", str(recording)]
    subprocess.run(
        [sys.executable, "-m", "correlator.cli", "--store", str(store), *verb, "--", *command],
        check=True, stderr=subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    if not reported:
        with recording.open("rb") as lines:
            return [EVENT.validate_json(line) for line in lines]
    with opened(Settings(store=store)) as desk:
        keys = ["", *(one.key for one in desk.graph.sessions())]
        return [event for key in keys for event in desk.graph.events(key)]


def run(batch: Batch, agents: int, language: str, *, reported: bool) -> None:
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
            trust = {"NODE_EXTRA_CA_CERTS": str(folder / "cert.pem"), "PYTHON": sys.executable}
            batch.seen = observed(launch, folder, {**os.environ, **environment, **trust}, reported=reported)
        batch.decoys = int((folder / "decoys").read_text("utf-8"))
        logs = [truth.read_text("utf-8") for truth in (folder / "truth").iterdir()]
        batch.take(json.loads(line) for log in logs for line in log.splitlines())


def right(work: Work, batch: Batch) -> bool:
    """Return whether a work is that of its call, as the logs have it."""
    return done_for(work, batch) == work.call.call_id


def done_for(work: Work, batch: Batch) -> str | None:
    """Return the call for which a work was done, as the logs have it."""
    if work.tree:
        # A server that is started while a call is at work, and asked for nothing else, is all of it that call's.
        asked = [call for (_, server, _), call in batch.served.items() if server == work.process.pid]
        return asked[0] if len(asked) == 1 else batch.pids.get(work.process.pid)
    match work.root:
        case ToolServed(client=client, process=server, request_id=number) if client is not None and server is not None:
            return batch.served.get((client.pid, server.pid, number))
        case DatabaseQueried(statement=statement):
            return batch.marks.get(statement.partition("/* ")[2].partition(" */")[0])
        case HttpRequested(url=url, body=body) if url.endswith("/mcp"):
            return batch.marks.get((body or "").partition('"mark":"')[2].partition('"')[0])
        case HttpRequested(url=url):
            return batch.marks.get(url.rpartition("=")[2])
        case _:
            return None


def by_play(seen: Sequence[Event]) -> tuple[dict[str, list[Event]], int]:
    """Return the sessions that were seen, by the play that they are: their calls' ids have its key; and how many these were."""
    sessions: dict[str, list[Event]] = {}
    for event in seen:
        if event.session:
            sessions.setdefault(event.session, []).append(event)
    found = []
    for events in sessions.values():
        ids = [event.call_id for event in events if isinstance(event, ToolCalled) and event.call_id]
        found += [(one.split("_")[1], events) for one in ids[:1]]
    return dict(found), len(found)


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
    sessions, told = by_play(batch.seen)
    count["sessions told"] += told
    system = [event for event in batch.seen if not event.session]
    links: Mapping[str, Attribution] = attribute(sessions, system)
    count["lost"] += sum(event.count for event in batch.seen if isinstance(event, EventsLost))
    count["calls"] += sum(len(reply.calls) for one in batch.plays.values() for reply in one.replies)
    count["decoys"] += batch.decoys
    count["sessions"] += len(batch.plays)
    alone = unlike(batch)
    for key in batch.plays:
        attribution = links.get(key, Attribution())
        good = [work for work in attribution.works if right(work, batch)]
        for work in attribution.works:
            if not right(work, batch):
                print(f"wrong: {work.call.content} {work.evidence} {work.root.content}", file=sys.stderr)
        count["edges"] += len(attribution.works)
        count["right"] += len(good)
        done = {work.call.call_id for work in good}
        count["attributed"] += len(done)
        for call in (call for reply in batch.plays[key].replies for call in reply.calls):
            count[f"calls by {call.how}"] += 1
            count[f"attributed by {call.how}"] += call.call_id in done
        count["alone"] += len(alone[key])
        count["alone attributed"] += len(alone[key] & done)
        count["acts that may be of several calls"] += len(attribution.ambiguous)
        called = {event.entity: event.call_id for event in sessions.get(key, ()) if isinstance(event, ToolCalled)}
        undecided = {called[one] for one in attribution.undecided} - done
        count["called ambiguous"] += len(undecided)
        count["with nothing in common"] += len(set(called.values()) - done - undecided)
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
    parser.add_argument("--ways", nargs="+", choices=(*CHILD, *INSIDE, *SERVED), default=[*CHILD, *INSIDE, *SERVED])
    parser.add_argument(
        "--language", choices=AGENTS, default="python", help="of the agents; Node plays exec, stdin and http"
    )
    parser.add_argument(
        "--reported", action="store_true", help="agents in Python report themselves, too (OpenTelemetry)"
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
        run(batch, given.agents, given.language, reported=given.reported)
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
