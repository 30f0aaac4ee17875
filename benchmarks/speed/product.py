"""Whole-process figures: `python -m benchmarks.speed.product [--data DATA] --out FILE`.

- `help`: `clew --help` against a typer program of two commands, run in turn, medians of 5 and their ratio (wanted: ≤ 1.5);
- `evaluate`: `clew evaluate` on the AgentDojo recordings, median of 5 (wanted: ≤ 90 s on 2 cores);
- `memory`: peak resident size of `clew replay` on a made-up file of 200 MB (wanted: ≤ 512 MiB).
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SEED = 7
TWO_COMMANDS = """
import typer
app = typer.Typer()
@app.command()
def one(name: str) -> None:
    print(name)
@app.command()
def two(count: int = 1) -> None:
    print(count)
app()
"""


def timed(command: list[str], environment: dict[str, str] | None = None) -> tuple[float, int]:
    """Run a command to its end; return (wall seconds, peak resident KiB). Raises when it fails."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command} ended with {child.returncode}")
    return time.perf_counter() - start, used.ru_maxrss


def helped(clew: str, folder: Path) -> dict[str, float]:
    """Return the medians of `clew --help` and of a two-command typer program, in seconds, and their ratio."""
    program = folder / "two.py"
    program.write_text(TWO_COMMANDS, "utf-8")
    ours, theirs = [], []
    for _ in range(6):
        ours.append(timed([clew, "--help"])[0])
        theirs.append(timed([sys.executable, str(program), "--help"])[0])
    mine, other = statistics.median(ours[1:]), statistics.median(theirs[1:])
    return {"clew": round(mine, 3), "two_commands": round(other, 3), "ratio": round(mine / other, 3)}


def big(path: Path, megabytes: int) -> int:
    """Write JSON lines of honest sessions of about 400 kB each; return how many."""
    chance = random.Random(SEED)
    words = [
        f"{a}{b}" for a in ("ma", "ro", "ti", "ke", "lu", "sa") for b in ("nor", "vel", "dim", "pas", "tun", "lit")
    ]
    sessions = 0
    with path.open("w", encoding="utf-8") as file:
        while file.tell() < megabytes * 1_000_000:
            messages: list[dict[str, object]] = [{"role": "user", "content": f"Read the reports of week {sessions}."}]
            for call in range(20):
                arguments = json.dumps({"week": sessions, "part": call})
                asked = {
                    "id": f"c{call}",
                    "type": "function",
                    "function": {"name": "read_report", "arguments": arguments},
                }
                messages.append({"role": "assistant", "content": None, "tool_calls": [asked]})
                text = " ".join(chance.choices(words, k=3500))
                messages.append({"role": "tool", "tool_call_id": f"c{call}", "content": text})
            messages.append({"role": "assistant", "content": "I have read them."})
            file.write(json.dumps({"messages": messages}) + "\n")
            sessions += 1
    return sessions


def main() -> int:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds agentdojo/")
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    clew = str(Path(sys.executable).with_name("clew"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result: dict[str, object] = {
            "benchmark": "speed/product",
            "command": "python -m benchmarks.speed.product " + " ".join(sys.argv[1:]),
            "commit": subprocess.run(
                ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
            ).stdout.strip(),
            "cores": os.cpu_count(),
            "help": helped(clew, folder),
        }
        if asked.data:
            command = [clew, "evaluate", str(asked.data / "agentdojo"), "--baseline", "others"]
            seconds = [timed(command)[0] for _ in range(asked.runs)]
            result["evaluate"] = {
                "seconds": [round(one, 1) for one in seconds],
                "median": round(statistics.median(seconds), 1),
            }
        path = folder / "big.jsonl"
        sessions = big(path, asked.megabytes)
        wall, peak = timed([clew, "replay", str(path)], {**os.environ, "CLEW_STORE": str(folder / "store")})
        result["memory"] = {
            "file_megabytes": round(path.stat().st_size / 1e6),
            "sessions": sessions,
            "peak_mebibytes": round(peak / 1024),
            "seconds": round(wall, 1),
        }
    asked.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
