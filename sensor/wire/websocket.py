"""WebSocket as it passes by: the messages of a connection's two directions → requests with what was answered.

wsproto reads frames (RFC 6455); what is compressed in them (RFC 7692) is inflated here, within bounds. Messages are neither
requests nor responses, but programs talk by them as if they were: what a client says is taken for a request, and all that the
server says until the client speaks again, or until it says that this was all, for its response: one event for each message, as a
server that streams over HTTP sends them. Whatever the pieces in which bytes come, the same exchanges result.
"""

import re
import zlib
from collections.abc import Collection, Iterator
from typing import Any

from wsproto.extensions import Extension
from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode, ParseFailed, RsvBits

from sensor.wire.exchange import MESSAGE, Direction, Exchange, Request, Response, Undecoded, header
from sensor.wire.kept import MOST_BODY, Kept
from sensor.wire.sse import LINES

_PIECE = 4 << 10
"""Bytes that are given to wsproto at a time: what they spell may be a thousand times as long."""
_REASON = 200
_EVENTS = (("content-type", "text/event-stream"),)
_LAST = re.compile(rb'\s*\{\s*"type"\s*:\s*"(?:response\.(?:completed|failed|incomplete)|error)"')
"""How the last event of an answer begins (OpenAI API reference, Responses, WebSocket events)."""
_SWITCHING = 101


class WebSocket:
    """One connection, behind its handshake."""

    def __init__(self, handshake: Exchange) -> None:
        """`handshake`: the request for another protocol, and the response that it was taken."""
        self._asked = handshake.request
        agreed = header(handshake.response.headers, "sec-websocket-extensions") if handshake.response else ""
        self._ways = {
            "sent": FrameProtocol(client=False, extensions=_extensions(agreed)),
            "got": FrameProtocol(client=True, extensions=_extensions(agreed)),
        }
        self._parts = {"sent": Kept(), "got": Kept()}
        """What came of a message whose end did not."""
        self._request: Request | None = None
        self._answer = Kept()
        self._answered_ns = 0
        self._closed: set[Direction] = set()
        self._given_up = ""
        self._uncounted = 0
        """Bytes that were not understood."""

    def take(self, direction: Direction, data: bytes, at_ns: int = 0) -> Iterator[Exchange]:
        """Take what went one way and yield what is complete."""
        for begin in range(0, len(data), _PIECE):
            piece = data[begin : begin + _PIECE]
            if self._given_up:
                self._uncounted += len(piece)
                continue
            try:
                yield from self._piece(direction, piece, at_ns)
            except (ParseFailed, ValueError, AssertionError) as error:  # wsproto asserts what a hostile frame may break
                self._uncounted += len(piece)
                self.give_up(f"no WebSocket: {error}")

    def _piece(self, direction: Direction, piece: bytes, at_ns: int) -> Iterator[Exchange]:
        way, part = self._ways[direction], self._parts[direction]
        if direction in self._closed:
            raise ValueError("bytes behind the end")
        way.receive_bytes(piece)
        for frame in way.received_frames():
            payload = frame.payload
            if frame.opcode is Opcode.CLOSE:
                self._closed.add(direction)
            if frame.opcode.iscontrol() or isinstance(payload, tuple):  # the latter is what a close says
                continue
            part.keep(payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else bytes(payload))
            if frame.message_finished:
                self._parts[direction] = Kept()
                yield from self._said(part, at_ns) if direction == "sent" else self._heard(part, at_ns)
                part = self._parts[direction]

    def _said(self, message: Kept, at_ns: int) -> Iterator[Exchange]:
        yield from self._told()
        asked = self._asked
        self._request = Request(MESSAGE, asked.target, asked.headers, message.whole(), message.missing, at_ns)

    def _heard(self, message: Kept, at_ns: int) -> Iterator[Exchange]:
        if self._request is None:  # nobody asked
            self._request = Request(MESSAGE, self._asked.target, self._asked.headers, b"", 0, at_ns)
        text = message.whole()
        for line in LINES.split(text.decode("utf-8", "surrogateescape")):
            self._answer.keep(f"data: {line}\n".encode("utf-8", "surrogateescape"))
        self._answer.keep(b"\n")
        self._answer.missing += message.missing
        self._answered_ns = at_ns
        if _LAST.match(text):
            yield from self._told()

    def _told(self, *, cut_off: bool = False) -> Iterator[Exchange]:
        request, answer = self._request, self._answer
        self._request, self._answer = None, Kept()
        if request is not None:
            body = answer.whole()
            response = Response(_SWITCHING, _EVENTS, body, answer.missing, self._answered_ns, cut_off) if body else None
            yield Exchange(request, response)

    @property
    def held(self) -> int:
        """Return how many bytes are held of what is not complete."""
        asked = len(self._request.body) if self._request else 0
        return self._parts["sent"].held + self._parts["got"].held + self._answer.held + asked

    def give_up(self, reason: str) -> None:
        """Understand nothing more of it."""
        self._given_up = self._given_up or reason[:_REASON]

    def end(self, at_ns: int = 0) -> Iterator[Exchange | Undecoded]:
        """Yield what is left when the connection ends."""
        yield from self._told(cut_off=True)
        left = sum(part.size for part in self._parts.values())
        if left and not self._given_up:
            self._given_up = "a message that did not end"
        if self._given_up:
            yield Undecoded(self._given_up, self._uncounted + left, at_ns)


def _extensions(agreed: str) -> list[Extension]:
    """Return what both sides agreed to, for one direction: each has a state of its own."""
    for one in agreed.split(","):
        name, *parameters = (word.strip() for word in one.split(";"))
        if name == _Inflate.name:
            return [_Inflate({word.partition("=")[0].strip() for word in parameters})]
    return []


class _Inflate(Extension):
    """permessage-deflate (RFC 7692), one direction. The widest window reads what was made with any."""

    name = "permessage-deflate"

    def __init__(self, parameters: Collection[str]) -> None:
        self._parameters = parameters
        self._machine = zlib.decompressobj(-zlib.MAX_WBITS)
        self._compressed = self._control = False

    def offer(self) -> bool | str:
        return False  # nothing is offered by who listens

    def enabled(self) -> bool:
        return True

    def frame_inbound_header(
        self,
        proto: Any,  # noqa: ARG002 - the signature is wsproto's
        opcode: Opcode,
        rsv: RsvBits,
        payload_length: int,  # noqa: ARG002
    ) -> CloseReason | RsvBits:
        if rsv.rsv1 and (opcode.iscontrol() or opcode is Opcode.CONTINUATION):
            return CloseReason.PROTOCOL_ERROR
        self._control = opcode.iscontrol()
        if opcode in (Opcode.TEXT, Opcode.BINARY):  # the first frame of a message says it for all
            self._compressed = rsv.rsv1
        return RsvBits(True, False, False)

    def frame_inbound_payload_data(self, proto: Any, data: bytes | bytearray) -> bytes | CloseReason:  # noqa: ARG002
        return self._inflated(data) if self._compressed and not self._control else bytes(data)

    def frame_inbound_complete(self, proto: Any, fin: bool) -> bytes | CloseReason | None:
        if not fin or not self._compressed or self._control:
            return None
        found = self._inflated(b"\0\0\xff\xff")
        if f"{'server' if proto.client else 'client'}_no_context_takeover" in self._parameters:
            self._machine = zlib.decompressobj(-zlib.MAX_WBITS)
        return found

    def _inflated(self, data: bytes | bytearray) -> bytes | CloseReason:
        try:
            found = self._machine.decompress(data, MOST_BODY)
        except zlib.error:
            return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        # What has an end of its own, or says too much: nothing more comes of it, and it would be kept.
        return CloseReason.MESSAGE_TOO_BIG if self._machine.eof or self._machine.unconsumed_tail else found
