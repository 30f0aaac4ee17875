"""Bytes of sockets in plain text → exchanges and queries, with who asked and who answered."""

from sensor.event import DatabaseQueried, Event, HttpRequested, HttpResponded, ToolServed, Unparsed
from sensor.probes.record import Record, Type
from sensor.probes.streams.sockets import MOST_DATABASES
from tests.sensor.probes.traffic import address, exited, passed, record, told
from tests.sensor.wire.test_mcp import ANSWER, CALL
from tests.sensor.wire.test_postgres import CONVERSATION, READY, message, startup
from tests.sensor.wire.traffic import Piece, request, response

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


def test_so_many_databases_are_followed_at_a_time() -> None:
    pieces: list[Piece] = [
        ("sent", startup(0x30000, b"\0")), ("got", READY), ("sent", message("Q", b"SELECT 1\0"))
    ]  # fmt: skip
    found = told(*(one for stream in range(MOST_DATABASES + 3) for one in spoken(pieces, stream)), exited(7))

    assert kinds(found) == ["database_queried"] * (MOST_DATABASES + 3)
