"""The only place that knows concrete back ends: settings → an open graph store and casebook."""

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from correlator.casebook import Casebook
from correlator.errors import CasebookInvalid
from correlator.settings import Settings
from graph.store import GraphStore
from graph.stores import open_store
from sensor.sources.otlp.spool import Spool

GRAPH_FILE = "graph.db"
CASEBOOK_FILE = "casebook.db"
SPOOL_FILE = "spans.db"
KEY_FILE = "redaction.key"
KEY_BYTES = 32
PATIENCE_S = 5.0
"""Seconds to wait while another process writes."""


def open_graph(settings: Settings) -> GraphStore:
    """Return the graph store. Raises `graph.errors.StoreError`, or `UnknownStore`."""
    return open_store(settings.backend, str(settings.store / GRAPH_FILE))


def open_casebook(settings: Settings) -> Casebook:
    """Return the casebook that lies beside the graph; in memory where the graph is. Raises `CasebookInvalid`."""
    if settings.backend == "memory":
        return Casebook(_sqlite(create_engine("sqlite://", poolclass=StaticPool)))
    path = settings.store / CASEBOOK_FILE
    try:
        _private(path)
    except OSError as error:
        raise CasebookInvalid(f"{path} cannot be made ({error.strerror}); give another --store.") from error
    return Casebook(_sqlite(create_engine(f"sqlite:///{path}", connect_args={"timeout": PATIENCE_S})))


def open_spool(settings: Settings, key: bytes) -> Spool:
    """Return the spans that were received; in memory where the graph is. Raises `SpoolUnusable`."""
    return Spool(None if settings.backend == "memory" else settings.store / SPOOL_FILE, key=key)


def redaction_key(settings: Settings) -> bytes:
    """Return the tenant's key for placeholders of secrets. Raises `CasebookInvalid`.

    It is derived from the store's own random key, made with the store and readable for its owner only: placeholders
    mean the same within a store and a tenant, and nothing elsewhere. A store in memory has a key that dies with it.
    """
    master = secrets.token_bytes(KEY_BYTES) if settings.backend == "memory" else _master_key(settings.store / KEY_FILE)
    return hmac.new(master, settings.tenant.encode("utf-8", "surrogatepass"), "sha256").digest()


def _master_key(path: Path) -> bytes:
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise CasebookInvalid(f"{path} cannot be used ({error.strerror}); give another --store.") from error
    if len(key) < KEY_BYTES:
        raise CasebookInvalid(f"{path} is no key of {KEY_BYTES} bytes; restore it, or give another --store.")
    return key


def _make_key(path: Path) -> None:
    """Write the key beside its place and link it there: nobody sees half of it, and the first of two makers wins."""
    made = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        with suppress(FileExistsError):
            path.hardlink_to(made)
    finally:
        made.unlink(missing_ok=True)


def _private(path: Path) -> None:
    """Make the file and its folder if needed, for the owner only: stories quote what agents were told and did."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _sqlite(engine: Engine) -> Engine:
    """Return the engine, set up so that a transaction that writes takes its lock at the start."""

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # sqlite3 begins nothing by itself
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
