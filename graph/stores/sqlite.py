"""The default store: one SQLite file.

Every table is clustered by session: an integer for the session comes first in each primary key, so that a batch
touches a few pages at the end of each of its sessions. Keyed by their random hashes alone, rows fell from 20,000 to
2,000 a second within a million events; clustered they stay flat. Rows are only ever added: a repeated row is ignored,
and several claims about one node are put together by whoever reads them.
"""

import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from graph.errors import StoreError, StoreLocked, StoreUnreachable, StoreUnreadable
from graph.fold import LARGEST, event_time, fold
from graph.parts import Edge, Node
from graph.schema import Grade
from graph.store import (
    FIRST_TIME_NS,
    MOST_AHEAD,
    MOST_UNPLACED,
    Counts,
    Derived,
    Merged,
    SessionSummary,
    by_order,
    listed,
    one_by_one,
    require_ends,
    stored,
    unstorable,
)
from graph.subgraph import Subgraph
from sensor.event import Event
from sensor.identity import DEFAULT_TENANT

APPLICATION_ID = 0x436C6577
"""What marks a SQLite file as ours: "Clew" in ASCII."""

VERSION = 1
"""Version of the tables below."""

SETTINGS = (
    # A writer never waits for readers, and a commit is one append.
    "PRAGMA journal_mode = WAL",
    # FULL, not NORMAL: what was acknowledged survives a power cut, too. A batch shares the price of one sync.
    "PRAGMA synchronous = FULL",
    # KiB: the last pages of some thousand open sessions.
    "PRAGMA cache_size = -32768",
)

TABLES = """
CREATE TABLE session (
    no INTEGER PRIMARY KEY, tenant TEXT NOT NULL, key TEXT NOT NULL,
    first_ns INTEGER, last_ns INTEGER, events INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant, key)
);
CREATE TABLE session_source (
    session_no INTEGER NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (session_no, source)
) WITHOUT ROWID;
CREATE TABLE event (
    session_no INTEGER NOT NULL, position INTEGER NOT NULL, part INTEGER NOT NULL, id TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (session_no, position, part, id)
) WITHOUT ROWID;
CREATE TABLE node (
    session_no INTEGER NOT NULL, key TEXT NOT NULL, label TEXT NOT NULL, fields TEXT NOT NULL,
    PRIMARY KEY (session_no, key, label, fields)
) WITHOUT ROWID;
CREATE TABLE edge (
    session_no INTEGER NOT NULL, position INTEGER NOT NULL, part INTEGER NOT NULL, label TEXT NOT NULL,
    source TEXT NOT NULL, target TEXT NOT NULL, fact TEXT NOT NULL, grade TEXT NOT NULL, at_ns INTEGER NOT NULL,
    PRIMARY KEY (session_no, position, part, label, source, target, fact, grade, at_ns)
) WITHOUT ROWID;
"""

# A primary key without rowid takes no NULL, and a repeated edge must meet itself; no event has this time.
_NO_TIME = -(2**63)

INSERT_EVENTS = "INSERT OR IGNORE INTO event (session_no, position, part, id, content) VALUES (?, ?, ?, ?, ?)"
INSERT_NODES = "INSERT OR IGNORE INTO node (session_no, label, key, fields) VALUES (?, ?, ?, ?)"
INSERT_EDGES = f"""
    INSERT OR IGNORE INTO edge (session_no, label, source, target, position, part, fact, at_ns, grade)
    VALUES (?, ?, ?, ?, ?, ?, ?, ifnull(?, {_NO_TIME}), ?)
"""  # noqa: S608 - a constant
_UPDATE_SESSION = """
    UPDATE session SET
        first_ns = min(ifnull(first_ns, :first), ifnull(:first, first_ns)),
        last_ns = max(ifnull(last_ns, :last), ifnull(:last, last_ns)),
        ended = max(ended, :ended),
        events = events + :new
    WHERE no = :no
"""

_DELETE_LOOSE = """
    DELETE FROM node WHERE session_no = :no AND key NOT IN (
        SELECT source FROM edge WHERE session_no = :no UNION SELECT target FROM edge WHERE session_no = :no
    )
"""

EventRow = tuple[int, int, int, str, str]
NodeRow = tuple[int, str, str, str]
EdgeColumns = tuple[str, str, str, int, int, str, int | None, str]
EdgeRow = tuple[int, str, str, str, int, int, str, int | None, str]


class Rows:
    """The rows of one batch, as `executemany` takes them, and what they change in the list of sessions."""

    __slots__ = ("edges", "events", "nodes", "sessions")

    def __init__(self) -> None:
        self.events: list[EventRow] = []
        self.nodes: list[NodeRow] = []
        self.edges: list[EdgeRow] = []
        self.sessions: dict[int, _Change] = {}


class _Change:
    """What a batch changes in the row of one session."""

    __slots__ = ("ended", "first", "ids", "last", "sources")

    def __init__(self) -> None:
        self.first: int | None = None
        self.last: int | None = None
        self.ended = False
        self.sources: set[str] = set()
        self.ids: set[str] = set()

    def add(self, event: Event) -> None:
        at_ns = event_time(event)
        if at_ns is not None:
            if self.first is None or at_ns < self.first:
                self.first = at_ns
            if self.last is None or at_ns > self.last:
                self.last = at_ns
        if event.kind == "session_ended":
            self.ended = True
        self.sources.add(event.source)
        self.ids.add(event.id)


class SqliteStore:
    """Keeps the graph in one file; one process writes at a time, any number reads."""

    def __init__(self, path: str | Path, *, patience_s: float = 5.0) -> None:
        """Open the file, or make it, with its folder; it is readable for its owner only.

        `patience_s` is how many seconds to wait while another process writes. Raises `StoreError`.
        """
        self.path = Path(path)
        self._numbers: dict[tuple[str, str], int] = {}
        self._given: list[tuple[str, str]] = []
        with self._explained():
            _prepare_file(self.path)
            self._db = sqlite3.connect(self.path, timeout=patience_s, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    @classmethod
    def open(cls, location: str) -> Self:
        """Return the store in the file `location`."""
        return cls(location)

    def merge(self, events: Sequence[Event]) -> Merged:
        """See `GraphStore.merge`."""
        if not events:
            return Merged(new=0, repeated=0)
        with self._writing():
            new = self._insert(events)
        return Merged(new=new, repeated=len(events) - new)

    def _insert(self, events: Sequence[Event]) -> int:
        rows = self.rows(events)
        new = self._db.executemany(INSERT_EVENTS, rows.events).rowcount
        self._db.executemany(INSERT_NODES, rows.nodes)
        self._db.executemany(INSERT_EDGES, rows.edges)
        self._update_sessions(rows, new)
        return new

    def rows(self, events: Sequence[Event]) -> Rows:
        """Return what a batch becomes; sessions that are new get their number here."""
        rows = Rows()
        nodes: set[tuple[int, Node]] = set()
        edges = rows.edges
        for event in events:
            number = self._number(event.tenant, event.session)
            try:
                row = (number, min(event.position, LARGEST), min(event.part, LARGEST), event.id, event.content)
            except PydanticSerializationError as error:
                raise unstorable(event) from error
            rows.events.append(row)
            change = rows.sessions.get(number)
            if change is None:
                change = rows.sessions[number] = _Change()
            change.add(event)
            folded = fold(event)
            for node in folded.nodes:
                nodes.add((number, node))
            for edge in folded.edges:
                edges.append((number, *edge))
        rows.nodes = [(number, label, key, to_json(fields).decode()) for number, (label, key, fields) in nodes]
        return rows

    def add_edges(self, derived: Sequence[Derived], *, tenant: str = DEFAULT_TENANT) -> int:
        """See `GraphStore.add_edges`."""
        with self._writing():
            return sum(self._add_edges(self._number(tenant, one.session), one) for one in derived)

    def _add_edges(self, number: int, derived: Derived) -> int:
        known = self._db.execute("SELECT DISTINCT key FROM node WHERE session_no = ?", (number,))
        require_ends(derived.edges, {key for (key,) in known} | {node.key for node in derived.nodes}, derived.session)
        self._db.executemany(INSERT_NODES, [_node_row(number, node) for node in derived.nodes])
        return self._db.executemany(INSERT_EDGES, [(number, *edge) for edge in derived.edges]).rowcount

    def withdraw(self, session: str, ids: Collection[str], *, tenant: str = DEFAULT_TENANT) -> int:
        """See `GraphStore.withdraw`."""
        held = self.events(session, tenant=tenant)
        left = [event for event in held if event.id not in set(ids)]
        if len(left) == len(held):
            return 0
        with self._writing():
            number = self._known_number(tenant, session)
            for table in ("event", "node", "edge", "session_source"):
                self._db.execute(f"DELETE FROM {table} WHERE session_no = ?", (number,))  # noqa: S608 - our own names
            self._db.execute("DELETE FROM session WHERE no = ?", (number,))
            self._numbers.pop((tenant, session), None)
            if left:
                self._insert(left)
        return len(held) - len(left)

    def events(self, session: str, *, tenant: str = DEFAULT_TENANT) -> list[Event]:
        """See `GraphStore.events`."""
        return self._events(session, tenant, "", ())

    def events_of(
        self, sessions: Collection[str], *, tenant: str = DEFAULT_TENANT, most: int = MOST_AHEAD
    ) -> dict[str, list[Event]]:
        """See `GraphStore.events_of`."""
        return one_by_one(sessions, most, lambda session: self.events(session, tenant=tenant))

    def unplaced(
        self, first_ns: int, last_ns: int, *, tenant: str = DEFAULT_TENANT, limit: int = MOST_UNPLACED
    ) -> list[Event]:
        """See `GraphStore.unplaced`."""
        where = "AND position BETWEEN ? AND ? ORDER BY position, part, id LIMIT ?"
        return self._events("", tenant, where, (max(first_ns, -LARGEST), min(last_ns, LARGEST), limit))

    def expire(self, before_ns: int, *, tenant: str = DEFAULT_TENANT) -> int:
        """See `GraphStore.expire`."""
        with self._writing():
            here = (self._known_number(tenant, ""), FIRST_TIME_NS, max(-LARGEST, min(before_ns, LARGEST)))
            gone = self._db.execute(
                "DELETE FROM event WHERE session_no = ? AND position >= ? AND position < ?", here
            ).rowcount
            self._db.execute("DELETE FROM edge WHERE session_no = ? AND position >= ? AND position < ?", here)
            if gone:
                self._db.execute(_DELETE_LOOSE, {"no": here[0]})
                self._db.execute("UPDATE session SET events = events - ? WHERE no = ?", (gone, here[0]))
        return gone

    def _events(self, session: str, tenant: str, where: str, values: tuple[int, ...]) -> list[Event]:
        with self._explained():
            rows = self._db.execute(
                f"SELECT id, content FROM event JOIN session ON no = session_no WHERE tenant = ? AND key = ? {where}",  # noqa: S608 - our own words
                (tenant, session, *values),
            ).fetchall()
        try:
            return sorted((stored(*row) for row in rows), key=by_order)
        except ValidationError as error:
            raise StoreUnreadable(
                f"An event of session {session!r} in {self.path} cannot be read; restore the file from a backup, "
                "or move it away and replay the recordings."
            ) from error

    def sessions(self) -> list[SessionSummary]:
        """See `GraphStore.sessions`."""
        with self._explained():
            sources: dict[int, list[str]] = {}
            for number, source in self._db.execute("SELECT session_no, source FROM session_source ORDER BY 1, 2"):
                sources.setdefault(number, []).append(source)
            rows = self._db.execute(
                "SELECT no, tenant, key, first_ns, last_ns, events, ended FROM session WHERE key != ''"
            )
            return listed(
                SessionSummary(tenant, key, first, last, count, tuple(sources.get(number, ())), bool(ended))
                for number, tenant, key, first, last, count, ended in rows
            )

    def subgraph(self, session: str, *, tenant: str = DEFAULT_TENANT) -> Subgraph:
        """See `GraphStore.subgraph`."""
        with self._explained(), self._one_view():
            number = self._known_number(tenant, session)
            nodes = self._db.execute("SELECT label, key, fields FROM node WHERE session_no = ?", (number,)).fetchall()
            edges = self._db.execute(
                "SELECT label, source, target, position, part, fact, nullif(at_ns, ?), grade FROM edge"
                " WHERE session_no = ?",
                (_NO_TIME, number),
            ).fetchall()
        return Subgraph(
            (
                Node(label, key, tuple((name, value) for name, value in from_json(fields)))
                for label, key, fields in nodes
            ),
            (_edge(row) for row in edges),
        )

    def counts(self) -> Counts:
        """See `GraphStore.counts`."""
        with self._explained(), self._one_view():
            return Counts(
                sessions=self._count("SELECT count(*) FROM session WHERE key != ''"),
                events=self._count("SELECT ifnull(sum(events), 0) FROM session"),
                nodes=self._count("SELECT count(*) FROM (SELECT DISTINCT session_no, key, label FROM node)"),
                edges=self._count(
                    "SELECT count(*) FROM"
                    " (SELECT DISTINCT session_no, position, part, label, source, target, fact, grade FROM edge)"
                ),
            )

    def close(self) -> None:
        """See `GraphStore.close`."""
        self._db.close()

    def _prepare(self) -> None:
        """Set the connection up, and make the tables where the file is new."""
        for setting in SETTINGS:
            self._db.execute(setting)
        application, version = self._pragma("application_id"), self._pragma("user_version")
        if application == APPLICATION_ID and version == VERSION:
            return
        with self._transaction():
            # Asked again under the lock: another process may have made the tables in the meantime.
            application, version = self._pragma("application_id"), self._pragma("user_version")
            empty = self._count("SELECT count(*) FROM sqlite_schema") == 0
            if application == APPLICATION_ID:
                self._require_version(version)
            elif not empty:
                raise StoreUnreadable(f"{self.path} is a database of another program; give another --store.")
            else:
                for statement in TABLES.strip().rstrip(";").split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._db.execute(f"PRAGMA user_version = {VERSION}")

    def _require_version(self, version: int) -> None:
        if version != VERSION:
            raise StoreUnreadable(
                f"{self.path} has tables of version {version} and this clew reads version {VERSION}; "
                "use the clew that made it, or give another --store and replay the recordings."
            )

    def _update_sessions(self, rows: Rows, new: int) -> None:
        changes = rows.sessions
        counted = {number: len(change.ids) for number, change in changes.items()}
        if sum(counted.values()) != new:
            # Some were there already, and SQLite does not say which: count the sessions that the batch touched.
            for number in changes:
                there = self._count("SELECT count(*) FROM event WHERE session_no = ?", number)
                counted[number] = there - self._count("SELECT events FROM session WHERE no = ?", number)
        self._db.executemany(
            _UPDATE_SESSION,
            [
                {"no": number, "first": row.first, "last": row.last, "ended": row.ended, "new": counted[number]}
                for number, row in changes.items()
            ],
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO session_source (session_no, source) VALUES (?, ?)",
            [(number, source) for number, row in changes.items() for source in row.sources],
        )

    def _number(self, tenant: str, session: str) -> int:
        """Return the number of a session, given out now if it is new."""
        number = self._numbers.get((tenant, session))
        if number is None:
            self._db.execute("INSERT OR IGNORE INTO session (tenant, key) VALUES (?, ?)", (tenant, session))
            number = self._numbers[tenant, session] = self._known_number(tenant, session)
            self._given.append((tenant, session))
        return number

    def _known_number(self, tenant: str, session: str) -> int:
        """Return the number of a session, 0 for an unknown one: numbers start at 1."""
        row = self._db.execute("SELECT no FROM session WHERE tenant = ? AND key = ?", (tenant, session)).fetchone()
        return 0 if row is None else int(row[0])

    def _pragma(self, name: str) -> int:
        return self._count(f"PRAGMA {name}")

    def _count(self, statement: str, *values: int) -> int:
        return int(self._db.execute(statement, values).fetchone()[0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Do the block in one transaction; after a failure nothing of it is kept, neither in the file nor here."""
        if len(self._numbers) > 100_000:  # bounded, because sessions come for ever
            self._numbers.clear()
        self._given.clear()
        with self._explained():
            try:
                with self._transaction():
                    yield
            except BaseException:
                for key in self._given:  # these numbers are not in the file
                    del self._numbers[key]
                raise

    @contextmanager
    def _transaction(self, mode: str = "IMMEDIATE") -> Iterator[None]:
        self._db.execute(f"BEGIN {mode}")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _one_view(self) -> Iterator[None]:
        """Read as of one moment, whatever others write meanwhile."""
        with self._transaction("DEFERRED"):
            yield

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn errors of SQLite and of the file system into ours, with what to do next."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise _explanation(self.path, error) from error


def _node_row(number: int, node: Node) -> NodeRow:
    return (number, node.label, node.key, to_json(node.fields).decode())


def _edge(row: EdgeColumns) -> Edge:
    label, source, target, position, part, fact, at_ns, grade = row
    return Edge(label, source, target, position, part, fact, at_ns, Grade(grade))


def _prepare_file(path: Path) -> None:
    """Make the file and its folder if needed, for the owner only: it holds what agents were told and did."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _explanation(path: Path, error: sqlite3.Error | OSError) -> StoreError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreLocked(f"Another process is writing to {path}; wait until it is done, or give another --store.")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return StoreUnreadable(
            f"{path} is damaged or is no SQLite file ({error}); restore it from a backup, or move it away "
            "and replay the recordings."
        )
    if name.startswith("SQLITE_FULL"):
        return StoreUnreachable(f"No space is left for {path}; nothing of the batch was kept. Make room and try again.")
    return StoreUnreachable(
        f"{path} cannot be used ({error}); check that the folder can be written, or give another --store."
    )
