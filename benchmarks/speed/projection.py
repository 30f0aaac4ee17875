"""Measure how fast a fleet's events come into Neo4j, beside the bare driver that creates the very rows.

    python -m benchmarks.speed.projection --out benchmarks/speed/results/projection.json

A real PostgreSQL and a real Neo4j on loopback, all on this machine. Synthetic sessions (those of `benchmarks.speed.ingest`) are
appended to the event log and projected, some batches at a time; right after it the rows that they became are created once more by
the driver alone, with transactions of the same size, under labels of their own with the same constraint on their key: nodes that
are new by `CREATE`, edges between nodes that are matched by their keys. Taking turns, both meet the same noise of the machine. The
driver has one session and its rows ready; the projection reads and folds, and has its two transactions beside each other. Flatness
is that of the share, the last tenth over the first behind the first turn, in which the server is not warm.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from neo4j import Driver, GraphDatabase, ManagedTransaction

from benchmarks.speed.ingest import batches
from benchmarks.speed.place import place, report
from correlator.collector import settle_memory
from examples.fleet import neo4j
from examples.live import postgres
from graph.log import EventLog, Observed
from graph.projection import Rows, Way, project
from graph.schema import NODES
from graph.stores.neo4j import BATCH, Neo4jStore

AT_ONCE = 32
"""Batches that are appended and projected at a time."""
WANTED = 0.60
"""Rate of projecting as a share of the bare driver's."""


class Bare:
    """The driver alone."""

    def __init__(self, driver: Driver) -> None:
        """Make the constraints."""
        self._driver = driver
        self._known: set[tuple[str, str]] = set()
        with driver.session() as session:
            for kind in NODES:
                session.run(
                    f"CREATE CONSTRAINT bare_{kind.label.lower()} FOR (n:Bare{kind.label}) REQUIRE n.key IS UNIQUE"
                ).consume()

    def create(self, rows: Rows) -> None:
        """Create rows, in one transaction."""
        nodes = {label: self._new(label, found) for label, found in rows.nodes.items()}
        with self._driver.session() as session:
            session.execute_write(_create, nodes, rows.edges)

    def _new(self, label: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        new = [row for row in rows if (label, row["key"]) not in self._known]
        self._known |= {(label, row["key"]) for row in new}
        return [{**row["fields"], **{name: value for name, value in row.items() if name != "fields"}} for row in new]


def _create(
    transaction: ManagedTransaction, nodes: dict[str, list[dict[str, Any]]], edges: dict[Way, list[dict[str, Any]]]
) -> None:
    for label, rows in nodes.items():
        transaction.run(f"UNWIND $rows AS row CREATE (n:Bare{label}) SET n = row", rows=rows).consume()
    for way, rows in edges.items():
        transaction.run(
            f"UNWIND $rows AS row MATCH (a:Bare{way.source} {{key: row.source}}) MATCH (b:Bare{way.target} {{key: row.target}})"
            f" CREATE (a)-[r:{way.label}]->(b) SET r = row.fields",
            rows=rows,
        ).consume()


def measure(count: int, seed: int, folder: Path, address: str) -> dict[str, Any]:
    """Return rates in events per second, and what they are of each other."""
    with neo4j.serving(folder / "graph") as server, GraphDatabase.driver(server.bolt) as driver:
        store, bare = Neo4jStore(EventLog(address), server.bolt), Bare(driver)
        runs, seen, rows_in_all = store.log.runs, dict[int, int](), 0
        times = list[tuple[int, float, float, float]]()
        events, content = [], 0
        for batch in batches(count, seed):
            events += batch
            if len(events) < AT_ONCE * BATCH:
                continue
            begun = time.perf_counter()
            for at in range(0, len(events), len(batch)):
                store.merge(events[at : at + len(batch)])
            appended = time.perf_counter()
            store.project()
            projected = time.perf_counter()
            entries = [
                one for shard in sorted(store.log.heads())
                for one in store.log.after(shard, seen.get(shard, 0), len(events)) if isinstance(one, Observed)
            ]  # fmt: skip
            seen, bare_s = store.log.heads(), 0.0
            for at in range(0, len(entries), BATCH):
                some = entries[at : at + BATCH]
                rows = project(some, (), runs({one.run for one in some}))
                rows_in_all += sum(map(len, rows.nodes.values())) + sum(map(len, rows.edges.values()))
                before = time.perf_counter()
                bare.create(rows)
                bare_s += time.perf_counter() - before
            times.append((len(events), appended - begun, projected - appended, bare_s))
            content += sum(len(event.content) for event in events)
            events = []
        attempts, transactions = store.attempts, store.transactions
        store.close()
    size = sum(one.stat().st_size for one in (folder / "graph").rglob("*") if one.is_file())
    total = sum(number for number, *_ in times)
    shares = [bare_s / project_s for _, _, project_s, bare_s in times]
    tenth = max(1, len(times) // 10)
    warm = shares[1:] or shares
    return {
        "events": total, "batches": len(times), "rows": rows_in_all, "bytes_per_event": round(content / total),
        "append_rate": round(total / sum(one[1] for one in times)),
        "project_rate": round(total / sum(one[2] for one in times)),
        "bare_rate": round(total / sum(one[3] for one in times)),
        "both_rate": round(total / sum(one[1] + one[2] for one in times)),
        "share_of_bare": round(statistics.median(shares), 3),
        "share_of_bare_spread": [round(one, 3) for one in statistics.quantiles(shares, n=10)[:: 8]],
        "shares": [round(one, 3) for one in shares],
        "flatness": round(statistics.median(warm[-tenth:]) / statistics.median(warm[:tenth]), 3),
        "transactions": transactions, "retries": attempts - transactions,
        "graph_bytes_both": size,
    }  # fmt: skip


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_024_000)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    where = place()
    settle_memory()
    with tempfile.TemporaryDirectory(prefix="clew-projection-") as folder, postgres.serving("") as found:
        address = postgres.address(found)
        result = measure(given.events, given.seed, Path(folder), address)
    command = " ".join(["python -m benchmarks.speed.projection", *sys.argv[1:]])
    report({"benchmark": "speed/projection", **where, "command": command, "wanted_share": WANTED, **result}, given.out)


if __name__ == "__main__":
    main()
