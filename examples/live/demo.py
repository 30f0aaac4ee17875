"""What `make demo` shows: an attack on an agent without instrumentation, seen by the kernel sensor; else a recording.

python -m examples.live.demo RECORDING STORE
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from examples.live import agents
from examples.live.model import serving
from sensor.probes.check import needs

CLEW = [sys.executable, "-m", "correlator.cli"]


def main(recording: str, store: str) -> int:
    """Show one or the other, and say which."""
    if missing := _missing():
        print(f"demo: no kernel sensor here ({missing}), so a recorded session is replayed.\n", file=sys.stderr)
        return subprocess.run([*CLEW, "--store", store, "replay", recording], check=False).returncode
    print(
        "demo: an agent without any instrumentation runs under the kernel sensor. The model is scripted, on loopback;\n"
        "demo: the ticket that it reads holds an order. What follows is read from the kernel alone.\n",
        file=sys.stderr,
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="clew-demo-") as folder, serving(Path(folder)) as port:
        agent = [sys.executable, str(Path(agents.__file__)), "standard", str(port)]
        environment = os.environ | {"SSL_CERT_FILE": str(Path(folder) / "cert.pem")}
        return subprocess.run([*CLEW, "--store", store, "run", "--", *agent], env=environment, check=False).returncode


def _missing() -> str:
    """Return what is missing, empty where nothing is."""
    if shutil.which("openssl") is None:
        return "openssl is not installed"
    return next((f"{need.name}: {need.what}" for need in needs() if not need.met), "")


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
