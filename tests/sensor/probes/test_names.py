"""What passed over port 53 → names and their addresses."""

from sensor.event import Event, NameResolved
from sensor.probes.record import Record, Type
from sensor.probes.streams.names import MOST, Names
from tests.sensor.probes.traffic import ORIGIN, address, passed, told
from tests.sensor.wire.test_dns import answered, asked

SERVER = address("127.0.0.1", 53)


def sent(data: bytes, tgid: int = 7, at_ns: int = 500) -> Record:
    return passed(Type.DATAGRAM_SENT, data, stream=5, peer=SERVER, tgid=tgid, at_ns=at_ns)


def got(data: bytes, tgid: int = 7) -> Record:
    return passed(Type.DATAGRAM_GOT, data, stream=5, peer=SERVER, tgid=tgid, at_ns=600)


def names(found: list[Event]) -> list[tuple[int, str, tuple[str, ...], int | None]]:
    return [(one.process.pid, one.name, one.addresses, one.at_ns) for one in found if isinstance(one, NameResolved)]


def test_a_name_is_told_with_its_addresses_when_it_was_asked_for() -> None:
    query = asked("a.example")
    found = told(sent(query.to_wire()), got(answered(query, "a.example. A 203.0.113.7", "a.example. A 203.0.113.8")))

    assert names(found) == [(7, "a.example", ("203.0.113.7", "203.0.113.8"), 1_500)]


def test_a_question_without_an_answer_is_told_at_the_end_and_once_though_it_was_asked_thrice() -> None:
    query = asked("a.example").to_wire()

    assert names(told(sent(query), sent(query, at_ns=550), sent(query, at_ns=560))) == [(7, "a.example", (), 1_500)]


def test_an_answer_that_nobody_asked_for_is_none() -> None:
    query = asked("a.example")
    answer = answered(query, "a.example. A 203.0.113.7")
    others = answered(asked("a.example", number=8), "a.example. A 203.0.113.66")

    assert names(told(got(answer))) == []
    assert names(told(sent(query.to_wire()), got(others), got(answer, tgid=8), got(answer))) == [
        (7, "a.example", ("203.0.113.7",), 1_500)
    ]


def test_a_datagram_in_pieces_is_one() -> None:
    query = asked("a.example")
    data = answered(query, "a.example. A 203.0.113.7")
    pieces = [
        passed(Type.DATAGRAM_GOT, data[at : at + 20], stream=5, peer=SERVER, total=len(data), at=at, offset=at)
        for at in range(0, len(data), 20)
    ]

    assert [one[2] for one in names(told(sent(query.to_wire()), *pieces))] == [("203.0.113.7",)]


def test_an_answer_that_did_not_fit_is_asked_for_again_over_a_stream() -> None:
    query = asked("a.example")
    cut = bytearray(answered(query))
    cut[2] |= 2
    whole = answered(query, "a.example. A 203.0.113.7")
    question = query.to_wire()
    framed = [len(data).to_bytes(2, "big") + data for data in (question, whole)]
    found = told(
        sent(question), got(bytes(cut)),
        passed(Type.SENT, framed[0], stream=6, peer=SERVER), passed(Type.GOT, framed[1][:9], stream=6, peer=SERVER),
        passed(Type.GOT, framed[1][9:], stream=6, peer=SERVER, offset=9),
    )  # fmt: skip

    assert [one[1:3] for one in names(found)] == [("a.example", ("203.0.113.7",))]


def test_so_many_questions_may_wait() -> None:
    of = Names(ORIGIN, lambda at_ns: {"session": "", "source": "kernel", "position": at_ns})
    early = [
        one for number in range(MOST + 5) for one in of.take(sent(asked("a.example", number=number % 65_536).to_wire()))
    ]

    assert len(early) == 5
    assert len(list(of.end())) == MOST
