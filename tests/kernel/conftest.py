"""A real kernel with real probes, for each worker once; every test observes only what it starts."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sensor.probes.check import needs
from sensor.probes.record import Record, Type
from sensor.probes.sensor import Sensor


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "kernel" in item.path.parts:
            item.add_marker(pytest.mark.kernel)


@pytest.fixture(scope="session")
def sensor() -> Iterator[Sensor]:
    # The trial itself is left out: where all else is there, probes that do not load are a failure.
    missing = next((need for need in needs(trial=False) if not need.met), None)
    if missing is not None:
        pytest.skip(f"no kernel sensor here: {missing.name}: {missing.what}")
    with Sensor() as made:
        yield made


def watched(sensor: Sensor, command: Sequence[str], **more: object) -> list[Record]:
    """Return all that a command and its children did, when the last of them is gone."""
    sensor.records()
    process = sensor.launch(command, **more)
    found: list[Record] = []
    alive = {process.pid}
    while alive or not found:
        process.poll()
        sensor.wait(busy=True)
        for record in sensor.records():
            found.append(record)
            if record.type == Type.FORKED:
                alive.add(record.first)
            elif record.type == Type.EXITED:
                alive.discard(record.tgid)
    process.wait()
    return found


def python(program: str, *arguments: str) -> list[str]:
    """Return the command that runs a Python program and nothing of ours."""
    return [sys.executable, "-I", "-S", "-c", program, *arguments]


def verb(folder: Path, *arguments: str) -> list[str]:
    """Return the command that runs a verb on a store of the test."""
    return [sys.executable, "-m", "correlator.cli", "--store", str(folder / "store"), *arguments]


def on_a_disk(folder: Path, size: str) -> list[str]:
    """Return the command that runs one for which the folder is a disk of that size: a mount of its own."""
    return ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o size={size} tmpfs "$0" && exec "$@"', str(folder)]


def clew(
    folder: Path, *arguments: str, before: Sequence[str] = (), **more: object
) -> "subprocess.CompletedProcess[bytes]":
    """Run it to its end; `before` is a command that runs it."""
    return subprocess.run([*before, *verb(folder, *arguments)], capture_output=True, timeout=60, **more)  # type: ignore[call-overload, no-any-return]
