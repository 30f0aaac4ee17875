"""Count which edges of the kernel's view tell nothing that an earlier one does not.

    sudo python -m benchmarks.quality.merging --out benchmarks/quality/results/merging.json

Ordinary work is run under `clew record`, in a folder of its own: a clone and a search by git, a compilation by Python, tests, and
a shell that reads and writes in a loop. Repeated opens, and what the loader opens for every program, were folded in the kernel
before (`sensor/probes/files`). Of what the
sensor told, each event is folded into edges, and in the order of time an edge is *repeated* where one with the same ends is there
already and nothing came to its source in between: whatever flows along it flowed along the earlier one (causality-preserving
reduction: Xu et al., CCS 2016). A file is a *hub* where at least ten processes of one piece of work read it and none wrote it.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed.place import place, report
from graph.fold import fold
from graph.parts import Edge
from graph.schema import EDGE_KINDS, READ, WROTE
from sensor.event import Event
from sensor.sources import read_any

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 10
"""Readers from which on a file is a hub."""
LOOP = """
for number in $(seq 200); do
    cat /etc/hostname >> log
    grep -c . log > count
done
"""
WORK: dict[str, Sequence[str]] = {
    "clone": ("git", "clone", "--no-hardlinks", "--quiet", str(ROOT), "clone"),
    "search": ("git", "-C", str(ROOT), "grep", "-c", "session"),
    "compile": (sys.executable, "-m", "compileall", "-q", "-f", "clone/graph", "clone/correlator"),
    "tests": (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ROOT / "tests/graph/test_fold.py")),
    "loop": ("sh", "-c", LOOP),
}


def recorded(folder: Path, name: str, command: Sequence[str]) -> list[Event]:
    """Return what the sensor tells of a command."""
    out = folder / f"{name}.jsonl"
    clew = (sys.executable, "-m", "correlator.cli", "--store", str(folder / "store"), "record", "--out", str(out), "--")
    subprocess.run((*clew, *command), cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return list(read_any(out))


def edges(events: Iterable[Event]) -> list[Edge]:
    """Return the edges of the kernel's view in the order of time."""
    found = [edge for event in events for edge in fold(event).edges if EDGE_KINDS[edge.label].layer == "system"]
    return sorted(found, key=lambda edge: (edge.at_ns or 0, edge.position, edge.part))


def repeated(found: Iterable[Edge]) -> list[Edge]:
    """Return the edges that tell nothing that an earlier one does not."""
    reached, told, again = dict[str, int](), dict[tuple[str, str, str], int](), list[Edge]()
    for number, edge in enumerate(found):
        ends = (edge.label, edge.source, edge.target)
        if reached.get(edge.source, -1) <= told.get(ends, -2):
            again.append(edge)
            continue
        told[ends] = number
        if EDGE_KINDS[edge.label].flow:
            reached[edge.target] = number
    return again


def hubs(found: Iterable[Edge]) -> set[str]:
    """Return the keys of files that many read and nobody wrote."""
    readers, written = defaultdict[str, set[str]](set), set[str]()
    for edge in found:
        if edge.label == READ.label:
            readers[edge.source].add(edge.target)
        elif edge.label == WROTE.label:
            written.add(edge.target)
    return {key for key, several in readers.items() if len(several) >= PROCESSES} - written


def counted(events: Sequence[Event]) -> dict[str, Any]:
    """Return what there is of one piece of work."""
    found = edges(events)
    again, many = repeated(found), hubs(found)
    at_hubs = [edge for edge in found if edge.source in many]
    return {
        "events": len(events), "edges": len(found), "repeated": len(again),
        "repeated_of": dict(Counter(edge.label for edge in again)),
        "hubs": len(many), "edges_at_hubs": len(at_hubs),
    }  # fmt: skip


def main() -> None:
    """Run the work, count and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    asked, where = parser.parse_args(), place()
    with tempfile.TemporaryDirectory(prefix="clew-merging-") as name:
        results = {work: counted(recorded(Path(name), work, command)) for work, command in WORK.items()}
    total = sum(one["edges"] for one in results.values())
    command = " ".join(["python -m benchmarks.quality.merging", *sys.argv[1:]])
    report(
        {
            "benchmark": "quality/merging", **where, "command": command, "edges": total,
            "repeated": round(sum(one["repeated"] for one in results.values()) / total, 4),
            "at_hubs": round(sum(one["edges_at_hubs"] for one in results.values()) / total, 4), "work": results,
        },
        asked.out,
    )  # fmt: skip


if __name__ == "__main__":
    main()
