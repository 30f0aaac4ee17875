"""`clew replay` is killed at any moment and started again: nothing is lost, nothing is told twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.correlator.recorded import LOW, messages, recorded

ROOT = Path(__file__).resolve().parents[2]
SESSIONS = 120
KILLS = 10


def command(store: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "correlator.cli", *words, "--store", str(store)]


def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
    return kept | {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(tmp_path / "config")}


def stories(tmp_path: Path, store: Path) -> list[dict[str, object]]:
    """Return what `clew story list` and `clew session list` say, as JSON."""
    found = []
    for noun in ("story", "session"):
        done = subprocess.run(
            [*command(store, noun, "list"), "--json"],
            env=environment(tmp_path), capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.append(json.loads(done.stdout))
    return found


def test_a_replay_that_is_killed_at_any_moment_ends_with_the_same_stories(tmp_path: Path) -> None:
    chats = [messages(request=f"Summarise ticket 12 for me, part {number}.") for number in range(SESSIONS)]
    file = recorded(tmp_path / "chats.jsonl", *chats)
    replay = ("replay", str(file), f"--threshold={LOW}")
    start = time.perf_counter()
    subprocess.run(command(tmp_path / "whole", *replay), env=environment(tmp_path), check=True, capture_output=True)
    whole_s = time.perf_counter() - start
    moments = random.Random(11)

    killed = 0
    for _ in range(KILLS):
        with subprocess.Popen(
            command(tmp_path / "cut", *replay), env=environment(tmp_path),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as run:  # fmt: skip
            time.sleep(whole_s * moments.random())
            run.send_signal(signal.SIGKILL)
            killed += run.wait() == -signal.SIGKILL
    subprocess.run(command(tmp_path / "cut", *replay), env=environment(tmp_path), check=True, capture_output=True)

    assert killed > KILLS // 2
    assert stories(tmp_path, tmp_path / "cut") == stories(tmp_path, tmp_path / "whole")
    assert len(stories(tmp_path, tmp_path / "whole")[0]) == SESSIONS  # type: ignore[arg-type]
