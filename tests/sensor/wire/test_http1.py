"""HTTP/1.1 that passes by: requests with their responses, however the bytes were cut."""

import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.wire.body import MOST, Unreadable, decoded
from sensor.wire.exchange import Exchange, Undecoded
from sensor.wire.http1 import MOST_BODY, MOST_HEAD, MOST_WAITING, Http1
from sensor.wire.sse import data
from tests.sensor.wire.traffic import Piece, cut, read, request, response

CONVERSATION: list[Piece] = [
    ("sent", request("/first?x=1", {"a": 1})),
    ("got", b"HTTP/1.1 100 Continue\r\n\r\n" + response({"b": 2}, chunks=3)),
    ("sent", request("/second", b"z" * 10_000) + request("/third", method="GET")),
    ("got", response(b"", status=204) + response(b"y" * 9_000, zipped=True)),
    ("sent", request("/fourth", method="HEAD")),
    ("got", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"),
    ("sent", request("/last", method="GET")),
    ("got", b"HTTP/1.1 200 OK\r\n\r\nuntil the end"),
]


def test_a_conversation_is_told_request_by_request() -> None:
    found = read(CONVERSATION)
    assert all(isinstance(one, Exchange) for one in found)
    told = [
        (
            one.request.method,
            one.request.target,
            len(one.request.body),
            one.response.status,
            decoded(one.response.body, one.response.headers)[:9],
        )
        for one in found
        if isinstance(one, Exchange) and one.response
    ]

    assert told == [
        ("POST", "/first?x=1", 8, 200, b'{"b": 2}'), ("POST", "/second", 10_000, 204, b""), ("GET", "/third", 0, 200, b"y" * 9),
        ("HEAD", "/fourth", 0, 200, b""), ("GET", "/last", 0, 200, b"until the"),
    ]  # fmt: skip


@given(st.integers(0, 2**32))
def test_however_the_bytes_are_cut_the_same_is_told(seed: int) -> None:
    assert read(cut(CONVERSATION, random.Random(seed))) == read(CONVERSATION)


def test_a_response_that_comes_before_its_request_was_sent_whole_is_its_response() -> None:
    whole = request("/big", b"x" * 1_000)
    found = read([("sent", whole[:200]), ("got", response(b"no", status=413)), ("sent", whole[200:])])

    assert [
        (one.request.target, one.response and one.response.status) for one in found if isinstance(one, Exchange)
    ] == [("/big", 413)]


def test_a_request_without_a_response_is_told_at_the_end() -> None:
    (one,) = read([("sent", request("/x"))])

    assert isinstance(one, Exchange)
    assert one.response is None


def test_a_response_that_was_cut_off_is_told_as_far_as_it_came() -> None:
    (one,) = read([("sent", request("/x")), ("got", response(b"0123456789", chunks=2)[:-12])])

    assert isinstance(one, Exchange)
    assert one.response is not None
    assert (one.response.body, one.response.cut_off) == (b"01234", True)


@pytest.mark.parametrize("status", [101, 200])
def test_what_comes_after_a_switch_is_another_protocol(status: int) -> None:
    asked = (
        request("/ws", method="GET", headers="Connection: upgrade\r\nUpgrade: websocket\r\n")
        if status == 101
        else request("a:443", method="CONNECT")
    )
    answer = (
        f"HTTP/1.1 {status} Go\r\n"
        + ("Connection: upgrade\r\nUpgrade: websocket\r\n" if status == 101 else "")
        + "\r\n"
    )
    first, *rest = read([("sent", asked), ("got", answer.encode()), ("got", b"\x81\x05hello")])

    assert isinstance(first, Exchange)
    assert first.response is not None
    assert first.response.status == status
    assert [one.size for one in rest if isinstance(one, Undecoded)] == [7]


@pytest.mark.parametrize(
    "pieces",
    [
        [("sent", b"\x16\x03\x01 no text at all\r\n\r\n")],
        [("sent", request("/x")), ("got", b"SSH-2.0-OpenSSH\r\n")],
        [("got", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MOST_HEAD + 1))],
        [("sent", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * MOST_HEAD)],
        [("sent", request("/x", method="GET") * (MOST_WAITING + 1))],
    ],
)  # fmt: skip
def test_what_is_no_http_is_marked_and_never_raises(pieces: list[Piece]) -> None:
    assert any(isinstance(one, Undecoded) for one in read(pieces))


def test_a_body_that_is_too_long_is_kept_in_part_and_the_rest_is_counted() -> None:
    connection = Http1()
    size = MOST_BODY + 10
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()
    for piece in (head, b"x" * size):
        assert list(connection.take("sent", piece)) == []
    (one,) = connection.take("got", response())

    assert isinstance(one, Exchange)
    assert (len(one.request.body), one.request.missing) == (MOST_BODY, 10)


@given(st.lists(st.tuples(st.sampled_from(["sent", "got"]), st.binary(max_size=200)), max_size=8))
def test_arbitrary_bytes_raise_nothing(pieces: list[Piece]) -> None:
    read([("sent", request("/x", method="GET")), *pieces])


@given(st.data())
def test_broken_traffic_raises_nothing(given_data: st.DataObject) -> None:
    pieces = [(way, bytearray(piece)) for way, piece in CONVERSATION]
    for _ in range(given_data.draw(st.integers(1, 4))):
        _, piece = given_data.draw(st.sampled_from(pieces))
        piece[given_data.draw(st.integers(0, len(piece) - 1))] = given_data.draw(st.integers(0, 255))
    read([(way, bytes(piece)) for way, piece in pieces])


def test_bodies_are_decoded_and_bombs_are_not() -> None:
    raw = zlib.compress(b"text")[2:-4]
    assert decoded(gzip.compress(b"text"), (("content-encoding", "gzip"),)) == b"text"
    assert decoded(zlib.compress(b"text"), (("content-encoding", "deflate"),)) == b"text"
    assert decoded(raw, (("content-encoding", "deflate"),)) == b"text"
    assert decoded(gzip.compress(zlib.compress(b"text")), (("content-encoding", "deflate, gzip"),)) == b"text"
    for body, encoding in (
        (b"no", "gzip"), (gzip.compress(b"text")[:-9], "gzip"), (b"x", "br-of-mars"), (gzip.compress(bytes(MOST + 1)), "gzip"),
    ):  # fmt: skip
        with pytest.raises(Unreadable):
            decoded(body, (("content-encoding", encoding),))


def test_events_of_a_stream() -> None:
    assert list(data('\ufeffevent: a\ndata: one\ndata:two\r\n\r\n: comment\n\ndata\n\nid: 3\n\ndata: cut off')) == [
        "one\ntwo", "", "cut off"
    ]  # fmt: skip
