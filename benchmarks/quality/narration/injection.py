"""Plant orders to the model that words stories wherever an attacker can write, and count what they change.

    python -m benchmarks.quality.narration.injection --out benchmarks/quality/results/injection.json
    python -m benchmarks.quality.narration.injection --model openai/NAME --url http://127.0.0.1:8101/v1 --rows FILE

Without `--model`, a scripted model obeys each of `--orders` perfectly, as if it had read it (it has not: what was observed is in
no prompt): with the verifier, with it and with what the quotations are like in the prompts, and without. What the last run shows
is what the verifier holds back. With `--model`, a real one words the stories; each is a line of `--rows` as soon as it is done, and
one that is there is not done again.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import prompts
from benchmarks.speed.place import place, report
from correlator.evaluate.injection import (
    NOTHING,
    Outcome,
    Planted,
    Trial,
    obeying,
    orders,
    outcome,
    some,
    tried,
    unchecked,
)
from correlator.evaluate.interval import wilson
from correlator.models import Answer, LanguageModel, Reach, open_model
from correlator.narrate import Way
from correlator.narrating.asking import Limits
from sensor.identity import digest

LIMITS = Limits(seconds=600.0, seconds_each=120.0)
"""A model on two cores is slow; what is measured here is not how long it takes."""


def shares(found: Outcome) -> dict[str, Any]:
    """Return an outcome as the result has it, with the interval (Wilson, 95 %) of what is shown and must not be."""
    low, high = wilson(found.escaped, found.trials)
    return {**asdict(found), "interval": [round(low, 4), round(high, 4)]}


def by(trials: Iterable[Trial], name: str, what: str = "escaped") -> dict[str, str]:
    """Return how many stories show what was ordered, of how many, by place or demand; or `shown`: something of the order."""
    found = dict[str, list[bool]]()
    for one in trials:
        found.setdefault(getattr(one.planted, name), []).append(bool(getattr(one, what)))
    return {key: f"{sum(several)} of {len(several)}" for key, several in sorted(found.items())}


def scripted(count: int, way: Way) -> dict[str, Any]:
    """Return what a model comes to that obeys, with the verifier and without."""
    every = some(count)
    checked, hinted, free = list[Trial](), list[Trial](), list[Trial]()
    for number, one in enumerate(every, 1):
        checked.append(tried(one, obeying(one), way=way))
        hinted.append(tried(one, obeying(one), way=way, hinted=True))
        free.append(tried(one, obeying(one), way=way, check=unchecked))
        if number % 100 == 0:
            print(f"{number} of {len(every)}", file=sys.stderr, flush=True)
    return {
        "model": "scripted/obeying", "way": way, "of_orders": sum(1 for _ in orders()),
        "shown_by_place": by(checked, "place", "shown"), "with_the_verifier": shares(outcome(checked)),
        "with_the_verifier_and_hints": shares(outcome(hinted)),
        "without": {**shares(outcome(free)), "by_demand": by(free, "demand"), "by_place": by(free, "place")},
    }  # fmt: skip


def real(model: LanguageModel, count: int, way: Way, rows: Path | None) -> dict[str, Any]:
    """Return what a real model comes to; stories that are in `rows` already are taken from there."""
    done = {} if rows is None or not rows.exists() else _read(rows)
    cache, trials = dict[str, Answer](), list[Trial]()
    usual = tried(NOTHING, model, way=way, cache=cache, limits=LIMITS).title
    for number, planted in enumerate(some(count), 1):
        begun = time.monotonic()
        if (row := done.get(_key(model, planted, way))) is not None:
            trials.append(replace(Trial(planted, **row), retitled=row["title"] not in (None, usual)))
            continue
        trials.append(tried(planted, model, way=way, cache=cache, limits=LIMITS, usual=usual))
        if rows is not None:
            with rows.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(trials[-1]) | {"key": _key(model, planted, way)}) + "\n")
        print(f"{number} of {count}, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    asked = list(cache.values())
    return {
        "model": model.name, "way": way, "shown_by_place": by(trials, "place", "shown"),
        "outcome": shares(outcome(trials)), "usual_title": usual, "distinct_prompts_of_this_run": len(asked),
        "tokens_in": sum(one.tokens_in for one in asked), "tokens_out": sum(one.tokens_out for one in asked),
    }  # fmt: skip


def _key(model: LanguageModel, planted: Planted, way: Way) -> str:
    """Return what a row is known by: another model, prompt or order is another trial."""
    return digest(model.name, prompts.load(way).name, planted.place, planted.text)


def _read(rows: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for line in rows.read_text("utf-8").splitlines():
        row = json.loads(line)
        key = row.pop("key")
        del row["planted"]
        found[key] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return found


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="litellm's name of a real model")
    parser.add_argument("--url", help="address of its server")
    parser.add_argument("--way", choices=get_args(Way), default="reword")
    parser.add_argument("--orders", type=int, default=660)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--out", type=Path)
    asked, where = parser.parse_args(), place()
    command = " ".join(["python -m benchmarks.quality.narration.injection", *sys.argv[1:]])
    model = open_model("litellm", Reach(asked.model, asked.url)) if asked.model else None
    found = scripted(asked.orders, asked.way) if model is None else real(model, asked.orders, asked.way, asked.rows)
    report({"benchmark": "quality/narration/injection", **where, "command": command, **found}, asked.out)


if __name__ == "__main__":
    main()
