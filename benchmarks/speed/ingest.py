"""Measure how fast a store takes events, beside SQLite's own rate on the same rows.

    python -m benchmarks.speed.ingest --events 100000 1000000 --out benchmarks/speed/results/ingest.json

Synthetic sessions (seeded) run side by side, some hundred at a time, and end while new ones begin. Each batch is
merged by `SqliteStore.merge`: keys, content, fold and commit, all of it; parsing is left out. Right after it the very
rows that the batch became go into a second database with the same tables, indexes, settings and batch size by
`executemany` alone, one call per table. Taking turns batch by batch, both meet the same noise of the machine. Each
tenth of the run is given as a share of the raw rate of its tenth.
"""

import argparse
import gc
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.speed.place import place, report
from graph.stores.sqlite import INSERT_EDGES, INSERT_EVENTS, INSERT_NODES, SETTINGS, SqliteStore
from sensor.event import (
    Event,
    ModelResponded,
    Principal,
    PromptSubmitted,
    RequestedCall,
    SessionEnded,
    ToolCalled,
    ToolReturned,
)
from sensor.identity import session_key

BATCH = 1_000
AT_ONCE = 200
"""Sessions that run side by side."""
TOOLS = ("read_file", "send_mail", "search", "run_sql", "get_page", "list_tickets", "post_message", "get_balance")
WORDS = ("invoice", "please", "account", "42.50", "the", "report", "to", "alice@example.org", "and", "meeting", "on")


@dataclass(frozen=True)
class Tenth:
    """One tenth of a run; rates in events per second."""

    rate: float
    raw_rate: float
    share: float


@dataclass(frozen=True)
class Run:
    """One run; rates in events per second, times in seconds, sizes in bytes."""

    events: int
    sessions: int
    rows: int
    seconds: float
    rate: float
    raw_rate: float
    share: float
    """Rate as a share of the raw rate: at least 0.35 is wanted."""
    flatness: float
    """Share of the last tenth over the share of the first: at least 0.90 is wanted."""
    file_bytes: int
    tenths: tuple[Tenth, ...]


def session_events(number: int, source: random.Random) -> Iterator[Event]:
    """Yield the events of one run: a prompt, then rounds of reply, call and result, then the end."""
    place = {"session": session_key("record", str(number)), "source": "transcript:openai"}
    at_ns = 1_700_000_000_000_000_000 + number * 10**9
    yield PromptSubmitted(
        **place, position=0, at_ns=at_ns, text=_text(source, 40), principal=Principal(kind="employee", id="ann")
    )
    position = 1
    for turn in range(source.randrange(4, 16)):
        name, call_id = source.choice(TOOLS), f"call_{number}_{turn}"
        arguments = {"path": f"/srv/{source.randrange(10**6)}", "body": _text(source, 12)}
        call = RequestedCall(call_id=call_id, name=name, arguments=arguments)
        at_ns += 10**9
        yield ModelResponded(
            **place, position=position, at_ns=at_ns, text=_text(source, 10), calls=(call,), model="gpt-4o-2024-05-13"
        )
        yield ToolCalled(
            **place, position=position, part=1, at_ns=at_ns, call_id=call_id, name=name, arguments=arguments
        )
        yield ToolReturned(
            **place, position=position + 1, at_ns=at_ns + 10**8, call_id=call_id, name=name, text=_text(source, 60)
        )
        position += 2
    yield SessionEnded(**place, position=position, at_ns=at_ns)


def _text(source: random.Random, words: int) -> str:
    return " ".join(source.choices(WORDS, k=words))


def batches(count: int, seed: int) -> Iterator[list[Event]]:
    """Yield `count` events in batches, drawn from many sessions that run side by side."""
    source = random.Random(seed)
    begun = 0
    running: list[Iterator[Event]] = []
    batch: list[Event] = []
    for _ in range(count):
        event: Event | None = None
        while event is None:
            while len(running) < AT_ONCE:
                running.append(session_events(begun, source))
                begun += 1
            index = source.randrange(len(running))
            event = next(running[index], None)
            if event is None:
                running.pop(index)
        batch.append(event)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def measure(count: int, seed: int, folder: Path) -> Run:
    """Return the rates of one run of `count` events."""
    ours = SqliteStore(folder / "ours.db")
    SqliteStore(folder / "raw.db").close()
    raw = sqlite3.connect(folder / "raw.db", isolation_level=None)
    for setting in SETTINGS:
        raw.execute(setting)
    times: list[tuple[int, float, float]] = []
    rows_in_all = 0
    begun = time.perf_counter()
    for batch in batches(count, seed):
        # Events come fresh from the generator: no key, content or id of theirs has been computed yet.
        assert not any("id" in event.__dict__ or "entity" in event.__dict__ for event in batch)
        gc.collect(0)
        start = time.perf_counter()
        merged = ours.merge(batch)
        merge_s = time.perf_counter() - start
        assert merged.new == len(batch)
        rows = ours.rows(batch)
        start = time.perf_counter()
        raw.execute("BEGIN IMMEDIATE")
        raw.executemany(INSERT_EVENTS, rows.events)
        raw.executemany(INSERT_NODES, rows.nodes)
        raw.executemany(INSERT_EDGES, rows.edges)
        raw.execute("COMMIT")
        raw_s = time.perf_counter() - start
        rows_in_all += len(rows.events) + len(rows.nodes) + len(rows.edges)
        times.append((len(batch), merge_s, raw_s))
    there = sqlite3.connect(folder / "ours.db")
    for table in ("event", "node", "edge"):
        statement = f"SELECT count(*) FROM {table}"  # noqa: S608 - a constant
        assert raw.execute(statement).fetchone() == there.execute(statement).fetchone(), f"the two differ in {table}"
    there.close()
    sessions = ours.counts().sessions
    ours.close()
    raw.close()
    whole = _tenth(times)
    tenths = tuple(_tenth(times[len(times) * i // 10 : len(times) * (i + 1) // 10]) for i in range(10))
    return Run(
        events=count,
        sessions=sessions,
        rows=rows_in_all,
        seconds=round(time.perf_counter() - begun, 1),
        rate=whole.rate,
        raw_rate=whole.raw_rate,
        share=whole.share,
        flatness=round(tenths[-1].share / tenths[0].share, 3),
        file_bytes=(folder / "ours.db").stat().st_size,
        tenths=tenths,
    )


def _tenth(times: list[tuple[int, float, float]]) -> Tenth:
    events = sum(count for count, _, _ in times)
    ours, raw = sum(ours for _, ours, _ in times), sum(raw for _, _, raw in times)
    return Tenth(rate=round(events / ours), raw_rate=round(events / raw), share=round(raw / ours, 3))


def main() -> int:
    """Run and write the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=1, help="runs of each size; the medians stand beside them")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--folder", help="where the databases lie meanwhile")
    parser.add_argument("--out", type=Path, help="file to write besides stdout")
    arguments = parser.parse_args()
    if min(arguments.events) < 10 * BATCH:
        parser.error(f"--events: at least {10 * BATCH}, a batch for each tenth")
    ran = place()
    results = []
    for count in arguments.events:
        runs = []
        for _ in range(arguments.repeat):
            with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
                runs.append(measure(count, arguments.seed, Path(folder)))
            print(f"{count} events: {runs[-1].share:.3f} of raw, flatness {runs[-1].flatness:.3f}", file=sys.stderr)
        results.append(
            {
                "events": count,
                "share_median": statistics.median(run.share for run in runs),
                "flatness_median": statistics.median(run.flatness for run in runs),
                "runs": [asdict(run) for run in runs],
            }
        )
    result = {
        "benchmark": "speed/ingest",
        **ran,
        "seed": arguments.seed,
        "batch": BATCH,
        "sessions_at_once": AT_ONCE,
        "command": " ".join(["python", "-m", "benchmarks.speed.ingest", *sys.argv[1:]]),
        "wanted": {"share": 0.35, "flatness": 0.9},
        "results": results,
    }
    report(result, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
