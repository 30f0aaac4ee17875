"""A real Neo4j on loopback, started from the jars that `make system` fetched, and ended afterwards."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from examples.fleet.brokers import free_port

VERSION = "5.26.0"
_SERVER = Path(__file__).with_name("Neo4jServer.java")
_READY = b"ready\n"


def jars() -> Path | None:
    """Return the folder of Neo4j's jars, `None` where they or Java are missing."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "clew" / f"neo4j-{VERSION}"
    return folder if (folder / "complete").exists() and shutil.which("java") else None


@dataclass(frozen=True)
class Neo4j:
    """A server that runs."""

    bolt: str
    http: str | None
    process: "subprocess.Popen[bytes]"


@contextmanager
def serving(folder: Path, *, bolt: int = 0, browser: bool = False, hunting: Path | None = None) -> Iterator[Neo4j]:
    """Serve the database in `folder`, a new one where there is none. Port 0 takes a free one.

    `browser`: with Neo4j Browser, in a folder that is empty. `hunting`: the configuration of an instance that analysts log in to.
    """
    lib = jars()
    assert lib is not None
    bolt = bolt or free_port()
    http = free_port() if browser else None
    arguments = [
        str(folder),
        str(bolt),
        *(["browser", str(http)] if http else []),
        *(["hunting", str(hunting)] if hunting else []),
    ]
    # The compiler of the source stays quiet about Neo4j's own use of Java; what Neo4j says is in its folder.
    command = ["java", "-Xmx1g", "-XX:+UseParallelGC", "-cp", f"{lib}/*", str(_SERVER), *arguments]
    with (
        (folder.parent / f"{folder.name}.log").open("wb") as log,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line == _READY:
                    break
            else:
                raise RuntimeError(f"Neo4j did not start; {log.name} says why.")
            yield Neo4j(f"bolt://127.0.0.1:{bolt}", f"http://127.0.0.1:{http}" if http else None, process)
        finally:
            process.kill()
