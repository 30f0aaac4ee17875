"""HTTP/1.1 as it passes by: the bytes of a connection's two directions → requests with their responses.

h11 is made for one who takes part. Here each message has a state machine of its own: a request is received by one in the role
of the server, its response by one in the role of the client that has sent the like. Whatever the pieces in which bytes come, the
same exchanges result.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import h11

from sensor.wire.exchange import Exchange, Headers, Request, Response, Undecoded, header

Direction = Literal["sent", "got"]
"""By the client, or from the server."""
MOST_HEAD = 256 << 10
"""Bytes of a start line with its headers."""
MOST_BODY = 16 << 20
"""Bytes of a body that are kept; the rest is counted."""
MOST_WAITING = 256
"""Requests that may wait for their responses (pipelining)."""
_REASON = 200


@dataclass(slots=True)
class _Body:
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    missing: int = 0

    def take(self, data: bytes) -> None:
        kept = data[: max(0, MOST_BODY - self.size)]
        self.pieces.append(bytes(kept))
        self.size += len(kept)
        self.missing += len(data) - len(kept)

    def whole(self) -> bytes:
        return b"".join(self.pieces)


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
        """Bytes since then."""

    def take(self, direction: Direction, data: bytes, at_ns: int = 0) -> Iterator[Exchange]:
        """Take what went one way and yield what is complete."""
        if self._given_up:
            self._uncounted += len(data)
            return
        try:
            if direction == "sent":
                self._request.take(data, at_ns)
                # A response may have come while its request was still being sent.
                yield from self._response.take(b"", at_ns)
            elif not self._request.begun and not self._waiting and not self._response.begun:
                raise h11.RemoteProtocolError("a response without a request")
            else:
                yield from self._response.take(data, at_ns)
        except h11.ProtocolError as error:
            self.give_up(f"no HTTP/1.1: {error}", len(data))

    def give_up(self, reason: str, size: int = 0) -> None:
        """Understand nothing more of it; `size` bytes are the first that were not."""
        self._given_up = self._given_up or reason[:_REASON]
        self._uncounted += size

    def end(self, at_ns: int = 0) -> Iterator[Exchange | Undecoded]:
        """Yield what is left when the connection ends: a response without a length ends with it."""
        if not self._given_up:
            try:
                yield from self._response.end(at_ns)
            except h11.ProtocolError as error:
                self.give_up(f"no HTTP/1.1: {error}")
        while self._waiting:
            yield Exchange(self._waiting.popleft(), None)
        if self._request.begun and not self._given_up:
            self.give_up("a request that did not end", self._request.size)
        if self._given_up:
            yield Undecoded(self._given_up, self._uncounted, at_ns)


class _Requests:
    """The direction of the requests."""

    def __init__(self, waiting: deque[Request]) -> None:
        self._waiting = waiting
        self._machine = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD)
        self._head: h11.Request | None = None
        self._body = _Body()
        self._begun_ns = 0

    @property
    def begun(self) -> bool:
        """Return whether the head of a request came whose end did not."""
        return self._head is not None

    @property
    def size(self) -> int:
        """Return how many bytes of its body came."""
        return self._body.size + self._body.missing

    def take(self, data: bytes, at_ns: int) -> None:
        """Take data. Raises `h11.RemoteProtocolError`."""
        if data:  # nothing means the end to h11
            self._machine.receive_data(data)
            self._read(at_ns)

    def _read(self, at_ns: int) -> None:
        while True:
            event = self._machine.next_event()
            if isinstance(event, h11.Request):
                self._head, self._body, self._begun_ns = event, _Body(), at_ns
            elif isinstance(event, h11.Data):
                self._body.take(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self._ended()
            else:
                return

    def _ended(self) -> None:
        if self._head is None:
            return
        if len(self._waiting) >= MOST_WAITING:
            raise h11.RemoteProtocolError("more requests than may wait for their responses")
        self._waiting.append(
            Request(
                self._head.method.decode("ascii", "replace"), self._head.target.decode("utf-8", "backslashreplace"),
                _headers(self._head.headers), self._body.whole(), self._body.missing, self._begun_ns,
            )
        )  # fmt: skip
        left, _ = self._machine.trailing_data
        self._machine = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD)
        self._machine.receive_data(left) if left else None
        self._head = None


class _Responses:
    """The direction of the responses."""

    def __init__(self, waiting: deque[Request]) -> None:
        self._waiting = waiting
        self._machine: h11.Connection | None = None
        self._early = b""
        """What came before the request that it answers was complete."""
        self._head: h11.Response | None = None
        self._body = _Body()
        self._switched = False

    @property
    def begun(self) -> bool:
        """Return whether the head of a response came whose end did not."""
        return self._head is not None

    def take(self, data: bytes, at_ns: int) -> Iterator[Exchange]:
        """Take data and yield what is complete. Raises `h11.RemoteProtocolError`."""
        self._early += data
        while self._early and self._waiting and not self._switched:
            given, self._early = self._early, b""
            machine = self._machine = self._machine or _client(self._waiting[0])
            machine.receive_data(given)
            yield from self._read(machine, at_ns)
        if self._switched and self._early:
            raise h11.RemoteProtocolError("another protocol from here on")
        if len(self._early) > MOST_HEAD:
            raise h11.RemoteProtocolError("a response without a request")

    def end(self, at_ns: int) -> Iterator[Exchange]:
        """Yield the response that ends with the connection, or as far as it came. Raises `h11.RemoteProtocolError`."""
        if self._machine is not None and not self._switched:
            try:
                self._machine.receive_data(b"")
                yield from self._read(self._machine, at_ns)
            except h11.RemoteProtocolError:
                if self._head is None:
                    raise
                yield Exchange(self._waiting.popleft(), self._told(self._head, at_ns, cut_off=True))
        if self._early:
            raise h11.RemoteProtocolError("a response without a request")

    def _read(self, machine: h11.Connection, at_ns: int) -> Iterator[Exchange]:
        while True:
            event = machine.next_event()
            if machine.their_state is h11.SWITCHED_PROTOCOL and isinstance(
                event, h11.Response | h11.InformationalResponse
            ):
                response = Response(event.status_code, _headers(event.headers), ended_ns=at_ns)
                yield Exchange(self._waiting.popleft(), response)
                self._switched = True
                self._early = machine.trailing_data[0] + self._early
                return
            if isinstance(event, h11.Response):
                self._head, self._body = event, _Body()
            elif isinstance(event, h11.Data):
                self._body.take(event.data)
            elif isinstance(event, h11.EndOfMessage) and self._head is not None:
                yield Exchange(self._waiting.popleft(), self._told(self._head, at_ns))
                left, _ = machine.trailing_data
                self._machine, self._head, self._early = None, None, left + self._early
                return
            elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return

    def _told(self, head: h11.Response, at_ns: int, *, cut_off: bool = False) -> Response:
        return Response(
            head.status_code, _headers(head.headers), self._body.whole(), self._body.missing, at_ns, cut_off
        )


def _client(request: Request) -> h11.Connection:
    """Return the state of a client that has sent the request: what its response may be depends on the method."""
    machine = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
    headers = [("Host", "x")]
    if header(request.headers, "upgrade"):
        headers += [("Connection", "upgrade"), ("Upgrade", "x")]
    method = request.method if request.method in ("HEAD", "CONNECT") else "GET"  # the others are alike
    machine.send(h11.Request(method=method, target="/", headers=headers))
    machine.send(h11.EndOfMessage())
    return machine


def _headers(given: Iterable[tuple[bytes, bytes]]) -> Headers:
    return tuple((name.decode("ascii", "replace"), value.decode("latin-1")) for name, value in given)
