"""Compiled programs: from where they are kept, or from the compiler.

They hold nothing of the machine, whose numbers are put in when they are loaded, so one compilation serves every kernel. What is
kept is trusted as the code of this package is: it has to belong to who owns that, or to root, and nobody else may write it.
"""

import base64
import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Self

from sensor.errors import ProbesUnusable
from sensor.probes.source import Order

CACHE = Path(sys.prefix, "var", "cache", "clew") if sys.prefix != sys.base_prefix else Path("/var/cache/clew")
"""Within the virtual environment, where there is one."""
_LARGEST = 16 << 20
_FORM = 1
"""Of what is kept; counts up when it changes."""


class Map(NamedTuple):
    """What a map is made with (`BPF_MAP_CREATE`, linux/bpf.h)."""

    kind: int
    key_size: int
    value_size: int
    entries: int
    flags: int


@dataclass(frozen=True, slots=True)
class Built:
    """Programs and their maps, for `load.py`."""

    maps: Mapping[str, Map]
    """In the order of their numbers in the programs."""
    programs: Mapping[str, bytes]
    """Function → its instructions."""

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Return what the compiler said. What has another form raises an error of Python's own."""
        return cls(
            {str(name): Map(*map(int, about)) for name, about in said["maps"].items()},
            {str(name): base64.b64decode(code, validate=True) for name, code in said["programs"].items()},
        )


def built(order: Order, cache: Path = CACHE) -> Built:
    """Return the programs of an order. Raises `ProbesUnusable` with the compiler's own words."""
    path = place(order, cache)
    if (kept := _kept(path)) is not None:
        return kept
    said = _compiled(_asked(order))
    with suppress(OSError):  # it is compiled again next time
        _keep(path, said)
    return Built.read(json.loads(said))


def place(order: Order, cache: Path = CACHE) -> Path:
    """Return where the programs of an order are kept."""
    return cache / f"probes-{blake2b(f'{_FORM} {_asked(order)}'.encode(), digest_size=16).hexdigest()}.json"


def kept_at(order: Order, cache: Path = CACHE) -> Path | None:
    """Return where the programs of an order are kept, `None` where they have to be compiled."""
    path = place(order, cache)
    return path if _kept(path) is not None else None


def _kept(path: Path) -> Built | None:
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):  # not there, not to be trusted, or broken
        return Built.read(json.loads(_trusted(path)))
    return None


def _asked(order: Order) -> str:
    return json.dumps({"text": order.text, "flags": order.flags, "functions": order.functions})


def _trusted(path: Path) -> bytes:
    """Return what a file holds. Raises `OSError`, also where somebody else may have written it."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        own = {0, Path(__file__).stat().st_uid}
        for found in (os.fstat(file), path.parent.lstat()):
            if found.st_uid not in own or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise PermissionError(f"{path} may have been written by somebody else")
        return b"".join(iter(lambda: os.read(file, _LARGEST), b""))
    finally:
        os.close(file)


def _keep(path: Path, said: bytes) -> None:
    """Write a file in one step, and let go of what was kept before."""
    import tempfile  # once, where something was compiled

    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    others = [other for other in path.parent.glob("probes-*") if other != path]
    descriptor, name = tempfile.mkstemp(prefix=".probes-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(said)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    for other in others:
        other.unlink(missing_ok=True)


def _compiled(asked: str) -> bytes:
    child = subprocess.run(
        [sys.executable, "-P", "-m", "sensor.probes.compiler"], input=asked.encode(), capture_output=True, check=False
    )
    said = child.stdout.partition(b"\n")[0]
    try:
        error = json.loads(said).get("error")
    except ValueError:
        error = f"the compiler ended ({child.returncode})"
    if error is not None:
        told = "\n".join(child.stderr.decode("utf-8", "replace").splitlines()[-8:])[-1_000:]
        raise ProbesUnusable(f"The probes cannot be compiled: {error}.{as_root()}\n{told}".strip())
    return said


def as_root() -> str:
    """Return the advice that helps whoever is not root."""
    return "" if os.geteuid() == 0 else " Run as root (sudo)."
