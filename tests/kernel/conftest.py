"""A real kernel with real probes, for each worker once; every test observes only what it starts."""

import os
import sys
from collections.abc import Iterator, Sequence

import pytest

from sensor.errors import ProbesUnusable
from sensor.probes.record import Record, Type
from sensor.probes.sensor import Sensor


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "kernel" in item.path.parts:
            item.add_marker(pytest.mark.kernel)


@pytest.fixture(scope="session")
def sensor() -> Iterator[Sensor]:
    if os.geteuid():
        pytest.skip("the kernel's probes need root")
    try:
        made = Sensor()
    except ProbesUnusable as error:
        pytest.skip(f"no kernel sensor here; `sudo make system` sets it up: {str(error).splitlines()[0]}")
    with made:
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
