"""The committed quality result still holds: a fixed sample is evaluated again and compared, group by group."""

import json
from pathlib import Path

import pytest

from correlator.evaluate.main import Request, evaluate
from correlator.score import TERMS, THRESHOLD

RESULT = Path("benchmarks/quality/results/shared.json")
SAMPLE = (
    "agentdojo/claude-3-haiku-20240307__banking.jsonl.gz",
    "agentdojo/claude-3-haiku-20240307__slack.jsonl.gz",
    "agentdyn/gpt-4o-2024-08-06__github.jsonl.gz",
)


@pytest.fixture
def result(request: pytest.FixtureRequest) -> dict[str, object]:
    found: dict[str, object] = json.loads((request.config.rootpath / RESULT).read_text("utf-8"))
    return found


def test_the_committed_result_was_made_with_the_shipped_settings(result: dict[str, object]) -> None:
    assert result["settings"] == {
        "threshold": THRESHOLD,
        "weights": {term.name: term.weight for term in TERMS},
        "baseline": "others",
    }


def test_a_fixed_sample_evaluated_again_gives_the_committed_groups(
    result: dict[str, object], shared_data: Path
) -> None:
    again = evaluate(Request(tuple(shared_data / name for name in SAMPLE), baseline="others")).to_json()["groups"]
    committed = result["shipped"]["plain"]["groups"]  # type: ignore[index]
    sampled = {(row["model"], row["suite"]) for row in again}  # type: ignore[attr-defined]
    assert list(again) == [row for row in committed if (row["model"], row["suite"]) in sampled]  # type: ignore[call-overload]
