"""Plaintext in pieces → exchanges; with pieces missing, reused addresses, and processes that are gone."""

import random

from sensor.probes.origin import Origin
from sensor.probes.record import HEADER, Record, Type
from sensor.probes.tls.connections import MOST, PLAINTEXT, Connections, Said
from sensor.wire.exchange import PREFACE, Exchange, Undecoded
from sensor.wire.postgres import Query
from tests.sensor.wire.test_http2 import CONVERSATION
from tests.sensor.wire.test_postgres import message, startup
from tests.sensor.wire.traffic import cut

REQUEST = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def record(
    kind: Type, data: bytes = b"", *, offset: int = 0, connection: int = 1, tgid: int = 7, at: int = 500
) -> Record:
    payload = PLAINTEXT.pack(offset, len(data), 0) + data
    return Record.read(HEADER.pack(at, 400, connection, 0, 0, tgid, tgid, 0, kind, 0, 0, len(payload)) + payload)


def told(*records: Record) -> list[Said]:
    connections = Connections(Origin("boot", 1_000))
    return [*(said for one in records for said in connections.take(one)), *connections.end(900)]


def test_two_connections_of_two_processes_are_kept_apart() -> None:
    found = told(
        record(Type.TLS_SENT, REQUEST), record(Type.TLS_SENT, REQUEST, tgid=8), record(Type.TLS_SENT, REQUEST, connection=2),
        record(Type.TLS_GOT, RESPONSE), record(Type.TLS_GOT, RESPONSE, connection=2), record(Type.TLS_GOT, RESPONSE, tgid=8),
    )  # fmt: skip

    assert [(one.process.pid, one.number) for one in found] == [(7, 0), (7, 0), (8, 0)]
    assert len({one.connection for one in found}) == 3
    assert all(isinstance(one.what, Exchange) and one.what.response for one in found)


def test_behind_missing_bytes_nothing_is_read_because_text_may_look_like_a_message() -> None:
    head = b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"
    forged = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
    found = told(
        record(Type.TLS_SENT, head), record(Type.TLS_SENT, forged, offset=len(head) + 1_000), record(Type.TLS_GOT, RESPONSE)
    )  # fmt: skip

    (one,) = (one.what for one in found)
    assert isinstance(one, Undecoded)
    assert one.size == len(forged) + len(RESPONSE)


def test_exchanges_of_http_2_are_told_alike() -> None:
    at = {"sent": 0, "got": 0}
    records = []
    for way, data in cut(CONVERSATION, random.Random(1)):
        records.append(record(Type.TLS_SENT if way == "sent" else Type.TLS_GOT, data, offset=at[way]))
        at[way] += len(data)

    assert [one.number for one in told(*records) if isinstance(one.what, Exchange)] == [0, 1, 2, 3, 4]


def test_bytes_that_came_before_the_version_was_known_are_counted() -> None:
    (one,) = told(record(Type.TLS_SENT, PREFACE[:10]), record(Type.TLS_SENT, PREFACE[12:], offset=12))

    assert isinstance(one.what, Undecoded)
    assert one.what.size == len(PREFACE) - 2


def test_a_response_whose_request_was_not_seen_answers_no_other() -> None:
    found = told(
        record(Type.TLS_GOT, RESPONSE), record(Type.TLS_SENT, REQUEST), record(Type.TLS_GOT, RESPONSE, offset=len(RESPONSE))
    )  # fmt: skip

    assert [type(one.what) for one in found] == [Undecoded]


def test_an_address_that_comes_again_is_another_connection() -> None:
    found = told(
        record(Type.TLS_SENT, REQUEST), record(Type.TLS_ENDED), record(Type.TLS_SENT, REQUEST, at=600),
        record(Type.TLS_GOT, RESPONSE, at=700),
    )  # fmt: skip

    assert [isinstance(one.what, Exchange) and one.what.response is not None for one in found] == [False, True]
    assert len({(one.connection, one.number) for one in found}) == 2


def test_what_a_process_leaves_is_told_when_it_is_gone() -> None:
    connections = Connections(Origin("boot", 1_000))
    list(connections.take(record(Type.TLS_SENT, REQUEST)))
    (left,) = connections.take(record(Type.EXITED))

    assert isinstance(left.what, Exchange)
    assert list(connections.end(900)) == []


def test_so_many_connections_are_followed_and_no_more() -> None:
    connections = Connections(Origin("boot", 1_000))
    ended = [
        said
        for number in range(MOST + 5)
        for said in connections.take(record(Type.TLS_SENT, REQUEST, connection=number))
    ]

    assert len(ended) == 5
    assert len(list(connections.end(900))) == MOST


def test_what_is_not_complete_is_held_up_to_a_bound() -> None:
    connections = Connections(Origin("boot", 1_000), most_held=1_000)
    head = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n"
    ended = [
        said
        for number in range(10)
        for said in connections.take(record(Type.TLS_SENT, head + b"x" * 400, connection=number))
    ]
    whole = [
        said
        for number in range(50, 60)
        for kind, data in ((Type.TLS_SENT, REQUEST), (Type.TLS_GOT, RESPONSE))
        for said in connections.take(record(kind, data, connection=number))
    ]

    assert 7 <= len(ended) <= 9
    assert sum(isinstance(said.what, Exchange) and said.what.response is not None for said in whole) == 10


def test_what_is_held_of_databases_is_counted_as_well() -> None:
    connections = Connections(Origin("boot", 1_000), most_held=1_000)
    asks = startup(0x30000, b"\0") + message("Q", b"SELECT '" + b"x" * 400 + b"'\0")
    ended = [said for number in range(10) for said in connections.take(record(Type.TLS_SENT, asks, connection=number))]

    assert [type(said.what) for said in ended] == [Query] * 8
