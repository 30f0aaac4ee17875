"""WebSocket that passes by. What is sent is made by wsproto's own client and server, which speak with each other."""

import json
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Message, Ping, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

from sensor.wire.exchange import Direction, Exchange, Undecoded
from sensor.wire.http import Http
from sensor.wire.model import UNREAD, span_of

Piece = tuple[Direction, bytes]
CREATE = {"type": "response.create", "model": "m-1", "instructions": "Be brief.", "input": "How warm is it?"}
OUTPUT = [
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "21 degrees, of course."}]}
]
EVENTS = [
    {"type": "response.created", "response": {"id": "resp_1", "model": "m-1", "output": []}},
    {"type": "response.output_text.delta", "delta": "21 degrees"},
    {
        "type": "response.completed",
        "response": {"id": "resp_1", "model": "m-1", "status": "completed", "output": OUTPUT},
    },
]


class Talk:
    """A client and a server, and what went between them."""

    def __init__(self, *, deflate: bool, **settings: bool) -> None:
        self.pieces: list[Piece] = []
        self._client, self._server = WSConnection(ConnectionType.CLIENT), WSConnection(ConnectionType.SERVER)
        offered = [PerMessageDeflate(**settings)] if deflate else []
        self._went("sent", self._client.send(Request("models.example", "/v1/responses", extensions=offered)))
        self._went("got", self._server.send(AcceptConnection(extensions=[PerMessageDeflate()] if deflate else [])))

    def client(self, *events: Message | Ping | CloseConnection) -> "Talk":
        for event in events:
            self._went("sent", self._client.send(event))
        return self

    def server(self, *events: Message | Ping | CloseConnection) -> "Talk":
        for event in events:
            self._went("got", self._server.send(event))
        return self

    def _went(self, direction: Direction, data: bytes) -> None:
        self.pieces.append((direction, data))
        other = self._server if direction == "sent" else self._client
        other.receive_data(data)
        list(other.events())


def heard(pieces: Iterable[Piece], size: int = 1 << 20) -> list[Exchange | Undecoded]:
    connection, found = Http(), list[Exchange | Undecoded]()
    for direction, data in pieces:
        for at in range(0, len(data), size):
            found += connection.take(direction, data[at : at + size], 7)
    assert connection.held >= 0
    return [*found, *connection.end(9)]


def asked(*, deflate: bool) -> Talk:
    """Return a talk with a model, with what else goes over such connections."""
    return (
        Talk(deflate=deflate)
        .client(Ping(), TextMessage(data=json.dumps(CREATE)[:20], message_finished=False))
        .client(TextMessage(data=json.dumps(CREATE)[20:]))
        .server(*(TextMessage(data=json.dumps(event)) for event in EVENTS))
        .client(BytesMessage(data=b"\x00\x01"), CloseConnection(code=1000))
    )


@pytest.mark.parametrize("deflate", [False, True])
def test_a_talk_with_a_model_is_an_exchange_of_its_interface(deflate: bool) -> None:
    found = heard(asked(deflate=deflate).pieces)

    handshake, talk, binary = found
    assert isinstance(handshake, Exchange)
    assert handshake.response is not None
    assert handshake.response.status == 101
    assert isinstance(talk, Exchange)
    assert json.loads(talk.request.body) == CREATE
    span = span_of(talk, "c", 1, "kernel:tls")
    assert span is not None
    assert span.attributes["gen_ai.input.messages"] == "How warm is it?"
    assert span.attributes["gen_ai.output.messages"] == OUTPUT
    assert span.attributes["gen_ai.response.id"] == "resp_1"
    assert UNREAD not in span.attributes
    assert isinstance(binary, Exchange)
    assert (binary.request.body, binary.response) == (b"\x00\x01", None)


@pytest.mark.parametrize("deflate", [False, True])
@given(size=st.integers(1, 300))
def test_any_pieces_give_the_same(deflate: bool, size: int) -> None:
    pieces = asked(deflate=deflate).pieces

    assert heard(pieces, size) == heard(pieces)


@pytest.mark.parametrize("setting", ["client_no_context_takeover", "server_no_context_takeover"])
def test_a_compression_that_forgets_is_read(setting: str) -> None:
    talk = Talk(deflate=True, **{setting: True})
    for number in range(3):
        talk.client(TextMessage(data=f"the same words {number}")).server(TextMessage(data=f"the same answer {number}"))

    _, *found = heard(talk.pieces)
    assert [one.request.body for one in found if isinstance(one, Exchange)] == [
        b"the same words %d" % number for number in range(3)
    ]
    assert [one.response.body for one in found if isinstance(one, Exchange) and one.response] == [
        b"data: the same answer %d\n\n" % number for number in range(3)
    ]


def test_what_a_server_says_unasked_is_told_and_lines_stay_lines() -> None:
    talk = Talk(deflate=False).server(TextMessage(data="one\ntwo"))

    _, found = heard(talk.pieces)
    assert isinstance(found, Exchange)
    assert found.response is not None
    assert (found.request.body, found.response.body) == (b"", b"data: one\ndata: two\n\n")


@pytest.mark.parametrize(
    "broken", [b"\xff" * 20, b"\x81\x05plain", b"\xc1\x85\0\0\0\0\xff\xff\xff\xff\xff", b"\xc9\x80\0\0\0\0"]
)
def test_bytes_that_are_no_frame_end_what_is_understood(broken: bytes) -> None:
    talk = Talk(deflate=True).client(TextMessage(data="heard"))
    talk.pieces += [("sent", broken), ("sent", b"and more")]

    *found, last = heard(talk.pieces)
    assert [one.request.body for one in found if isinstance(one, Exchange)] == [b"", b"heard"]
    assert isinstance(last, Undecoded)
    assert last.size >= len(broken)


@pytest.mark.parametrize(
    "agreed", ["server_max_window_bits=8", "server_max_window_bits", 'client_max_window_bits="15"', "what; is=this"]
)
def test_whatever_parameters_are_agreed_to_what_is_compressed_is_read(agreed: str) -> None:
    handshake, taken, *rest = asked(deflate=True).pieces
    said = taken[1].replace(b"permessage-deflate", b"permessage-deflate; " + agreed.encode())

    _, talk, _ = heard([handshake, ("got", said), *rest])
    assert isinstance(talk, Exchange)
    assert json.loads(talk.request.body) == CREATE


@pytest.mark.parametrize("direction", ["sent", "got"])
def test_what_comes_behind_the_end_is_not_kept_but_counted(direction: Direction) -> None:
    talk = Talk(deflate=False)
    close = CloseConnection(code=1000)
    pieces = [*(talk.client(close) if direction == "sent" else talk.server(close)).pieces, (direction, bytes(100_000))]
    connection = Http()
    for way, data in pieces:
        list(connection.take(way, data))

    assert connection.held == 0
    assert [one.size for one in connection.end() if isinstance(one, Undecoded)] == [100_000]


def test_compressed_data_with_an_end_of_its_own_is_not_kept() -> None:
    ends = zlib.compress(b"the end", wbits=-15)
    frame = b"\xc1\xff" + (1 << 40).to_bytes(8, "big") + bytes(4) + ends
    talk = Talk(deflate=True)

    *_, last = heard([*talk.pieces, ("sent", frame), ("sent", bytes(1_000_000))])
    assert isinstance(last, Undecoded)
    assert last.size >= 1_000_000


def test_an_answer_whose_lines_end_otherwise_is_read() -> None:
    answer = json.dumps(EVENTS[-1]).replace("{", "{\r", 1)
    talk = Talk(deflate=False).client(TextMessage(data=json.dumps(CREATE))).server(TextMessage(data=answer))

    _, found = heard(talk.pieces)
    assert isinstance(found, Exchange)
    span = span_of(found, "c", 1, "kernel:tls")
    assert span is not None
    assert span.attributes["gen_ai.output.messages"] == OUTPUT
    assert UNREAD not in span.attributes


def test_an_answer_that_the_end_cut_off_is_marked() -> None:
    talk = Talk(deflate=False).client(TextMessage(data=json.dumps(CREATE)))
    talk.server(TextMessage(data=json.dumps(EVENTS[0])))

    _, found = heard(talk.pieces)
    assert isinstance(found, Exchange)
    span = span_of(found, "c", 1, "kernel:tls")
    assert span is not None
    assert "ended before it did" in str(span.attributes[UNREAD])


def test_what_is_said_before_the_handshake_is_over_is_not_lost_in_silence() -> None:
    (_, hello), (_, taken), *_ = Talk(deflate=False).pieces
    early = b"\x81\x05early"

    found = heard([("sent", hello[:-2]), ("got", taken + early), ("sent", hello[-2:] + b"\x81\x84\0\0\0\0late")])
    assert any(isinstance(one, Undecoded) for one in found) or len(found) == 3


def test_a_message_that_does_not_end_is_marked() -> None:
    talk = Talk(deflate=False).client(TextMessage(data="half", message_finished=False))

    assert isinstance(heard(talk.pieces)[-1], Undecoded)


@given(st.lists(st.tuples(st.sampled_from(["sent", "got"]), st.binary(max_size=60)), max_size=12), st.booleans())
def test_whatever_comes_there_is_an_end(pieces: list[Piece], deflate: bool) -> None:
    heard([*Talk(deflate=deflate).pieces, *pieces])
