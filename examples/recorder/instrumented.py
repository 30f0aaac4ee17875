"""Plays one scenario while a real instrumentation package reports it.

`python -m examples.recorder.instrumented FAMILY SCENARIO TRAFFIC` runs in a process of its own, because an instrumentation
changes the client library for good. Its exporter posts each span to a collector on loopback as it ends; what reached the
services is written to the file TRAFFIC. Nothing but loopback can be reached from that process.
"""

import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from examples.recorder.collector import collecting
from examples.recorder.families import FAMILIES, FRAMEWORKS
from examples.recorder.playing import play
from examples.recorder.reporting import report_as
from examples.recorder.scenario import Scenario

_NOWHERE = "http://127.0.0.1:9"
"""Proxy for all that is not told another one: whatever a package wants to tell its makers ends there."""


def reported(family: str, name: str) -> list[bytes]:
    """Play the scenario of this name in a new process and return the body of each span, in the order they ended."""
    return watched(family, name)[0]


def watched(family: str, name: str) -> tuple[list[bytes], str]:
    """Play the scenario of this name in a new process and return the bodies of its spans, and what reached the services."""
    with tempfile.TemporaryDirectory(prefix="clew-example-") as folder, collecting() as (address, bodies):
        traffic = Path(folder) / "traffic.yaml"
        subprocess.run(
            [sys.executable, "-m", "examples.recorder.instrumented", family, name, str(traffic)],
            cwd=Path(__file__).parents[2], env=_environment(address, folder), stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        return bodies, traffic.read_text("utf-8")


def _environment(collector: str, home: str) -> dict[str, str]:
    """Return what the process knows of the machine: nothing that changes what the packages do, no folder of a person."""
    proxies = {
        name: _NOWHERE for scheme in ("http", "https") for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    }
    return {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "NO_PROXY": "127.0.0.1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        **proxies,
    }


def scenario_of(name: str) -> Scenario:
    """Return the scenario of a folder."""
    found: Scenario = import_module(f"examples.{name}.scenario").SCENARIO
    return found


def main(family: str, name: str, traffic: str) -> None:
    """Play the scenario of this name and report its spans."""
    scenario = scenario_of(name)
    provider = report_as("assistant", name)
    packages = {**FAMILIES, **FRAMEWORKS}[family]
    packages.switch_on()
    played = play(scenario, packages.around)
    provider.shutdown()
    Path(traffic).write_text(played.traffic_yaml(), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
