"""HTTP/1.1 as it passes by: the bytes of a connection's two directions → requests with their responses.

llhttp (httptools) reads heads and chunks, and reads them strictly: what two programs may understand differently is not understood.
It is made for one who takes part. It does not ask which request a response answers, and does not say where a message ended; so
it is given each head alone, up to the empty line, and how long the body is follows here from the head and from the request.
Whatever the pieces in which bytes come, the same exchanges result.
"""

import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

import httptools

from sensor.wire.exchange import Direction, Exchange, Request, Response, Undecoded, header
from sensor.wire.kept import Kept

MOST_HEAD = 256 << 10
"""Bytes of a start line with its headers."""
MOST_WAITING = 256
"""Requests that may wait for their responses (pipelining)."""
_REASON = 200
_EMPTY_LINE = b"\r\n\r\n"
_Parser = type[httptools.HttpRequestParser | httptools.HttpResponseParser]
_START: dict[_Parser, re.Pattern[bytes]] = {
    httptools.HttpRequestParser: re.compile(rb"[A-Z-]+ [^ ]+ HTTP/1\.[01]"),
    httptools.HttpResponseParser: re.compile(rb"HTTP/1\.[01] [1-9][0-9][0-9](?: [\t\x20-\x7e\x80-\xff]*)?"),
}
_SWITCHING, _OK = 101, 200
_SWITCHED = "another protocol from here on"
_BODYLESS = (204, 304)
"""Statuses whose responses have no body (RFC 9112, 6.3)."""


class _NotUnderstood(Exception):
    """The message is the reason on one line."""


class Http1:
    """One connection.

    Which response answers which request is told by their order alone, so nothing may be missing: after the first thing that is
    not understood the whole connection is given up, and what still comes is only counted.
    """

    def __init__(self) -> None:
        self._waiting: deque[Request] = deque()
        """Requests without a response yet."""
        self._request = _Requests(self._waiting)
        self._response = _Responses(self._waiting)
        self._given_up = ""
        self._uncounted = 0
        """Bytes that were not understood."""

    def take(self, direction: Direction, data: bytes, at_ns: int = 0) -> Iterator[Exchange]:
        """Take what went one way and yield what is complete."""
        if self._given_up:
            self._uncounted += len(data)
            return
        try:
            if direction == "sent":
                self._request.unread += data
                if self._response.switched:
                    raise _NotUnderstood(_SWITCHED)
                for _ in self._request.read(at_ns):
                    # Its response may have come while it was still being sent.
                    yield from self._response.read(at_ns)
            else:
                self._response.unread += data
                yield from self._response.read(at_ns)
                if self._response.unread and not (self._waiting or self._request.begun or self.handshake):
                    raise _NotUnderstood("a response without a request")
        except (_NotUnderstood, httptools.HttpParserError) as error:
            self.give_up(f"no HTTP/1.1: {error}")

    @property
    def handshake(self) -> Exchange | None:
        """Return the exchange behind which all is WebSocket."""
        return None if self._given_up else self._response.handshake

    @property
    def behind(self) -> bytes:
        """Return what the server said behind the handshake."""
        return bytes(self._response.unread)

    @property
    def held(self) -> int:
        """Return how many bytes are held of what is not complete."""
        request, response = self._request, self._response
        held = len(request.unread) + request.body.held + len(response.unread) + response.body.held
        return held + sum(len(one.body) for one in self._waiting) if self._waiting else held

    def give_up(self, reason: str) -> None:
        """Understand nothing more of it."""
        self._given_up = self._given_up or reason[:_REASON]
        for way in (self._request, self._response):
            self._uncounted += len(way.unread)
            way.unread.clear()
            way.done()

    def end(self, at_ns: int = 0) -> Iterator[Exchange | Undecoded]:
        """Yield what is left when the connection ends: a response without a length ends with it."""
        yield from self._response.end()
        while self._waiting:
            yield Exchange(self._waiting.popleft(), None)
        if self._request.begun:
            self._uncounted += self._request.body.size
            self.give_up("a request that did not end")
        elif self._response.unread:
            self.give_up("a response that did not end")
        if self._given_up:
            yield Undecoded(self._given_up, self._uncounted, at_ns)


class _Head:
    """What a parser finds in a head; it calls the methods."""

    __slots__ = ("complete", "headers", "method", "old", "status", "target")

    def __init__(self, *, old: bool) -> None:
        self.old = old
        """Whether it is of HTTP/1.0."""
        self.method, self.target = "", b""
        """Of a request."""
        self.status = 0
        """Of a response."""
        self.headers: list[tuple[str, str]] = []
        self.complete = False

    def on_url(self, url: bytes) -> None:
        """Take the target."""
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self.headers.append((name.decode("ascii", "replace").lower(), value.decode("latin-1").strip(" \t")))

    def on_headers_complete(self) -> None:
        """Take note of the end."""
        self.complete = True


class _Body(Kept):
    """A body of so many bytes; of -1, until the connection ends."""

    __slots__ = ("left",)

    def __init__(self, length: int) -> None:
        super().__init__()
        self.left = length

    @property
    def cut_off(self) -> bool:
        """Return whether the end of the connection came too early."""
        return self.left > 0

    def take(self, unread: bytearray) -> None:
        """Take out what belongs to it."""
        if 0 <= self.left < len(unread):
            self.keep(unread[: self.left])
            del unread[: self.left]
            self.left = 0
            return
        self.keep(unread)
        if self.left > 0:
            self.left -= len(unread)
        unread.clear()


_NOTHING = _Body(0)


class _Found:
    """What a parser finds in chunks; it calls the methods. Trailers are not asked for, so nothing of them is kept."""

    __slots__ = ("complete", "pieces")

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.complete = False

    def on_body(self, data: bytes) -> None:
        """Take data."""
        self.pieces.append(data)

    def on_message_complete(self) -> None:
        """Take note of the end."""
        self.complete = True


class _Chunks(_Body):
    """A body in chunks (RFC 9112, 7.1)."""

    __slots__ = ("_before", "_found", "_parser")

    def __init__(self) -> None:
        super().__init__(-1)
        self._found = _Found()
        self._parser = httptools.HttpRequestParser(self._found)
        self._parser.feed_data(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        self._before = b""
        """The last bytes that were read: an empty line may have begun there."""

    @property
    def cut_off(self) -> bool:
        """Return whether the end of the connection came too early."""
        return self.left != 0

    def take(self, unread: bytearray) -> None:
        """Take out what belongs to it. Raises `httptools.HttpParserError`."""
        before = at = len(self._before)
        data = self._before + unread
        try:
            while at < len(data) and self.left:
                # Chunks end with an empty line, though not each one is their end: so the parser gets no byte of what follows.
                end = data.find(_EMPTY_LINE, max(0, at - len(_EMPTY_LINE) + 1))
                stop = len(data) if end < 0 else end + len(_EMPTY_LINE)
                self._parser.feed_data(data[at:stop])
                at = stop
                self.keep(b"".join(self._found.pieces))
                self._found.pieces.clear()
                if self._found.complete:
                    self.left = 0
        finally:
            del unread[: at - before]
        self._before = data[-len(_EMPTY_LINE) + 1 :]


class _Way:
    """One direction: heads, each followed by its body."""

    def __init__(self, parser: _Parser) -> None:
        self._parser = parser
        self.unread = bytearray()
        """What came and was not understood yet."""
        self._looked_at = 0
        """Bytes of it in which no head ends."""
        self.head: _Head | None = None
        """Of the message whose end did not come."""
        self.body = _NOTHING

    @property
    def begun(self) -> bool:
        """Return whether something of a message came whose end did not."""
        return self.head is not None or bool(self.unread)

    def done(self) -> None:
        """Let go of the message."""
        self.head, self.body = None, _NOTHING

    def _next_head(self) -> _Head | None:
        """Take a head, if all of it came. Raises `_NotUnderstood` or `httptools.HttpParserError`."""
        end = self.unread.find(_EMPTY_LINE, self._looked_at)
        size = len(self.unread) if end < 0 else end + len(_EMPTY_LINE)
        if size > MOST_HEAD:
            raise _NotUnderstood(f"a head of more than {MOST_HEAD >> 10} KiB")
        if not self.unread[:1].isalpha():  # told at once, not when there is an empty line
            raise _NotUnderstood("no start line")
        if end < 0:
            self._looked_at = max(0, size - len(_EMPTY_LINE) + 1)
            return None
        head = _parsed(bytes(self.unread[:size]), self._parser)
        del self.unread[:size]
        self._looked_at = 0
        return head


def _parsed(data: bytes, kind: _Parser) -> _Head:
    line = data[: data.find(b"\r\n")]
    # llhttp knows other protocols, too, that look alike, and more blanks than one.
    if not _START[kind].fullmatch(line):
        raise _NotUnderstood("no start line of HTTP/1.1 or 1.0")
    head = _Head(old=b"HTTP/1.0" in line)
    parser = kind(head)
    with suppress(httptools.HttpParserUpgrade):  # whether another protocol follows is told by the response
        parser.feed_data(data)
    if not head.complete:
        raise _NotUnderstood("a head without an end")
    if isinstance(parser, httptools.HttpRequestParser):
        head.method = parser.get_method().decode("ascii")
    else:
        head.status = parser.get_status_code()
    return head


def _body(head: _Head, without: int) -> _Body:
    """Return the body that follows a head; `without` a length, this is it. Raises `_NotUnderstood`."""
    lengths = [value for name, value in head.headers if name == "content-length"]
    codings = [value for name, value in head.headers if name == "transfer-encoding"]
    if len(lengths) + len(codings) > 1:
        raise _NotUnderstood("a body of several lengths")
    if codings:
        if head.old or codings[0].lower() != "chunked":
            raise _NotUnderstood(f"transfer encoding {codings[0][:40]!r} is not known")
        return _Chunks()
    if lengths and not (lengths[0].isascii() and lengths[0].isdecimal()):
        raise _NotUnderstood("a length that is no number")
    return _Body(int(lengths[0]) if lengths else without)


class _Requests(_Way):
    """The direction of the requests."""

    def __init__(self, waiting: deque[Request]) -> None:
        super().__init__(httptools.HttpRequestParser)
        self._waiting = waiting
        self._begun_ns = 0

    def read(self, at_ns: int) -> Iterator[None]:
        """Read what came, and yield whenever a request is complete. Raises `_NotUnderstood` or `httptools.HttpParserError`."""
        while self.unread:
            if self.head is None:
                head = self._next_head()
                if head is None:
                    return
                hosts = [value for name, value in head.headers if name == "host"]
                if len(hosts) > 1 or not (hosts or head.old):
                    raise _NotUnderstood(f"a request with {len(hosts)} hosts")
                self.body = _body(head, without=0)
                self.head, self._begun_ns = head, at_ns
            self.body.take(self.unread)
            if self.body.left == 0:
                self._ended(self.head)
                yield

    def _ended(self, head: _Head) -> None:
        if len(self._waiting) >= MOST_WAITING:
            raise _NotUnderstood("more requests than may wait for their responses")
        self._waiting.append(
            Request(
                head.method, head.target.decode("utf-8", "backslashreplace"), tuple(head.headers), self.body.whole(),
                self.body.missing, self._begun_ns,
            )
        )  # fmt: skip
        self.done()


class _Responses(_Way):
    """The direction of the responses."""

    def __init__(self, waiting: deque[Request]) -> None:
        super().__init__(httptools.HttpResponseParser)
        self._waiting = waiting
        self._said_ns = 0
        """When the last of the message came that says something."""
        self.switched = False
        """Whether what comes now is of another protocol."""
        self.handshake: Exchange | None = None
        """By which that is WebSocket."""

    def read(self, at_ns: int) -> Iterator[Exchange]:
        """Yield what is complete. Raises `_NotUnderstood` or `httptools.HttpParserError`."""
        while self.unread and self._waiting and not self.switched:
            if self.head is None:
                head = self._next_head()
                if head is None:
                    return
                if head.status < _OK and head.status != _SWITCHING:
                    continue
                self.switched = _switches(self._waiting[0], head.status)
                bodyless = self.switched or self._waiting[0].method == "HEAD" or head.status in _BODYLESS
                self.body = _Body(0) if bodyless else _body(head, without=-1)
                self.head, self._said_ns = head, at_ns
            before = self.body.size
            self.body.take(self.unread)
            if self.body.size > before:
                self._said_ns = at_ns
            if self.body.left == 0:
                yield self._ended(self.head)
        if self.unread and self.switched and self.handshake is None:
            raise _NotUnderstood(_SWITCHED)
        if len(self.unread) > MOST_HEAD:
            raise _NotUnderstood("a response to a request that does not end")

    def end(self) -> Iterator[Exchange]:
        """Yield the response that ends with the connection, or as far as it came."""
        if self.head is not None:
            yield self._ended(self.head)

    def _ended(self, head: _Head) -> Exchange:
        body = self.body
        self.done()
        response = Response(head.status, tuple(head.headers), body.whole(), body.missing, self._said_ns, body.cut_off)
        exchange = Exchange(self._waiting.popleft(), response)
        # A request that still waits would never be answered.
        if (
            not self._waiting
            and head.status == _SWITCHING
            and header(response.headers, "upgrade").lower() == "websocket"
        ):
            self.handshake = exchange
        return exchange


def _switches(request: Request, status: int) -> bool:
    """Return whether another protocol follows a response. Raises `_NotUnderstood` where that was not asked for."""
    if status == _SWITCHING:
        if not header(request.headers, "upgrade"):
            raise _NotUnderstood("a switch to another protocol that was not asked for")
        return True
    return request.method == "CONNECT" and status // 100 == 2
