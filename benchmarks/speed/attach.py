"""Measure how many programs are heard from their first byte that bring a TLS library nobody opened before. Needs root, BCC, curl.

    python -m benchmarks.speed.attach --count 1000 --out benchmarks/speed/results/attach.json

Each is a cold process of curl with a fresh copy of libssl, whose first act is a request over TLS to a server on loopback. It is
whole when its request and its response were told, both with all their bytes. Of each other one there has to be a `CaptureStatus`.
"""

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.speed.place import place, report
from examples.live.model import serving
from sensor.event import CaptureStatus, Event, HttpRequested, HttpResponded, ProcessStarted
from sensor.probes.observation import observed
from sensor.probes.origin import Origin
from sensor.probes.sensor import Sensor

BODY = "x" * 3_000


def library() -> Path:
    """Return the libssl that curl maps."""
    listed = subprocess.run(["ldd", "/usr/bin/curl"], capture_output=True, text=True, check=True).stdout
    return Path(
        next(word for line in listed.splitlines() if "libssl" in line for word in line.split() if word.startswith("/"))
    )


def script(folder: Path, port: int, count: int) -> str:
    """Return the commands that start one program after the other."""
    source = shlex.quote(str(library()))
    certificate, body = shlex.quote(str(folder / "cert.pem")), shlex.quote(str(folder / "body"))
    return (
        f"for number in $(seq {count}); do own={folder}/$number; mkdir $own; cp {source} $own/;"
        f" LD_LIBRARY_PATH=$own curl -s -o /dev/null --cacert {certificate} --data-binary @{body} 'https://localhost:{port}/echo';"
        " rm -r $own; done"
    )


def measured(count: int) -> dict[str, Any]:
    """Return how many were whole, and of how many others it was said that they were not."""
    with tempfile.TemporaryDirectory(prefix="clew-attach-") as name, serving(Path(name)) as port, Sensor() as sensor:
        folder = Path(name)
        (folder / "body").write_text(BODY)
        process = sensor.launch(["sh", "-c", script(folder, port, count)], stdout=subprocess.DEVNULL)
        events = list(observed(sensor, process, Origin.here()))
    return {"programs": count, **counted(events)}


def counted(events: list[Event]) -> dict[str, int]:
    """Count by process."""
    curls = {one.process.pid for one in events if isinstance(one, ProcessStarted) and one.executable.endswith("/curl")}
    asked = {one.process.pid for one in events if isinstance(one, HttpRequested) and one.process and one.body == BODY}
    answered = {
        one.process.pid for one in events if isinstance(one, HttpResponded) and one.process and one.body == BODY
    }
    whole = curls & asked & answered
    marked = {
        pid
        for one in events
        if isinstance(one, CaptureStatus)
        for pid in curls
        if one.subject.endswith(f"process {pid}")
    }
    rest = curls - whole
    return {"seen": len(curls), "whole": len(whole), "with_a_status": len(rest & marked), "silent": len(rest - marked)}


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    where = place()
    command = " ".join(["python -m benchmarks.speed.attach", *sys.argv[1:]])
    report({"benchmark": "speed/attach", **where, "command": command, **measured(given.count)}, given.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
