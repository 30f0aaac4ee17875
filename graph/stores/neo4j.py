"""The store of a fleet with hunters: the event log in SQL, and the graph in Neo4j as a projection of it.

What is acknowledged is in the log. The projection keeps its place in Neo4j, in the transaction that writes what it stands for, so
that a crash anywhere leaves nothing out and brings nothing twice (docs/decisions/0006-fleet.md).
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import Any, NamedTuple, Self, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from neo4j import READ_ACCESS, Driver, GraphDatabase, ManagedTransaction, Result, unit_of_work
from neo4j.exceptions import AuthError, ClientError, DriverError, Neo4jError
from neo4j.graph import Node as Found
from neo4j.graph import Path, Relationship
from pydantic import JsonValue
from pydantic_core import from_json

from graph import cypher, telling
from graph.errors import StoreError, StoreUnreachable, StoreUnreadable
from graph.log import Entry, EventLog, Withdrawn, shard_of_run
from graph.parts import Edge, Fields, Node
from graph.projection import SYSTEM, Rows, is_of_machine, project
from graph.schema import NODE_KINDS, Grade
from graph.store import FIRST_TIME_NS, Counts
from graph.stores.sql import SqlStore
from graph.subgraph import Subgraph
from graph.telling import Place, Telling
from sensor.identity import DEFAULT_TENANT

BATCH = 2_000
"""Entries that are projected with one transaction."""
LANES = 2
"""Transactions beside each other: while the server writes one, the next is read and folded. Where two that share a node wait for
each other, one is tried again."""
PATIENCE_S = 30.0
"""Seconds after which a transaction is given up that fails for reasons that pass."""
TIMEOUT_S = 120.0
"""Seconds that a transaction may take in the server."""

_PAUSE_S = 0.02
"""Seconds after which one looks again how far another has projected."""

_THERE = frozenset(
    f"Neo.ClientError.Schema.{reason}"
    for reason in ("EquivalentSchemaRuleAlreadyExists", "IndexAlreadyExists", "ConstraintAlreadyExists")
)

T = TypeVar("T")


class _Overtaken(Exception):
    """Somebody else took a place on: nothing of the transaction is kept."""


class _Step(NamedTuple):
    """How far a shard is taken."""

    shard: int
    after: int
    upto: int


class _Batch(NamedTuple):
    """What is written with one transaction."""

    steps: tuple[_Step, ...]
    entries: int
    rows: Rows
    wiped: int | None
    """Number of a session that is written anew."""


class Neo4jStore(SqlStore):
    """Keeps the event log in SQL and projects it into Neo4j (5 or later, Community Edition is enough)."""

    def __init__(self, log: EventLog, uri: str, *, user: str = "neo4j", password: str = "") -> None:
        """Nothing is connected before the graph is read or projected: whoever only judges does without Neo4j."""
        super().__init__(log)
        self._is_prepared = False
        self._uri = uri
        self._counting = Lock()
        self.attempts = 0
        """Times that a transaction was begun."""
        self.transactions = 0
        """Transactions that were committed; the rest of the attempts failed for reasons that pass, such as a lock."""
        self._driver: Driver = GraphDatabase.driver(
            uri, auth=(user, password) if password else None, max_transaction_retry_time=PATIENCE_S,
            connection_timeout=PATIENCE_S, notifications_min_severity="OFF", telemetry_disabled=True,
        )  # fmt: skip

    @classmethod
    def open(cls, location: str) -> Self:
        """Return the store at `bolt://user:password@host:port?log=…`; `log` is the address of the database of the event log."""
        try:
            parts = urlsplit(location)
            log = parse_qs(parts.query).get("log", [""])[0]
            if not log or not parts.hostname or parts.port == 0:
                raise ValueError
        except ValueError:
            # Without what it says: where there is no number for the port, there may be a password.
            raise StoreUnreachable(
                "This is no address of a Neo4j with an event log; give bolt://user:password@host:7687?log=postgresql+psycopg://…"
            ) from None
        uri = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "", "", ""))
        user, password = unquote(parts.username or "neo4j"), unquote(parts.password or "")
        return cls(EventLog(log), uri, user=user, password=password)

    # Projecting

    def project(self, shards: Iterable[int] | None = None) -> int:
        """Bring the graph up to the end of the log, or of some shards of it; return how many entries that took.

        One does so at a time; where somebody else does, this returns at once.
        """
        with self.log.only_one() as mine:
            if not mine:
                return 0
            heads = self.log.heads()
            wanted = {shard: head for shard, head in heads.items() if shards is None or shard in set(shards)}
            return self._project(wanted)

    def places(self) -> dict[int, int]:
        """Return up to which number each shard is in the graph."""
        return {row["shard"]: row["upto"] for row in self._read(cypher.PLACES)}

    def lag(self) -> int:
        """Return how many numbers of the log are not in the graph yet."""
        places = self.places()
        return sum(head - places.get(shard, 0) for shard, head in self.log.heads().items())

    def rebuild(self) -> int:
        """Empty the graph and project the whole log; return how many entries that took."""
        with self.log.only_one(waiting=True):
            with self._explained(), self._driver.session() as session:
                session.run(cypher.EMPTY).consume()
            self._is_prepared = False
            return self._project(self.log.heads())

    def expire(self, before_ns: int, *, tenant: str = DEFAULT_TENANT) -> int:
        """See `GraphStore.expire`. What dies in between leaves old edges in the graph; the next time removes them."""
        gone = super().expire(before_ns, tenant=tenant)
        values = {"tenant": tenant, "first": FIRST_TIME_NS, "before": before_ns, "run": self.log.number(tenant, "")}
        # Who projects at the same time could hang an edge at a node that is being removed.
        with self.log.only_one(waiting=True):
            self._project(self.log.heads())
            with self._explained(), self._driver.session() as session:
                for statement in cypher.expire():
                    session.run(statement, values).consume()
        return gone

    def told(self, tenant: str) -> Place:
        """See `Projection.told`."""
        rows = self._read(telling.PLACES, tenant=tenant)
        return Place(**rows[0]) if rows else Place(0, 0)

    def tell(self, what: Telling) -> bool:
        """See `Projection.tell`."""
        self._catch_up(None)

        def write(transaction: ManagedTransaction) -> None:
            places = {"after": what.after._asdict(), "upto": what.upto._asdict()}
            if not transaction.run(telling.ADVANCE, tenant=what.tenant, **places).single(strict=True)["places"]:
                raise _Overtaken
            for statement, values in telling.writes(what):
                transaction.run(statement, values).consume()

        try:
            self._write(write)
        except _Overtaken:
            return False
        return True

    def _project(self, heads: Mapping[int, int]) -> int:
        """Bring shards up to these numbers or beyond. What was withdrawn from is written anew while nobody else writes."""
        done = 0
        while True:
            done += self._lanes(heads)
            places, anew = self.places(), 0
            while (batch := self._next(heads, places, alone=True)) is not None:
                if not self._advance(batch):
                    return done  # somebody else was here
                places = {**places, **{step.shard: step.upto for step in batch.steps}}
                anew += batch.entries
            done += anew
            if not anew:
                return done

    def _lanes(self, heads: Mapping[int, int]) -> int:
        """Bring shards up, as far as that can be done in lanes beside each other that share no shard."""
        stop, places = Event(), self.places()
        done: list[int] = []
        failed: list[BaseException] = []

        def lane(number: int) -> None:
            try:
                done.append(
                    self._lane({shard: heads[shard] for shard in heads if shard % LANES == number}, places, stop)
                )
            except BaseException as error:  # noqa: BLE001 - raised below
                failed.append(error)
                stop.set()

        # Threads that nobody waits for at the end of the program: a backlog may take long.
        threads = [
            Thread(target=lane, args=(number,), name=f"clew lane {number}", daemon=True) for number in range(LANES)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        finally:
            stop.set()
        if failed:
            raise failed[0]
        return sum(done)

    def _lane(self, heads: Mapping[int, int], places: Mapping[int, int], stop: Event) -> int:
        """Bring shards up, some entries of several with each transaction; each as far as the next that was withdrawn from."""
        done = 0
        while not stop.is_set() and (batch := self._next(heads, places)) is not None:
            if not self._advance(batch):
                break  # somebody else was here
            places = {**places, **{step.shard: step.upto for step in batch.steps}}
            done += batch.entries
        return done

    def _next(self, heads: Mapping[int, int], places: Mapping[int, int], *, alone: bool = False) -> _Batch | None:
        """Return what comes next, `None` where nothing does. What was withdrawn from comes by itself, when this writes `alone`."""
        steps, entries = list[_Step](), list[Entry]()
        for shard in sorted(shard for shard, head in heads.items() if places.get(shard, 0) < head):
            after = places.get(shard, 0)
            found = self.log.after(shard, after, BATCH - len(entries))
            stop = next((at for at, one in enumerate(found) if isinstance(one, Withdrawn)), None)
            if stop == 0:
                if alone:
                    steps, entries = [_Step(shard, after, found[0].seq)], found[:1]
                    break
                continue
            if alone:
                continue
            found = found[:stop]
            # Not every number has an entry: an observation that was known used one up.
            steps.append(_Step(shard, after, found[-1].seq if found else heads[shard]))
            entries += found
            if len(entries) >= BATCH:
                break
        return _Batch(tuple(steps), len(entries), *self._rows(steps, entries)) if steps else None

    def _rows(self, steps: Sequence[_Step], entries: Sequence[Entry]) -> tuple[Rows, int | None]:
        """Return what entries become, and the session that is to be written anew."""
        if entries and isinstance(first := entries[0], Withdrawn):
            return project(self.log.until(first.run, first.seq), (), self.log.runs([first.run])), first.run
        facts = [one for one in entries if not isinstance(one, Withdrawn)]
        before = [one for step in steps for one in self.log.before(step.shard, step.after + 1, step.upto)]
        return project(facts, before, self.log.runs({one.run for one in facts})), None

    def _advance(self, batch: _Batch) -> bool:
        """Write a batch and the places behind it, all of it or nothing; return whether this was the one who did."""

        def write(transaction: ManagedTransaction) -> None:
            moved = transaction.run(cypher.ADVANCE, steps=[step._asdict() for step in batch.steps]).single(strict=True)
            if moved["shards"] < len(batch.steps):
                raise _Overtaken
            if batch.wiped is not None:
                _wipe(transaction, batch.wiped)
            _insert(transaction, batch.rows)

        try:
            self._write(write)
        except _Overtaken:
            return False
        return True

    # Reading

    def subgraph(self, session: str, *, tenant: str = DEFAULT_TENANT) -> Subgraph:
        """See `GraphStore.subgraph`. What no session is known for is looked for in all there is."""
        run = self.log.number(tenant, session)
        self._catch_up(None if not session else [shard_of_run((tenant, session))])
        if session:
            return self._reading(lambda transaction: _of_session(transaction, run))
        return self._reading(lambda transaction: _of_system(transaction, run, tenant))

    def counts(self) -> Counts:
        """See `GraphStore.counts`. It looks at all nodes."""
        self._catch_up(None)

        def count(transaction: ManagedTransaction) -> tuple[int, int]:
            asked = (cypher.count_nodes(), cypher.COUNT_EDGES)
            nodes, edges = (transaction.run(statement).single(strict=True)["number"] for statement in asked)
            return nodes, edges

        nodes, edges = self._reading(count)
        return Counts(sessions=len(self.log.sessions()), events=self.log.count(), nodes=nodes, edges=edges)

    def close(self) -> None:
        """See `GraphStore.close`."""
        self._driver.close()
        self.log.close()

    def _catch_up(self, shards: list[int] | None) -> None:
        """Have in the graph what was in the log when this was called; where somebody else projects it, wait for him."""
        heads = {shard: head for shard, head in self.log.heads().items() if shards is None or shard in shards}
        while True:
            places = self.places()
            if all(places.get(shard, 0) >= head for shard, head in heads.items()):
                return
            if not self.project(heads):
                time.sleep(_PAUSE_S)

    def ask(self, text: str, values: Mapping[str, str | int]) -> list[dict[str, JsonValue]]:
        """See `Projection.ask`."""

        def read(transaction: ManagedTransaction) -> list[dict[str, JsonValue]]:
            found = transaction.run(text, dict(values))
            return [{name: _plain(row[name]) for name in found.keys()} for row in found]  # noqa: SIM118 - no mapping

        return self._reading(read)

    # Parts

    def _prepare(self) -> None:
        """Make constraints and indexes where they are missing, also those that an older clew did not make; once."""
        if self._is_prepared:
            return
        with self._explained(), self._driver.session() as session:
            version = session.run(cypher.SCHEMA).single(strict=True)["version"]
            if version is not None and version > cypher.VERSION:
                raise StoreUnreadable(
                    f"The graph at {self._uri} is of version {version} and this clew reads version {cypher.VERSION}; "
                    "use the clew that made it, or empty the database and project it again with `clew graph rebuild`."
                )
            if version != cypher.VERSION:
                # Each by itself, and again where somebody else does the same at the moment.
                for statement in (*cypher.constraints(), "CALL db.awaitIndexes(300)"):
                    try:
                        session.execute_write(_execute, statement)
                    except ClientError as error:
                        # IF NOT EXISTS looks before the commit: two who begin together may both find nothing.
                        if error.code not in _THERE:
                            raise
                session.execute_write(_execute, cypher.SET_SCHEMA, {"version": cypher.VERSION})
        self._is_prepared = True

    def _read(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        return self._reading(lambda transaction: transaction.run(statement, **values).data())

    def _reading(self, work: Callable[[ManagedTransaction], T]) -> T:
        """Do work in a transaction that may not write."""
        self._prepare()
        with self._explained(), self._driver.session(default_access_mode=READ_ACCESS) as session:
            return session.execute_read(unit_of_work(timeout=TIMEOUT_S)(work))

    def _write(self, work: Callable[[ManagedTransaction], T]) -> T:
        """Do work in one transaction, again where it failed for a reason that passes."""
        self._prepare()

        @unit_of_work(timeout=TIMEOUT_S)
        def counted(transaction: ManagedTransaction) -> T:
            with self._counting:
                self.attempts += 1
            return work(transaction)

        with self._explained(), self._driver.session() as session:
            done = session.execute_write(counted)
        with self._counting:
            self.transactions += 1
        return done

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn errors of the driver and of the server into ours, with what to do next."""
        try:
            yield
        except AuthError as error:
            raise StoreUnreachable(f"Neo4j at {self._uri} refuses user or password; check the setting.") from error
        except Neo4jError as error:
            raise StoreError(f"Neo4j at {self._uri} failed ({error.code}: {error.message}).") from error
        except DriverError as error:
            raise StoreUnreachable(
                f"Neo4j at {self._uri} cannot be reached ({error}); check that it runs, and its address."
            ) from error


def _execute(transaction: ManagedTransaction, statement: str, values: Mapping[str, Any] | None = None) -> None:
    transaction.run(statement, dict(values or {})).consume()


def _insert(transaction: ManagedTransaction, rows: Rows) -> None:
    """Write rows: nodes before edges, each in one order, so that two who write do not wait for each other in a ring."""
    for label, nodes in sorted(rows.nodes.items()):
        transaction.run(_MERGE[label], rows=nodes).consume()
    if rows.sessions:
        transaction.run(cypher.MERGE_SESSIONS, rows=rows.sessions).consume()
    for write, edges in ((cypher.create_edges, rows.edges), (cypher.set_times, rows.earlier)):
        for way, some in sorted(edges.items()):
            transaction.run(write(way), rows=some).consume()


def _wipe(transaction: ManagedTransaction, run: int) -> None:
    """Remove what is in the graph of a session."""
    for edge in cypher.apart():
        transaction.run(cypher.wipe_edges(edge), run=run).consume()
    for kind in cypher.OWN:
        for statement in cypher.wipe(kind):
            transaction.run(statement, run=run).consume()
    for label, keys in _others(transaction, run).items():
        transaction.run(cypher.forget_claims(NODE_KINDS[label]), keys=keys, prefix=f"{run} ").consume()
    transaction.run(cypher.FORGET_OTHERS, run=run).consume()


def _others(transaction: ManagedTransaction, run: int) -> dict[str, list[str]]:
    """Return the keys of the nodes that are no things of a session and that it speaks of, by label."""
    row = transaction.run(cypher.OTHERS, run=run).single()
    found = defaultdict[str, list[str]](list)
    for name in (row["others"] or ()) if row is not None else ():
        label, _, key = name.partition(" ")
        found[label].append(key)
    return found


def _of_session(transaction: ManagedTransaction, run: int) -> Subgraph:
    nodes = list(_nodes(transaction.run(cypher.NODES_OF, run=run)))
    for label, keys in _others(transaction, run).items():
        kind = NODE_KINDS[label]
        found = transaction.run(cypher.nodes_named(kind), keys=keys)
        nodes += _claims(found, f"{run} ") if is_of_machine(kind) else _nodes(found)
    return Subgraph(nodes, _edges(transaction.run(cypher.EDGES_OF, run=run)))


def _of_system(transaction: ManagedTransaction, run: int, tenant: str) -> Subgraph:
    nodes = list(_nodes(transaction.run(cypher.NODES_OF, run=run)))
    nodes += _claims(transaction.run(cypher.NODES_CLAIMED, tenant=tenant), f"{SYSTEM} ")
    return Subgraph(nodes, _edges(transaction.run(cypher.EDGES_OF_SYSTEM, tenant=tenant)))


def _nodes(found: Result) -> Iterator[Node]:
    for row in found:
        held, (label,) = row["n"], row["n"].labels
        fields = sorted((one.name, held[one.name]) for one in NODE_KINDS[label].fields if one.name in held)
        yield Node(label, held["key"], tuple(fields))


def _claims(found: Result, prefix: str) -> Iterator[Node]:
    """Yield what one session says of nodes."""
    for row in found:
        held, (label,) = row["n"], row["n"].labels
        for claim in held["claims"]:
            if claim.startswith(prefix):
                fields: Fields = tuple((name, value) for name, value in from_json(claim.removeprefix(prefix)))
                yield Node(label, held["key"], fields)


def _plain(value: Any) -> JsonValue:
    """Return a value of Neo4j as JSON."""
    if isinstance(value, Found):
        return {"labels": [*sorted(value.labels)], "properties": _plain(dict(value))}
    if isinstance(value, Relationship):
        ends = [None if end is None else end.get("key") for end in (value.start_node, value.end_node)]
        return {"type": value.type, "source": ends[0], "target": ends[1], "properties": _plain(dict(value))}
    if isinstance(value, Path):
        return [_plain(part) for part in (*value.nodes, *value.relationships)]
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items() if name != "claims"}
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _edges(found: Result) -> Iterator[Edge]:
    for row in found:
        fields: Mapping[str, Any] = row["fields"]
        yield Edge(
            row["label"], row["source"], row["target"], fields["position"], fields["part"], fields["fact"],
            fields.get("at_ns"), Grade(fields.get("grade", Grade.E1)),
        )  # fmt: skip


_MERGE = {kind.label: cypher.merge_nodes(kind) for kind in NODE_KINDS.values()}
