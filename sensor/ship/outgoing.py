"""What a sensor has seen and nobody has taken yet, on disk: it survives an end by force, a restart, and a server that is away.

What `add` returned for is kept until somebody has taken it. What comes when there is no more room is counted, by kind, and the next
that is added says so: nothing that was kept is thrown away for it.
"""

import os
import sqlite3
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sensor.errors import SpoolUnusable
from sensor.event import Event, EventsLost
from sensor.sources.otlp.span import Span, to_line

MOST = 256 << 20
"""Bytes that may wait, compressed."""
BATCH_BYTES = 4 << 20
"""Bytes of one batch before it is compressed: what is sent with one request. One event may be larger."""
_LEVEL = 1
"""Of zlib: the fastest, an eighth of the size for what the kernel says."""
_GZIP = 16 + zlib.MAX_WBITS
VERSION = 1
_TABLES = (
    "CREATE TABLE batch (no INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL, records INTEGER NOT NULL)",
    "CREATE TABLE aside (no INTEGER PRIMARY KEY, body BLOB NOT NULL, records INTEGER NOT NULL, reason TEXT NOT NULL)",
    "CREATE TABLE lost (kind TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID",
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What is sent with one request."""

    number: int
    body: bytes
    """JSON lines, gzip: events as `Observed.content` has them, spans as `sensor.sources.otlp.span.to_line` has them."""
    records: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits."""

    batches: int
    bytes: int
    aside: int
    """Batches that were refused for what they are; they are kept, and not sent again."""


class Outgoing:
    """Keeps batches in one file. Used by one thread at a time; several processes may use one file."""

    def __init__(self, path: Path, *, most: int = MOST, patience_s: float = 5.0) -> None:
        """Open the file or make it, for its owner only. `most`: bytes that may wait. Raises `SpoolUnusable`."""
        self.path = path
        self._most = most
        with self._explained():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, timeout=patience_s, isolation_level=None, check_same_thread=False)
            try:
                self._log_ahead(patience_s)
                self._db.execute("PRAGMA synchronous = FULL")
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def add(self, events: Sequence[Event], spans: Sequence[Span] = (), *, or_nothing: bool = False) -> int:
        """Keep events and spans, clean ones; return how many there was no room for. What is kept is not lost.

        `or_nothing`: keep all of them or none, for whoever sends what was not kept again; that is not counted as lost.
        """
        lines = [(event.kind, event.content) for event in events] + [("span", to_line(span)) for span in spans]
        packed = [(_packed("".join(f"{line}\n" for _, line in some)), some) for some in _batches(lines)]
        lost = Counter[str]()
        with self._writing():
            waiting = self._bytes()
            if or_nothing and waiting and waiting + sum(len(body) for body, _ in packed) > self._most:
                return len(lines)
            for body, some in packed:
                if waiting and waiting + len(body) > self._most:
                    lost.update(kind for kind, _ in some)
                    continue
                self._insert(body, len(some))
                waiting += len(body)
            for kind, number in lost.items():
                self._db.execute(
                    "INSERT INTO lost VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET number = number + excluded.number",
                    (kind, number),
                )
        return lost.total()

    def tell_lost(self, about: dict[str, object]) -> int:
        """Put what there was no room for behind the rest, where there is room now, as `EventsLost`; return how many of these.

        `about`: tenant and source of the sensor.
        """
        with self._writing():
            rows = self._db.execute("SELECT kind, number FROM lost ORDER BY kind").fetchall()
            if not rows or self._bytes() >= self._most:
                return 0
            now = time.time_ns()
            told = [
                EventsLost.model_validate(
                    {
                        **about,
                        "session": "",
                        "position": now,
                        "part": part,
                        "at_ns": now,
                        "where": f"spool ({kind})",
                        "count": number,
                    }
                )
                for part, (kind, number) in enumerate(rows)
            ]
            self._insert(_packed("".join(f"{event.content}\n" for event in told)), len(told))
            self._db.execute("DELETE FROM lost")
        return len(told)

    def first(self) -> Batch | None:
        """Return the batch that has waited longest."""
        with self._explained():
            row = self._db.execute("SELECT no, body, records FROM batch ORDER BY no LIMIT 1").fetchone()
        return Batch(*row) if row is not None else None

    def taken(self, batch: Batch) -> None:
        """Let go of a batch that somebody has taken."""
        with self._writing():
            self._db.execute("DELETE FROM batch WHERE no = ?", (batch.number,))

    def halve(self, batch: Batch) -> bool:
        """Make two of a batch that was too large, in its place in the order; return whether it has two lines."""
        lines = zlib.decompress(batch.body, _GZIP).splitlines(keepends=True)
        if len(lines) < 2:
            return False
        with self._writing():
            # Behind the rest: what is told of has its time with it, and nothing depends on the order.
            for some in (lines[: len(lines) // 2], lines[len(lines) // 2 :]):
                self._insert(_gzip(b"".join(some)), len(some))
            self._db.execute("DELETE FROM batch WHERE no = ?", (batch.number,))
        return True

    def put_aside(self, batch: Batch, reason: str) -> None:
        """Keep a batch that is refused for what it is where it holds up no other."""
        with self._writing():
            self._db.execute(
                "INSERT OR REPLACE INTO aside VALUES (?, ?, ?, ?)",
                (batch.number, batch.body, batch.records, reason[:500]),
            )
            self._db.execute("DELETE FROM batch WHERE no = ?", (batch.number,))

    def try_again(self) -> int:
        """Put what was put aside behind the rest, to be sent once more; return how many batches that are."""
        with self._writing():
            again = self._db.execute(
                "INSERT INTO batch (body, records) SELECT body, records FROM aside ORDER BY no"
            ).rowcount
            self._db.execute("DELETE FROM aside")
        return again

    def waiting(self) -> Waiting:
        """Return what waits."""
        with self._explained():
            batches, size = self._db.execute("SELECT count(*), coalesce(sum(length(body)), 0) FROM batch").fetchone()
            (aside,) = self._db.execute("SELECT count(*) FROM aside").fetchone()
        return Waiting(batches, size, aside)

    def close(self) -> None:
        """Let go of the file. Nothing is lost without it."""
        self._db.close()

    def _insert(self, body: bytes, records: int) -> None:
        self._db.execute("INSERT INTO batch (body, records) VALUES (?, ?)", (body, records))

    def _bytes(self) -> int:
        """Return how many bytes are here, those that were put aside, too."""
        found = self._db.execute(
            "SELECT (SELECT coalesce(sum(length(body)), 0) FROM batch) + (SELECT coalesce(sum(length(body)), 0) FROM aside)"
        )
        return int(found.fetchone()[0])

    def _log_ahead(self, patience_s: float) -> None:
        """Have a new file write ahead. SQLite does not wait here for somebody else who does so at the moment."""
        enough = time.monotonic() + patience_s
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > enough:
                    raise
                time.sleep(0.01)

    def _prepare(self) -> None:
        with self._writing():  # somebody else may be about to make the tables, too
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0 and not self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                for statement in (*_TABLES, f"PRAGMA user_version = {VERSION}"):
                    self._db.execute(statement)
            elif version != VERSION:
                raise SpoolUnusable(
                    f"{self.path} has tables of version {version}, this clew reads {VERSION}; give another --store."
                )

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
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise SpoolUnusable(f"{self.path} cannot be used ({error}); make room, or give another --store.") from error


def _batches(lines: Sequence[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Yield lines in pieces of some size."""
    some, size = list[tuple[str, str]](), 0
    for line in lines:
        if some and size + len(line[1]) > BATCH_BYTES:
            yield some
            some, size = [], 0
        some.append(line)
        size += len(line[1])
    if some:
        yield some


def _packed(text: str) -> bytes:
    return _gzip(text.encode("utf-8", "surrogatepass"))


def _gzip(data: bytes) -> bytes:
    machine = zlib.compressobj(_LEVEL, wbits=_GZIP)
    return machine.compress(data) + machine.flush()
