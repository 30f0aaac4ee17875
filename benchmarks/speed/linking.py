"""Measure how long it takes to tell which call did what, with many sessions at once.

    python -m benchmarks.speed.linking --out benchmarks/speed/results/linking.json

Sessions of one process ask for their files at the same times; as many of its acts as are asked for are opens of files (one in
eighty is what a call asked for) or requests.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.speed.place import place, report
from correlator.attribution import attribute
from sensor.event import (
    Event,
    FileOpened,
    HttpRequested,
    ModelResponded,
    ProcessId,
    RequestedCall,
    ToolCalled,
    ToolReturned,
)

AGENT = ProcessId(boot_id="b", pid=100, started_ns=1)
SECOND = 10**9
CALLS = 20
"""Of each session, one every two seconds, at work for one."""


def session(number: int) -> Iterator[Event]:
    """Yield what is said in a session, and its requests to the model."""
    key = f"session-{number}"
    for call in range(CALLS):
        begun, call_id = (2 * call + 1) * SECOND, f"{number}-{call}"
        trace_id = f"{number:016x}{call:016x}"
        place_: dict[str, Any] = {"session": key, "source": "kernel:tls", "at_ns": begun}
        asked = {"name": "read", "arguments": {"path": f"/srv/data-{number}-{call}.csv"}}
        requested = (RequestedCall(call_id=call_id, **asked),)
        yield ModelResponded(**place_, position=2 * call, calls=requested, trace_id=trace_id)
        yield ToolCalled(**place_, position=2 * call, call_id=call_id, **asked)
        done = place_ | {"position": 2 * call + 1, "at_ns": begun + SECOND}
        yield ToolReturned(**done, call_id=call_id, text=f"content of {call_id}, and so on")
        yield HttpRequested(**act(begun, call), method="POST", url="https://m/v1/chat/completions", trace_id=trace_id)


def act(at_ns: int, part: int) -> dict[str, Any]:
    """Return what every act of the agent has."""
    return {"session": "", "source": "kernel", "position": at_ns, "at_ns": at_ns, "part": part, "process": AGENT}


def acts(kind: str, count: int, sessions: int) -> Iterator[Event]:
    """Yield what the agent did, evenly over the calls."""
    for number in range(count):
        call, of = divmod(number, max(1, count // CALLS))
        where = act((2 * call + 1) * SECOND + SECOND // 2 + of, number)
        name = f"data-{of % sessions}-{call}.csv" if number % 80 == 0 else f"other-{number}"
        if kind == "opens":
            yield FileOpened(**where, path=f"/srv/{name}")
        else:
            yield HttpRequested(**where, method="GET", url=f"https://files.example/srv/{name}")


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=256)
    parser.add_argument("--opens", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    said = {f"session-{number}": list(session(number)) for number in range(given.sessions)}
    talks = [event for events in said.values() for event in events if not event.session]
    sessions = {key: [event for event in events if event.session] for key, events in said.items()}
    result: dict[str, Any] = {}
    for kind, count in (("opens", given.opens), ("requests", given.requests)):
        seconds, edges = [], 0
        for _ in range(given.times):
            system = [*talks, *acts(kind, count, given.sessions)]
            begun = time.perf_counter()
            edges = sum(len(one.works) for one in attribute(sessions, system).values())
            seconds.append(time.perf_counter() - begun)
        result[kind] = {"acts": count, "seconds": round(statistics.median(seconds), 2), "edges": edges}
        print(kind, result[kind], file=sys.stderr)
    command = " ".join(["python", "-m", "benchmarks.speed.linking", *sys.argv[1:]])
    report(
        {"benchmark": "speed/linking", **place(), "command": command, "sessions": given.sessions, **result}, given.out
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
