"""Compare what a fleet tells with what one process tells, story by story, byte by byte.

    python -m benchmarks.quality.fleet ../shared/data --out benchmarks/quality/results/fleet.json

The shipped examples and 300 recorded sessions (25 of each file of agentdojo, by a fixed seed) are told: by one process with the
store *memory*, the reference; by one with *sqlite*; and by fleets: PostgreSQL, Redis and 1, 2 or 4 workers, and with 2 also
Neo4j. A fleet gets the events of all sessions mixed, in an order that is drawn anew (so that some come behind the end of their
session), in batches of one ingest (sessions without times, as most of agentdojo are, learn from earlier ones); the clock of each
session is off by up to two seconds and drifts by up to 100 parts in a million; and a second tenant has the same sessions at the
same time. All stories of a tenant, without `version` and `aliases` (which say how a story came about), have to be the bytes that
the reference has, which is made for each tenant. A story that was told before its first effect arrived keeps the id that it had,
and the other leads to it (DESIGN, ids), here as in the reference: it is compared under that of the reference; how many these are
is said.
"""

import argparse
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.speed.place import place, report
from correlator.casebook import Casebook
from correlator.cli.desk import opened
from correlator.following import is_behind
from correlator.ingest import accept, ingest
from correlator.key import KEY_FILE
from correlator.settings import Settings
from correlator.wiring import open_dispatcher
from examples.fleet import brokers, neo4j
from examples.live import postgres
from graph.stores.neo4j import Neo4jStore
from sensor.event import Event
from sensor.redact import redact
from sensor.sources import read_any

ROOT = Path(__file__).resolve().parents[2]
TENANTS = ("local", "other")
OF_EACH = 25
SKEW_NS, DRIFT = 2 * 10**9, 100e-6
PATIENCE_S = 900.0
_BATCH = 200


def recordings(data: Path, seed: int, folder: Path, of_each: int = OF_EACH) -> list[Path]:
    """Return the examples, and files with some recorded sessions each."""
    source, found = random.Random(seed), []
    for path in sorted((data / "agentdojo").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines = file.readlines()
        some = folder / path.name.removesuffix(".gz")
        some.write_text("".join(source.sample(lines, of_each)), "utf-8")
        found.append(some)
    examples = ROOT / "examples"
    return [*sorted((*examples.glob("*/session.json"), *examples.glob("*/spans.jsonl"))), *found]


def skewed(events: Sequence[Event], source: random.Random) -> list[Event]:
    """Return the events as clocks have them that are off and drift, each session's its own."""
    first: dict[str, int] = {}
    for event in events:
        if event.at_ns is not None:
            first[event.session] = min(first.get(event.session, event.at_ns), event.at_ns)
    off = {key: (source.randrange(-SKEW_NS, SKEW_NS), source.uniform(-DRIFT, DRIFT)) for key in sorted(first)}
    found = []
    for event in events:
        if event.at_ns is None or event.session not in off:
            found.append(event)
            continue
        by, drift = off[event.session]
        at_ns = event.at_ns + by + int((event.at_ns - first[event.session]) * drift)
        found.append(event.model_copy(update={"at_ns": max(0, at_ns)}))
    return found


Known = Mapping[str, str]
"""Id of a story, or one that leads to it → the id that the reference has."""


def told(settings: Settings, known: Known) -> tuple[list[str], int]:
    """Return the stories of a tenant as canonical JSON, and how many are found under a `known` id that leads to them."""
    with opened(settings) as desk:
        return canonical(desk.casebook, settings.tenant, known)


def canonical(casebook: Casebook, tenant: str, known: Known) -> tuple[list[str], int]:
    """Return the same of an open casebook."""
    stories, renamed = [one.story.model_dump(mode="json") for one in casebook.stories(tenant)], 0
    for story in stories:
        del story["version"], story["tenant"]
        name = next((known[one] for one in (story["id"], *story.pop("aliases")) if one in known), story["id"])
        renamed += name != story["id"]
        story["id"] = name
    return sorted(json.dumps(story, sort_keys=True, ensure_ascii=False) for story in stories), renamed


def alone(
    backend: str, tenant: str, files: Sequence[Path], folder: Path, key: bytes | None
) -> tuple[list[str], Known, bytes]:
    """Return what one process tells, the ids that lead to it, and its key for placeholders."""
    settings = Settings.model_validate({"store": folder / f"{backend}-{tenant}", "backend": backend, "tenant": tenant})
    settings.store.mkdir()
    if key is not None:
        (settings.store / KEY_FILE).write_bytes(key)
    with opened(settings) as desk:
        ingest([(path.name, path) for path in files], desk)
        stories = [one.story for one in desk.casebook.stories(tenant)]
        names = {name: story.id for story in stories for name in (story.id, *story.aliases)}
        return canonical(desk.casebook, tenant, {})[0], names, desk.key


@contextmanager
def working(settings: Settings, processes: int) -> Iterator[None]:
    """Run workers."""
    environment = os.environ | {
        "CLEW_BACKEND": settings.backend, "CLEW_DATABASE": settings.database or "", "CLEW_BROKER": settings.broker or "",
        "CLEW_NEO4J": settings.neo4j or "", "CLEW_STORE": str(settings.store),
    }  # fmt: skip
    command = [sys.executable, "-m", "correlator.cli", "worker", f"--processes={processes}"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def fleet(
    settings: Settings, processes: int, events: dict[str, list[Event]], seed: int, known: Known
) -> dict[str, tuple[list[str], int]]:
    """Return what a fleet tells each tenant."""
    source = random.Random(seed)
    mixed = [(tenant, event) for tenant, some in events.items() for event in skewed(some, source)]
    source.shuffle(mixed)
    dispatcher = open_dispatcher(settings)
    enough = time.monotonic() + PATIENCE_S
    with working(settings, processes), ExitStack() as stack:
        desks = {
            tenant: stack.enter_context(opened(settings.model_copy(update={"tenant": tenant}))) for tenant in TENANTS
        }
        for at in range(0, len(mixed), _BATCH):
            for tenant, desk in desks.items():
                some = [redact(event, desk.key) for of, event in mixed[at : at + _BATCH] if of == tenant]
                if some:
                    accept(desk, some, dispatcher, ingest=1)
        for tenant, desk in desks.items():
            while desk.casebook.waiting(tenant, limit=1):
                if time.monotonic() > enough:
                    raise TimeoutError("sessions still wait")
                time.sleep(0.2)
        graph = desks["local"].graph
        if isinstance(graph, Neo4jStore):
            while is_behind(graph, desks["local"].casebook):
                if time.monotonic() > enough:
                    raise TimeoutError("the graph is behind")
                time.sleep(0.2)
            for tenant, desk in desks.items():
                rows = graph.ask(
                    "MATCH (s:Story {tenant: $tenant, standing: 'open'}) RETURN s.id AS id", {"tenant": tenant}
                )
                ids = sorted(one.story.id for one in desk.casebook.stories(tenant))
                assert sorted(str(row["id"]) for row in rows) == ids, "Neo4j has other stories"
    return {tenant: told(settings.model_copy(update={"tenant": tenant}), known) for tenant in TENANTS}


def measure(data: Path, seed: int, folder: Path) -> dict[str, Any]:
    """Return how many stories are the same, of each way."""
    files = recordings(data, seed, folder)
    events = {tenant: [event for path in files for event in read_any(path, tenant=tenant)] for tenant in TENANTS}
    reference, known, key = dict[str, list[str]](), dict[str, str](), None
    for tenant in TENANTS:
        reference[tenant], names, key = alone("memory", tenant, files, folder, key)
        known |= names
    found: dict[str, Any] = {
        "sessions": len({event.session for event in events["local"]}), "events": len(events["local"]),
        "stories": {tenant: len(stories) for tenant, stories in reference.items()}, "ways": {},
    }  # fmt: skip

    def compare(name: str, told_: dict[str, tuple[list[str], int]]) -> None:
        found["ways"][name] = {
            tenant: {"same": len(set(stories) & set(reference[tenant])), "told": len(stories), "under_an_alias": renamed,
                     "identical": stories == reference[tenant]}
            for tenant, (stories, renamed) in told_.items()
        }  # fmt: skip
        print(f"{name}: {json.dumps(found['ways'][name])}", file=sys.stderr, flush=True)

    compare("sqlite", {tenant: (alone("sqlite", tenant, files, folder, key)[0], 0) for tenant in TENANTS})
    with postgres.serving("") as served, brokers.redis() as broker, neo4j.serving(folder / "graph") as graph:
        for processes, bolt in ((1, None), (2, None), (4, None), (2, graph.bolt)):
            name = f"{processes} workers" + (", Neo4j" if bolt else "")
            settings = Settings(
                store=folder / name, backend="neo4j" if bolt else "sql", neo4j=bolt, broker=broker, lease_seconds=30,
                database=postgres.schema(postgres.address(served), f"w{processes}{'n' * bool(bolt)}"),
            )  # fmt: skip
            settings.store.mkdir()
            assert key is not None
            (settings.store / KEY_FILE).write_bytes(key)
            compare(name, fleet(settings, processes, events, seed + processes, known))
    found["identical"] = all(one["identical"] for way in found["ways"].values() for one in way.values())
    return found


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    where = place()
    with tempfile.TemporaryDirectory(prefix="clew-fleet-") as name:
        result = measure(asked.data, asked.seed, Path(name))
    command = " ".join(["python -m benchmarks.quality.fleet", *sys.argv[1:]])
    report({"benchmark": "quality/fleet", **where, "command": command, **result}, asked.out)
    return 0 if result["identical"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
