"""PostgreSQL's protocol, version 3, as it passes by: the bytes of a connection's two directions → statements with their results.

Format: "Frontend/Backend Protocol" in PostgreSQL's documentation (chapter 55 of version 17). Whatever the pieces in which bytes
come, the same queries result. Passwords are sent in messages that are not looked at.
"""

import struct
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sensor.cut import cut, without_last_word
from sensor.wire.exchange import Direction, Undecoded

MOST_KEPT = 32 << 10
"""Bytes of a statement, of all its parameters, and of its result that are kept."""
MOST_MESSAGE = 256 << 10
"""Bytes of a message that are looked at; the rest is passed over."""
MOST_KNOWN = 1 << 20
"""Characters of the statements and parameters that are known by name."""
MOST_WAITING = 256
"""Statements that may wait for their results, and names of statements that are known."""
_VERSION, _CANCEL, _TLS, _GSSAPI = 3, 80_877_102, 80_877_103, 80_877_104
"""Major version, and codes that stand in its place."""
_MOST_STARTUP = 10_000
_INTEGERS, _FLOATS, _TEXTS = {20, 21, 23, 26}, {700: ">f", 701: ">d"}, {18, 19, 25, 114, 142, 705, 1042, 1043}
_BOOLEAN, _JSONB = 16, 3802
"""Numbers of types (`pg_type.dat`)."""
_ENDS = (b"C", b"s", b"I", b"E")
"""Complete, suspended (only so many rows were asked for), empty, failed."""

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(slots=True)
class Query:
    """A statement and what became of it."""

    statement: str
    parameters: tuple[str, ...] = ()
    begun_ns: int = 0
    ended_ns: int | None = None
    """When its result was complete; `None` where it was not."""
    rows: int | None = None
    """Rows that were returned or changed."""
    result: str = ""
    """As much as is kept: a line a row, values parted by tabs; or what the server said was wrong."""
    formats: tuple[int, ...] = ()
    """Of the values of its rows: 0 text, 1 binary; one stands for all."""


@dataclass(slots=True)
class _Waiting:
    """A place in the order of answers: a statement, or a point up to which errors reach."""

    query: Query | None = None
    is_end: bool = False
    """Whether the server says that it is ready when it is done with it."""
    pieces: list[str] = field(default_factory=list)
    kept: int = 0
    counted: int = 0

    @property
    def held(self) -> int:
        """Return how many characters it takes."""
        query = self.query
        return self.kept + (len(query.statement) + sum(map(len, query.parameters)) if query is not None else 0)


class _Invalid(Exception):
    """These bytes are no messages. The message is the reason on one line."""


class Postgres:
    """One connection."""

    def __init__(self) -> None:
        self._started = False
        self._asked = 0
        """Answers of one byte that the server owes: whether it speaks TLS or GSSAPI."""
        self._startup = b""
        self._sent, self._got = _Messages(), _Messages()
        self._statements: _Known[bytes, tuple[str, tuple[int, ...]]] = _Known()
        """Name → text, and types of its parameters as far as they were said."""
        self._portals: _Known[bytes, Query] = _Known()
        self._columns: _Known[str, tuple[int, ...]] = _Known()
        """Statement → types of its columns."""
        self._parsed, self._named = "", b""
        """The statement that was parsed or described last, and its name."""
        self._waiting: deque[_Waiting] = deque()
        self._given_up = ""
        self._deaf = ""
        """Why answers are not read, while statements are."""
        self._uncounted = 0

    @property
    def held(self) -> int:
        """Return how many bytes are held of what is not complete, and of what is known by name."""
        known = self._statements.size + self._portals.size + self._columns.size
        held = len(self._startup) + self._sent.held + self._got.held + known
        return held + sum([one.held for one in self._waiting]) if self._waiting else held

    def take(self, direction: Direction, data: bytes, at_ns: int = 0) -> Iterator[Query]:
        """Take what went one way and yield what is complete."""
        if self._given_up or (self._deaf and direction == "got"):
            self._uncounted += len(data)
            return
        try:
            if direction == "sent":
                for kind, body in self._sent.take(data if self._started else self._starting(data)):
                    self._says(kind, body, at_ns)
                while len(self._waiting) > (0 if self._deaf else MOST_WAITING):
                    yield from self._done(None)
            else:
                for kind, body in self._got.take(self._allowing(data)):
                    yield from self._answers(kind, body, at_ns)
        except (_Invalid, struct.error, IndexError) as error:
            self.give_up(f"no PostgreSQL: {error}", len(data))

    def give_up(self, reason: str, size: int = 0) -> None:
        """Understand nothing more of it; `size` bytes are the first that were not."""
        self._given_up = self._given_up or reason[:200]
        self._uncounted += size

    def skip(self, direction: Direction, reason: str) -> None:
        """Take note that bytes are missing: without all answers, statements are told alone; without all that was sent, nothing."""
        if direction == "sent":
            self.give_up(reason)
        else:
            self._deaf = self._deaf or reason[:200]

    def end(self, at_ns: int = 0) -> Iterator[Query | Undecoded]:
        """Yield what is left when the connection ends."""
        while self._waiting:
            yield from self._done(None)
        if reason := self._given_up or self._deaf:
            yield Undecoded(reason, self._uncounted, at_ns)

    # The client

    def _starting(self, data: bytes) -> bytes:
        """Take what comes before the first message with a type; return what follows."""
        self._startup += data
        while not self._started and len(self._startup) >= 8:
            size, code = struct.unpack_from(">II", self._startup)
            if not 8 <= size <= _MOST_STARTUP or (code not in (_CANCEL, _TLS, _GSSAPI) and code >> 16 != _VERSION):
                raise _Invalid("no start of a connection")
            if len(self._startup) < size:
                return b""
            self._startup = self._startup[size:]
            self._asked += code in (_TLS, _GSSAPI)
            self._started = code >> 16 == _VERSION
        if not self._started:
            return b""
        left, self._startup = self._startup, b""
        return left

    def _says(self, kind: bytes, body: bytes, at_ns: int) -> None:
        if kind == b"Q":
            self._waiting.append(_Waiting(Query(_text(body.partition(b"\0")[0]), begun_ns=at_ns), is_end=True))
        elif kind == b"P":
            name, _, rest = body.partition(b"\0")
            text, _, rest = rest.partition(b"\0")
            self._parsed, self._named = _text(text), name
            kinds = _numbers(rest, "I")[0] if rest else ()
            self._statements.put(name, (self._parsed, kinds), len(self._parsed) + len(kinds))
        elif kind == b"D" and body[:1] == b"S":
            self._named = body[1:].partition(b"\0")[0]
            self._parsed = self._statements.get(self._named, ("", ()))[0]
        elif kind == b"B":
            portal, _, rest = body.partition(b"\0")
            name, _, rest = rest.partition(b"\0")
            bound = self._bound(name, rest)
            self._portals.put(portal, bound, len(bound.statement) + sum(map(len, bound.parameters)))
        elif kind == b"E":
            known = self._portals.get(body.partition(b"\0")[0], Query(""))
            self._waiting.append(
                _Waiting(Query(known.statement, known.parameters, begun_ns=at_ns, formats=known.formats))
            )
        elif kind in (b"S", b"F"):
            self._waiting.append(_Waiting(is_end=True))

    def _bound(self, name: bytes, rest: bytes) -> Query:
        statement, types = self._statements.get(name, ("", ()))
        formats, rest = _numbers(rest, "H")
        values, rest = _values(rest)
        told, size = [], 0
        for place, value in enumerate(values):
            kind = types[place] if place < len(types) else 0
            text = cut(_value(value, kind, _format(formats, place)), MOST_KEPT - size)
            size += len(text)
            told.append(text)
        return Query(statement, tuple(told), formats=_numbers(rest, "H")[0] if rest else ())

    # The server

    def _allowing(self, data: bytes) -> bytes:
        """Take the answers of one byte; return what follows. Raises `_Invalid` where what follows is encrypted."""
        while data and self._asked:
            answer, data = data[:1], data[1:]
            self._asked -= 1
            if answer in (b"S", b"G"):
                raise _Invalid("encrypted from here on")
            if answer != b"N":
                return answer + data  # an error, as old servers have it
        return data

    def _answers(self, kind: bytes, body: bytes, at_ns: int) -> Iterator[Query]:
        if kind == b"Z":
            while self._waiting:
                is_end = self._waiting[0].is_end
                yield from self._done(at_ns)
                if is_end:
                    return
        elif kind == b"t":
            kinds, _ = _numbers(body, "I")
            self._statements.put(self._named, (self._parsed, kinds), len(self._parsed) + len(kinds))
        elif kind == b"T":
            self._described(body)
        elif self._waiting and (query := self._waiting[0].query) is not None:
            self._result(self._waiting[0], query, kind, body)
            # A simple query may be several statements: it is complete when the server is ready.
            if kind in _ENDS and not self._waiting[0].is_end:
                yield from self._done(at_ns)

    def _result(self, waiting: _Waiting, query: Query, kind: bytes, body: bytes) -> None:
        if kind == b"D":
            self._row(waiting, query, body)
        elif kind == b"d":  # COPY … TO STDOUT
            _keep(waiting, _text(body), "")
        elif kind == b"C":
            number = body.rstrip(b"\0").rpartition(b" ")[2]
            if number.isdigit() and len(number) < 19:
                query.rows = (query.rows or 0) + int(number)
        elif kind == b"s":
            query.rows = waiting.counted
        elif kind == b"E":
            _keep(waiting, _error(body))

    def _described(self, body: bytes) -> None:
        (count,) = struct.unpack_from(">H", body)
        kinds, at = [], 2
        for _ in range(count):
            at = body.index(b"\0", at) + 1 if b"\0" in body[at:] else len(body)
            if at + 18 > len(body):
                break
            kinds.append(struct.unpack_from(">I", body, at + 6)[0])
            at += 18
        query = self._waiting[0].query if self._waiting else None
        self._columns.put(query.statement if query else self._parsed, tuple(kinds), len(kinds))

    def _row(self, waiting: _Waiting, query: Query, body: bytes) -> None:
        waiting.counted += 1
        if waiting.kept >= MOST_KEPT:
            return
        kinds = self._columns.get(query.statement, ())
        values, _ = _values(body)
        texts = [
            _value(value, kinds[place] if place < len(kinds) else 0, _format(query.formats, place))
            for place, value in enumerate(values)
        ]
        _keep(waiting, "\t".join(texts))

    def _done(self, at_ns: int | None) -> Iterator[Query]:
        """Yield the statement that waits longest, if it is one."""
        waiting = self._waiting.popleft()
        if waiting.query is not None:
            waiting.query.result = cut("".join(waiting.pieces), MOST_KEPT)
            waiting.query.ended_ns = at_ns
            yield waiting.query


class _Messages:
    """One direction: a type of one byte, a length that counts itself, and a body."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._passed_over = 0

    @property
    def held(self) -> int:
        """Return how many bytes are held of a message that is not complete."""
        return len(self._data)

    def take(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield each message that is complete. Raises `_Invalid`."""
        self._data += data
        while True:
            if self._passed_over:
                gone = min(self._passed_over, len(self._data))
                del self._data[:gone]
                self._passed_over -= gone
            if len(self._data) < 5 or self._passed_over:
                return
            (size,) = struct.unpack_from(">I", self._data, 1)
            if size < 4 or size >= 1 << 31 or not 0x20 < self._data[0] < 0x7F:
                raise _Invalid("no message")
            looked_at = min(size, MOST_MESSAGE)
            if len(self._data) < 1 + looked_at:
                return
            kind, body = bytes(self._data[:1]), bytes(self._data[5 : 1 + looked_at])
            del self._data[: 1 + looked_at]
            self._passed_over = size - looked_at
            yield kind, body


class _Known(Generic[Key, Value]):
    """What is known by a name, as much as is kept: what was said last."""

    def __init__(self) -> None:
        self._found: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self.size = 0
        """Characters of all of it."""

    def put(self, key: Key, value: Value, size: int) -> None:
        """Know `value`, which takes `size` characters."""
        _, before = self._found.pop(key, (None, 0))
        self._found[key] = (value, size)
        self.size += size - before
        while len(self._found) > MOST_WAITING or (self.size > MOST_KNOWN and len(self._found) > 1):
            _, (_, gone) = self._found.popitem(last=False)
            self.size -= gone

    def get(self, key: Key, otherwise: Value) -> Value:
        """Return what is known by a name."""
        return self._found.get(key, (otherwise, 0))[0]


def _keep(waiting: _Waiting, text: str, between: str = "\n") -> None:
    if waiting.kept < MOST_KEPT:
        piece = (between if waiting.pieces else "") + text
        waiting.pieces.append(piece)
        waiting.kept += len(piece)


def _numbers(data: bytes, form: str) -> tuple[tuple[int, ...], bytes]:
    """Return numbers that follow how many they are, and what is behind them."""
    (count,) = struct.unpack_from(">H", data)
    shape = struct.Struct(f">{count}{form}")
    return shape.unpack_from(data, 2), data[2 + shape.size :]


def _values(data: bytes) -> tuple[list[bytes | None], bytes]:
    """Return values, each behind its length, which follow how many they are; and what is behind them."""
    (count,) = struct.unpack_from(">H", data)
    found: list[bytes | None] = []
    at = 2
    for _ in range(count):
        if at + 4 > len(data):
            break  # the message was too long to be looked at whole
        (size,) = struct.unpack_from(">i", data, at)
        at += 4
        found.append(None if size < 0 else data[at : at + size])
        at += max(0, size)
    return found, data[at:]


def _format(formats: tuple[int, ...], place: int) -> int:
    if len(formats) == 1:
        return formats[0]
    return formats[place] if place < len(formats) else 0


def _value(value: bytes | None, kind: int, form: int) -> str:
    """Return a value as text; nothing for NULL. A binary one of a type that is not known is hexadecimal, as `bytea` is."""
    if value is None:
        return ""
    if form == 0 or kind in _TEXTS:
        return _text(value)
    if kind in _INTEGERS and len(value) in (2, 4, 8):
        return str(int.from_bytes(value, "big", signed=kind != 26))
    if kind in _FLOATS and len(value) == struct.calcsize(_FLOATS[kind]):
        return repr(struct.unpack(_FLOATS[kind], value)[0])
    if kind == _BOOLEAN and len(value) == 1:
        return "t" if value != b"\0" else "f"
    if kind == _JSONB and value[:1] == b"\1":
        return _text(value[1:])
    return "\\x" + value[: MOST_KEPT // 2].hex()


def _error(body: bytes) -> str:
    fields = {part[:1]: part[1:] for part in body.split(b"\0") if part}
    return f"{_text(fields.get(b'S', b'ERROR'))}: {_text(fields.get(b'M', b''))}"


def _text(data: bytes) -> str:
    text = data[:MOST_KEPT].decode("utf-8", "replace")
    return text if len(data) <= MOST_KEPT else without_last_word(text)
