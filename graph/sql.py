"""Databases as all parts use them: an engine for an address, and texts that somebody else wrote."""

import os
from pathlib import Path

from sqlalchemy import Dialect, Engine, Text, create_engine, event, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool
from sqlalchemy.types import TypeDecorator

PATIENCE_S = 5.0
"""Seconds to wait while somebody else writes."""


def connected(address: str) -> Engine:
    """Return the engine of a database: an URL of SQLAlchemy (`postgresql+psycopg://…`), or a file for SQLite, made if needed.

    With the execution option `writing`, a transaction takes its lock at the start. Raises `OSError`, or `ArgumentError` for no
    address.
    """
    if "://" not in address:
        _private(Path(address))
        address = f"sqlite:///{address}"
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        # Without what it says: there may be a password in it.
        raise ArgumentError(
            "this is no address of a database; give postgresql+psycopg://user:password@host/name"
        ) from None
    if url.get_backend_name() != "sqlite":
        try:
            return _postgres(create_engine(url, pool_pre_ping=True, connect_args=_KEEPALIVE))
        except ModuleNotFoundError as error:
            raise ArgumentError(
                f"{error.name} is not installed; for PostgreSQL: pip install --no-deps -r requirements/fleet.lock"
            ) from error
    if url.database in (None, "", ":memory:"):
        return _sqlite(create_engine(url, poolclass=StaticPool))
    return _sqlite(create_engine(url, connect_args={"timeout": PATIENCE_S}))


def alone(connection: Connection) -> None:
    """Have nobody else go beyond this call, in the same database, before the transaction ends. In SQLite, who writes is alone."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ALONE})


_ALONE = 0x436C6577
"""Key of the lock: "Clew" in ASCII."""


def shown(address: str) -> str:
    """Return an address as it may be shown: without user and password, wherever they stand."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address
    rest = rest.partition("?")[0]
    # Without a host, what looks like a port may be a password.
    return f"{scheme}://{rest.rpartition('@')[2]}" if "@" in rest or rest.count(":") < 1 else f"{scheme}://…"


_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "connect_timeout": 10}
"""So that who is gone is noticed (PostgreSQL's documentation, 34.1.2)."""


def _postgres(engine: Engine) -> Engine:
    """Return the engine, set up so that who stops in the middle does not hold up the others for ever."""

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("SET idle_in_transaction_session_timeout = '60s'")
        cursor.execute("SET lock_timeout = '30s'")
        cursor.close()
        connection.commit()

    return engine


def _private(path: Path) -> None:
    """Make the file and its folder if needed, for the owner only: stories quote what agents were told and did."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _sqlite(engine: Engine) -> Engine:
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


class Hostile(TypeDecorator[str]):
    r"""Text that may have a NUL in it, which PostgreSQL does not take: that is kept as `\0`, and a backslash as two."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - as SQLAlchemy asks
        """Return what is kept."""
        return value if value is None else value.replace("\\", "\\\\").replace("\0", "\\0")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - as SQLAlchemy asks
        """Return what was meant."""
        if value is None or "\\" not in value:
            return value
        return "\\".join(part.replace("\\0", "\0") for part in value.split("\\\\"))
