"""Measure how long after its last span a story is in the terminal.

    python -m benchmarks.speed.live --out benchmarks/speed/results/live.json

The spans are those of real client libraries under real instrumentation packages; model and attack are scripted (`examples/`).
They are posted to `clew listen`, a fresh store each time: in order, shuffled, each twice, with the listener ended and started
in between, and with one span 30 s behind the others. The time runs from before the last request until the story in its last
version was printed; where that was before the last request, it is 0. The twin whose user asked for the same is posted in the
same ways and has to stay silent.
"""

import argparse
import json
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.speed.place import place, report
from examples.recorder.instrumented import FAMILIES, reported

HIJACKED, TWIN = "billing_ticket", "user_asked_export"
SETTLED_S = 2.0
"""Seconds after the last answer in which a story may still be printed."""
DELAY_S = 30.0


@dataclass
class Listener:
    """A running `clew listen`, and when it printed which story."""

    store: Path
    told: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "correlator.cli", "listen", "--port=0", "--json", "--store", str(self.store)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stderr is not None
        self._url = self._process.stderr.readline().split()[2]
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.told.append((time.monotonic(), json.loads(line)["id"]))

    def post(self, body: bytes) -> None:
        """Send one request and wait for the answer."""
        headers = {"Content-Type": "application/x-protobuf"}
        request = urllib.request.Request(f"{self._url}/v1/traces", body, headers)  # noqa: S310 - of our own listener
        urllib.request.urlopen(request).close()  # noqa: S310 - see above

    def end(self) -> None:
        """End it as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()
        self._reader.join()


@dataclass(frozen=True)
class Told:
    """What came of one run."""

    stories: int
    latency_s: float
    early: bool
    """The last version was printed before the last span was sent."""


def run(bodies: list[bytes], *, restart: bool = False, delay_s: float = 0) -> Told:
    """Send these bodies; `restart` ends the listener before the last one, `delay_s` waits before it."""
    with tempfile.TemporaryDirectory(prefix="clew-live-") as folder:
        listener = Listener(Path(folder))
        told: list[tuple[float, str]] = []
        for body in bodies[:-1]:
            listener.post(body)
        if restart:
            listener.end()
            told += listener.told
            listener = Listener(Path(folder))
        time.sleep(delay_s)
        begun = time.monotonic()
        listener.post(bodies[-1])
        time.sleep(SETTLED_S)
        told += listener.told
        listener.end()
    last = max((at for at, _ in told), default=begun)
    return Told(len({story for _, story in told}), max(0.0, last - begun), last < begun)


def ways(bodies: list[bytes], source: random.Random, delays: int, repeat: int) -> list[tuple[str, Told]]:
    """Return what came of each way of sending these bodies."""
    found = []
    for _ in range(repeat):
        mixed = source.sample(bodies, len(bodies))
        twice = source.sample(bodies * 2, len(bodies) * 2)
        found.append(("in order", run(bodies)))
        found.append(("shuffled", run(mixed)))
        found.append(("each twice, shuffled", run(twice)))
        found.append(("restart before the last", run(mixed, restart=True)))
    for _ in range(delays):
        mixed = source.sample(bodies, len(bodies))
        found.append((f"last {DELAY_S:.0f} s late", run(mixed, delay_s=DELAY_S)))
    return found


def main() -> int:
    """Run and write the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeat", type=int, default=8)
    parser.add_argument("--delays", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, help="file to write besides stdout")
    arguments = parser.parse_args()
    ran = place()
    source = random.Random(arguments.seed)
    results = []
    for family in FAMILIES:
        for scenario, stories in ((HIJACKED, 1), (TWIN, 0)):
            found = ways(reported(family, scenario), source, arguments.delays, arguments.repeat)
            latencies = [told.latency_s for _, told in found if told.stories]
            results.append(
                {
                    "family": family,
                    "scenario": scenario,
                    "runs": len(found),
                    "right": sum(told.stories == stories for _, told in found),
                    "wrong": sorted({way for way, told in found if told.stories != stories}),
                    "early": sum(told.early for _, told in found),
                    "median_s": round(statistics.median(latencies), 3) if latencies else None,
                    "p95_s": round(statistics.quantiles(latencies, n=20)[-1], 3) if len(latencies) > 1 else None,
                }
            )
            print(json.dumps(results[-1]), file=sys.stderr)
    result = {
        "benchmark": "speed/live",
        **ran,
        "seed": arguments.seed,
        "command": " ".join(["python", "-m", "benchmarks.speed.live", *sys.argv[1:]]),
        "wanted": {"p95_s": 1.0},
        "results": results,
    }
    report(result, arguments.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
