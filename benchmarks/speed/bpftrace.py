"""Measure what bpftrace costs where it does what it can of the same as the kernel sensor. Needs root, BCC and bpftrace.

    python -m benchmarks.speed.bpftrace --out benchmarks/speed/results/bpftrace.json

The stress workload of `benchmarks.speed.sensor` alone, under `clew record`, and in a control group of its own beside bpftrace,
which is asked for that group only, in the kernel: programs executed with the name of the file, files opened, connections, and of
what goes through `SSL_write_ex` and `SSL_read_ex` the first 64 bytes (more of a text it does not take). It follows no names, pipes
or privileges, and writes lines that nobody reads. All three in turns, in a random order. Who loses is cheap: the workload executes
600 programs, opens 60,000 files and makes 4,000 requests.
"""

import _ssl
import argparse
import json
import random
import secrets
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.speed.place import place, report
from benchmarks.speed.sensor import DETACHED_S, RECORD, SERVER, WORK, interval
from examples.live.model import serving
from sensor.probes.cgroups import mount

PROGRAM = """
tracepoint:sched:sched_process_exec /cgroup == GROUP/ {{ printf("exec %d %s\\n", pid, str(args->filename)); }}
tracepoint:syscalls:sys_enter_open, tracepoint:syscalls:sys_enter_openat /cgroup == GROUP/ {{
    printf("open %d %s\\n", pid, str(args->filename));
}}
tracepoint:syscalls:sys_enter_connect /cgroup == GROUP/ {{ printf("connect %d %d\\n", pid, args->fd); }}
uprobe:{library}:SSL_write_ex /cgroup == GROUP/ {{ printf("said %d %d %s\\n", pid, arg2, str(arg1, 64)); }}
uprobe:{library}:SSL_read_ex /cgroup == GROUP/ {{ @to[tid] = arg1; }}
uretprobe:{library}:SSL_read_ex /cgroup == GROUP && @to[tid]/ {{
    printf("heard %d %s\\n", pid, str(@to[tid], 64));
    delete(@to[tid]);
}}
BEGIN {{ printf("ready\\n"); }}
"""


def library() -> str:
    """Return the file of the TLS library that this Python has loaded."""
    ssl.create_default_context()
    mapped = Path("/proc/self/maps").read_text("utf-8").splitlines()
    return next(line.split()[-1] for line in mapped if "libssl" in line or _ssl.__file__ in line)


@contextmanager
def group() -> Iterator[Path]:
    """Make a control group and take it away."""
    made = mount() / f"clew-bench-{secrets.token_hex(4)}"
    made.mkdir()
    try:
        yield made
    finally:
        made.rmdir()


def traced(command: list[str], folder: Path) -> tuple[float, dict[str, int]]:
    """Return the seconds of a command beside bpftrace, and the lines that this wrote, by their first word."""
    with group() as made:
        program = PROGRAM.format(library=library()).replace("GROUP", str(made.stat().st_ino))
        out = folder / "traced"
        with out.open("wb") as lines, subprocess.Popen(["bpftrace", "-e", program], stdout=lines) as tracer:
            try:
                while b"ready" not in out.read_bytes():
                    if tracer.poll() is not None:
                        raise SystemExit("bpftrace ended: what it says stands above.")
                    time.sleep(0.1)
                enter = ["/bin/sh", "-c", 'echo $$ > "$0"; exec "$@"', str(made / "cgroup.procs")]
                ran = subprocess.run([*enter, *command], check=True, stdout=subprocess.PIPE)
                time.sleep(1)  # it writes what it has seen in turns of less than that
            finally:
                tracer.terminate()
    words = [line.split(b" ")[0].decode("ascii", "replace") for line in out.read_bytes().splitlines()]
    return json.loads(ran.stdout)["seconds"], {
        word: words.count(word) for word in ("exec", "open", "connect", "said", "heard")
    }


def main() -> int:
    """Run all and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if shutil.which("bpftrace") is None:
        print("bpftrace is not installed here. On Debian: apt-get install bpftrace", file=sys.stderr)
        return 1
    chance = random.Random(3)
    found: dict[str, list[float]] = {"clew": [], "bpftrace": []}
    told: list[dict[str, int]] = []
    heard: list[float] = []
    with tempfile.TemporaryDirectory(prefix="clew-bpftrace-") as name, serving(Path(name), SERVER) as port:
        folder = Path(name)
        command = [*WORK, "stress", name, "100", str(port)]
        recorded = [*RECORD, "--store", str(folder / "store"), "-o", str(folder / "out"), "--", *command]
        for _ in range(given.rounds):
            took = {}
            for how in chance.sample(["alone", "clew", "bpftrace"], 3):
                if how == "bpftrace":
                    took[how], lines = traced(command, folder)
                    told.append(lines)
                else:
                    one = recorded if how == "clew" else command
                    ran = subprocess.run(one, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
                    done = json.loads(ran.stdout)
                    took[how] = done["seconds"]
                    if how == "clew":
                        heard.append((folder / "out").read_bytes().count(b'"kind":"http_responded"') / done["asked"])
                if how != "alone":
                    time.sleep(DETACHED_S)
            for how, ratios in found.items():
                ratios.append(took[how] / took["alone"])
            print(json.dumps(took), file=sys.stderr)
    result: dict[str, dict[str, Any]] = {
        how: {
            "ratio": round(statistics.median(ratios), 3),
            "interval_95": [round(one, 3) for one in interval(ratios)],
        }
        for how, ratios in found.items()
    }
    result["clew"]["exchanges_told_least"] = round(min(heard), 4)
    result["bpftrace"]["lines_least"] = {word: min(lines[word] for lines in told) for word in told[0]}
    asked = " ".join(["python", "-m", "benchmarks.speed.bpftrace", *sys.argv[1:]])
    about = {"benchmark": "speed/bpftrace", **place(), "command": asked, "rounds": given.rounds}
    report({**about, **result}, given.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
