"""HTTP/2 as it passes by: the bytes of a connection's two directions → requests with their responses.

hyperframe reads frames and hpack their headers. Which request a response answers is told by the number of their stream. The
headers of each direction build on those before them, so nothing may be missing here either: after the first thing that is not
understood the whole connection is given up. Whatever the pieces in which bytes come, the same exchanges result.
"""

import re
from collections.abc import Callable, Iterable, Iterator

import hpack
from hyperframe.exceptions import HyperframeError
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    HeadersFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
)

from sensor.wire.exchange import PREFACE, Direction, Exchange, Headers, Request, Response, Undecoded
from sensor.wire.kept import Kept

MOST_HEAD = 256 << 10
"""Bytes of the headers of a message, packed and unpacked."""
MOST_FRAME = 1 << 20
"""Bytes of a frame; most programs allow 16 KiB."""
MOST_TABLE = 64 << 10
"""Bytes of headers that may be referred to later."""
MOST_STREAMS = 1_000
"""Requests of a connection that are under way at a time."""
_FRAME_HEAD = 9
_HEADER = 100
"""Bytes that a header takes besides its own."""
_REASON = 200
_STATUS = re.compile(r"[1-9][0-9][0-9]")
_OK = 200
_Fields = Iterable[tuple[bytes, bytes]]


class _NotUnderstood(Exception):
    """The message is the reason on one line."""


class Http2:
    """One connection."""

    def __init__(self) -> None:
        self._request = _Way()
        self._response = _Way()
        self._begun = False
        """Whether the preface came."""
        self._streams: dict[int, _Stream] = {}
        self._latest = 0
        """Number of the last stream that was opened."""
        self._kept = 0
        """Bytes of the streams that are held."""
        self._given_up = ""
        self._uncounted = 0
        """Bytes that were not understood, or belong to no exchange."""

    @property
    def held(self) -> int:
        """Return how many bytes are held of what is not complete."""
        return len(self._request.unread) + len(self._response.unread) + self._kept

    def take(self, direction: Direction, data: bytes, at_ns: int = 0) -> Iterator[Exchange]:
        """Take what went one way and yield what is complete."""
        if self._given_up:
            self._uncounted += len(data)
            return
        try:
            if direction == "sent":
                self._request.unread += data
                yield from self._requests(at_ns)
            else:
                self._response.unread += data
                yield from self._responses(at_ns)
        except hpack.HPACKError as error:  # its words may quote what was sent, or an address in our memory
            self.give_up(f"no HTTP/2: headers cannot be unpacked ({type(error).__name__})")
        except (_NotUnderstood, HyperframeError) as error:
            self.give_up(f"no HTTP/2: {error}")

    def give_up(self, reason: str) -> None:
        """Understand nothing more of it; what is under way is told when it ends."""
        self._given_up = self._given_up or reason[:_REASON]
        for way in (self._request, self._response):
            self._uncounted += len(way.unread)
            way.clear()

    def end(self, at_ns: int = 0) -> Iterator[Exchange | Undecoded]:
        """Yield what is left when the connection ends, each response as far as it came."""
        for number in list(self._streams):
            yield from self._closed(number)
        self._uncounted += len(self._request.unread) + len(self._response.unread)
        if self._uncounted or self._given_up:
            yield Undecoded(self._given_up or "bytes of HTTP/2 that belong to no exchange", self._uncounted, at_ns)

    def _requests(self, at_ns: int) -> Iterator[Exchange]:
        if not self._begun:
            if len(self._request.unread) < len(PREFACE):
                return
            if not self._request.unread.startswith(PREFACE):
                raise _NotUnderstood("no preface")
            del self._request.unread[: len(PREFACE)]
            self._begun = True
        for frame, fields in self._request.frames():
            if isinstance(frame, HeadersFrame):
                self._asked(frame.stream_id, fields, at_ns)
            yield from self._either(frame, self._response, "sent", at_ns)
            # Its response may have come before it, as it is told when it was sent whole.
            if self._response.unread:
                yield from self._responses(at_ns)

    def _responses(self, at_ns: int) -> Iterator[Exchange]:
        for frame, fields in self._response.frames(self._is_early):
            if isinstance(frame, HeadersFrame) and (stream := self._streams.get(frame.stream_id)):
                before = stream.held
                stream.answered(fields)
                if stream.got.size == 0:  # what comes behind the body says nothing
                    stream.said_ns = at_ns
                self._kept += stream.held - before
                if stream.request.method == "CONNECT" and stream.status // 100 == 2:
                    # What follows is another protocol within the stream.
                    yield from self._closed(frame.stream_id, whole=True)
            yield from self._either(frame, self._request, "got", at_ns)

    def _is_early(self, frame: Frame) -> bool:
        return isinstance(frame, HeadersFrame) and frame.stream_id % 2 == 1 and frame.stream_id > self._latest

    def _asked(self, number: int, fields: _Fields, at_ns: int) -> None:
        """Open a stream, unless it is the end of one, or of one that was closed meanwhile."""
        if number <= self._latest:
            return
        if number % 2 == 0:
            raise _NotUnderstood("a request with a number of the server's")
        if len(self._streams) >= MOST_STREAMS:
            raise _NotUnderstood("more requests than may wait for their responses")
        self._latest = number
        stream = self._streams[number] = _Stream(_request(fields, at_ns))
        self._kept += stream.held

    def _either(self, frame: Frame, other: "_Way", way: Direction, at_ns: int) -> Iterator[Exchange]:
        """Take what may go either way."""
        if isinstance(frame, SettingsFrame):
            other.may_refer_to(frame.settings.get(SettingsFrame.HEADER_TABLE_SIZE, 0))
        elif isinstance(frame, RstStreamFrame):
            yield from self._closed(frame.stream_id)
        elif isinstance(frame, HeadersFrame | DataFrame):
            stream = self._streams.get(frame.stream_id)
            if stream is None:
                self._uncounted += len(frame.data) if isinstance(frame, DataFrame) else 0
                return
            body = stream.sent if way == "sent" else stream.got
            if isinstance(frame, DataFrame):
                before = body.held
                body.keep(frame.data)
                self._kept += body.held - before
                if way == "got" and frame.data:
                    stream.said_ns = at_ns
            if "END_STREAM" in frame.flags:
                stream.ended.add(way)
                if len(stream.ended) == 2:
                    yield from self._closed(frame.stream_id)

    def _closed(self, number: int, *, whole: bool = False) -> Iterator[Exchange]:
        """Yield what a stream has held. A request that did not end and was not answered is none."""
        stream = self._streams.pop(number, None)
        if stream is None:
            return
        self._kept -= stream.held
        if "sent" in stream.ended or stream.status:
            yield stream.exchange(cut_off="got" not in stream.ended and not whole)
        else:
            self._uncounted += stream.sent.size


class _Stream:
    """A request and its response."""

    __slots__ = ("_head", "ended", "got", "headers", "request", "said_ns", "sent", "status")

    def __init__(self, request: Request) -> None:
        self.request = request
        """Without its body."""
        self.sent, self.got = Kept(), Kept()
        self.ended: set[Direction] = set()
        self.status = 0
        self.said_ns = 0
        """When the last of the response came that says something."""
        self.headers: Headers = ()
        """Of the response."""
        self._head = _size(request.headers)

    @property
    def held(self) -> int:
        """Return how many bytes it takes, about."""
        return self._head + self.sent.held + self.got.held

    def answered(self, fields: _Fields) -> None:
        """Take the headers of the response; not those before it (1xx), and not those at its end."""
        if self.status:
            return
        pseudo, headers = _parted(fields)
        status = pseudo.get(":status", "")
        if not _STATUS.fullmatch(status):
            raise _NotUnderstood("a response without a status")
        if int(status) >= _OK:
            self.status, self.headers = int(status), headers
            self._head += _size(headers)

    def exchange(self, *, cut_off: bool) -> Exchange:
        """Return what was said."""
        asked = self.request
        request = Request(
            asked.method, asked.target, asked.headers, self.sent.whole(), self.sent.missing, asked.begun_ns
        )
        if not self.status:
            return Exchange(request, None)
        return Exchange(
            request, Response(self.status, self.headers, self.got.whole(), self.got.missing, self.said_ns, cut_off)
        )


class _Way:
    """One direction: frames, some of which carry headers."""

    def __init__(self) -> None:
        self.unread = bytearray()
        self._decoder = hpack.Decoder(MOST_HEAD)
        self._opened: HeadersFrame | PushPromiseFrame | None = None
        """What began a list of headers whose end did not come."""
        self._block = bytearray()

    def clear(self) -> None:
        """Let go of what came."""
        self.unread.clear()
        self._block.clear()

    def may_refer_to(self, size: int) -> None:
        """Take note of how many bytes the other side keeps. Who sends says himself if he uses less."""
        self._decoder.max_allowed_table_size = max(self._decoder.max_allowed_table_size, min(size, MOST_TABLE))

    def frames(self, is_early: Callable[[Frame], bool] = lambda _: False) -> Iterator[tuple[Frame, _Fields]]:
        """Yield frames, and the headers of those that have some, when all of them came; up to one that is early.

        Raises `_NotUnderstood`, `HyperframeError` or `hpack.HPACKError`.
        """
        while len(self.unread) >= _FRAME_HEAD:
            frame, length = Frame.parse_frame_header(memoryview(bytes(self.unread[:_FRAME_HEAD])))
            if length > MOST_FRAME:
                raise _NotUnderstood(f"a frame of more than {MOST_FRAME >> 10} KiB")
            end = _FRAME_HEAD + length
            if is_early(frame):
                if len(self.unread) > MOST_FRAME:
                    raise _NotUnderstood("a response without a request")
                return
            if len(self.unread) < end:
                return
            frame.parse_body(memoryview(bytes(self.unread[_FRAME_HEAD:end])))
            yield from self._with_headers(frame)
            del self.unread[:end]

    def _with_headers(self, frame: Frame) -> Iterator[tuple[Frame, _Fields]]:
        """Yield a frame if it needs no more; a list of headers must not be interrupted."""
        if isinstance(frame, ContinuationFrame) != (self._opened is not None):
            raise _NotUnderstood("headers that do not follow each other")
        if isinstance(frame, HeadersFrame | PushPromiseFrame):
            self._opened = frame
        if self._opened is None or not isinstance(frame, HeadersFrame | PushPromiseFrame | ContinuationFrame):
            yield frame, ()
            return
        if frame.stream_id != self._opened.stream_id:
            raise _NotUnderstood("headers that do not follow each other")
        self._block += frame.data
        if len(self._block) > MOST_HEAD:
            raise _NotUnderstood(f"headers of more than {MOST_HEAD >> 10} KiB")
        if "END_HEADERS" in frame.flags:
            opened, block = self._opened, bytes(self._block)
            self._opened = None
            self._block.clear()
            yield opened, self._decoder.decode(block, raw=True)


def _size(headers: Headers) -> int:
    return sum(_HEADER + len(name) + len(value) for name, value in headers)


def _request(fields: _Fields, at_ns: int) -> Request:
    """Return a request without its body; who is asked is its `host`, as in HTTP/1.1. Raises `_NotUnderstood`."""
    pseudo, headers = _parted(fields)
    method, authority = pseudo.get(":method", ""), pseudo.get(":authority", "")
    target = authority if method == "CONNECT" and ":path" not in pseudo else pseudo.get(":path", "")
    hosts = {value for name, value in headers if name == "host"} | ({authority} if authority else set())
    if not method or not target or len(hosts) != 1:
        raise _NotUnderstood(f"a request with {len(hosts)} hosts, method {method[:40]!r} and target {target[:40]!r}")
    others = tuple((name, value) for name, value in headers if name != "host")
    return Request(method, target, (("host", hosts.pop()), *others), begun_ns=at_ns)


def _parted(fields: _Fields) -> tuple[dict[str, str], Headers]:
    """Return what HTTP/1.1 has in a start line, and the headers, which come behind. Raises `_NotUnderstood`."""
    pseudo: dict[str, str] = {}
    headers: list[tuple[str, str]] = []
    for name, value in ((name.decode("latin-1"), value.decode("latin-1")) for name, value in fields):
        if not name.startswith(":"):
            headers.append((name.lower(), value.strip(" \t")))
        elif headers or name in pseudo:
            raise _NotUnderstood("headers that are said twice, or at a wrong place")
        else:
            pseudo[name] = value
    return pseudo, tuple(headers)
