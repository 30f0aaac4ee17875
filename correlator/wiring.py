"""The only place that knows concrete back ends: settings → an open graph store and casebook."""

import os
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
