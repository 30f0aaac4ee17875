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


@contextmanager
def serving(statements: str) -> Iterator[Mapping[str, str]]:
    """Serve a database in which the statements were executed, and give the environment by which `psql` finds it."""
    folder = programs()
    assert folder is not None
    with tempfile.TemporaryDirectory(prefix="clew-postgres-") as name:
        os.chown(name, pwd.getpwnam(_OWNER).pw_uid, -1)
        as_owner = ["setpriv", f"--reuid={_OWNER}", f"--regid={_OWNER}", "--clear-groups"]
        data = f"{name}/data"
        subprocess.run(
            [*as_owner, folder / "initdb", "-D", data, "-A", "trust", "-N"], check=True, capture_output=True, cwd="/"
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off"
        control = [*as_owner, folder / "pg_ctl", "-D", data, "-w"]
        subprocess.run(
            [*control, "-o", options, "-l", f"{name}/log", "start"], check=True, capture_output=True, cwd="/"
        )
        try:
            found = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": _OWNER, "PGDATABASE": "postgres"}
            psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
            subprocess.run(psql, input=statements.encode(), check=True, env=os.environ | found, capture_output=True)
            yield found
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/")
