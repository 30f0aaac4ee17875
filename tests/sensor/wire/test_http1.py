"""HTTP/1.1 that passes by: requests with their responses, however the bytes were cut."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.wire.body import decoded
from sensor.wire.exchange import Exchange, Undecoded
from sensor.wire.http1 import MOST_HEAD, MOST_WAITING, Http1
from sensor.wire.kept import MOST_BODY
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


@given(st.data())
def test_however_broken_traffic_is_cut_the_same_is_told(given_data: st.DataObject) -> None:
    pieces = broken(given_data)
    source = random.Random(given_data.draw(st.integers(0, 2**32)))

    assert exchanges(read(cut(pieces, source))) == exchanges(read(pieces))


@given(st.lists(st.text("\r\n0a", min_size=1, max_size=12), min_size=1, max_size=5), st.integers(0, 2**32))
def test_chunks_end_where_they_say_whatever_is_in_them(chunks: list[str], seed: int) -> None:
    told = "".join(f"{len(one):x};some=words\r\n{one}\r\n" for one in chunks) + "0\r\nTrailer: 1\r\n\r\n"
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces: list[Piece] = [
        ("sent", head + told.encode() + request("/b", b"last")), ("got", response(b"one") + response(b"two"))
    ]  # fmt: skip
    found = [(one.request.target, one.request.body) for one in exchanges(read(cut(pieces, random.Random(seed))))]

    assert found == [("/a", "".join(chunks).encode()), ("/b", b"last")]


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
        request("/ws", method="GET", headers="Connection: upgrade\r\nUpgrade: chat/2\r\n")
        if status == 101
        else request("a:443", method="CONNECT")
    )
    answer = (
        f"HTTP/1.1 {status} Go\r\n" + ("Connection: upgrade\r\nUpgrade: chat/2\r\n" if status == 101 else "") + "\r\n"
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
    read(broken(given_data))


def broken(given_data: st.DataObject) -> list[Piece]:
    pieces = [(way, bytearray(piece)) for way, piece in CONVERSATION]
    for _ in range(given_data.draw(st.integers(1, 4))):
        _, piece = given_data.draw(st.sampled_from(pieces))
        piece[given_data.draw(st.integers(0, len(piece) - 1))] = given_data.draw(st.integers(0, 255))
    return [(way, bytes(piece)) for way, piece in pieces]


def exchanges(found: list[Exchange | Undecoded]) -> list[Exchange]:
    return [one for one in found if isinstance(one, Exchange)]


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 4", "Content-Length: 3\r\nContent-Length: 3", "Content-Length: 3, 3",
        "Content-Length: +3", "Content-Length: 0x3", "Content-Length: -3", "Content-Length: 3_0", "Content-Length:",
        "Content-Length: 99999999999999999999", "Content-Length : 3", " Content-Length: 3", "Content-Length: 3\r\n 0",
        "A: b\r\n\tc\r\nContent-Length: 3", "A: b\rContent-Length: 3", "A: b\nContent-Length: 3", "A: \x00\r\nContent-Length: 3",
        "Content-Length: 3\r\n\n", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip",
    ],
)  # fmt: skip
def test_what_two_readers_may_understand_differently_is_given_up(head: str) -> None:
    asked = f"POST / HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n3\r\nabc\r\n0\r\n\r\n".encode()
    answer = f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n3\r\nabc\r\n0\r\n\r\n".encode()
    of_request = read([("sent", asked), ("got", response(b"ok"))])
    of_response = read([("sent", request("/", b"ok")), ("got", answer)])

    assert [type(one) for one in of_request] == [Undecoded]
    assert [type(one) for one in of_response] == [Exchange, Undecoded]
    assert [one.response for one in exchanges(of_response)] == [None]


@pytest.mark.parametrize(
    "start",
    [
        "POST /a b HTTP/1.1", "POST  / HTTP/1.1", "POST /aHTTP/1.1", "POST / HTTP/0.9", "POST / HTTP/1.2", "POST / HTTP/2.0",
        "POST / http/1.1", "POST /", "\r\nPOST / HTTP/1.1", "post / HTTP/1.1", "ANNOUNCE rtsp://x RTSP/1.0", "SOURCE / ICE/1.0",
    ],
)  # fmt: skip
def test_start_lines_of_no_or_other_form_are_given_up(start: str) -> None:
    asked = f"{start}\r\nHost: x\r\nContent-Length: 2\r\n\r\nok".encode()

    assert [type(one) for one in read([("sent", asked), ("got", response(b"ok"))])] == [Undecoded]


@pytest.mark.parametrize(
    "start", ["HTTP/1.1 20 OK", "HTTP/1.1 000 No", "HTTP/1.1  200 OK", "HTTP/2.0 200 OK", "RTSP/1.0 200 OK"]
)
def test_status_lines_of_no_or_other_form_are_given_up(start: str) -> None:
    found = read([("sent", request("/", b"ok")), ("got", f"{start}\r\nContent-Length: 2\r\n\r\nok".encode())])

    assert [type(one) for one in found] == [Exchange, Undecoded]


@pytest.mark.parametrize(
    "chunks",
    [
        b"+3\r\nabc\r\n0\r\n\r\n", b"3 \r\nabc\r\n0\r\n\r\n", b"3\nabc\r\n0\r\n\r\n", b"3\r\nabcd\r\n0\r\n\r\n",
        b"3\r\nabc\n0\r\n\r\n", b"ffffffffffffffffff\r\nabc", b"3\r\nabc\r\n0\r\nContent-Length: 2\r\n\r\n",
        b"3\r\nabc\r\n0\r\nA: b\r\n c\r\n\r\n", b"3\r\nabc\r\n0\n\n", b"\r\n3\r\nabc\r\n0\r\n\r\n",
    ],
)  # fmt: skip
def test_chunks_that_two_readers_may_understand_differently_are_given_up(chunks: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert [type(one) for one in read([("sent", head + chunks), ("got", response(b"ok"))])] == [Undecoded]


def test_who_is_asked_is_said_once() -> None:
    for hosts in ("", "Host: a\r\nHost: b\r\n"):
        asked = f"GET / HTTP/1.1\r\n{hosts}\r\n".encode()
        assert [type(one) for one in read([("sent", asked), ("got", response())])] == [Undecoded]
    assert len(exchanges(read([("sent", b"GET / HTTP/1.0\r\n\r\n"), ("got", response())]))) == 1


def test_blanks_around_a_value_are_none_of_it() -> None:
    (one,) = read([("sent", b"POST / HTTP/1.1\r\nHost: \t x \t\r\nContent-Length: 2 \r\n\r\nok"), ("got", response())])

    assert isinstance(one, Exchange)
    assert one.request.headers == (("host", "x"), ("content-length", "2"))


def test_a_request_for_another_protocol_may_have_a_body_and_be_refused() -> None:
    asked = request("/ws", b"body", headers="Connection: upgrade\r\nUpgrade: h2c\r\n")
    found = read([("sent", asked + request("/b", b"")), ("got", response(b"no", status=400) + response(b"yes"))])

    assert [(one.request.body, one.response and one.response.body) for one in exchanges(found)] == [
        (b"body", b"no"), (b"", b"yes")
    ]  # fmt: skip
    assert len(found) == 2


def test_a_switch_that_nobody_asked_for_is_given_up() -> None:
    found = read([("sent", request("/")), ("got", b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")])

    assert [type(one) for one in found] == [Exchange, Undecoded]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [200, 204, 304])
def test_a_response_without_a_body_may_say_how_long_it_would_be(method: str, status: int) -> None:
    answer = f"HTTP/1.1 {status} X\r\nContent-Length: 4\r\n\r\n" + ("body" if (method, status) == ("GET", 200) else "")
    asked = request("/a", method=method) + request("/b", method="GET")
    found = read([("sent", asked), ("got", answer.encode() + response(b"b"))])

    assert [one.response and one.response.status for one in exchanges(found)] == [status, 200]
    assert len(found) == 2


def test_what_did_not_end_is_counted_with_the_connection() -> None:
    part = request("/x", b"12345")[:-2]
    for pieces, size in (
        ([("sent", part)], 3), ([("sent", request("/", b"whole") + part[:20])], 20),
        ([("sent", request("/x")), ("got", b"HTTP/1.1 2")], 10),
    ):  # fmt: skip
        assert [one.size for one in read(pieces) if isinstance(one, Undecoded)] == [size]


def test_events_of_a_stream() -> None:
    assert list(data('\ufeffevent: a\ndata: one\ndata:two\r\n\r\n: comment\n\ndata\n\nid: 3\n\ndata: cut off')) == [
        "one\ntwo", "", "cut off"
    ]  # fmt: skip


def test_a_response_is_of_the_moment_in_which_the_last_of_it_came_that_says_something() -> None:
    connection = Http1()
    asked = list(connection.take("sent", request("/"), 1))
    head, _, body = response(b"done", chunks=1).partition(b"\r\n\r\n")
    for at_ns, piece in ((2, head + b"\r\n\r\n"), (3, body.removesuffix(b"0\r\n\r\n")), (9, b"0\r\n\r\n")):
        asked += connection.take("got", piece, at_ns)

    (exchange,) = asked
    assert isinstance(exchange, Exchange)
    assert exchange.response is not None
    assert (exchange.response.body, exchange.response.ended_ns) == (b"done", 3)
