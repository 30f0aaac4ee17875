"""Where and on what a benchmark ran, and where its result goes."""

import json
import os
import platform
import sqlite3
import subprocess
from pathlib import Path
from typing import Any


def place() -> dict[str, Any]:
    """Return commit, whether files were changed, and machine. Ask before the runs: the checkout may move on meanwhile."""
    return {
        "commit": _git("rev-parse", "HEAD"),
        "changed_files": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "machine": {
            "cpu": _cpu(),
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
        },
    }


def report(result: dict[str, Any], out: Path | None) -> None:
    """Print a result as JSON, and write it to `out` where one is given."""
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    if out is not None:
        out.parent.mkdir(exist_ok=True)
        out.write_text(text, "utf-8")


def _git(*command: str) -> str:
    return subprocess.run(["git", *command], capture_output=True, text=True, check=False).stdout.strip()


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
