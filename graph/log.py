"""The event log in SQL, on PostgreSQL or SQLite: what many writers have seen and concluded, numbered.

A session belongs to one shard. Who appends holds the rows of the shards that he touches until he commits, so that no lower number
is committed after a higher one, and whoever reads a shard from a number on misses nothing (docs/decisions/0006-fleet.md).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from graph.errors import StoreError, StoreLocked, StoreUnreachable, StoreUnreadable
from graph.fold import LARGEST, event_time, fold
from graph.parts import Edge, Node, distinct
from graph.schema import Grade
from graph.sql import Hostile, alone, connected, shown
from graph.store import (
    FIRST_TIME_NS,
    MOST_UNPLACED,
    Derived,
    Merged,
    SessionSummary,
    by_order,
    listed,
    require_ends,
    stored,
    unstorable,
)
from sensor.event import Event
from sensor.identity import digest

SHARDS = 32
"""Parts of the log that are appended to and read independently. Never changed: what is stored would belong to others."""
VERSION = "1"
"""Version of the tables below."""
_AT_ONCE = 500
"""Values in one question: databases bound how many parameters a statement has."""
_PROJECTING = 0x436C6578
"""Key of the lock of `only_one`: one more than that of `graph.sql.alone`."""
_REMEMBERED = 100_000
"""Sessions of which is remembered what number they have."""

_TABLES = MetaData()
_ABOUT = Table("log", _TABLES, Column("version", String(20), primary_key=True))
_SHARD = Table(
    "log_shard", _TABLES,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("head", BigInteger, nullable=False),
)  # fmt: skip
_SESSION = Table(
    "log_session", _TABLES,
    Column("no", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("name", String(32), nullable=False, unique=True),
    Column("tenant", Hostile, nullable=False),
    Column("key", Hostile, nullable=False),
    Column("first_ns", BigInteger),
    Column("last_ns", BigInteger),
    Column("events", BigInteger, nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("sources", Text, nullable=False),
)  # fmt: skip
_EVENT = Table(
    "log_event", _TABLES,
    Column("session_no", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("part", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(32), primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    Index("log_event_in_order", "shard", "seq"),
    sqlite_with_rowid=False,
)  # fmt: skip
_CONCLUSION = Table(
    "log_conclusion", _TABLES,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("session_no", BigInteger, nullable=False, index=True),
    Column("content", Text),
)  # fmt: skip
"""What was derived in a session; without content, that observations of it were withdrawn."""


_OBSERVED = select(_EVENT.c.seq, _EVENT.c.session_no, _EVENT.c.id, _EVENT.c.content)
_CHANGE = (
    update(_SESSION).where(_SESSION.c.no == bindparam("number"))
    .values({name: bindparam(name) for name in ("first_ns", "last_ns", "events", "ended", "sources")})
)  # fmt: skip
_NEW, _OLD = _EVENT.alias("new"), _EVENT.alias("old")
# With `+ 0` no index is taken for the old ones but the primary key: that of the order leads through all that a shard ever had.
_BEFORE = (
    select(_OLD.c.seq, _OLD.c.session_no, _OLD.c.id, _OLD.c.content)
    .distinct()
    .join(_NEW, and_(*(_NEW.c[name] == _OLD.c[name] for name in ("session_no", "position", "part"))))
    .where(_NEW.c.shard == bindparam("shard"), _NEW.c.seq.between(bindparam("first"), bindparam("last")))
    .where(_OLD.c.shard + 0 == bindparam("shard"), _OLD.c.seq + 0 < bindparam("first"))
)


class Observed(NamedTuple):
    """An observation in the log."""

    seq: int
    run: int
    """Number of its session."""
    event: Event


class Concluded(NamedTuple):
    """Edges and nodes that were derived in a session."""

    seq: int
    run: int
    edges: tuple[Edge, ...]
    nodes: tuple[Node, ...]
    earlier: tuple[Edge, ...]
    """Of the edges, those that were derived before, with a later time or none."""
    own: frozenset[str]
    """Keys of those of the nodes that observations of the session speak of, too."""
    labels: Mapping[str, str]
    """Of the nodes at which the edges end."""


class Withdrawn(NamedTuple):
    """Of a session something was taken back, and all that was derived in it."""

    seq: int
    run: int


Entry = Observed | Concluded | Withdrawn
Run = tuple[str, str]
"""Tenant and key of a session."""


class _Change:
    """What a batch changes in the row of a session."""

    __slots__ = ("ended", "sources", "times")

    def __init__(self) -> None:
        self.times: list[int] = []
        self.ended = False
        self.sources = set[str]()

    def add(self, event: Event) -> None:
        at_ns = event_time(event)
        if at_ns is not None:
            self.times = [min(at_ns, *self.times), max(at_ns, *self.times)] if self.times else [at_ns, at_ns]
        self.ended = self.ended or event.kind == "session_ended"
        self.sources.add(event.source)


class EventLog:
    """Keeps what was observed and derived. Any number of processes may use one database; one of these, from one thread."""

    def __init__(self, address: str) -> None:
        """Open the database, `graph.sql.connected` says by which address, and make the tables where there are none.

        Raises `StoreError`.
        """
        self._name = shown(address)
        self._numbers: dict[Run, int] = {}
        with self._explained():
            self._engine = connected(address)
            self._writer = self._engine.execution_options(writing=True)
            is_postgres = self._engine.dialect.name == "postgresql"
            # In SQLite a transaction reads as of its beginning anyway.
            self._reader = (
                self._engine.execution_options(isolation_level="REPEATABLE READ") if is_postgres else self._engine
            )
            insert = postgresql.insert if is_postgres else sqlite.insert
            self._insert = {table: insert(table).on_conflict_do_nothing() for table in _TABLES.tables.values()}
            self._prepare()

    # Writing

    def append(self, events: Sequence[Event]) -> Merged:
        """Add observations, all of them or none; what this returned for survives a crash. Raises `UnstorableEvent`."""
        if not events:
            return Merged(0, 0)
        for event in events:
            try:
                event.id  # noqa: B018 - computed and kept; nothing is locked before all of them are known
            except PydanticSerializationError as error:
                raise unstorable(event) from error
        with self._writing() as db:
            runs = {(event.tenant, event.session) for event in events}
            with self._numbered(db, {shard_of(event) for event in events}) as heads:
                numbers = self._given(db, runs)
                new = self._added(db, events, numbers, heads)
            changes = defaultdict[Run, _Change](_Change)
            for event in events:
                if event.session:
                    changes[event.tenant, event.session].add(event)
            self._change(db, {numbers[run]: change for run, change in changes.items()}, new)
        self._remember(numbers)
        return Merged(new=new.total(), repeated=len(events) - new.total())

    def conclude(self, tenant: str, derived: Sequence[Derived]) -> int:
        """Add what was derived in some sessions, all of it or nothing; return how many edges are new. Raises `UnknownNode`."""
        runs = {one.session: (tenant, one.session) for one in derived}
        with self._writing() as db, self._numbered(db, map(shard_of_run, runs.values())) as heads:
            return sum(self._conclude(db, runs[one.session], one, heads) for one in derived)

    def _conclude(self, db: Connection, run: Run, derived: Derived, heads: "_Heads") -> int:
        number = self._given(db, [run])[run]
        folded = [fold(event) for event in self._events(db, number)]
        said = {node for one in folded for node in one.nodes}
        own = {node.key for node in said}
        before = list(_conclusions(db, number))
        nodes = said.union(*(one.nodes for one in before))
        edges = {edge for one in folded for edge in one.edges}.union(*(one.edges for one in before))
        labels = {node.key: node.label for node in (*nodes, *derived.nodes)}
        require_ends(derived.edges, set(labels), derived.session)
        known = {edge._replace(at_ns=None): edge.at_ns for edge in distinct(edges)}
        new = [edge for edge in distinct(derived.edges) if _says_more(edge, known)]
        more = sorted(set(derived.nodes) - nodes)
        if new or more:
            content = {
                "edges": new, "nodes": more, "own": sorted(own & {node.key for node in more}),
                "earlier": [edge for edge in new if edge._replace(at_ns=None) in known],
                "labels": {key: labels[key] for edge in new for key in (edge.source, edge.target)},
            }  # fmt: skip
            self._note(db, shard_of_run(run), heads, number, to_json(content).decode())
        return len(new)

    def withdraw(self, tenant: str, session: str, ids: Collection[str]) -> int:
        """Remove these observations of a session, and all that was derived in it; return how many there were."""
        run = (tenant, session)
        with self._writing() as db, self._numbered(db, [shard_of_run(run)]) as heads:
            number = self._known(db, run)
            held = self._events(db, number)
            left = [event for event in held if event.id not in set(ids)]
            if len(left) == len(held):
                return 0
            gone = and_(_EVENT.c.session_no == number, _EVENT.c.id.in_({one.id for one in held} - {e.id for e in left}))
            db.execute(delete(_EVENT).where(gone))
            db.execute(delete(_CONCLUSION).where(_CONCLUSION.c.session_no == number))
            self._note(db, shard_of_run(run), heads, number, None)
            db.execute(update(_SESSION).where(_SESSION.c.no == number).values(_NOTHING))
            change = _Change()
            for event in left:
                change.add(event)
            self._change(db, {number: change}, {number: len(left)})
        return len(held) - len(left)

    def expire(self, tenant: str, before_ns: int) -> int:
        """Remove the observations before a time that no session is known for; return how many there were.

        No entry tells of it: whoever follows the log removes by time, too.
        """
        with self._writing() as db:
            number = self._known(db, (tenant, ""))
            times = (_EVENT.c.position >= FIRST_TIME_NS, _EVENT.c.position < max(-LARGEST, min(before_ns, LARGEST)))
            return db.execute(delete(_EVENT).where(_EVENT.c.session_no == number, *times)).rowcount

    # Reading

    def events(self, tenant: str, session: str) -> list[Event]:
        """Return the observations of a session, in its order."""
        with self._reading() as db:
            return sorted(self._events(db, self._known(db, (tenant, session))), key=by_order)

    def events_of(self, tenant: str, sessions: Collection[str], most: int) -> dict[str, list[Event]]:
        """Return the observations of several sessions, as `GraphStore.events_of` does."""
        with self._reading() as db:
            runs = [(tenant, session) for session in sessions]
            self._remember(self._asked(db, [run for run in runs if run not in self._numbers]))
            names = {self._numbers[run]: run[1] for run in runs if run in self._numbers}
            asked = select(_EVENT.c.session_no, _EVENT.c.id, _EVENT.c.content).where(_EVENT.c.session_no.in_(names))
            rows = db.execute(asked.order_by(_EVENT.c.session_no).limit(most + 1)).all()
        if len(rows) > most:
            last = rows[-1].session_no
            rows = [row for row in rows if row.session_no < last]
            names = {number: session for number, session in names.items() if number < last}
        found: dict[str, list[Event]] = {session: [] for session in names.values()}
        for row, event in zip(rows, self._read(rows), strict=True):
            found[names[row.session_no]].append(event)
        return {session: sorted(events, key=by_order) for session, events in found.items()}

    def unplaced(self, tenant: str, first_ns: int, last_ns: int, limit: int = MOST_UNPLACED) -> list[Event]:
        """Return the first observations of these times that no session is known for."""
        between = _EVENT.c.position.between(max(first_ns, -LARGEST), min(last_ns, LARGEST))
        order = (_EVENT.c.position, _EVENT.c.part, _EVENT.c.id)
        with self._reading() as db:
            number = self._known(db, (tenant, ""))
            asked = select(_EVENT.c.id, _EVENT.c.content).where(_EVENT.c.session_no == number, between)
            return sorted(self._read(db.execute(asked.order_by(*order).limit(limit))), key=by_order)

    def conclusions(self, tenant: str, session: str) -> list[Concluded]:
        """Return what was derived in a session."""
        with self._reading() as db:
            return list(_conclusions(db, self._known(db, (tenant, session))))

    def sessions(self) -> list[SessionSummary]:
        """Return all sessions, as `GraphStore.sessions` does."""
        with self._reading() as db:
            rows = db.execute(select(_SESSION).where(_SESSION.c.key != "", _SESSION.c.events > 0))
            return listed(
                SessionSummary(
                    row.tenant, row.key, row.first_ns, row.last_ns, row.events, tuple(from_json(row.sources)), row.ended
                )
                for row in rows
            )

    def runs(self, numbers: Iterable[int] | None = None) -> dict[int, Run]:
        """Return all sessions by their numbers, or those of some; what no session is known for is one of each tenant."""
        named = select(_SESSION.c.no, _SESSION.c.tenant, _SESSION.c.key)
        with self._reading() as db:
            if numbers is None:
                return {row.no: (row.tenant, row.key) for row in db.execute(named)}
            found, left = dict[int, Run](), iter(sorted(set(numbers)))
            while some := list(islice(left, _AT_ONCE)):
                rows = db.execute(named.where(_SESSION.c.no.in_(some)))
                found |= {row.no: (row.tenant, row.key) for row in rows}
            return found

    def number(self, tenant: str, session: str) -> int:
        """Return the number of a session, 0 for one that is not known."""
        with self._reading() as db:
            return self._known(db, (tenant, session))

    def count(self) -> int:
        """Return the number of observations."""
        with self._reading() as db:
            return db.scalar(select(func.count()).select_from(_EVENT)) or 0

    # Following

    def heads(self) -> dict[int, int]:
        """Return the last number of each shard that has any."""
        with self._reading() as db:
            return {row.no: row.head for row in db.execute(select(_SHARD).where(_SHARD.c.head > 0))}

    def after(self, shard: int, seq: int, limit: int) -> list[Entry]:
        """Return the next entries of a shard behind a number."""
        with self._reading() as db:
            here = (_EVENT.c.shard == shard, _EVENT.c.seq > seq)
            rows = db.execute(_OBSERVED.where(*here).order_by(_EVENT.c.seq).limit(limit)).all()
            there = (_CONCLUSION.c.shard == shard, _CONCLUSION.c.seq > seq)
            concluded = db.execute(select(_CONCLUSION).where(*there).order_by(_CONCLUSION.c.seq).limit(limit)).all()
        found: list[Entry] = [*self._observed(rows), *map(_entry, concluded)]
        return sorted(found, key=_seq)[:limit]

    def before(self, shard: int, first: int, last: int) -> list[Observed]:
        """Return the observations before the number `first` that have the place of one from there to `last`."""
        with self._reading() as db:
            return self._observed(db.execute(_BEFORE, {"shard": shard, "first": first, "last": last}).all())

    def until(self, run: int, seq: int) -> list[Observed]:
        """Return what was observed of the session with this number up to a number of its shard."""
        with self._reading() as db:
            rows = db.execute(_OBSERVED.where(_EVENT.c.session_no == run, _EVENT.c.seq <= seq)).all()
        return self._observed(rows)

    @contextmanager
    def only_one(self, *, waiting: bool = False) -> Iterator[bool]:
        """Give whether nobody else is in here, in this database; `waiting` for him to be gone. In SQLite nobody is kept out."""
        if self._engine.dialect.name != "postgresql":
            yield True
            return
        with self._explained(), self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            if waiting:
                db.execute(text("SET lock_timeout = 0"))
                db.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _PROJECTING})
            mine = waiting or bool(db.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _PROJECTING}))
            try:
                yield mine
            finally:
                if mine:
                    db.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _PROJECTING})

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    # Parts

    def _prepare(self) -> None:
        with self._writer.begin() as db:
            alone(db)
            _TABLES.create_all(db)
            db.execute(self._insert[_SHARD], [{"no": number, "head": 0} for number in range(SHARDS)])
            version = db.scalar(select(_ABOUT.c.version))
            if version is None:
                db.execute(self._insert[_ABOUT], {"version": VERSION})
            elif version != VERSION:
                raise StoreUnreadable(
                    f"{self._name} has an event log of version {version} and this clew reads version {VERSION}; "
                    "use the clew that made it, or give another database and replay the recordings."
                )

    @contextmanager
    def _numbered(self, db: Connection, shards: Iterable[int]) -> Iterator["_Heads"]:
        """Hold shards until the commit, and give their last numbers, to be counted up."""
        wanted = sorted(set(shards))
        held = select(_SHARD).where(_SHARD.c.no.in_(wanted)).order_by(_SHARD.c.no).with_for_update()
        heads = {row.no: row.head for row in db.execute(held)}
        yield heads
        for shard in wanted:
            db.execute(update(_SHARD).where(_SHARD.c.no == shard).values(head=heads[shard]))

    def _given(self, db: Connection, runs: Iterable[Run]) -> dict[Run, int]:
        """Return the numbers of sessions; those that are new get theirs now."""
        wanted = dict.fromkeys(runs)
        found = {run: number for run in wanted if (number := self._numbers.get(run)) is not None}
        if missing := [run for run in wanted if run not in found]:
            found |= self._asked(db, missing)
        # Asked first: a number is used up by each that is to be inserted, also where it is there.
        if missing := [run for run in missing if run not in found]:
            db.execute(self._insert[_SESSION], [_NOTHING | _named(run) for run in missing])
            found |= self._asked(db, missing)
        return found

    def _known(self, db: Connection, run: Run) -> int:
        """Return the number of a session, 0 for an unknown one: numbers start at 1."""
        if run not in self._numbers:
            self._remember(self._asked(db, [run]))
        return self._numbers.get(run, 0)

    @staticmethod
    def _asked(db: Connection, runs: Iterable[Run]) -> dict[Run, int]:
        names = {_name(run): run for run in runs}
        found, left = dict[Run, int](), iter(names)
        while some := list(islice(left, _AT_ONCE)):
            rows = db.execute(select(_SESSION.c.no, _SESSION.c.name).where(_SESSION.c.name.in_(some)))
            found |= {names[row.name]: row.no for row in rows}
        return found

    def _remember(self, numbers: Mapping[Run, int]) -> None:
        """Remember numbers that were committed; bounded, because sessions come for ever."""
        if len(self._numbers) > _REMEMBERED:
            self._numbers.clear()
        self._numbers |= numbers

    def _added(
        self, db: Connection, events: Sequence[Event], numbers: Mapping[Run, int], heads: "_Heads"
    ) -> Counter[int]:
        """Write observations and return how many are new, by the number of their session."""
        rows = []
        for event in events:
            shard = shard_of(event)
            heads[shard] += 1
            rows.append({
                "session_no": numbers[event.tenant, event.session], "position": min(event.position, LARGEST),
                "part": min(event.part, LARGEST), "id": event.id, "shard": shard, "seq": heads[shard],
                "content": event.content,
            })  # fmt: skip
        return Counter(db.scalars(self._insert[_EVENT].returning(_EVENT.c.session_no), rows))

    @staticmethod
    def _change(db: Connection, changes: Mapping[int, _Change], new: Mapping[int, int]) -> None:
        """Change the rows of sessions, by their numbers; `new`: how many observations each got."""
        changed, left = list[dict[str, Any]](), iter(sorted(changes))
        while some := list(islice(left, _AT_ONCE)):
            for row in db.execute(select(_SESSION).where(_SESSION.c.no.in_(some)).order_by(_SESSION.c.no)):
                change = changes[row.no]
                times = [time for time in (row.first_ns, row.last_ns, *change.times) if time is not None]
                values = {
                    "first_ns": min(times, default=None), "last_ns": max(times, default=None),
                    "events": row.events + new.get(row.no, 0), "ended": row.ended or change.ended,
                    "sources": _listed({*from_json(row.sources), *change.sources}),
                }  # fmt: skip
                if any(getattr(row, name) != value for name, value in values.items()):
                    changed.append({"number": row.no, **values})
        if changed:
            db.execute(_CHANGE, changed)

    def _note(self, db: Connection, shard: int, heads: "_Heads", number: int, content: str | None) -> None:
        heads[shard] += 1
        row = {"shard": shard, "seq": heads[shard], "session_no": number, "content": content}
        db.execute(self._insert[_CONCLUSION], row)

    def _events(self, db: Connection, number: int) -> list[Event]:
        rows = db.execute(select(_EVENT.c.id, _EVENT.c.content).where(_EVENT.c.session_no == number))
        return list(self._read(rows))

    def _observed(self, rows: Sequence[Any]) -> list[Observed]:
        return [Observed(row.seq, row.session_no, event) for row, event in zip(rows, self._read(rows), strict=True)]

    def _read(self, rows: Iterable[Any]) -> Iterator[Event]:
        try:
            for row in rows:
                yield stored(row.id, row.content)
        except ValidationError as error:
            raise StoreUnreadable(
                f"An event in {self._name} cannot be read; restore the database from a backup, or give another one "
                "and replay the recordings."
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Do the block in one transaction; after a failure nothing of it is kept."""
        with self._explained(), self._writer.begin() as db:
            yield db

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Read as of one moment, whatever others commit between two questions."""
        with self._explained(), self._reader.connect() as db:
            yield db

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn errors of the database and of the file system into ours, with what to do next."""
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise _explanation(self._name, error) from error


_Heads = dict[int, int]
_NOTHING: dict[str, Any] = {"first_ns": None, "last_ns": None, "events": 0, "ended": False, "sources": "[]"}
"""The row of a session of which nothing is known."""


def shard_of(event: Event) -> int:
    """Return the shard of an observation: that of its session; where none is known, that of the machine on which it was made."""
    if event.session:
        return shard_of_run((event.tenant, event.session))
    process = getattr(event, "process", None)
    return _shard(digest("host", event.tenant, process.boot_id if process is not None else None))


def shard_of_run(run: Run) -> int:
    """Return the shard of a session."""
    return _shard(_name(run))


def _shard(name: str) -> int:
    return int(name[:8], 16) % SHARDS


def _name(run: Run) -> str:
    return digest("session", *run)


def _named(run: Run) -> dict[str, Any]:
    return {"name": _name(run), "tenant": run[0], "key": run[1]}


def _listed(sources: Iterable[str]) -> str:
    return to_json(sorted(sources)).decode()


def _seq(entry: Entry) -> int:
    return entry.seq


def _says_more(edge: Edge, known: Mapping[Edge, int | None]) -> bool:
    """Return whether an edge is not known, or not as early."""
    bare = edge._replace(at_ns=None)
    if bare not in known:
        return True
    return edge.at_ns is not None and (known[bare] is None or edge.at_ns < (known[bare] or 0))


def _conclusions(db: Connection, number: int) -> Iterator[Concluded]:
    asked = select(_CONCLUSION).where(_CONCLUSION.c.session_no == number).order_by(_CONCLUSION.c.seq)
    for row in db.execute(asked):
        if isinstance(entry := _entry(row), Concluded):
            yield entry


def _entry(row: Any) -> Concluded | Withdrawn:
    if row.content is None:
        return Withdrawn(row.seq, row.session_no)
    content = from_json(row.content)
    nodes = tuple(Node(label, key, tuple(map(tuple, fields))) for label, key, fields in content["nodes"])
    edges, earlier = (tuple(map(_edge, content[name])) for name in ("edges", "earlier"))
    return Concluded(row.seq, row.session_no, edges, nodes, earlier, frozenset(content["own"]), content["labels"])


def _edge(values: list[Any]) -> Edge:
    label, source, target, position, part, fact, at_ns, grade = values
    return Edge(label, source, target, position, part, fact, at_ns, Grade(grade))


def _explanation(name: str, error: SQLAlchemyError | OSError) -> StoreError:
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    code = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreLocked(f"Another process is writing to {name}; wait until it is done, or give another database.")
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return StoreUnreadable(f"{name} is damaged or is no SQLite file ({reason}); restore it from a backup.")
    return StoreUnreachable(f"{name} cannot be used ({reason}); check that the server runs, and its address.")
