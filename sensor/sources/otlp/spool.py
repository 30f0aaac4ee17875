"""Spans on disk: kept before they are acknowledged, in bundles of those that hang together, with what was told of each bundle.

What is told of a bundle is derived from all its spans. A bundle that has something new is *due*; what it told before is kept beside
it, so that whoever derives it again knows what to withdraw.
"""

import os
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from pydantic import JsonValue

from sensor.errors import SpoolUnusable
from sensor.redact import redacted, redacted_value
from sensor.sources.otlp.hang import links
from sensor.sources.otlp.read import Reading
from sensor.sources.otlp.readings import Read, Readings
from sensor.sources.otlp.span import Span, SpanEvent, of_line, to_line

VERSION = 4
_TABLES = """
CREATE TABLE span (no INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, bundle INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX span_bundle ON span (bundle);
CREATE TABLE link (
    tenant TEXT NOT NULL, key TEXT NOT NULL, bundle INTEGER NOT NULL, PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE INDEX link_bundle ON link (bundle);
CREATE TABLE bundle (
    no INTEGER PRIMARY KEY, tenant TEXT NOT NULL, apart INTEGER NOT NULL, spans INTEGER NOT NULL, spans_told INTEGER NOT NULL,
    arrived_ns INTEGER NOT NULL
);
CREATE INDEX bundle_due ON bundle (no) WHERE spans > spans_told;
CREATE TABLE numbered (last INTEGER NOT NULL);
INSERT INTO numbered VALUES (0);
CREATE TABLE told (
    bundle INTEGER NOT NULL, session TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (bundle, session, id)
) WITHOUT ROWID;
"""
_FROM_3 = """
ALTER TABLE bundle ADD COLUMN arrived_ns INTEGER NOT NULL DEFAULT 0;
CREATE TABLE numbered (last INTEGER NOT NULL);
INSERT INTO numbered SELECT coalesce(max(no), 0) FROM bundle;
"""
_EXPIRED_AT_ONCE = 20_000
"""Spans that are removed with one commit, or one bundle: who adds spans meanwhile waits for it."""
_AT_ONCE = 100
"""Bundles that are looked at with one commit."""
_READINGS = 32 << 20
"""Bytes of spans that are remembered with their readings."""
_GROWING = 10_000
"""Spans that may come before a bundle that goes on growing keeps its place among those that wait."""
_LARGE = 1_000
"""Spans from which on a bundle is told only when as many spans came as it has, or no other waits: it takes long to derive."""
BUNDLE_SPANS = 20_000
"""Spans after which what hangs together with a bundle begins a new one: one conversation id for all would make it endless."""

Told = dict[str, frozenset[str]]
"""Session → ids of the observations that were told of it."""


@dataclass(slots=True)
class _Waiting:
    """A bundle that has something new."""

    since: int
    """Spans that had come, of all bundles, when it became due."""
    spans: int

    def early(self, now: int) -> bool:
        return self.spans >= _LARGE and now - self.since < self.spans


@dataclass(frozen=True)
class Due:
    """A bundle that has something new."""

    number: int
    tenant: str
    part: int
    """What keys of its sessions name beside the rest, so that no other bundle tells the same sessions; 0 for nothing."""
    spans: tuple[Read, ...]
    told: Told


class Spool:
    """Keeps spans in one file. Used from one thread; what `add` returned for survives a crash."""

    def __init__(
        self,
        path: Path | None,
        *,
        key: bytes,
        patience_s: float = 5.0,
        bundle_spans: int = BUNDLE_SPANS,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """Open the file or make it, for its owner only; `None` keeps all in memory. Credentials are replaced under `key`.

        `now_ns`: the clock by which spans grow old. Raises `SpoolUnusable`.
        """
        self._now_ns = now_ns
        self.path = path or Path(":memory:")
        self._readings = Readings(_READINGS)
        self._most = bundle_spans
        self._due: OrderedDict[int, _Waiting] = OrderedDict()
        """By number, those first that have grown least lately."""
        self._added = 0
        """Spans so far."""
        self._key = key
        self._expired_upto = 0
        with self._explained():
            if path is not None:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(self.path, timeout=patience_s, isolation_level=None)
            for setting in ("journal_mode = WAL", "synchronous = FULL"):
                self._db.execute(f"PRAGMA {setting}")
            self._prepare()
            self._find_due()

    def add(self, spans: Iterable[Span], tenant: str) -> int:
        """Keep spans and return how many are new."""
        new = 0
        with self._writing():
            for span in spans:
                new += self._add(cleaned(span, self._key), tenant)
        return new

    def due(self, limit: int = 100) -> list[int]:
        """Return the numbers of bundles that have something new, those first that have grown least lately.

        So what goes on growing is told less often, the more others wait; and a large one later still.
        """
        ready = (number for number, waiting in self._due.items() if not waiting.early(self._added))
        return list(islice(ready, limit)) or list(islice(self._due, 1))

    @property
    def waiting(self) -> int:
        """Return how many bundles have something new."""
        return len(self._due)

    def bundle(self, number: int) -> Due | None:
        """Return what a due bundle holds; `None` where it has become part of another."""
        with self._explained():
            row = self._db.execute("SELECT tenant, apart FROM bundle WHERE no = ?", (number,)).fetchone()
            if row is None:
                self._due.pop(number, None)
                return None
            kept = self._db.execute("SELECT digest, body FROM span WHERE bundle = ?", (number,)).fetchall()
            told: dict[str, set[str]] = {}
            for session, name in self._db.execute("SELECT session, id FROM told WHERE bundle = ?", (number,)):
                told.setdefault(session, set()).add(name)
        spans = tuple(self._readings.of(digest, len(body), partial(of_line, body)) for digest, body in kept)
        tenant, apart = row
        part = number if apart else 0
        return Due(number, tenant, part, spans, {session: frozenset(ids) for session, ids in told.items()})

    def was_told(self, group: Iterable[tuple[Due, Told]]) -> None:
        """Remember what was told of bundles; what came meanwhile keeps them due."""
        with self._writing():
            for due, told in group:
                self._db.executemany(
                    "DELETE FROM told WHERE bundle = ? AND session = ? AND id = ?", _rows(due, due.told, told)
                )
                self._db.executemany("INSERT OR IGNORE INTO told VALUES (?, ?, ?)", _rows(due, told, due.told))
                self._db.execute("UPDATE bundle SET spans_told = ? WHERE no = ?", (len(due.spans), due.number))
                self._due.pop(due.number, None)
                spans, told_spans = self._sizes(due.number)
                if spans > told_spans:
                    self._due[due.number] = _Waiting(self._added, spans)

    def expire(
        self, age_ns: int, there: Callable[[str, Collection[str]], set[str]], until: Callable[[], bool] = lambda: False
    ) -> int:
        """Remove bundles to which nothing has come for so long, until asked to stop; return how many spans went.

        Those stay that were not told, and those of which a session is still there: what comes of it later is told with the rest,
        not beside it. `there`: which of these sessions of a tenant still are. Who is asked again goes on where he stopped.
        """
        now_ns, gone = self._now_ns(), 0
        with self._writing():
            # An older clew beside this one does not say when something came.
            self._db.execute("UPDATE bundle SET arrived_ns = ? WHERE arrived_ns = 0", (now_ns,))
        while not until():
            with self._writing():
                old, spans = self._expired(now_ns - age_ns, there)
            gone += spans
            if not old:
                self._expired_upto = 0
                break
        return gone

    def _expired(self, before_ns: int, there: Callable[[str, Collection[str]], set[str]]) -> tuple[int, int]:
        """Look at the next old bundles, and remove those that may go; return how many were looked at, and how many spans went."""
        old = self._db.execute(
            "SELECT no, tenant, spans FROM bundle WHERE no > ? AND spans <= spans_told AND arrived_ns < ? ORDER BY no LIMIT ?",
            (self._expired_upto, before_ns, _AT_ONCE),
        ).fetchall()
        told: dict[int, set[str]] = {}
        sessions: dict[str, set[str]] = {}
        for number, tenant, _ in old:
            rows = self._db.execute("SELECT DISTINCT session FROM told WHERE bundle = ?", (number,))
            told[number] = {session for (session,) in rows}
            sessions.setdefault(tenant, set()).update(told[number])
        stay = {tenant: there(tenant, names) for tenant, names in sessions.items()}
        found, spans = [], 0
        for number, tenant, size in old:
            self._expired_upto = number
            if told[number].isdisjoint(stay[tenant]):
                found.append((number,))
                spans += size
            if spans >= _EXPIRED_AT_ONCE:
                break
        for table, column in (("span", "bundle"), ("link", "bundle"), ("told", "bundle"), ("bundle", "no")):
            self._db.executemany(f"DELETE FROM {table} WHERE {column} = ?", found)  # noqa: S608 - our own names
        return len(old), spans

    def count(self) -> int:
        """Return how many spans and log records are kept."""
        with self._explained():
            return int(self._db.execute("SELECT count(*) FROM span").fetchone()[0])

    def close(self) -> None:
        """Let go of the file. Nothing is lost without it."""
        self._db.close()

    def _add(self, span: Span, tenant: str) -> int:
        body = to_line(span).encode()
        # The ids of trace and span are in the body, too.
        digest = blake2b(tenant.encode("utf-8", "surrogatepass") + b"\0" + body, digest_size=16).digest()
        if self._db.execute("SELECT 1 FROM span WHERE digest = ?", (digest,)).fetchone():
            return 0
        bundle = self._bundle_of(*self._readings.of(digest, len(body), lambda: span), tenant)
        self._db.execute("INSERT INTO span (digest, bundle, body) VALUES (?, ?, ?)", (digest, bundle, body))
        self._db.execute("UPDATE bundle SET spans = spans + 1, arrived_ns = ? WHERE no = ?", (self._now_ns(), bundle))
        self._added += 1
        waiting = self._due.setdefault(bundle, _Waiting(self._added, 0))
        waiting.spans, _ = self._sizes(bundle)
        if self._added - waiting.since < _GROWING:
            self._due.move_to_end(bundle)
        return 1

    def _bundle_of(self, span: Span, reading: Reading | None, tenant: str) -> int:
        """Return the bundle that a span belongs to, joined from those that it is the link of.

        Where they are too many spans for one, it is a new one, which all keys of the span lead to from now on.
        """
        known = {key: self._linked(tenant, key) for key in sorted(links(span, reading))}
        found = sorted(set(filter(None, known.values())))
        if not found or sum(spans for _, spans in found) >= self._most:
            number = self._new_bundle(tenant, apart=bool(found))
            new = list(known)
        else:
            number, _ = found[0]
            for other, _ in found[1:]:
                self._join(other, number)
            new = [key for key, linked in known.items() if linked is None]
        self._db.executemany("INSERT OR REPLACE INTO link VALUES (?, ?, ?)", [(tenant, key, number) for key in new])
        return number

    def _linked(self, tenant: str, key: str) -> tuple[int, int] | None:
        """Return the bundle that a key leads to, and how many spans it has."""
        row: tuple[int, int] | None = self._db.execute(
            "SELECT no, spans FROM link JOIN bundle ON no = bundle WHERE link.tenant = ? AND key = ?", (tenant, key)
        ).fetchone()
        return row

    def _sizes(self, number: int) -> tuple[int, int]:
        """Return how many spans a bundle has, and how many of them were told."""
        row: tuple[int, int] = self._db.execute(
            "SELECT spans, spans_told FROM bundle WHERE no = ?", (number,)
        ).fetchone()
        return row

    def _new_bundle(self, tenant: str, *, apart: bool) -> int:
        # No number is given twice, also when its bundle is gone: sessions of those that stand apart are named by it.
        (number,) = self._db.execute(
            "UPDATE numbered SET last = max(last, (SELECT coalesce(max(no), 0) FROM bundle)) + 1 RETURNING last"
        ).fetchone()
        self._db.execute(
            "INSERT INTO bundle (no, tenant, apart, spans, spans_told, arrived_ns) VALUES (?, ?, ?, 0, 0, ?)",
            (number, tenant, apart, self._now_ns()),
        )
        return int(number)

    def _join(self, number: int, into: int) -> None:
        for table in ("span", "link"):
            self._db.execute(f"UPDATE {table} SET bundle = ? WHERE bundle = ?", (into, number))  # noqa: S608 - our own names
        self._db.execute("INSERT OR IGNORE INTO told SELECT ?, session, id FROM told WHERE bundle = ?", (into, number))
        self._db.execute("DELETE FROM told WHERE bundle = ?", (number,))
        self._db.execute(
            "UPDATE bundle SET apart = max(bundle.apart, other.apart), spans = bundle.spans + other.spans,"
            " spans_told = bundle.spans_told + other.spans_told, arrived_ns = max(bundle.arrived_ns, other.arrived_ns)"
            " FROM bundle AS other WHERE bundle.no = ? AND other.no = ?",
            (into, number),
        )
        self._db.execute("DELETE FROM bundle WHERE no = ?", (number,))
        if (waiting := self._due.pop(number, None)) is not None:
            # What waited longest has waited for both.
            here = self._due.setdefault(into, waiting)
            here.since = min(here.since, waiting.since)
            self._due.move_to_end(into, last=False)

    def _prepare(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")  # two may open it at once
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        is_new = version == 0 and not self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if not is_new and version not in (3, VERSION):
            raise SpoolUnusable(
                f"{self.path} has tables of version {version}, this clew reads {VERSION}; give another --store."
            )
        for statement in (_TABLES if is_new else _FROM_3 if version == 3 else "").split(";"):
            self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version = {VERSION}")
        self._db.execute("COMMIT")

    def _find_due(self) -> None:
        rows = self._db.execute("SELECT no, spans FROM bundle WHERE spans > spans_told ORDER BY no").fetchall()
        self._due = OrderedDict((number, _Waiting(self._added, spans)) for number, spans in rows)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                self._find_due()
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise SpoolUnusable(
                f"{self.path} cannot be used ({error}); is another clew listening on this store? Else make room, "
                "or give another --store."
            ) from error


def _rows(due: Due, told: Told, without: Told) -> Collection[tuple[int, str, str]]:
    none: frozenset[str] = frozenset()
    return [(due.number, session, name) for session, ids in told.items() for name in ids - without.get(session, none)]


def cleaned(span: Span, key: bytes) -> Span:
    """Return a span without credentials: they are not kept, not even here."""
    attributes = redacted_value(dict(span.attributes), key)
    events = tuple(
        SpanEvent(
            one.name, one.at_ns, _object(redacted_value(dict(one.attributes), key)), redacted_value(one.body, key)
        )
        for one in span.events
    )
    resource = redacted_value(dict(span.resource), key)
    return replace(
        span, name=redacted(span.name, key), attributes=_object(attributes), events=events, resource=_object(resource),
        scope=redacted(span.scope, key),
    )  # fmt: skip


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}
