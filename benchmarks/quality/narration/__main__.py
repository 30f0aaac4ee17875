"""Run the verifier over sentences about traces: how many right ones it refuses, how many wrong ones it catches.

    python -m benchmarks.quality.narration --out benchmarks/quality/results/narration.json

For each part of the data (the verifier was tuned on all but the last two): the right sentences, the wrong ones that were written by
hand, and those that `wrong.py` makes, by kind. Intervals are Wilson's, 95 %.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from benchmarks.quality.narration import SEED, Half, Name, load
from benchmarks.speed.place import place, report
from correlator.evaluate.sentences import Counted, Judged, counted, judged
from correlator.verifying.traced import Traced, read_trace

WANTED = {"caught": 0.995, "refused": 0.15}


def shares(found: Counted) -> dict[str, Any]:
    """Return a count as the result has it."""
    return {"of": found.of, "refused": found.refused, "share": found.share, "interval": list(found.interval)}


def measured(half: Half) -> dict[str, Any]:
    """Return the figures of one part of the data."""
    traces: dict[str, Traced] = {name: read_trace(chain.trace) for name, chain in half.chains.items()}
    right = [
        judged(traces[name], one.sentence, one.cites, ok=True)
        for name, chain in half.chains.items() for one in chain.right
    ]  # fmt: skip
    wrong = {
        "written": [(one.kind, judged(traces[one.chain], one.sentence, one.cites, ok=False)) for one in half.written],
        "made": [(one.kind, judged(traces[one.chain], one.sentence, one.cites, ok=False)) for one in half.made],
    }
    return {
        "chains": len(half.chains),
        "right": shares(counted(right)),
        **{
            name: {**shares(counted(one for _, one in found)), "missed": _missed(found)}
            for name, found in wrong.items()
        },
    }


def _missed(found: Iterable[tuple[str, Judged]]) -> dict[str, str]:
    """Return kind → how many of it were accepted, of how many."""
    kinds = dict[str, list[bool]]()
    for kind, one in found:
        kinds.setdefault(kind, []).append(not one.refusals)
    return {kind: f"{sum(missed)} of {len(missed)}" for kind, missed in sorted(kinds.items())}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    asked, where = parser.parse_args(), place()
    command = " ".join(["python -m benchmarks.quality.narration", *sys.argv[1:]])
    results = {name: measured(load(name)) for name in get_args(Name)}
    report(
        {
            "benchmark": "quality/narration", **where, "command": command, "seed": SEED, "wanted": WANTED,
            "reported_on": get_args(Name)[-1], "results": results,
        },
        asked.out,
    )  # fmt: skip


if __name__ == "__main__":
    main()
