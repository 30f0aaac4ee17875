"""Measure how long each question of the pack takes on a large graph, in a real Neo4j on this machine.

    python -m benchmarks.speed.hunting --out benchmarks/speed/results/hunting.json

Synthetic sessions of forty agents are appended to an event log and projected: half of the events are conversations (those of
`benchmarks.speed.ingest`), half pairs of sessions with what the kernel and others saw of them (`benchmarks.speed.lives`). The
first of these pairs, and the shipped examples, are judged, and their stories are told. Then each question is asked with the busiest
values: once unmeasured, then some times more; the slowest of these counts. *wanted*: less than two seconds, and that each finds
something.
"""

import argparse
import statistics
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.speed.ingest import batches
from benchmarks.speed.lives import lives
from benchmarks.speed.place import place, report
from correlator.cli.desk import opened
from correlator.dispatch import Nobody
from correlator.following import follow
from correlator.ingest import Desk, accept, ingest
from correlator.settings import Settings
from examples.fleet import neo4j
from graph.queries import Query, queries, values
from graph.stores.neo4j import Neo4jStore
from graph.telling import Place, Telling
from sensor.event import Event

ROOT = Path(__file__).resolve().parents[2]
AGENTS = 40
JUDGED = 50_000
"""Events of pairs that are judged: what the engine derives is from them."""
TIMES = 3
WANTED_S = 2.0
_AT_ONCE = 20_000


def fill(desk: Desk, count: int, seed: int) -> None:
    """Have so many synthetic events in the graph, and the examples and some of the pairs with their stories."""
    graph = desk.graph
    assert isinstance(graph, Neo4jStore)
    files = sorted((*(ROOT / "examples").glob("*/session.json"), *(ROOT / "examples").glob("*/spans.jsonl")))
    ingest([(path.parent.name, path) for path in files], desk)
    done, waiting = 0, list[Event]()
    for batch in chain(lives(count // 2, seed), batches(count // 2, seed)):
        if done + len(waiting) < JUDGED:
            accept(desk, batch, Nobody())
            done += len(batch)
            continue
        waiting += batch
        if len(waiting) >= _AT_ONCE:
            graph.merge(waiting)
            done += len(waiting)
            waiting = []
            print(f"{done} events are appended", file=sys.stderr, flush=True)
    graph.merge(waiting)
    print(f"{desk.clear().sessions} sessions are judged", file=sys.stderr, flush=True)
    print(f"{follow(graph, desk.casebook)} entries are projected", file=sys.stderr, flush=True)
    keys = [one.key for one in graph.sessions()]
    named = {one.key for one in desk.casebook.sessions("local")}
    agents = tuple((key, f"agent {number % AGENTS}") for number, key in enumerate(keys) if key not in named)
    place_ = graph.told("local")
    for at in range(0, len(agents), 5_000):
        after = Place(place_.stories, place_.sessions + at)
        upto = Place(place_.stories, place_.sessions + at + 5_000)
        assert graph.tell(Telling("local", after, upto, (), agents[at : at + 5_000]))


def given(desk: Desk) -> dict[str, str]:
    """Return values that find something: the busiest place, path and host, a story with work of processes, its session."""
    assert isinstance(desk.graph, Neo4jStore)
    story = next(one.story for one in desk.casebook.stories("local") if one.story.works)

    def most(label: str, field: str, also: str = "true") -> str:
        assert isinstance(desk.graph, Neo4jStore)
        found = f"MATCH (n:{label}) WHERE n.{field} IS NOT NULL AND {also} RETURN n.{field} AS name, count(*) AS number"
        text = f"{found} ORDER BY number DESC, name LIMIT 1"
        rows = desk.graph.ask(text, {})
        return str(rows[0]["name"]) if rows else "nothing"

    return {
        "story": story.id, "session": story.session, "place": most("Content", "place"), "author": most("Content", "author"),
        "path": most("File", "path"), "host": most("Endpoint", "name"),
        "renamed": most("File", "path", "EXISTS { (n)-[:BECAME]->() }"),
    }  # fmt: skip


def timed(desk: Desk, query: Query, known: dict[str, str]) -> dict[str, Any]:
    """Return how long a question takes, and how much it finds."""
    assert isinstance(desk.graph, Neo4jStore)
    named = known | ({"path": known["renamed"]} if query.name == "renamed" else {})
    asked = values(query, {name: named[name] for name in query.parameters if name in named})
    took = []
    for _ in range(TIMES + 1):
        begun = time.perf_counter()
        rows = desk.graph.ask(query.text, asked)
        took.append(time.perf_counter() - begun)
    return {"rows": len(rows), "median_s": round(statistics.median(took[1:]), 3), "slowest_s": round(max(took[1:]), 3)}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    where = place()
    with tempfile.TemporaryDirectory(prefix="clew-hunting-") as name, neo4j.serving(Path(name) / "graph") as server:
        settings = Settings(store=Path(name) / "store", backend="neo4j", neo4j=server.bolt)
        with opened(settings) as desk:
            fill(desk, asked.events, asked.seed)
            counts = desk.graph.counts()
            known, stories = given(desk), desk.casebook.stories("local", every=True)
            found = {query.name: timed(desk, query, known) for query in queries()}
    slowest = max(found, key=lambda name: found[name]["slowest_s"])
    command = " ".join(["python -m benchmarks.speed.hunting", *sys.argv[1:]])
    report(
        {
            "benchmark": "speed/hunting", **where, "command": command, "wanted_s": WANTED_S, "events": counts.events,
            "sessions": counts.sessions, "nodes": counts.nodes, "edges": counts.edges,
            "stories": len(stories), "finding": sum(one["rows"] > 0 for one in found.values()),
            "slowest": [slowest, found[slowest]["slowest_s"]], "queries": found,
        },
        asked.out,
    )  # fmt: skip
    if silent := sorted(name for name, one in found.items() if not one["rows"]):
        sys.exit(f"found nothing: {', '.join(silent)}")


if __name__ == "__main__":
    main()
