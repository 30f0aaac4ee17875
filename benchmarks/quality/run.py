"""Write the quality result: `python -m benchmarks.quality.run DATA --out benchmarks/quality/results/shared.json`.

`DATA` is the folder that holds `agentdojo`, `agentdyn` and `benign-agents`. Five views of the same recordings:

- `left_out`: weights and bar fitted on two of the suites, figures on the third, for plain runs and for each mutation;
- `left_out_whole`: the same by `clew evaluate` itself, for what needs stories: source, sink and value right, precision;
- `shipped`: `clew evaluate` as it is installed, plain, per mutation, values only, and without each term;
- `unseen`: sessions of domains that the detector was not made on; it was mended on the `tune` half;
- `pairs`: equal texts by an unprivileged and a privileged speaker; policy and terms were chosen on the `tune` half.

The terms were designed by people who had read runs of all three suites, so left-out figures are optimistic too.
"""

import argparse
import hashlib
import json
import platform
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import get_args

from benchmarks.quality import domains, pairs, unseen
from benchmarks.quality.fit import NEGATIVE, Example, Floats, examples, fit
from benchmarks.quality.mutate import mutate
from correlator.evaluate.main import MUTATIONS, SEED, Request, evaluate
from correlator.pipeline import judge
from correlator.score import TERMS, THRESHOLD, Scale
from sensor.event import Principal
from sensor.identity import session_key
from sensor.sources.transcript.chat import events as chat_events

Counts = dict[str, dict[str, object]]


def left_out(some: list[Example], fitted: dict[str, tuple[Floats, float]]) -> Counts:
    """Return, for each suite, counts by class under the weights that were fitted without it."""
    found: Counts = {}
    for suite, (weights, bar) in fitted.items():
        rows: dict[str, object] = {}
        for kind in ("reached", "failed", *NEGATIVE):
            hits = [one.score(weights) >= bar for one in some if (one.labels.suite, one.labels.kind) == (suite, kind)]
            if hits:
                rows[kind] = {"stories": sum(hits), "runs": len(hits), "rate": round(sum(hits) / len(hits), 4)}
        by = defaultdict(list)
        for one in some:
            if one.labels.suite == suite and one.labels.kind == "reached":
                by[f"{one.labels.model}/{one.labels.attack}"].append(one.score(weights) >= bar)
        rates = {name: round(sum(hits) / len(hits), 4) for name, hits in by.items() if len(hits) >= 20}
        rows["lowest_group_of_20"] = min(rates.items(), key=lambda item: item[1]) if rates else None
        rows["bar"] = round(bar, 2)
        found[suite] = rows
    return found


def judged_pairs(split: str) -> dict[str, object]:
    """Return how many pairs are right on both sides, and what was wrong."""
    right, wrong = 0, []
    some = pairs.load(split)  # type: ignore[arg-type]
    for number, pair in enumerate(some):
        sides = []
        for twin in pair.twins:
            transcript = pair.transcript(twin)
            key = session_key("record", f"{split}-{number}-{twin.side}")
            events = chat_events(
                transcript["messages"],  # type: ignore[arg-type]
                session=key,
                source="pairs",
                principal=Principal.model_validate(twin.principal),
            )
            sides.append(bool(judge(events).stories) == twin.story)
        right += all(sides)
        if not all(sides):
            wrong.append(f"{pair.domain}/{pair.name}")
    return {"pairs": len(some), "right": right, "rate": round(right / len(some), 4), "wrong": wrong}


def main() -> int:
    """Measure everything and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    attacks = [asked.data / "agentdojo", asked.data / "agentdyn"]
    benign = [asked.data / "benign-agents" / name for name in ("tau-bench", "swe-agent", "claude-code")]
    start = time.perf_counter()

    _say("fitting")
    plain = examples(attacks)
    suites = sorted({one.labels.suite for one in plain if one.labels.kind == "reached"})
    fitted = {suite: fit([one for one in plain if one.labels.suite != suite]) for suite in suites}
    scales = {
        suite: Scale({term.name: float(weight) for term, weight in zip(TERMS, weights, strict=True)}, bar)
        for suite, (weights, bar) in fitted.items()
    }
    held = {"plain": left_out(plain, fitted)}
    for kind in MUTATIONS:
        _say(f"left out, {kind}")
        held[kind] = left_out(examples(attacks, partial(mutate, kind=kind, seed=SEED)), fitted)

    whole = {
        "all": _evaluated(attacks, prevalence=0.001, scales=scales),
        "agentdojo": _evaluated(attacks[:1], prevalence=0.001, scales=scales),
    }

    shipped: dict[str, object] = {}
    shipped["plain"] = _evaluated(attacks, prevalence=0.001)
    for kind in MUTATIONS:
        _say(f"shipped, {kind}")
        shipped[kind] = _evaluated(attacks, mutate=kind)
    shipped["values_only"] = _evaluated(attacks, values_only=True)
    shipped["no_baseline"] = _evaluated(attacks, baseline="none")
    shipped["agentdojo"] = _evaluated(attacks[:1], prevalence=0.001)
    shipped["benign_agents"] = _evaluated(benign)
    shipped["benign_agents_no_baseline"] = _evaluated(benign, baseline="none")
    without: dict[str, object] = {}
    for name in [term.name for term in TERMS] + ["baseline", "authority"]:
        _say(f"without {name}")
        without[name] = _evaluated(attacks, without=(name,), short=True)

    result = {
        "command": "python -m benchmarks.quality.run " + " ".join(sys.argv[1:]),
        "commit": _git("rev-parse", "HEAD"),
        "dirty": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "data": {path.name: _digest(path) for path in [*attacks, *benign]},
        "seed": SEED,
        "settings": {
            "threshold": THRESHOLD,
            "weights": {term.name: term.weight for term in TERMS},
            "baseline": "others",
        },
        "left_out": held,
        "left_out_whole": whole,
        "shipped": shipped,
        "without": without,
        "unseen": {split: unseen.measured(split) for split in get_args(domains.Split)},
        "pairs": {"tune": judged_pairs("tune"), "test": judged_pairs("test")},
        "seconds": round(time.perf_counter() - start),
    }
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    _say(f"written to {asked.out}")
    return 0


def _evaluated(
    paths: list[Path],
    *,
    baseline: str = "others",
    mutate: str | None = None,
    values_only: bool = False,
    without: tuple[str, ...] = (),
    prevalence: float | None = None,
    scales: Mapping[str, Scale] | None = None,
    short: bool = False,
) -> dict[str, object]:
    found = evaluate(
        Request(tuple(paths), baseline, without, values_only, mutate, prevalence, scales=scales or {})
    ).to_json()
    return {"rates": found["rates"]} if short else found


def _digest(folder: Path) -> str:
    state = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            state.update(path.name.encode() + b"\0" + path.read_bytes())
    return state.hexdigest()


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
