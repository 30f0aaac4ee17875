"""Hide one exfiltration among a thousand stories, under a budget of five a day.

    python -m benchmarks.quality.decoys --out benchmarks/quality/results/decoys.json

Decoys are made of the example `crafted_prompt_anonymous`, with another account and another person each time (a story of its own,
with a higher score than the exfiltration has), and every fifth of `billing_ticket` with a post that carries no rows: one injected
text in many sessions. What they have to drown is `billing_ticket` as it was recorded. Transcripts have no times, so all share one
day. The product is used as users do: `clew replay`, then `clew story list` with CLEW_STORIES_A_DAY. The model in the recordings
is scripted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.speed.place import place, report

ROOT = Path(__file__).resolve().parents[2]
A_DAY = 5
IBAN = "GB33BUKB20201555555555"
"""Stands in what the exfiltration posts, and in nothing that a decoy sends."""
REPEATED = 5
"""Every how many decoys one repeats the same injected text."""


def decoys(count: int) -> list[dict[str, Any]]:
    """Return so many recordings in which something alarming is done and nothing leaves."""
    prompt, ticket = (_recording(name) for name in ("crafted_prompt_anonymous", "billing_ticket"))
    return [_at_home(ticket, number) if number % REPEATED == 0 else _crafted(prompt, number) for number in range(count)]


def _recording(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "examples" / name / "session.json").read_text("utf-8"))
    return found


def _crafted(recording: dict[str, Any], number: int) -> dict[str, Any]:
    """Return it with another account and another person."""
    text = (
        json.dumps(recording)
        .replace("acc-1077", f"acc-{20_000 + number}")
        .replace("holder-55", f"holder-{70_000 + number}")
    )
    changed: dict[str, Any] = json.loads(text)
    return changed


def _at_home(recording: dict[str, Any], number: int) -> dict[str, Any]:
    """Return it with nothing but a word in what is posted, so that no data leaves."""
    changed = json.loads(json.dumps(recording))
    for message in changed["messages"]:
        for call in message.get("tool_calls", ()):
            if call["function"]["name"] == "http_post":
                arguments = json.loads(call["function"]["arguments"])
                call["function"]["arguments"] = json.dumps(arguments | {"body": f"received, number {number}"})
    found: dict[str, Any] = changed
    return found


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--decoys", type=int, default=1000)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found = {"command": "python -m benchmarks.quality.decoys", **place()}
    with tempfile.TemporaryDirectory() as folder:
        found |= measured(options.decoys, Path(folder))
    report(found, options.out)


def measured(count: int, folder: Path) -> dict[str, Any]:
    """Return what is listed and what is counted, of decoys with the exfiltration in their middle."""
    sessions = decoys(count)
    sessions.insert(count // 2, _recording("billing_ticket"))
    (folder / "all.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in sessions), "utf-8")
    _clew(folder, "replay", str(folder / "all.jsonl"))
    stories = json.loads(_clew(folder, "story", "list", "--json"))
    told = [one["id"] for one in stories if not one["overflow"]]
    shown = {name: json.loads(_clew(folder, "story", "show", name, "--json")) for name in told}
    sought = [one for one in shown.values() if any(IBAN in str(effect["arguments"]) for effect in one["effects"])]
    return {
        "decoys": count,
        "stories": len(stories),
        "stories_with_a_higher_score": sum(one["score"] > sought[0]["score"] for one in stories) if sought else None,
        "a_day": A_DAY,
        "told": len(told),
        "overflow": len(stories) - len(told),
        "exfiltration_told": len(sought) == 1,
        "last_lines_of_the_list": _clew(folder, "story", "list", both=True).splitlines()[-3:],
    }


def _clew(folder: Path, *arguments: str, both: bool = False) -> str:
    command = [sys.executable, "-m", "correlator.cli", "--store", str(folder / "store"), *arguments]
    environment = os.environ | {"CLEW_STORIES_A_DAY": str(A_DAY), "COLUMNS": "120"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if both else subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 3):
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr or done.stdout}")
    return done.stdout


if __name__ == "__main__":
    main()
