"""Measure eight writers whose events all meet at one endpoint, beside one writer with the same events.

    python -m benchmarks.speed.writers --out benchmarks/speed/results/writers.json

Each writer is a process that appends sessions of its own to one event log in PostgreSQL, batch by batch, while what is appended
is projected into Neo4j by another process. In every session the agent's process, all of them on one machine, opens one and the
same file, which is one node with an edge for each, and connects to one and the same address. Counted is the time until the graph
has all. One writer and eight take turns, each with new sessions; who begins changes. Lock retries are the transactions that had
to be begun again.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.speed.place import place, report
from correlator.collector import settle_memory
from examples.fleet import neo4j
from examples.live import postgres
from graph.log import EventLog
from graph.stores.neo4j import Neo4jStore
from sensor.event import ConnectionOpened, Event, FileOpened, ProcessId, ProcessStarted
from sensor.identity import session_key

HOT = "192.0.2.7:443"
HOT_FILE = "/etc/ssl/certs/ca-certificates.crt"
WRITERS = 8
BATCH = 500
WARMING = 2
"""Turns before those that count."""
OF_EACH = 11
"""Events of one session: its process, five files and five connections."""


def session(turn: int, number: int) -> Iterator[Event]:
    """Yield the events of one session: a process that opens the hot file and connects to the hot address."""
    key = session_key("record", f"{turn} {number}")
    process = ProcessId(boot_id="host", pid=number, started_ns=turn + 2)
    at_ns = 1_700_000_000 * 10**9 + number
    place = {"session": key, "source": "kernel", "process": process}
    yield ProcessStarted(position=0, at_ns=at_ns, executable="/usr/bin/agent", **place)
    for position in range(1, OF_EACH, 2):
        yield FileOpened(position=position, at_ns=at_ns + position, path=HOT_FILE, **place)
        yield ConnectionOpened(position=position + 1, at_ns=at_ns + position + 1, remote=HOT, **place)


class Writer:
    """What one process writes with: its log stays open, as that of a listener does."""

    log: EventLog

    @classmethod
    def begin(cls, address: str) -> None:
        """Open the log."""
        settle_memory()
        cls.log = EventLog(address)


def write(turn: int, first: int, sessions: int) -> int:
    """Append some sessions, as one writer; return how many events that were."""
    waiting, done = list[Event](), 0
    for number in range(first, first + sessions):
        waiting += session(turn, number)
        if len(waiting) >= BATCH:
            done += Writer.log.append(waiting).new
            waiting = []
    return done + Writer.log.append(waiting).new


def turn(pool: ProcessPoolExecutor, store: Neo4jStore, number: int, writers: int, count: int) -> float:
    """Have so many writers append `count` events, and project beside them; return events a second until all are in the graph."""
    each = count // OF_EACH // writers
    begun = time.perf_counter()
    writing = [pool.submit(write, number, writer * each, each) for writer in range(writers)]
    while not all(one.done() for one in writing):
        store.project()
        time.sleep(0.02)
    events = sum(one.result() for one in writing)
    while store.lag():
        store.project()
    return events / (time.perf_counter() - begun)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=60_000, help="of each turn")
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    settle_memory()
    where, rates = place(), {1: list[float](), WRITERS: list[float]()}
    with tempfile.TemporaryDirectory(prefix="clew-writers-") as name, postgres.serving("") as found:
        address = postgres.address(found)
        pooled = ProcessPoolExecutor(WRITERS, get_context("spawn"), Writer.begin, (address,))
        with neo4j.serving(Path(name) / "graph") as server, pooled as pool:
            store = Neo4jStore(EventLog(address), server.bolt)
            for number in range(WARMING):
                turn(pool, store, -1 - number, WRITERS, asked.events)
            for number in range(asked.turns):
                # Who begins changes, because a server that gets warmer favours the second.
                for writers, several in list(rates.items())[:: 1 if number % 2 else -1]:
                    several.append(turn(pool, store, 2 * number + (writers > 1), writers, asked.events))
                    print(f"{writers} writers: {several[-1]:.0f} events/s", file=sys.stderr, flush=True)
            busiest = "MATCH (n)-[r]-(:Process) WITH n, labels(n)[0] AS label, count(r) AS edges RETURN label, max(edges) AS most"
            degrees = {str(row["label"]): row["most"] for row in store.ask(busiest, {})}
            retries = store.attempts - store.transactions
            transactions = store.transactions
            store.close()
    shares = [eight / one for one, eight in zip(rates[1], rates[WRITERS], strict=True)]
    result: dict[str, Any] = {
        "benchmark": "speed/writers", **where, "command": " ".join(["python -m benchmarks.speed.writers", *sys.argv[1:]]),
        "wanted": {"share_of_one": 1.0}, "events_a_turn": asked.events, "turns": asked.turns,
        "one_writer": [round(rate) for rate in rates[1]], "eight_writers": [round(rate) for rate in rates[WRITERS]],
        "share_of_one": round(statistics.median(shares), 3), "share_of_one_spread": [round(min(shares), 3), round(max(shares), 3)],
        "most_edges_at_a_node": degrees, "transactions": transactions, "lock_retries": retries,
    }  # fmt: skip
    report(result, asked.out)


if __name__ == "__main__":
    main()
