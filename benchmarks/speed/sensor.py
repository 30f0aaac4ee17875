"""Measure what the kernel sensor costs, and whether it sees everything. Needs root and BCC.

    python -m benchmarks.speed.sensor --out benchmarks/speed/results/sensor.json

*start*: seconds from the start of the interpreter until the probes are attached and until events can be told, and the memory of
the sensor process and of its helper then; for `clew record`, the seconds until its command runs, and its memory. *complete*: a
process in the scope does a known number of acts of each type, at 5,000 a second and as fast as it can; what was read and what was
lost are compared with it; *distinct* opens a new file each time, so that no opens are told as one. *agent* and *stress*: a
workload (`sensor_work.py`) with `clew record` and without, in turns; it times itself, so start-up does not count. *plaintext*:
the same, of a program that sends 200 MB over TLS as fast as it can, and what reading costs where it sends 10 MB a second. *cpu*:
what `clew record` itself and its helper take (reading, decoding, redaction, writing; not the compiler, which is a process of its
own) at some rates of acts. *outside*: what a process that is not observed pays for an open and close, for a system call that has
no probe, and for a call of a TLS library, in turns.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.speed.place import place, report
from examples.live.model import serving
from sensor.probes.record import Count, Type
from sensor.probes.sensor import Sensor

HERE = Path(__file__).parent
SERVER = [sys.executable, "-m", "benchmarks.speed.sensor_server"]
WORK = [sys.executable, "-I", "-S", str(HERE / "sensor_work.py")]
RECORD = [sys.executable, "-m", "correlator.cli", "record"]
TYPES = {
    "opened": Type.OPENED,
    "changed": Type.CHANGED,
    "connected": Type.CONNECTED,
    "privileged": Type.PRIVILEGED,
    "forked": Type.FORKED,
}
MEGABYTES = 200
PACED = 100
"""Bodies a second of the steady plaintext (`sensor_work.py`)."""
RESAMPLED = 10_000
DETACHED_S = 7.0
"""Seconds after which the programs of a sensor that has ended are gone: the kernel detaches them in the background."""


START = """
import time
from sensor.probes.sensor import Sensor
with Sensor() as sensor:
    print(time.monotonic(), flush=True)
    from sensor.probes.observation import Observation
    from sensor.probes.origin import Origin
    Observation(sensor, Origin.here(), ()).look()
    print(time.monotonic(), flush=True)
    input()
"""
BEGUN = "import os, time; print(time.monotonic(), os.getppid(), flush=True); input()"


def started(folder: Path, times: int) -> dict[str, Any]:
    """Return the seconds from the start of the interpreter, which has its modules compiled, and the memory of the processes."""
    sensor, record = [], []
    for _ in range(times):
        begun = time.monotonic()
        with asked([sys.executable, "-c", START]) as process:
            attached, telling = (float(process.stdout.readline()) - begun for _ in range(2))
            sensor.append((attached, telling, mebibytes(process.pid), mebibytes(helper_of(process.pid))))
        time.sleep(DETACHED_S)
        begun = time.monotonic()
        command = [sys.executable, "-I", "-S", "-c", BEGUN]
        with asked([*RECORD, "--store", str(folder / "store"), "-o", str(folder / "out"), "--", *command]) as process:
            at, parent = process.stdout.readline().split()
            record.append((float(at) - begun, mebibytes(int(parent))))
        time.sleep(DETACHED_S)
    ready, telling, resident, helper = map(statistics.median, zip(*sensor, strict=True))
    running, whole = map(statistics.median, zip(*record, strict=True))
    return {
        "ready_s_median": round(ready, 3), "telling_s_median": round(telling, 3), "resident_mebibytes_median": round(resident, 1),
        "helper_mebibytes_median": round(helper, 1), "record_command_runs_s_median": round(running, 3),
        "record_mebibytes_median": round(whole, 1), "runs": times,
    }  # fmt: skip


@contextmanager
def asked(command: list[str]) -> Iterator[Any]:
    """Run a process that prints what it is asked for, and ends when it gets a line."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        yield process
        process.communicate(b"\n")


def mebibytes(pid: int) -> float:
    """Return the resident memory of a process (proc_pid_status(5))."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def helper_of(pid: int) -> int:
    """Return the number of the helper of a sensor process."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return next(int(one) for one in children if b"sensor.probes.attacher" in Path(f"/proc/{one}/cmdline").read_bytes())


def complete(folder: Path, rate: int, seconds: int, what: str = "steady") -> dict[str, Any]:
    """Return for each type how many acts there were, and how many of them were read and lost."""
    with Sensor() as sensor:
        # The start of an interpreter opens files, too: what it does without the acts is taken away.
        start = counts(sensor)
        idle, _ = acts(sensor, folder, 1, -1, what)
        before = counts(sensor)
        read, done = acts(sensor, folder, rate, seconds, what)
        more = counts(sensor) - before
    own = before - start
    told = {
        name: {
            "done": done[name], "read": read[kind] - idle[kind],
            "folded": more[kind, Count.FOLDED] - own[kind, Count.FOLDED], "lost": more[kind, Count.LOST],
        } for name, kind in TYPES.items()
    }  # fmt: skip
    exact = all(one["done"] == one["read"] + one["folded"] + one["lost"] for one in told.values())
    return {"per_s": round(sum(done[name] for name in TYPES) * 1000 / done["milliseconds"]), "exact": exact, **told}


def counts(sensor: Sensor) -> Counter[tuple[Type, Count]]:
    """Return what the kernel has counted so far."""
    return Counter({(kind, what): sensor.count(kind, what) for kind in Type for what in Count})


def acts(sensor: Sensor, folder: Path, rate: int, seconds: int, what: str) -> tuple[Counter[int], dict[str, int]]:
    """Return the records of each type that a run brought, and what it says that it did; -1 seconds: nothing."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        command = [*WORK, what, own, str(rate if seconds >= 0 else 0), str(max(seconds, 0) if seconds >= 0 else 1)]
        process = sensor.launch(command, stdout=subprocess.PIPE)
        found: Counter[int] = Counter()
        while process.poll() is None:
            sensor.wait(busy=True)
            found.update(of_one(sensor, process.pid))
        found.update(of_one(sensor, process.pid))
        return found, json.loads(process.communicate()[0])


def of_one(sensor: Sensor, pid: int) -> Iterator[int]:
    """Yield the types of the records of one process, without its children: these open files by themselves."""
    return (record.type for record in sensor.records() if record.tgid == pid)


def paired(what: str, folder: Path, loops: int, port: int, pairs: int) -> dict[str, Any]:
    """Return the ratio of the seconds with the sensor to those without, of runs in turns, and how much of what was said was told.

    A sensor that loses is cheap: a ratio counts only where `told_least` is 1.
    """
    ratios, seconds, more, told = [], [], [], []
    for number in range(pairs):
        command = [*WORK, what, str(folder), str(loops), str(port)]
        runs = [
            (True, [*RECORD, "--store", str(folder / "store"), "-o", str(folder / "out"), "--", *command]),
            (False, command),
        ]
        took = {}
        for observed, one in runs if number % 2 else reversed(runs):
            ran = subprocess.run(one, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
            done = json.loads(ran.stdout)
            took[observed] = done["seconds"]
            if observed:
                told.append((folder / "out").read_bytes().count(b'"kind":"http_responded"') / done["asked"])
                time.sleep(DETACHED_S)
        ratios.append(took[True] / took[False])
        seconds.append(took[False])
        more.append(took[True] - took[False])
    low, high = interval(ratios)
    return {
        "pairs": pairs, "seconds_without": round(statistics.median(seconds), 3), "ratio": round(statistics.median(ratios), 3),
        "interval_95": [round(low, 3), round(high, 3)], "seconds_more": round(statistics.median(more), 3),
        "told_least": round(min(told), 4),
    }  # fmt: skip


def cpu(folder: Path, rate: int, seconds: int, what: str = "steady") -> dict[str, Any]:
    """Return the share of a core that `clew record` and its helper take while a process does so many acts a second."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        out = Path(own) / "out"
        command = [*WORK, what, own, str(rate), str(seconds + 8)]
        arguments = ["--store", str(folder / "store"), "-o", str(out), "--", *command]
        with subprocess.Popen([*RECORD, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while out.stat().st_size < 100_000 if out.exists() else True:
                time.sleep(0.1)
            both = (process.pid, helper_of(process.pid))
            seen = [(time.perf_counter(), sum(map(on_cpu_ns, both)), lines(out))]
            time.sleep(seconds)
            seen.append((time.perf_counter(), sum(map(on_cpu_ns, both)), lines(out)))
    (begun, before_ns, few), (ended, after_ns, many) = seen
    return {
        "files": what, "acts_per_s": rate, "events_per_s": round((many - few) / (ended - begun)),
        "share_of_core": round((after_ns - before_ns) / 1e9 / (ended - begun), 4),
        "us_per_event": round((after_ns - before_ns) / 1000 / (many - few), 1),
    }  # fmt: skip


def paced(folder: Path, port: int, seconds: int) -> dict[str, Any]:
    """Return what `clew record` and its helper take for a megabyte of plaintext, where ten are sent in a second."""
    out = folder / "out"
    command = [*WORK, "paced", str(folder), str(seconds + 8), str(port)]
    arguments = ["--store", str(folder / "store"), "-o", str(out), "--", *command]
    out.unlink(missing_ok=True)
    with subprocess.Popen([*RECORD, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        while out.read_bytes().count(b'"kind":"http_responded"') < PACED if out.exists() else True:
            time.sleep(0.1)
        both = (process.pid, helper_of(process.pid))
        begun, before_ns = time.perf_counter(), sum(map(on_cpu_ns, both))
        time.sleep(seconds)
        megabytes = (time.perf_counter() - begun) * PACED / 10
        took_ns = sum(map(on_cpu_ns, both)) - before_ns
        done = json.loads(process.communicate()[0])
    told = out.read_bytes().count(b'"kind":"http_responded"')
    return {
        "megabytes_per_s": PACED / 10,
        "ms_per_megabyte": round(took_ns / 1e6 / megabytes, 2),
        "told": round(told / done["asked"], 4),
    }


def on_cpu_ns(pid: int) -> int:
    """Return how long a process has run, with all its threads and without its children: its clock (clock_getcpuclockid(3))."""
    return time.clock_gettime_ns(~pid << 3 | 2)


def lines(file: Path) -> int:
    """Return how many lines a file has so far."""
    return file.read_bytes().count(b"\n")


def neighbour(folder: Path, loops: int, pairs: int) -> dict[str, Any]:
    """Return what a process outside pays more while a sensor is attached and observes another."""
    more: dict[str, list[float]] = {"open_close_ns": [], "call_ns": [], "tls_call_ns": []}
    command = [*WORK, "outside", str(folder), str(loops)]
    for number in range(pairs):
        took = {}
        for attached in (True, False) if number % 2 else (False, True):
            with observing(attached=attached):
                took[attached] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
            if attached:
                time.sleep(DETACHED_S)
        for name, found in more.items():
            found.append(took[True][name] - took[False][name])
    return {"pairs": pairs} | {
        f"{name}_more": {
            "median": round(statistics.median(found)),
            "interval_95": [round(one) for one in interval(found)],
        }
        for name, found in more.items()
    }


@contextmanager
def observing(*, attached: bool) -> Iterator[None]:
    """Hold a sensor, or none."""
    if not attached:
        yield
        return
    with Sensor() as sensor:
        process = sensor.launch(["sleep", "60"])
        try:
            yield
        finally:
            process.kill()
            process.wait()


def interval(values: list[float]) -> tuple[float, float]:
    """Return the 95 % interval of the median, by resampling."""
    source = random.Random(11)
    medians = sorted(statistics.median(source.choices(values, k=len(values))) for _ in range(RESAMPLED))
    return medians[RESAMPLED // 40], medians[-RESAMPLED // 40]


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", nargs="+", choices=["start", "complete", "agent", "stress", "plaintext", "cpu", "outside"]
    )
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--out", type=Path, help="file to write besides stdout")
    arguments = parser.parse_args()
    result: dict[str, Any] = {
        "benchmark": "speed/sensor",
        **place(),
        "command": " ".join(["python", "-m", "benchmarks.speed.sensor", *sys.argv[1:]]),
    }
    result["wanted"] = {
        "ready_s": 2.5, "resident_mebibytes": 60, "agent_ratio_upper_end": 1.05, "stress_ratio": 1.25,
        "share_of_core_at_1100": 0.05, "share_of_core_at_100": 0.01, "outside_open_close_ns": 600, "outside_call_ns": 100,
        "outside_tls_call_ns": 2_000,
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="clew-sensor-") as name, serving(Path(name), SERVER) as port:
        folder = Path(name)
        parts = {
            "start": lambda: started(folder, 5),
            "complete": lambda: {
                "steady": complete(folder, 5_000, 10),
                "distinct": complete(folder, 5_000, 10, "distinct"),
                "burst": complete(folder, 0, 0),
            },
            "agent": lambda: paired("agent", folder, 240, port, arguments.pairs),
            "stress": lambda: paired("stress", folder, 100, port, max(5, arguments.pairs // 4)),
            "plaintext": lambda: {
                "fast": paired("plaintext", folder, MEGABYTES, port, max(5, arguments.pairs // 4)),
                "paced": paced(folder, port, 20),
            },
            "cpu": lambda: [cpu(folder, rate, 20, what) for what in ("steady", "distinct") for rate in (1_100, 100)],
            "outside": lambda: neighbour(folder, 200_000, max(5, arguments.pairs // 4)),
        }
        for part, work in parts.items():
            if arguments.only is None or part in arguments.only:
                begun = time.perf_counter()
                result[part] = work()
                print(part, f"({time.perf_counter() - begun:.0f} s)", json.dumps(result[part]), file=sys.stderr)
    report(result, arguments.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
