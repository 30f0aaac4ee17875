"""HTTP/2 that passes by, as two real ends speak it, however the bytes were cut; and with what no end would send."""

import random
from collections.abc import Iterable
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, StreamEnded
from h2.settings import SettingCodes
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
)
from hypothesis import given
from hypothesis import strategies as st

from sensor.wire.exchange import PREFACE, Direction, Exchange, Undecoded
from sensor.wire.http2 import MOST_FRAME, MOST_HEAD, MOST_STREAMS
from sensor.wire.kept import MOST_BODY
from tests.sensor.wire.traffic import Piece, cut, read

Fields = list[tuple[str, str]]
ASKED: Fields = [
    (":method", "POST"),
    (":scheme", "https"),
    (":authority", "x"),
    (":path", "/a"),
    ("accept", "text/plain"),
]
ANSWER: Fields = [(":status", "200"), ("content-type", "text/plain")]


class Ends:
    """Two ends in memory, and what went between them."""

    def __init__(self, server_settings: dict[Any, int] | None = None) -> None:
        self.client = H2Connection(H2Configuration(client_side=True))
        self.server = H2Connection(H2Configuration(client_side=False))
        self.pieces: list[Piece] = []
        self.heard: dict[Direction, list[Any]] = {"sent": [], "got": []}
        self.client.initiate_connection()
        if server_settings:
            self.server.local_settings.update(server_settings)
        self.server.initiate_connection()
        self.pass_on()

    def pass_on(self) -> None:
        """Have each end hear the other until both are silent."""
        ways: list[tuple[Direction, H2Connection, H2Connection]] = [
            ("sent", self.client, self.server), ("got", self.server, self.client)
        ]  # fmt: skip
        silent = False
        while not silent:
            silent = True
            for way, speaker, listener in ways:
                if data := speaker.data_to_send():
                    silent = False
                    self.pieces.append((way, data))
                    self.heard[way] += listener.receive_data(data)

    def ask(self, number: int, body: bytes = b"", *, fields: Fields = ASKED, ends: bool = True) -> None:
        self.client.send_headers(number, fields, end_stream=ends and not body)
        self.say(self.client, number, body, ends=ends)

    def answer(self, number: int, body: bytes = b"", *, fields: Fields = ANSWER, ends: bool = True) -> None:
        self.server.send_headers(number, fields, end_stream=ends and not body)
        self.say(self.server, number, body, ends=ends)

    def say(self, end: H2Connection, number: int, body: bytes, *, ends: bool = True) -> None:
        size = 10_000
        for at in range(0, len(body), size):
            last = ends and at + size >= len(body)
            end.send_data(number, body[at : at + size], end_stream=last, pad_length=at % 7 or None)
            self.pass_on()
            for other in (self.client, self.server):
                if other is not end and not last:
                    other.increment_flow_control_window(size)
        self.pass_on()


def conversation() -> list[Piece]:
    """Return a talk of several requests within each other, with all kinds of frames."""
    ends = Ends({SettingCodes.HEADER_TABLE_SIZE: 16_384, SettingCodes.MAX_FRAME_SIZE: 20_000})
    ends.ask(1, b"one" * 5_000)
    ends.ask(3, fields=[(":method", "GET"), *ASKED[1:], ("x-long", "y" * 30_000)])
    ends.server.send_headers(1, [(":status", "103"), ("link", "</style>")])
    ends.answer(3, b"three", ends=False)
    ends.client.ping(b"12345678")
    ends.answer(1, b"first" * 4_000)
    ends.say(ends.server, 3, b", at last", ends=False)
    ends.server.send_headers(3, [("x-trailer", "1")], end_stream=True)
    ends.ask(5, fields=[(":method", "HEAD"), *ASKED[1:]])
    ends.answer(5, fields=[*ANSWER, ("content-length", "500")])
    ends.ask(7)
    ends.answer(7, b"as far as ", ends=False)
    ends.client.reset_stream(7)
    ends.pass_on()
    ends.ask(9)
    ends.answer(9, b"it came", ends=False)
    ends.server.close_connection()
    ends.pass_on()
    assert sum(isinstance(event, RequestReceived) for event in ends.heard["sent"]) == 5
    assert sum(isinstance(event, StreamEnded) for event in ends.heard["got"]) == 3
    return ends.pieces


CONVERSATION = conversation()


def exchanges(found: Iterable[Exchange | Undecoded]) -> list[Exchange]:
    return [one for one in found if isinstance(one, Exchange)]


def test_a_conversation_is_told_request_by_request() -> None:
    found = read(CONVERSATION)
    told = [
        (one.request.method, len(one.request.body), one.response.status, one.response.body[:18], one.response.cut_off)
        for one in exchanges(found)
        if one.response
    ]

    assert told == [
        ("POST", 15_000, 200, b"firstfirstfirstfir", False), ("GET", 0, 200, b"three, at last", False),
        ("HEAD", 0, 200, b"", False), ("POST", 0, 200, b"as far as ", True), ("POST", 0, 200, b"it came", True),
    ]  # fmt: skip
    assert len(found) == len(told)
    assert exchanges(found)[0].request.headers == (("host", "x"), ("accept", "text/plain"))
    assert exchanges(found)[0].request.target == "/a"


@given(st.integers(0, 2**32))
def test_however_the_bytes_are_cut_the_same_is_told(seed: int) -> None:
    assert read(cut(CONVERSATION, random.Random(seed))) == read(CONVERSATION)


@given(st.data())
def test_however_broken_traffic_is_cut_the_same_is_told(given_data: st.DataObject) -> None:
    pieces = [(way, bytearray(piece)) for way, piece in CONVERSATION]
    for _ in range(given_data.draw(st.integers(1, 4))):
        _, piece = given_data.draw(st.sampled_from(pieces))
        piece[given_data.draw(st.integers(0, min(len(piece), 100) - 1))] = given_data.draw(st.integers(0, 255))
    broken: list[Piece] = [(way, bytes(piece)) for way, piece in pieces]
    source = random.Random(given_data.draw(st.integers(0, 2**32)))

    assert exchanges(read(cut(broken, source))) == exchanges(read(broken))


@given(st.lists(st.tuples(st.sampled_from(["sent", "got"]), st.binary(max_size=200)), max_size=8))
def test_arbitrary_bytes_raise_nothing(pieces: list[Piece]) -> None:
    read([("sent", PREFACE), *pieces])


# What no end would send, or no end of h2


def frames(*made: Frame) -> bytes:
    return b"".join(one.serialize() for one in made)


def headers(number: int, fields: Fields, encoder: Encoder, *flags: str) -> HeadersFrame:
    return HeadersFrame(number, encoder.encode(fields), flags=["END_HEADERS", *flags])


def talk(asked: Fields, answer: Fields = ANSWER) -> list[Piece]:
    return [
        ("sent", PREFACE + frames(headers(1, asked, Encoder(), "END_STREAM"))),
        ("got", frames(headers(1, answer, Encoder(), "END_STREAM"))),
    ]  # fmt: skip


def test_a_response_that_is_told_before_its_request_is_its_response() -> None:
    asked, answered = (piece for _, piece in talk(ASKED))
    found = read([("sent", PREFACE), ("got", answered), ("sent", asked[len(PREFACE) :])])

    assert [one.response and one.response.status for one in exchanges(found)] == [200]
    assert len(found) == 1


def test_what_the_server_says_first_is_no_sign_of_another_version() -> None:
    asked, answered = (piece for _, piece in talk(ASKED))
    found = read([("got", frames(SettingsFrame(0))), ("sent", asked), ("got", answered)])

    assert [type(one) for one in found] == [Exchange]


def test_an_answer_before_the_request_has_ended_is_told_when_the_stream_does() -> None:
    asking = frames(headers(1, ASKED, Encoder()), DataFrame(1, b"as much as "))
    refused = frames(headers(1, [(":status", "413")], Encoder(), "END_STREAM"), RstStreamFrame(1))
    (one,) = read([("sent", PREFACE + asking), ("got", refused)])

    assert isinstance(one, Exchange)
    assert one.response is not None
    assert (one.request.body, one.response.status, one.response.cut_off) == (b"as much as ", 413, False)


def test_a_request_that_did_not_end_is_counted() -> None:
    for more in (b"", frames(RstStreamFrame(1))):
        (one,) = read([("sent", PREFACE + frames(headers(1, ASKED, Encoder()), DataFrame(1, b"12345")) + more)])
        assert isinstance(one, Undecoded)
        assert one.size == 5


def test_a_body_that_is_too_long_is_kept_in_part_and_the_rest_is_counted() -> None:
    piece = frames(DataFrame(1, bytes(MOST_FRAME)))
    pieces: list[Piece] = [("sent", PREFACE + frames(headers(1, ASKED, Encoder())))]
    pieces += [("sent", piece)] * (MOST_BODY // MOST_FRAME) + [
        ("sent", frames(DataFrame(1, b"x" * 10, flags=["END_STREAM"])))
    ]
    (one,) = read([*pieces, ("got", frames(headers(1, ANSWER, Encoder(), "END_STREAM")))])

    assert isinstance(one, Exchange)
    assert (len(one.request.body), one.request.missing) == (MOST_BODY, 10)


def test_a_tunnel_is_told_and_what_is_in_it_counted() -> None:
    asked = headers(1, [(":method", "CONNECT"), (":authority", "y:443")], Encoder())
    first, *rest = read(
        [
            ("sent", PREFACE + frames(asked)), ("got", frames(headers(1, ANSWER, Encoder()))),
            ("sent", frames(DataFrame(1, b"12345"))), ("got", frames(DataFrame(1, b"678"))),
        ]
    )  # fmt: skip

    assert isinstance(first, Exchange)
    assert first.response is not None
    assert (first.request.target, first.response.cut_off) == ("y:443", False)
    assert [one.size for one in rest if isinstance(one, Undecoded)] == [8]


def test_what_was_pushed_is_no_exchange_but_its_headers_are_read() -> None:
    encoder = Encoder()
    promise = PushPromiseFrame(
        1, 2, encoder.encode([*ASKED[:3], (":path", "/pushed"), ("x-new", "1")]), flags=["END_HEADERS"]
    )
    pushed = headers(2, [*ANSWER, ("x-other", "2")], encoder, "END_STREAM")
    answer = headers(1, [*ANSWER, ("x-new", "1"), ("x-other", "2")], encoder, "END_STREAM")
    (one,) = read([talk(ASKED)[0], ("got", frames(promise, pushed, answer))])

    assert isinstance(one, Exchange)
    assert one.response is not None
    assert one.response.headers[1:] == (("x-new", "1"), ("x-other", "2"))


@pytest.mark.parametrize(
    "asked",
    [
        ASKED[1:], [*ASKED[:3], ASKED[4]], [*ASKED[:2], *ASKED[3:]], [*ASKED, (":path", "/b")], [*ASKED[:4], (":path", "/b")],
        [*ASKED, ("host", "y")],
    ],
)  # fmt: skip
def test_a_request_that_is_said_in_two_ways_or_not_whole_is_given_up(asked: Fields) -> None:
    assert [type(one) for one in read(talk(asked))] == [Undecoded]


@pytest.mark.parametrize("answer", [ANSWER[1:], [(":status", "20")], [*ANSWER, (":status", "201")]])
def test_a_response_without_one_status_is_given_up(answer: Fields) -> None:
    found = read(talk(ASKED, answer))

    assert [type(one) for one in found] == [Exchange, Undecoded]
    assert [one.response for one in exchanges(found)] == [None]


def begun(number: int = 1) -> HeadersFrame:
    return HeadersFrame(number, Encoder().encode(ASKED))


@pytest.mark.parametrize(
    "sent",
    [
        frames(begun(), PingFrame(0)), frames(begun(), DataFrame(1)), frames(begun(), ContinuationFrame(3, flags=["END_HEADERS"])),
        frames(ContinuationFrame(1, flags=["END_HEADERS"])), frames(begun(), begun()), frames(headers(2, ASKED, Encoder())),
        frames(HeadersFrame(1, b"\xff\xff\xff\xff\xff", flags=["END_HEADERS"])),
        frames(HeadersFrame(1, b"\x3f\xe1\xff\x7f", flags=["END_HEADERS"])),
        b"\x10\x00\x01\x00\x00\x00\x00\x00\x01", b"\x00\x00\x01\x00\x00\x00\x00\x00\x00x",
        frames(begun(), *(ContinuationFrame(1, bytes(16_000)) for _ in range(MOST_HEAD // 16_000 + 1))),
        frames(headers(1, [*ASKED, *[("x-many", "y" * 4_000)] * 70], Encoder())),
    ],
)  # fmt: skip
def test_what_is_no_http2_or_too_much_is_given_up(sent: bytes) -> None:
    assert any(isinstance(one, Undecoded) for one in read([("sent", PREFACE + sent), ("sent", b"more")]))


def test_so_many_requests_wait_and_no_more() -> None:
    encoder = Encoder()
    asked = [headers(2 * number + 1, ASKED, encoder, "END_STREAM") for number in range(MOST_STREAMS + 1)]
    found = read([("sent", PREFACE + frames(*asked))])

    assert [len(exchanges(found)), len(found)] == [MOST_STREAMS, MOST_STREAMS + 1]
