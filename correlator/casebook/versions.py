"""Which version the tables of a casebook have, and how they get the last one."""

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select

from correlator.casebook.tables import VERSION, Base
from correlator.errors import CasebookInvalid

_FIRST = "0001"
"""What the tables were before there were migrations, which is not noted in them."""
_NOTED = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""Where Alembic notes it."""


def version_of(connection: Connection) -> str | None:
    """Return the version of the tables, `None` where there are none."""
    tables = inspect(connection).get_table_names()
    if _NOTED.name in tables:
        found: str | None = connection.scalar(select(_NOTED.c.version_num))
        return found
    return _FIRST if "stories" in tables else None


def migrate(connection: Connection, name: str) -> None:
    """Make the tables, or bring them to the last version, within the transaction.

    Raises `CasebookInvalid` for those of a newer clew.
    """
    version = version_of(connection)
    if version is None:
        Base.metadata.create_all(connection)
        _NOTED.create(connection)
        connection.execute(insert(_NOTED), {"version_num": VERSION})
        return
    from correlator.casebook import migrations  # much that a new casebook does not need

    if version not in migrations.known():
        raise CasebookInvalid(
            f"{name} has tables of version {version[:20]}, this clew reads {VERSION}; "
            "use the clew that made it, or give another --store and replay the recordings."
        )
    if version == _FIRST:
        migrations.stamp(connection, _FIRST)
    migrations.upgrade(connection)
