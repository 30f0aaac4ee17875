"""What `make demo` shows: an attack on an agent without instrumentation, seen by the kernel sensor; else a recording.

python -m examples.live.demo RECORDING STORE
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from examples.live import scenes, tooled
from examples.live.model import serving
from sensor.probes.check import needs

SCRIPTED = (sys.executable, "-m", "examples.live.scripts")
CLEW = [sys.executable, "-m", "correlator.cli"]


def main(recording: str, store: str) -> int:
    """Show one or the other, and say which."""
    if absent := missing():
        print(f"demo: no kernel sensor here ({absent}), so a recorded session is replayed.\n", file=sys.stderr)
        return subprocess.run([*CLEW, "--store", store, "replay", recording], check=False).returncode
    print(
        "demo: an agent without any instrumentation runs under the kernel sensor. The model is scripted, on loopback;\n"
        "demo: a log that it reads holds an order. Its tools are real. What follows is read from the kernel alone.\n",
        file=sys.stderr,
        flush=True,
    )
    place = str(Path(store).resolve())
    with tempfile.TemporaryDirectory(prefix="clew-demo-") as name, serving(Path(name), SCRIPTED) as port:
        scenes.backup(Path(name), port, order=True)
        agent = [sys.executable, str(Path(tooled.__file__)), "operator", str(port), scenes.ASKED]
        environment = os.environ | {"SSL_CERT_FILE": str(Path(name) / "cert.pem")}
        return subprocess.run(
            [*CLEW, "--store", place, "run", "--", *agent], env=environment, cwd=name, check=False
        ).returncode


def missing() -> str:
    """Return what the kernel sensor, or its demo, lacks here; empty where nothing is missing."""
    if shutil.which("openssl") is None:
        return "openssl is not installed"
    return next((f"{need.name}: {need.what}" for need in needs() if not need.met), "")


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
