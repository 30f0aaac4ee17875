"""The projection into Neo4j: nothing is left out and nothing twice, whoever dies when."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from neo4j import GraphDatabase

from examples.fleet import neo4j
from graph.errors import StoreUnreachable
from graph.log import EventLog
from graph.stores import neo4j as module
from graph.stores.memory import MemoryStore
from graph.stores.neo4j import Neo4jStore
from graph.testing import FIRST, SECOND, conversation
from sensor.event import Event, FileOpened, ProcessId, ProcessStarted
from sensor.identity import session_key

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j")]

PROCESS = ProcessId(boot_id="b", pid=7, started_ns=1)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    log = EventLog(str(tmp_path / "log.db"))
    yield log
    log.close()


@pytest.fixture
def store(log: EventLog, neo4j_server: neo4j.Neo4j) -> Iterator[Neo4jStore]:
    store = Neo4jStore(log, neo4j_server.bolt)
    store.rebuild()
    yield store
    store.close()


def many(sessions: int, seed: str) -> list[Event]:
    """Return sessions, each of them also as another source saw it, with what the kernel saw of three machines, in any order."""
    source = random.Random(seed)
    found: list[Event] = []
    for number in range(sessions):
        key = session_key("record", str(number))
        found += conversation(key)
        found += conversation(key, source="replay")[: source.randrange(6)]
        process = ProcessId(boot_id=f"host {number % 3}", pid=number, started_ns=1)
        place = {"session": "", "source": "kernel", "process": process}
        found.append(ProcessStarted(position=10 * number, executable="/bin/sh", **place))
        found.append(FileOpened(position=10 * number + 1, path="/etc/hosts", **place))
    source.shuffle(found)
    return found


def assert_same(store: Neo4jStore, events: list[Event]) -> None:
    """Compare with the reference."""
    reference = MemoryStore()
    reference.merge(events)
    assert store.counts() == reference.counts()
    for key in {event.session for event in events}:
        assert store.subgraph(key) == reference.subgraph(key)


def test_what_was_appended_by_somebody_who_died_before_he_projected_it_is_projected(
    store: Neo4jStore, log: EventLog
) -> None:
    events = many(20, "died")
    for at in range(0, len(events), 7):
        log.append(events[at : at + 7])
    assert store.lag() > 0

    assert store.project() == len(events)

    assert store.lag() == 0
    assert store.project() == 0
    assert_same(store, events)


def test_what_was_projected_by_somebody_who_died_before_he_heard_of_it_is_not_projected_again(
    store: Neo4jStore, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = many(5, "unheard")
    log.append(events)
    places = store.places()
    store.project()

    monkeypatch.setattr(store, "places", lambda: places)
    assert store.project() == 0

    monkeypatch.undo()
    assert_same(store, events)


def test_many_who_project_at_once_write_everything_once(
    log: EventLog, store: Neo4jStore, neo4j_server: neo4j.Neo4j, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 5)
    events = many(60, "at once")
    log.append(events)

    def project() -> int:
        other = Neo4jStore(EventLog(str(tmp_path / "log.db")), neo4j_server.bolt)
        try:
            return other.project()
        finally:
            other.close()

    with ThreadPoolExecutor(4) as pool:
        done = sum(one.result() for one in [pool.submit(project) for _ in range(4)])
    assert done + store.project() == len(events)
    assert_same(store, events)


def test_several_who_begin_with_an_empty_server_at_once_all_begin(
    store: Neo4jStore, neo4j_server: neo4j.Neo4j, tmp_path: Path
) -> None:
    def begin() -> dict[int, int]:
        other = Neo4jStore(EventLog(str(tmp_path / "log.db")), neo4j_server.bolt)
        try:
            return other.places()
        finally:
            other.close()

    assert store.places() == {}
    for _ in range(3):
        with GraphDatabase.driver(neo4j_server.bolt) as driver, driver.session() as session:
            for what in ("CONSTRAINT", "INDEX"):
                names = [row["name"] for row in session.run(f"SHOW {what} YIELD name WHERE name STARTS WITH 'clew_'")]
                for name in names:
                    session.run(f"DROP {what} {name} IF EXISTS").consume()
            session.run("MATCH (s:ClewSchema) DELETE s").consume()
        with ThreadPoolExecutor(6) as pool:
            assert [one.result() for one in [pool.submit(begin) for _ in range(6)]] == [{}] * 6


def test_a_graph_that_is_made_again_is_the_same(store: Neo4jStore) -> None:
    events = many(10, "again")
    store.merge(events)
    store.withdraw(events[0].session or FIRST, {events[0].id})
    before = [store.subgraph(key) for key in sorted({event.session for event in events})], store.counts()

    store.rebuild()

    assert before == ([store.subgraph(key) for key in sorted({event.session for event in events})], store.counts())


def test_what_sessions_share_is_one_node_for_hunters(store: Neo4jStore, neo4j_server: neo4j.Neo4j) -> None:
    opened = [
        FileOpened(session=key, source="trace", position=position, process=PROCESS, path="/srv/key")
        for position, key in enumerate((FIRST, SECOND, ""))
    ]
    store.merge([*conversation(FIRST), *conversation(SECOND), *opened])
    store.project()

    with GraphDatabase.driver(neo4j_server.bolt) as driver:
        records, _, _ = driver.execute_query(
            "MATCH (f:File {path: $path})-[r:READ]->(p:Process) RETURN count(DISTINCT f) AS files, count(r) AS reads",
            path="/srv/key",
        )
    assert records[0].data() == {"files": 1, "reads": 3}


def test_a_server_that_was_killed_has_everything_once_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if neo4j.jars() is None:
        pytest.skip("Neo4j's jars or Java are missing; make system")
    monkeypatch.setattr(module, "BATCH", 20)
    monkeypatch.setattr(module, "PATIENCE_S", 1.0)
    events = many(200, "killed")
    address = str(tmp_path / "log.db")
    EventLog(address).append(events)
    with neo4j.serving(tmp_path / "graph") as server, ThreadPoolExecutor(1) as pool:
        store = Neo4jStore(EventLog(address), server.bolt)
        assert store.places() == {}  # constraints are made
        projecting = pool.submit(store.project)
        while not store.places():
            assert not projecting.done()
        server.process.kill()
        with pytest.raises(StoreUnreachable, match="cannot be reached"):
            projecting.result()
        store.close()
    with neo4j.serving(tmp_path / "graph") as server:
        store = Neo4jStore(EventLog(address), server.bolt)
        assert 0 < store.lag() < len(events)
        assert_same(store, events)
        store.close()


def test_lanes_that_add_to_one_node_lose_nothing_of_each_other(
    store: Neo4jStore, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 5)  # many transactions, beside each other
    events: list[Event] = []
    for number in range(150):
        place = {"session": session_key("record", str(number)), "source": "kernel", "process": PROCESS}
        events += [
            ProcessStarted(position=0, executable=f"/bin/{number}", **place),
            FileOpened(position=1, path="/etc/hosts", **place),
        ]
    for at in range(0, len(events), 10):
        log.append(events[at : at + 10])

    assert store.project() == len(events)

    (row,) = store.ask("MATCH (p:Process) RETURN size(p.claims) AS claims", {})
    assert row["claims"] >= 150
    assert_same(store, events)


def test_what_is_withdrawn_between_others_is_written_anew_and_the_others_stay(
    store: Neo4jStore, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 20)
    events = many(30, "withdrawn")
    gone = [event for event in events if event.session in (FIRST, session_key("record", "7"))][::2]
    for at in range(0, len(events), 50):
        log.append(events[at : at + 50])
        for session in {event.session for event in gone}:
            store.withdraw(session, {event.id for event in gone if event.session == session})
    store.project()

    assert_same(store, [event for event in events if event.id not in {one.id for one in gone}])


def test_a_lane_that_fails_stops_the_others_and_is_told(
    store: Neo4jStore, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = many(20, "failing")
    log.append(events)
    real, tried = store._advance, [0]

    def advance(batch: object) -> bool:
        tried[0] += 1
        if tried[0] == 2:
            raise StoreUnreachable("away")
        return real(batch)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "BATCH", 10)
    monkeypatch.setattr(store, "_advance", advance)
    with pytest.raises(StoreUnreachable, match="away"):
        store.project()
    assert store.lag() > 0

    assert store.project() > 0
    assert_same(store, events)
