"""How tables of the casebook that an older clew made become today's (Alembic): one file a version, never changed once it is out.

To add one: change `tables.py`, write the next file in `versions`, name it in `tables.VERSION`; a test compares what the migrations
make with what the tables are.
"""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "correlator.casebook:migrations")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, version: str = "head") -> None:
    """Bring the tables to a version, the last if none is given, within the transaction of the connection."""
    command.upgrade(_config(connection), version)


def stamp(connection: Connection, version: str) -> None:
    """Note that the tables have a version."""
    command.stamp(_config(connection), version)


def known() -> list[str]:
    """Return all versions, the last first."""
    return [one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()]
