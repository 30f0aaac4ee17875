"""A real PostgreSQL of its own on loopback, ended afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.schema import CreateSchema

from graph.sql import connected

_OWNER = "postgres"


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, `None` where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found and shutil.which("psql") else None


def schema(address: str, name: str) -> str:
    """Return the address of a schema of a database, made where there is none."""
    engine = connected(address)
    with engine.begin() as db:
        db.execute(CreateSchema(name, if_not_exists=True))
    engine.dispose()
    return f"{address}?options={quote(f'-csearch_path={name}')}"


def as_owner() -> list[str]:
    """Return the beginning of a command that is run as the owner of databases: PostgreSQL refuses root."""
    return ["setpriv", f"--reuid={_OWNER}", f"--regid={_OWNER}", "--clear-groups"]


def make(folder: Path) -> None:
    """Make a database in `folder`/data."""
    programs_ = programs()
    assert programs_ is not None
    os.chown(folder, pwd.getpwnam(_OWNER).pw_uid, -1)
    command = [*as_owner(), programs_ / "initdb", "-D", folder / "data", "-A", "trust", "-N"]
    subprocess.run(command, check=True, capture_output=True, cwd="/")


@contextmanager
def running(folder: Path, port: int) -> Iterator[Mapping[str, str]]:
    """Serve the database of a folder and give the environment by which `psql` finds it; it ends as if it was killed."""
    programs_ = programs()
    assert programs_ is not None
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off"
    control = [*as_owner(), programs_ / "pg_ctl", "-D", folder / "data", "-w"]
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], check=True, capture_output=True, cwd="/")
    try:
        yield {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": _OWNER, "PGDATABASE": "postgres"}
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True, cwd="/")


def address(found: Mapping[str, str]) -> str:
    """Return the address of a database that is served, as settings have it."""
    return f"postgresql+psycopg://{found['PGUSER']}@{found['PGHOST']}:{found['PGPORT']}/{found['PGDATABASE']}"


@contextmanager
def serving(statements: str) -> Iterator[Mapping[str, str]]:
    """Serve a new database in which the statements were executed, and give the environment by which `psql` finds it."""
    with tempfile.TemporaryDirectory(prefix="clew-postgres-") as name:
        make(Path(name))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with running(Path(name), port) as found:
            psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
            subprocess.run(psql, input=statements.encode(), check=True, env=os.environ | found, capture_output=True)
            yield found
