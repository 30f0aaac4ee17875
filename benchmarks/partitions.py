"""Simulate a fleet of 10⁹ events a day in partitions by session, and say how far each queue is behind.

    python -m benchmarks.partitions --out benchmarks/results/partitions.json

Events of many sessions arrive at random (Poisson), at three times the average of the day, and go to the partition of their
session's hash; each partition works on one after the other, at the rate that one machine with two cores was measured to append
and project (`speed/projection.json`). Some sessions are *hot*: an agent in a loop sends a thousand events a second.
How long an event waits is Lindley's recursion for a queue of one server, for each partition by itself. Nothing here is Clew; it
is the arithmetic behind docs/decisions/0007-partitions.md.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.place import place, report

HERE = Path(__file__).parent
DAY_S = 86_400
PEAK = 3.0
"""The busiest minutes of a day, as a multiple of its average."""
SECONDS = 120
SESSIONS_A_SECOND = 200
"""Sessions that go on at a time are many times more than partitions."""
HOT_RATE = 1_000


def simulate(events_a_day: float, partitions: int, rate: float, hot: int, seed: int) -> dict[str, Any]:
    """Return how long events wait. `rate`: events a second of one partition; `hot`: sessions that send `HOT_RATE` a second."""
    source = np.random.default_rng(seed)
    usual = int(source.poisson(events_a_day / DAY_S * PEAK * SECONDS))
    sessions = source.integers(0, SESSIONS_A_SECOND * SECONDS, usual)
    times = source.uniform(0, SECONDS, usual)
    where = source.integers(0, partitions, SESSIONS_A_SECOND * SECONDS)[sessions]
    of_hot = np.repeat(np.arange(hot), HOT_RATE * SECONDS)
    where = np.concatenate([where, source.integers(0, partitions, hot)[of_hot] if hot else of_hot])
    times = np.concatenate([times, source.uniform(0, SECONDS, len(of_hot))])
    waits, busiest, behind = [], 0.0, 0.0
    for partition in range(partitions):
        here = np.sort(times[where == partition])
        wait = _waits(here, 1 / rate)
        waits.append(wait)
        busiest = max(busiest, len(here) / SECONDS / rate)
        behind = max(behind, float(wait[-1]) if len(wait) else 0.0)
    every = np.concatenate(waits)
    return {
        "partitions": partitions, "hot_sessions": hot, "events": len(every), "load_of_the_busiest": round(busiest, 2),
        "wait_s": {f"p{share}": round(float(np.quantile(every, share / 100)), 3) for share in (50, 95, 99)},
        "partitions_behind_by_more_than_5_s": sum(1 for wait in waits if len(wait) and wait[-1] > 5),
        "most_behind_s": round(behind, 1),
    }  # fmt: skip


def _waits(times: np.ndarray, service_s: float) -> np.ndarray:
    """Return how long each waits, by Lindley: the walk of service less time between, above its lowest point so far."""
    if not len(times):
        return times
    walk = np.concatenate([[0.0], np.cumsum(service_s - np.diff(times))])
    found: np.ndarray = walk - np.minimum(np.minimum.accumulate(walk), 0.0)
    return found


def main() -> None:
    """Simulate and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events-a-day", type=float, default=1e9)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    where = place()
    measured = json.loads((HERE / "speed" / "results" / "projection.json").read_text("utf-8"))
    rate = float(measured["both_rate"])
    runs = [
        simulate(asked.events_a_day, partitions, rate, hot, asked.seed) for partitions in (16, 20, 24, 32, 64) for hot in (0, 1, 8)
    ]  # fmt: skip
    command = " ".join(["python -m benchmarks.partitions", *sys.argv[1:]])
    report(
        {"benchmark": "partitions", **where, "command": command, "events_a_day": asked.events_a_day, "peak": PEAK,
         "seconds": SECONDS, "rate_of_a_partition": rate, "hot_rate": HOT_RATE, "runs": runs}, asked.out,
    )  # fmt: skip


if __name__ == "__main__":
    main()
