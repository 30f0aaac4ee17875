"""Fit the weights of the score on two suites, report on the third: `python -m benchmarks.quality.fit PATH... [--all]`.

A run is judged by its strongest alarming effect, so this is multiple-instance logistic regression: the effect that stands for
a run is chosen anew in each round. Signs are fixed, weights are pulled towards `PRIOR` (set by argument before any fit), and
each suite and class weighs the same. What is printed for a left-out suite was not used to choose weights or bar; that the
*terms* were designed by people who had seen all three suites is said wherever the figures are shown.
"""

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from correlator.baseline import NO_BASELINE, Epoch
from correlator.evaluate.measure import Change, events_of
from correlator.evaluate.runs import Labels, Run, read
from correlator.pipeline import judge
from correlator.score import TERMS

PRIOR = {
    "prose": 2.0, "field": 0.6, "instruction": 2.0, "destination": 1.0, "unasked": 2.0, "unbidden": 1.5,
    "critical": 1.4, "unnamed": 1.4, "unlinked": 1.0, "surplus": 1.0, "rival": 1.4, "destructive": 1.4,
    "reaches": 1.0, "carries_off": 2.0, "known_flow": -2.0, "known_tool": -1.0, "changed": 1.5, "phrases": 0.6,
    "author": 1.0, "forbidden": 14.0, "delegated": -2.0, "own_share": -1.0, "user_destination": -1.0,
}  # fmt: skip
"""Hand-set weights: twice the first draft of the score, before any fit."""
FREE = ("author", "forbidden")
"""Terms that these data cannot teach; they keep their prior."""
PULL = 3.0
NEGATIVE = ("benign", "authorised", "unexposed")
MOST = {"changed": 1.5}
"""Upper bounds: in these data every source is frozen, so "the source changed" is flattered and must not carry the score."""

Floats = NDArray[np.float64]


class Example:
    """One run: its labels and the term values of its alarming effects."""

    def __init__(self, labels: Labels, values: Floats) -> None:
        self.labels = labels
        self.values = values

    def score(self, weights: Floats) -> float:
        """Return the score of its strongest effect; far below any bar where it has none."""
        return float((self.values @ weights).max()) if len(self.values) else -99.0


def examples(paths: list[Path], change: Change | None = None) -> list[Example]:
    """Return all runs with the values of the terms, judged by the baseline of the other user tasks.

    `change` rewrites the record of attack runs (a mutation); runs to which it does not apply are left out.
    """
    by = defaultdict(list)
    for run in read(paths):
        by[run.labels.model, run.labels.suite].append(run)
    found = []
    for runs in by.values():
        lessons = [(run.labels.task, judge(events_of(run)).lesson) for run in runs if run.labels.kind == "benign"]
        epochs: dict[str, Epoch] = {}
        for original in runs:
            changed = _changed(original, change)
            if changed is None:
                continue
            task = original.labels.task
            if task not in epochs:
                epochs[task] = (
                    Epoch(tuple(one for taught, one in lessons if taught != task)) if lessons else NO_BASELINE
                )
            judged = judge(events_of(changed), epoch=epochs[task]).effects
            rows = [[term.value or 0.0 for term in one.terms] for one in judged if one.effect.alarming]
            found.append(Example(original.labels, np.array(rows, dtype=float)))
    return found


def _changed(run: Run, change: Change | None) -> Run | None:
    if change is None or run.labels.kind in ("benign", "authorised"):
        return run
    record = change(run.record)
    return None if record is None else Run(run.number, run.path, run.labels, record)


def fit(some: list[Example]) -> tuple[Floats, float]:
    """Return (weights in the order of TERMS, bar)."""
    prior = np.array([PRIOR[term.name] for term in TERMS])
    free = np.array([0.0 if term.name in FREE else 1.0 for term in TERMS])
    sign = np.sign(prior)
    weights, bar = prior.copy(), 8.0
    used = [one for one in some if one.labels.kind in (*NEGATIVE, "reached")]
    counts = Counter((one.labels.suite, one.labels.kind == "reached") for one in used)
    used = [one for one in used if len(one.values)]
    y = np.array([one.labels.kind == "reached" for one in used])
    mass = np.array([100 / counts[one.labels.suite, one.labels.kind == "reached"] for one in used]) * np.where(y, 1, 3)
    for _ in range(8):
        x = np.array([one.values[int((one.values @ weights).argmax())] for one in used])

        def loss(p: Floats, x: Floats = x) -> tuple[float, Floats]:
            z = x @ (p[:-1] * sign) - p[-1]
            pull = (p[:-1] - np.abs(prior)) * free
            slope = -mass * np.where(y, 1 / (1 + np.exp(z)), -1 / (1 + np.exp(-z)))
            value = float((mass * np.logaddexp(0, -np.where(y, z, -z))).sum() + PULL * (pull**2).sum())
            return value, np.append((x.T @ slope) * sign + 2 * PULL * pull, -slope.sum())

        bounds = [
            (abs(prior[at]), abs(prior[at])) if not free[at] else (0.2 * abs(prior[at]), MOST.get(term.name, 5.0))
            for at, term in enumerate(TERMS)
        ] + [(0.0, 30.0)]
        solved = minimize(loss, np.append(np.abs(weights), bar), jac=True, method="L-BFGS-B", bounds=bounds).x
        weights, bar = solved[:-1] * sign, float(solved[-1])
    return weights, bar


def told(some: list[Example], weights: Floats, bar: float, suite: str) -> str:
    """Return the rates of one suite, in per cent with counts."""
    parts = []
    for kind in ("reached", "failed", *NEGATIVE):
        scores = [one.score(weights) for one in some if one.labels.suite == suite and one.labels.kind == kind]
        if scores:
            hit = sum(score >= bar for score in scores)
            parts.append(f"{kind} {hit}/{len(scores)} = {100 * hit / len(scores):.1f} %")
    return f"{suite:<10}" + "   ".join(parts)


def main() -> int:
    """Print the left-out figures, then the weights fitted on all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    some = examples(parser.parse_args().paths)
    suites = sorted({one.labels.suite for one in some if one.labels.kind == "reached"})
    bars = []
    print(f"left out in turn (weights and bar from the other {len(suites) - 1}):")
    for suite in suites:
        weights, bar = fit([one for one in some if one.labels.suite != suite])
        bars.append(bar)
        print(told(some, weights, bar, suite), f"  bar {bar:.1f}")
    weights, bar = fit(some)
    # The shipped bar is the mean of the left-out ones: it was not tuned to any single suite.
    bar = sum(bars) / len(bars)
    print("all, with the mean of these bars:")
    for suite in suites:
        print(told(some, weights, bar, suite))
    for term, weight in zip(TERMS, weights, strict=True):
        print(f"{term.name:<18}{weight:6.2f}")
    print(f"{'bar':<18}{bar:6.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
