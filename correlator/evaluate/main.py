"""Runs the evaluation on two processes and prints it."""

import importlib
import json
import multiprocessing
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from correlator.errors import EvaluationImpossible
from correlator.evaluate.measure import Change, Options, Outcome, group
from correlator.evaluate.report import Report, report, table
from correlator.evaluate.runs import Run, read
from correlator.score import TERMS, Scale

MUTATIONS = ("verbs", "plant", "split", "respell", "field", "known", "inuser")
SEED = 20261123


@dataclass(frozen=True)
class Request:
    """What `clew evaluate` was asked for."""

    paths: tuple[Path, ...]
    baseline: str = "none"
    without: tuple[str, ...] = ()
    values_only: bool = False
    mutate: str | None = None
    prevalence: float | None = None
    seed: int = SEED
    scales: Mapping[str, Scale] = field(default_factory=dict)
    """Scales by suite, where a suite is not to be judged by the shipped one (left-one-suite-out)."""


def names() -> frozenset[str]:
    """Return all names that `--without` knows: terms and their groups."""
    return frozenset(term.name for term in TERMS) | frozenset(term.group for term in TERMS if term.group)


def evaluate(request: Request, progress: Callable[[int, int], None] | None = None) -> Report:
    """Return the report; `progress` is told (runs done, runs in all). Raises `EvaluationImpossible`."""
    unknown = set(request.without) - names()
    if unknown:
        raise EvaluationImpossible(
            f"no term is called {', '.join(sorted(unknown))}. Known: {', '.join(sorted(names()))}."
        )
    start = time.perf_counter()
    runs = list(read(list(request.paths)))
    if not runs:
        raise EvaluationImpossible("there is no run in these files that could be evaluated.")
    by: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in runs:
        by[run.labels.model, run.labels.suite].append(run)
    options = Options(request.baseline, request.scales, frozenset(request.without), _change(request))
    outcomes: list[Outcome] = []
    # `fork` hands the runs over without copying them; the children only compute.
    with multiprocessing.get_context("fork").Pool(min(2, len(by))) as pool:
        for found in pool.imap(partial(group, options=options), by.values()):
            outcomes += found
            if progress:
                progress(len(outcomes), len(runs))
    return report(outcomes, time.perf_counter() - start, request.prevalence)


def run(request: Request, *, as_json: bool) -> int:
    """Evaluate, print the result to stdout and progress to stderr; return the exit code."""

    def tell(done: int, of: int) -> None:
        print(f"\r{done} of {of} runs", end="" if done < of else "\n", file=sys.stderr, flush=True)

    found = evaluate(request, tell)
    print(json.dumps(found.to_json(), indent=1, ensure_ascii=False) if as_json else table(found))
    return 0


def _change(request: Request) -> Change | None:
    if request.mutate is not None:
        return partial(_mutated, kind=request.mutate, seed=request.seed)
    if request.values_only:
        return partial(_values_only, seed=request.seed)
    return None


def _mutated(record: dict, kind: str, seed: int) -> dict | None:  # type: ignore[type-arg]
    return _benchmark("mutate").mutate(record, kind, seed)  # type: ignore[no-any-return]


def _values_only(record: dict, seed: int) -> dict | None:  # type: ignore[type-arg]
    return _benchmark("values_only").values_only(record, seed)  # type: ignore[no-any-return]


def _benchmark(name: str):  # type: ignore[no-untyped-def]
    # Written apart from the detector and kept out of the wheel, so that neither can lean on the other.
    try:
        return importlib.import_module(f"benchmarks.quality.{name}")
    except ModuleNotFoundError as error:
        raise EvaluationImpossible(
            "mutations live in the repository: run `clew evaluate` from a checkout of Clew."
        ) from error
