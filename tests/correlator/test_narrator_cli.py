"""`clew narrator test` counts what the verifier catches and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHAIN = 'session a\n00:00 customer "ann": Check ticket 4411.\n00:01 agent calls read_ticket(id=4411) as c1\n'
LINES = [
    {"chain": CHAIN, "sentence": "The customer asked about ticket 4411.", "cites": [2], "ok": True},
    {"chain": CHAIN, "sentence": "The customer asked about ticket 4412.", "cites": [2], "ok": False},
    {"chain": CHAIN, "sentence": "The agent read ticket 4411.", "cites": [3], "ok": False},
]


def clew(file: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "correlator.cli", "narrator", "test", "--sentences", str(file), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_it_counts_the_caught_and_the_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("".join(json.dumps(line) + "\n" for line in LINES))

    found = json.loads(clew(tmp_path / "file", "--json").stdout)
    shown = clew(tmp_path / "file").stdout

    assert (found["wrong"]["of"], found["wrong"]["caught"]) == (2, 1)
    assert (found["right"]["of"], found["right"]["refused"]) == (1, 0)
    assert [one["sentence"] for one in found["otherwise"]] == ["The agent read ticket 4411."]
    assert shown.startswith("wrong: 1 of 2 caught")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no JSON", "line 1: no JSON"),
        ('{"chain": "session a"}', "line 1"),
        (json.dumps({**LINES[0], "chain": "what?"}), "line 1: the trace cannot be read"),
        ("[" * 100_000, "line 1"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(line + "\n")

    ended = clew(tmp_path / "file")

    assert ended.returncode != 0
    assert said in ended.stderr
