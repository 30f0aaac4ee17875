"""PostgreSQL's protocol from bytes: statements with their results, however the bytes were cut."""

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.wire.exchange import Undecoded
from sensor.wire.postgres import MOST_KEPT, MOST_WAITING, Postgres, Query
from tests.sensor.wire.traffic import Piece, cut


def message(kind: str, body: bytes = b"") -> bytes:
    return kind.encode() + struct.pack(">I", 4 + len(body)) + body


def startup(code: int, body: bytes = b"") -> bytes:
    return struct.pack(">II", 8 + len(body), code) + body


def row(*values: bytes | None) -> bytes:
    told = b"".join(
        struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value for value in values
    )
    return message("D", struct.pack(">H", len(values)) + told)


def columns(*kinds: int) -> bytes:
    told = b"".join(b"name\0" + struct.pack(">IHIhih", 0, 0, kind, -1, -1, 0) for kind in kinds)
    return message("T", struct.pack(">H", len(kinds)) + told)


def bind(*values: bytes, forms: tuple[int, ...] = (), name: bytes = b"", results: tuple[int, ...] = ()) -> bytes:
    told = b"".join(struct.pack(">i", len(value)) + value for value in values)
    return message(
        "B",
        b"\0" + name + b"\0" + struct.pack(f">H{len(forms)}H", len(forms), *forms) + struct.pack(">H", len(values)) + told
        + struct.pack(f">H{len(results)}H", len(results), *results),
    )  # fmt: skip


def parse(text: bytes, *kinds: int, name: bytes = b"") -> bytes:
    return message("P", name + b"\0" + text + b"\0" + struct.pack(f">H{len(kinds)}I", len(kinds), *kinds))


EXECUTE, SYNC = message("E", b"\0\0\0\0\0"), message("S")
READY = message("Z", b"I")
BEGIN: list[Piece] = [
    ("sent", startup(80_877_103)), ("got", b"N"), ("sent", startup(0x30000, b"user\0me\0\0")),
    ("got", message("R", b"\0\0\0\5salt")), ("sent", message("p", b"md5secret\0")), ("got", message("R", bytes(4)) + READY),
]  # fmt: skip
CONVERSATION: list[Piece] = [
    *BEGIN,
    ("sent", message("Q", b"SELECT id, name FROM staff\0")),
    ("got", columns(23, 25) + row(b"1", b"Ann") + row(b"2", None) + message("C", b"SELECT 2\0") + READY),
    ("sent", parse(b"SELECT $1::int, $2", 23, 25) + bind(b"\0\0\0\x2a", b"x y", forms=(1, 0), results=(1,))
     + message("D", b"P\0") + EXECUTE + SYNC),
    ("got", message("1") + message("2") + columns(23, 17) + row(b"\xff\xff\xff\xff", b"\1\2")
     + message("C", b"SELECT 1\0") + READY),
    ("sent", message("Q", b"DELETE FROM nowhere\0")),
    ("got", message("E", b"SERROR\0Mrelation \"nowhere\" does not exist\0\0") + READY),
    ("sent", parse(b"INSERT INTO t VALUES ($1)", name=b"i") + SYNC), ("got", message("1") + READY),
    ("sent", bind(b"a", name=b"i") + EXECUTE + bind(b"b", name=b"i") + EXECUTE + SYNC),
    ("got", (message("2") + message("C", b"INSERT 0 1\0")) * 2 + READY),
    ("sent", message("Q", b"COPY staff TO STDOUT\0")),
    ("got", message("H", b"\0\0\2\0\0\0\0") + message("d", b"1\tAnn\n") + message("d", b"2\t\\N\n") + message("c")
     + message("C", b"COPY 2\0") + READY),
    ("sent", message("X")),
]  # fmt: skip


def read(pieces: list[Piece]) -> list[Query | Undecoded]:
    connection = Postgres()
    found = [one for direction, data in pieces for one in connection.take(direction, data)]
    return [*found, *connection.end()]


def test_a_conversation_is_told_statement_by_statement() -> None:
    found = [one for one in read(CONVERSATION) if isinstance(one, Query)]

    assert [(one.statement, one.parameters, one.rows, one.result) for one in found] == [
        ("SELECT id, name FROM staff", (), 2, "1\tAnn\n2\t"),
        ("SELECT $1::int, $2", ("42", "x y"), 1, "-1\t\\x0102"),
        ("DELETE FROM nowhere", (), None, 'ERROR: relation "nowhere" does not exist'),
        ("INSERT INTO t VALUES ($1)", ("a",), 1, ""), ("INSERT INTO t VALUES ($1)", ("b",), 1, ""),
        ("COPY staff TO STDOUT", (), 2, "1\tAnn\n2\t\\N\n"),
    ]  # fmt: skip
    assert len(read(CONVERSATION)) == len(found)
    assert "secret" not in repr(found)


@given(st.integers(0, 2**32))
def test_however_the_bytes_are_cut_the_same_is_told(seed: int) -> None:
    assert read(cut(CONVERSATION, random.Random(seed))) == read(CONVERSATION)


def test_a_statement_without_an_answer_is_told_at_the_end() -> None:
    (one,) = read([*BEGIN, ("sent", message("Q", b"SELECT pg_sleep(9)\0"))])

    assert isinstance(one, Query)
    assert (one.statement, one.rows, one.ended_ns) == ("SELECT pg_sleep(9)", None, None)


def test_an_error_reaches_as_far_as_the_next_sync_and_no_farther() -> None:
    statement = parse(b"SELECT 1") + bind() + EXECUTE
    found = read(
        [*BEGIN, ("sent", statement + statement + SYNC + statement + SYNC),
         ("got", message("E", b"SERROR\0Mno\0\0") + READY + message("1") + message("2") + row(b"1") + message("C", b"SELECT 1\0")
          + READY)]
    )  # fmt: skip

    assert [one.result for one in found if isinstance(one, Query)] == ["ERROR: no", "", "1"]


def test_what_follows_is_given_up_where_it_is_encrypted() -> None:
    (one,) = read([("sent", startup(80_877_103)), ("got", b"S"), ("sent", b"\x16\x03\x01hello")])

    assert isinstance(one, Undecoded)
    assert "encrypted" in one.reason


def test_long_results_and_statements_are_kept_in_part_and_counted() -> None:
    statement = b"SELECT '" + b"x " * 250_000 + b"'"
    found = read(
        [*BEGIN, ("sent", message("Q", statement + b"\0")),
         ("got", row(b"y " * 200_000) + row(b"z" * 1_000) * 100 + message("C", b"SELECT 101\0") + READY)]
    )  # fmt: skip

    (one,) = (one for one in found if isinstance(one, Query))
    assert one.rows == 101
    assert all(MOST_KEPT - 4 < len(text) <= MOST_KEPT for text in (one.statement, one.result))


def test_so_many_statements_may_wait() -> None:
    found = read([*BEGIN, *[("sent", message("Q", b"SELECT 1\0"))] * (MOST_WAITING + 5)])  # type: ignore[list-item]

    assert len(found) == MOST_WAITING + 5


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\4\0\3\0\0", startup(0x30000, b"\0") + b"\0\0\0\0\0\0"]
)
def test_what_is_no_postgresql_is_marked(data: bytes) -> None:
    assert [type(one) for one in read([("sent", data)])] == [Undecoded]


@given(st.data())
def test_broken_traffic_raises_nothing(given_data: st.DataObject) -> None:
    pieces = [(way, bytearray(piece)) for way, piece in CONVERSATION]
    for _ in range(given_data.draw(st.integers(1, 4))):
        _, piece = given_data.draw(st.sampled_from(pieces))
        piece[given_data.draw(st.integers(0, len(piece) - 1))] = given_data.draw(st.integers(0, 255))
    read([(way, bytes(piece)) for way, piece in pieces])


@given(st.lists(st.tuples(st.sampled_from(["sent", "got"]), st.binary(max_size=100)), max_size=6))
def test_arbitrary_bytes_raise_nothing(pieces: list[Piece]) -> None:
    read([*BEGIN, *pieces])


def test_parameters_in_binary_are_read_by_the_types_that_the_server_describes() -> None:
    described = message("t", struct.pack(">HII", 2, 25, 23))
    found = read(
        [
            *BEGIN,
            ("sent", parse(b"SELECT $1, $2", name=b"s") + message("D", b"Ss\0") + message("H")),
            ("got", message("1") + described + columns(25)),
            ("sent", bind(b"a b", b"\0\0\0\x07", forms=(1,), name=b"s") + EXECUTE + SYNC),
            ("got", message("2") + row(b"x") + message("C", b"SELECT 1\0") + READY),
        ]
    )

    assert [one.parameters for one in found if isinstance(one, Query)] == [("a b", "7")]
