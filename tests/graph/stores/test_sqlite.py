"""What the SQLite file promises beyond the contract: it survives a kill, and says what to do when it cannot be used."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graph.errors import StoreLocked, StoreUnreachable, StoreUnreadable
from graph.store import Merged
from graph.stores.sqlite import APPLICATION_ID, SqliteStore
from graph.testing import FIRST, SECOND, conversation
from sensor.identity import session_key
from tests.graph.stores.writer import EACH, SESSIONS, batch

ROOT = Path(__file__).resolve().parents[3]
WRITER = "tests.graph.stores.writer"


def test_killed_at_any_moment_everything_acknowledged_is_there(tmp_path: Path) -> None:
    moments = random.Random(3)
    kept = 0
    for _ in range(12):
        acknowledged = killed_writer(tmp_path / "clew.db", kept, after_s=moments.random() / 20)
        there = whole_batches(tmp_path / "clew.db")
        # One more is right: killed after its commit and before anybody was told.
        assert there in (acknowledged + 1, acknowledged + 2)
        kept = there


def killed_writer(path: Path, number: int, after_s: float) -> int:
    """Let a program write batches from `number` on, kill it some time after the first; return the last acknowledged."""
    command = [sys.executable, "-m", WRITER, str(path), str(number)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(after_s)
        writer.send_signal(signal.SIGKILL)
        lines = (first + writer.stdout.read()).splitlines(keepends=True)
    return max(int(line) for line in lines if line.endswith("\n"))


def whole_batches(path: Path) -> int:
    """Return the number of batches in the store, each of which must be there as a whole and with its graph."""
    store = SqliteStore(path)
    batches = store.counts().events // (SESSIONS * EACH)
    everything = [event for number in range(batches) for event in batch(number)]
    for session in (session_key("record", str(index)) for index in range(SESSIONS)):
        assert store.events(session) == [event for event in everything if event.session == session]
        assert len(store.subgraph(session).nodes("Content")) == batches * EACH
    assert [row.events for row in store.sessions()] == [batches * EACH] * SESSIONS
    store.close()
    return batches


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "clew.db"
    SqliteStore(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_store_is_what_it_was_when_opened_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "clew.db")
    store.merge(conversation())
    before = (store.counts(), store.sessions(), store.subgraph(FIRST), store.events(FIRST))
    store.close()
    again = SqliteStore(tmp_path / "clew.db")
    assert (again.counts(), again.sessions(), again.subgraph(FIRST), again.events(FIRST)) == before
    again.close()


def test_two_writers_take_turns_and_agree_on_sessions(tmp_path: Path) -> None:
    one, two = SqliteStore(tmp_path / "clew.db"), SqliteStore(tmp_path / "clew.db")
    one.merge(conversation(FIRST))
    two.merge(conversation(SECOND))
    assert one.merge(conversation(SECOND)) == Merged(new=0, repeated=5)
    assert two.merge(conversation(FIRST)) == Merged(new=0, repeated=5)
    assert one.counts() == two.counts()
    assert one.counts().sessions == 2
    one.close()
    two.close()


def test_a_file_that_another_process_writes_says_to_wait(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "clew.db", patience_s=0)
    other = sqlite3.connect(tmp_path / "clew.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLocked, match="wait"):
        store.merge(conversation())
    assert store.events(FIRST) == []
    other.execute("ROLLBACK")
    assert store.merge(conversation()) == Merged(new=5, repeated=0)
    store.close()
    other.close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 100)
    with pytest.raises(StoreUnreadable, match="no SQLite file"):
        SqliteStore(path)
    assert path.read_text().startswith("Dear diary")


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE event (mine TEXT)")
    other.close()
    with pytest.raises(StoreUnreadable, match="another program"):
        SqliteStore(path)
    other = sqlite3.connect(path)
    assert other.execute("SELECT name FROM sqlite_schema").fetchall() == [("event",)]
    other.close()


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    newer = sqlite3.connect(tmp_path / "clew.db")
    newer.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(StoreUnreadable, match="version 99"):
        SqliteStore(tmp_path / "clew.db")


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "clew.db"
    store = SqliteStore(path)
    store.merge([event for number in range(20) for event in batch(number)])
    store.close()
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(StoreUnreadable, match="backup"):
        damaged(path)


def damaged(path: Path) -> None:
    store = SqliteStore(path)
    try:
        for session in range(SESSIONS):
            store.events(session_key("record", str(session)))
        store.counts()
    finally:
        store.close()


def test_an_event_that_was_tampered_with_is_not_half_read(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "clew.db")
    store.merge(conversation())
    other = sqlite3.connect(tmp_path / "clew.db", isolation_level=None)
    other.execute("UPDATE event SET content = '{}' WHERE position = 2")
    other.close()
    with pytest.raises(StoreUnreadable, match=FIRST):
        store.events(FIRST)
    store.close()


def test_a_place_where_no_file_can_be_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnreachable, match="--store"):
        SqliteStore(tmp_path / "file" / "clew.db")
