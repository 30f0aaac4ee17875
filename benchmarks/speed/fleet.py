"""Measure a whole fleet on this machine: events a second from the sensor's request to the judgement, and how long a story takes.

    python -m benchmarks.speed.fleet --out benchmarks/speed/results/fleet.json

All of it is real and shares the cores: PostgreSQL, Redis, Neo4j, `clew listen`, two workers that judge and project, the client.
*rate*: synthetic sessions (those of `benchmarks.speed.ingest`) are sent to `POST /v1/events` as fast as they are taken, until so
many events have been; counted is the time until the last session is judged, and until the graph has all. *story*: while events of
such sessions come at a steady rate, every second one of the shipped attacks is among them under a key of its own; counted is the
time from the moment in which its last event is there, unsent, to that in which its story is in the casebook.
"""

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.speed.ingest import batches
from benchmarks.speed.place import place, report
from correlator.casebook import Casebook
from correlator.cli.desk import opened
from correlator.following import is_behind
from correlator.settings import Settings
from examples.fleet import brokers, neo4j
from examples.fleet.demo import listening, running
from examples.live import postgres
from graph.store import Projection
from sensor.event import Event
from sensor.identity import session_key
from sensor.sources import read_any

ROOT = Path(__file__).resolve().parents[2]
ATTACK = ROOT / "examples" / "billing_ticket" / "session.json"
WANTED = {"events_per_s": 600, "goal_events_per_s": 1_500, "story_p95_s": 5.0, "goal_story_p95_s": 3.0}
_AT_ONCE = 500
SHIPPED_S = 0.2
"""Seconds between two requests of a shipper that keeps up (`sensor.ship.shipper`)."""


def post(url: str, events: Sequence[Event]) -> None:
    """Send events until they are taken."""
    body = gzip.compress("".join(f"{event.content}\n" for event in events).encode(), 1)
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    request = urllib.request.Request(f"{url}/v1/events", body, headers)  # noqa: S310 - of our own server
    while True:
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
                answer.read()
                return
        except urllib.error.HTTPError as error:
            if error.code != 429:
                raise
            time.sleep(float(error.headers.get("Retry-After", "1")))


@contextmanager
def fleet(folder: Path) -> Iterator[tuple[Settings, str]]:
    """Give a fleet's settings, and the address of its API."""
    with ExitStack() as stack:
        found = stack.enter_context(postgres.serving(""))
        settings = Settings(
            store=folder / "store", backend="neo4j", database=postgres.address(found), broker=stack.enter_context(brokers.redis()),
            neo4j=stack.enter_context(neo4j.serving(folder / "graph")).bolt,
        )  # fmt: skip
        environment = os.environ | {
            "CLEW_BACKEND": settings.backend, "CLEW_DATABASE": settings.database or "", "CLEW_BROKER": settings.broker or "",
            "CLEW_NEO4J": settings.neo4j or "", "CLEW_STORE": str(settings.store),
        }  # fmt: skip
        url = stack.enter_context(listening(environment))
        for _ in range(2):
            stack.enter_context(running(environment, "worker", "--processes=1"))
        yield settings, url


def sustained(settings: Settings, url: str, count: int, seed: int) -> dict[str, Any]:
    """Return the rate of all together."""
    begun, waiting, sent = time.perf_counter(), list[Event](), 0
    for batch in batches(count, seed):
        waiting += batch
        if len(waiting) >= _AT_ONCE:
            post(url, waiting)
            sent += len(waiting)
            waiting = []
    post(url, waiting)
    taken_s = time.perf_counter() - begun
    with opened(settings) as desk:
        while desk.casebook.waiting("local", limit=1):
            time.sleep(0.1)
        judged_s = time.perf_counter() - begun
        assert isinstance(desk.graph, Projection)
        while is_behind(desk.graph, desk.casebook):
            time.sleep(0.2)
        projected_s = time.perf_counter() - begun
        sessions = len(desk.casebook.sessions("local"))
    return {
        "events": count, "sessions": sessions, "taken_per_s": round(count / taken_s), "judged_per_s": round(count / judged_s),
        "projected_per_s": round(count / projected_s),
    }  # fmt: skip


def attack(number: int) -> list[Event]:
    """Return a session with an attack, under a key of its own."""
    key = session_key("record", f"attack {number}")
    return [event.model_copy(update={"session": key}) for event in read_any(ATTACK)]


def latency(settings: Settings, url: str, rate: int, seconds: int, seed: int) -> dict[str, Any]:
    """Return how long stories take while events come at a rate, sent as our shipper does: all that waits with each request."""
    source = (event for batch in batches(rate * seconds * 2, seed) for event in batch)
    took = list[float]()
    pending: dict[str, float] = {}

    def look(casebook: Casebook) -> None:
        for one in casebook.stories_of("local", list(pending)):
            session = casebook.story("local", one).story.session
            took.append(time.monotonic() - pending.pop(session))

    begun, sent, attacks = time.monotonic(), 0, 0
    with opened(settings) as desk, ThreadPoolExecutor(1, "shipper") as shipper:
        while (now := time.monotonic() - begun) < seconds:
            batch = [next(source) for _ in range(int(rate * now) - sent)]
            sent += len(batch)
            if now >= attacks + 0.5:  # the last event of one is there each second
                events = attack(1_000 * seed + attacks)
                pending[events[0].session] = begun + now
                attacks += 1
                batch += events
            posting = shipper.submit(post, url, batch)
            while not posting.done():
                look(desk.casebook)
                time.sleep(0.02)
            posting.result()
            time.sleep(max(0.0, now + SHIPPED_S - (time.monotonic() - begun)))
        sent_s = time.monotonic() - begun
        enough = time.monotonic() + 60
        while pending and time.monotonic() < enough:
            look(desk.casebook)
            time.sleep(0.05)
    return {
        "events_per_s": rate, "seconds": seconds, "taken_per_s": round(sent / sent_s),
        "stories": len(took), "missing": len(pending),
        "p50_s": round(statistics.median(took), 2), "p95_s": round(statistics.quantiles(took, n=20)[-1], 2),
        "longest_s": round(max(took), 2),
    }  # fmt: skip


def memory() -> Mapping[str, int]:
    """Return the resident MiB of the largest process of each kind that this started."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,rss,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 3) for line in listed.splitlines()[1:]]
    mine = {str(os.getpid())}
    for _ in range(4):  # so deep is a worker of a worker
        mine |= {pid for pid, parent, *_ in rows if parent in mine}
    found: dict[str, int] = {}
    for pid, _, rss, words in rows:
        for name, mark in (
            ("listen", " listen --port"),
            ("worker", " worker --processes"),
            ("neo4j", "Neo4jServer.java"),
        ):
            if pid in mine and mark in words:
                found[name] = max(found.get(name, 0), int(rss) // 1024)
    return found


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--rate", type=int, default=600)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    where = place()
    with tempfile.TemporaryDirectory(prefix="clew-fleet-") as name, fleet(Path(name)) as (settings, url):
        result: dict[str, Any] = {"rate": sustained(settings, url, asked.events, asked.seed)}
        print(json.dumps(result), file=sys.stderr, flush=True)
        result["story"] = latency(settings, url, asked.rate, asked.seconds, asked.seed + 1)
        result["resident_mebibytes"] = memory()
    command = " ".join(["python -m benchmarks.speed.fleet", *sys.argv[1:]])
    report({"benchmark": "speed/fleet", **where, "command": command, "wanted": WANTED, **result}, asked.out)


if __name__ == "__main__":
    main()
