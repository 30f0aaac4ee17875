"""The event log: who reads it while others write misses nothing, and what it shows of itself."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event

from graph.log import Concluded, EventLog, Observed
from graph.parts import Edge
from graph.schema import CARRIED, Grade
from graph.sql import shown
from graph.store import Derived
from graph.testing import FIRST, conversation


@pytest.fixture
def log(postgres_database: str) -> Iterator[EventLog]:
    log = EventLog(postgres_database)
    yield log
    log.close()


def test_what_is_read_is_of_one_moment_whatever_is_committed_between_two_questions(
    log: EventLog, postgres_database: str
) -> None:
    said = conversation()
    other = EventLog(postgres_database)
    log.append(said[:1])
    (shard,) = log.heads()
    edge = Edge(CARRIED.label, said[0].entity, said[1].entity, 1, 0, said[1].entity, 200, Grade.E2)
    asked = list[str]()

    @event.listens_for(log._engine, "before_cursor_execute")
    def between(*arguments: object) -> None:
        statement = str(arguments[2])
        if "log_conclusion" in statement and not asked:
            asked.append(statement)
            other.append(said[1:])
            other.conclude("local", [Derived(FIRST, [edge])])

    first = log.after(shard, 0, 100)
    rest = log.after(shard, first[-1].seq, 100)

    assert asked
    assert [type(one) for one in (*first, *rest)] == [*[Observed] * len(said), Concluded]
    other.close()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://u:SECRET@h:5432/db", "postgresql+psycopg://h/db?user=u&password=SECRET",
        "postgresql+psycopg://clew:SECRET", "bolt://neo4j:SECRET",
    ],
)  # fmt: skip
def test_no_password_is_shown(address: str) -> None:
    assert "SECRET" not in shown(address)
