"""Bytes of sockets in plain text → exchanges and queries, with who asked and who answered."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.event import DatabaseQueried, Event, HttpRequested, HttpResponded, ToolServed, Unparsed
from sensor.probes.record import Record, Type
from tests.sensor.probes.test_connections import record as plaintext
from tests.sensor.probes.traffic import address, passed, record, told
from tests.sensor.wire.test_mcp import ANSWER, CALL
from tests.sensor.wire.test_postgres import CONVERSATION, startup
from tests.sensor.wire.traffic import Piece, cut, request, response

SERVER = address("127.0.0.1", 8080)
_KINDS = {"sent": Type.SENT, "got": Type.GOT}


def spoken(pieces: list[Piece], stream: int = 5, tgid: int = 7, port: int = 4_000) -> list[Record]:
    """Return the records of what a client said and heard."""
    offsets = {"sent": 0, "got": 0}
    found = []
    for way, data in pieces:
        found.append(
            passed(
                _KINDS[way],
                data,
                stream=stream,
                tgid=tgid,
                offset=offsets[way],
                peer=SERVER,
                port=port,
                at_ns=500 + len(found),
            )
        )
        offsets[way] += len(data)
    return found


def kinds(found: list[Event]) -> list[str]:
    return [event.kind for event in found]


def test_an_exchange_is_told_with_the_url_in_plain_text() -> None:
    found = told(*spoken([("sent", request("/a?b=1", {"x": 1})), ("got", response(b"fine"))]))
    asked, answered = found

    assert isinstance(asked, HttpRequested)
    assert isinstance(answered, HttpResponded)
    assert (asked.url, asked.body, answered.body) == ("http://x/a?b=1", '{"x": 1}', "fine")


def test_a_proxy_is_asked_for_a_whole_url_or_for_a_tunnel() -> None:
    whole, tunnel = (
        told(*spoken([("sent", request(target, method=method)), ("got", response())]))[0]
        for target, method in (("http://far.example/a", "GET"), ("far.example:443", "CONNECT"))
    )

    assert isinstance(whole, HttpRequested)
    assert isinstance(tunnel, HttpRequested)
    assert (whole.url, tunnel.url) == ("http://far.example/a", "http://far.example:443")


def test_a_response_without_a_length_ends_with_the_connection() -> None:
    records = spoken(
        [("sent", request("/", method="GET")), ("got", b"HTTP/1.1 200 OK\r\n\r\nuntil the end"), ("got", b"")]
    )

    assert [one.body for one in told(*records) if isinstance(one, HttpResponded)] == ["until the end"]


def test_a_call_of_a_tool_is_told_with_its_server_where_that_is_on_this_machine() -> None:
    pieces: list[Piece] = [
        ("sent", request("/mcp", CALL)),
        ("got", response(ANSWER, headers="Content-Type: application/json\r\n")),
    ]
    accepted = record(Type.ACCEPTED, address("127.0.0.1", 4_000), tgid=9)
    elsewhere = record(Type.ACCEPTED, address("203.0.113.7", 4_000), tgid=9)

    for before, server in ((accepted, 9), (elsewhere, None)):
        (one,) = (one for one in told(before, *spoken(pieces)) if isinstance(one, ToolServed))
        assert (one.name, one.text, one.client and one.client.pid) == ("pay", "paid", 7)
        assert (one.process and one.process.pid) == server


def test_what_a_database_is_asked_is_told_with_its_peer() -> None:
    found = told(*spoken(CONVERSATION))

    assert kinds(found) == ["database_queried"] * 6
    assert isinstance(found[0], DatabaseQueried)
    assert (found[0].system, found[0].server, found[0].rows) == ("postgresql", "127.0.0.1:8080", 2)


def test_where_answers_of_a_database_are_missing_statements_are_told_without() -> None:
    records = spoken(CONVERSATION)
    found = told(*records[:7], *records[8:])

    assert kinds(found) == ["database_queried"] * 6 + ["unparsed"]
    assert [(one.rows, one.result) for one in found if isinstance(one, DatabaseQueried)] == [(None, None)] * 6
    assert isinstance(found[-1], Unparsed)
    assert "missing" in found[-1].reason


def test_where_statements_are_missing_nothing_is_read_behind_them() -> None:
    records = spoken(CONVERSATION)

    assert kinds(told(*records[:6], *records[7:])) == ["unparsed"]


def secured(stream: int, peer: bytes) -> list[Record]:
    """Return the records of a socket on which a client of PostgreSQL asks for TLS, gets it and begins."""
    return [
        passed(Type.SENT, startup(80_877_103), stream=stream, peer=peer),
        passed(Type.GOT, b"S", stream=stream, peer=peer),
        passed(Type.TLS_SPOKEN, b"", stream=stream, peer=peer),
    ]


def within(pieces: list[Piece], connection: int = 1) -> list[Record]:
    """Return the records of what was said inside TLS."""
    offsets = {"sent": 0, "got": 0}
    found = []
    for way, data in pieces:
        kind = Type.TLS_SENT if way == "sent" else Type.TLS_GOT
        found.append(plaintext(kind, data, offset=offsets[way], connection=connection))
        offsets[way] += len(data)
    return found


@pytest.mark.parametrize(
    ("peers", "server"),
    [
        ([SERVER], "127.0.0.1:8080"), ([SERVER, SERVER], "127.0.0.1:8080"), ([SERVER, address("10.0.0.9", 5432)], ""),
        ([SERVER, address("10.0.0.9", 5432), SERVER], ""), ([], ""),
    ],
)  # fmt: skip
def test_a_database_inside_tls_is_told_with_its_peer_where_no_other_can_be_meant(
    peers: list[bytes], server: str
) -> None:
    opening = [one for stream, peer in enumerate(peers) for one in secured(stream, peer)]
    events = told(*opening, *within(CONVERSATION[2:]))
    found = [one for one in events if isinstance(one, DatabaseQueried)]

    assert len(found) == 6
    assert {one.server for one in found} == {server}
    assert (found[0].system, found[0].statement, found[0].rows) == ("postgresql", "SELECT id, name FROM staff", 2)
    assert "unparsed" not in kinds(events)


@given(st.integers(0, 2**32))
def test_however_plaintext_of_a_database_is_cut_the_same_is_told(seed: int) -> None:
    whole, pieces = (
        [one for one in told(*within(pieces)) if isinstance(one, DatabaseQueried)]
        for pieces in (CONVERSATION[2:], cut(CONVERSATION[2:], random.Random(seed)))
    )

    assert pieces == whole


def test_a_proxy_that_was_asked_for_a_tunnel_is_told_also_where_tls_follows() -> None:
    records = spoken([("sent", request("far.example:443", method="CONNECT")), ("got", response())])

    assert kinds(told(*records, passed(Type.TLS_SPOKEN, b"", stream=5, peer=SERVER)))[0] == "http_requested"
