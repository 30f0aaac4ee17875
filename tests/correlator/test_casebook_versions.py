"""Tables of a casebook that an older clew made, and those of a newer one."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from correlator.casebook import Casebook, migrations
from correlator.casebook.tables import VERSION, Base
from correlator.casebook.versions import version_of
from correlator.errors import CasebookInvalid
from graph.sql import connected


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Give an empty database."""
    is_file = request.param == "sqlite"
    engine = connected(str(tmp_path / "book.db") if is_file else request.getfixturevalue("postgres_database"))
    yield engine
    engine.dispose()


def test_migrations_make_what_the_tables_are(engine: Engine) -> None:
    with engine.begin() as db:
        migrations.upgrade(db)
        context = MigrationContext.configure(db, opts={"target_metadata": Base.metadata})
        assert compare_metadata(context, Base.metadata) == []
    assert migrations.known()[0] == VERSION


def test_a_new_casebook_has_the_last_version_and_stays_as_it_is(engine: Engine) -> None:
    for _ in range(2):
        Casebook(engine)
    with engine.connect() as db:
        assert version_of(db) == VERSION


def test_one_from_before_there_were_migrations_gets_them_and_loses_nothing(engine: Engine) -> None:
    with engine.begin() as db:
        migrations.upgrade(db, "0001")
        db.execute(text("DROP TABLE alembic_version"))
        db.execute(text("INSERT INTO verdicts (tenant, story, verdict) VALUES ('local', 's', 'benign')"))
    book = Casebook(engine)
    with book.reading() as session:
        assert session.scalars(text("SELECT verdict FROM verdicts")).all() == ["benign"]
    with engine.connect() as db:
        assert version_of(db) == VERSION


def test_one_of_a_newer_clew_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "book.db"
    Casebook(connected(str(path))).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    before = path.read_bytes()

    with pytest.raises(CasebookInvalid, match="version 9999"):
        Casebook(connected(str(path)))
    assert path.read_bytes() == before
