"""Starts agents, and beside them decoys: the tools of their calls with the same arguments, of which no agent knows.

    python -m benchmarks.reenact.launch FOLDER COMMANDS

COMMANDS: a list of command lines as JSON. The numbers of the decoys' processes go to FOLDER/decoys. Fails where an agent does.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

TOOL = str(Path(__file__).with_name("tool.py"))
EACH_S = 0.05


def main(folder: str, commands: str) -> int:
    """Run all to their end."""
    there = Path(folder)
    (there / "results/decoy").write_text("the result of a decoy", "utf-8")
    plays = [json.loads(path.read_text("utf-8")) for path in sorted((there / "plays").iterdir())]
    calls = [call for play in plays for step in play["steps"] for call in step.get("calls", ())]
    agents = [subprocess.Popen(command) for command in json.loads(commands)]
    decoys = []
    for call in calls:
        if all(agent.poll() is not None for agent in agents):
            break
        words = [call["name"], json.dumps(call["arguments"])]
        decoy = subprocess.Popen([sys.executable, "-ES", TOOL, folder, "decoy", *words], stdout=subprocess.DEVNULL)
        decoy.wait()
        decoys.append(decoy.pid)
        time.sleep(EACH_S)
    codes = [agent.wait() for agent in agents]
    (there / "decoys").write_text(json.dumps(decoys), "utf-8")
    return int(any(codes))  # that of an agent which a signal ended is negative


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
