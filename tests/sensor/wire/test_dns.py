"""Messages of the domain name system from bytes."""

import dns.message
import dns.rrset
from hypothesis import given
from hypothesis import strategies as st

from sensor.wire.dns import MOST_ADDRESSES, message


def asked(name: str, kind: str = "A", number: int = 7) -> dns.message.QueryMessage:
    return dns.message.make_query(name, kind, id=number)


def answered(query: dns.message.QueryMessage, *records: str) -> bytes:
    response = dns.message.make_response(query)
    for record in records:
        name, kind, data = record.split(" ", 2)
        response.answer.append(dns.rrset.from_text(name, 60, "IN", kind, data))
    return response.to_wire(max_size=65_535)


def test_a_question_and_its_answer_have_the_same_question() -> None:
    query = asked("Files.Example.org", "AAAA")
    question = message(query.to_wire())
    answer = message(answered(query, "files.example.org. CNAME a.example.", "a.example. AAAA 2001:db8::7"))

    assert question is not None
    assert answer is not None
    assert question.question == answer.question
    assert (question.question.name, question.question.kind, question.question.id) == ("files.example.org", "AAAA", 7)
    assert (question.is_answer, answer.is_answer) == (False, True)
    assert answer.addresses == ("2001:db8::7",)


def test_so_many_addresses_are_told_and_no_more() -> None:
    query = asked("many.example")
    found = message(answered(query, *(f"many.example. A 203.0.113.{number}" for number in range(200))))

    assert found is not None
    assert len(found.addresses) == MOST_ADDRESSES


def test_a_name_that_is_not_there_has_no_addresses() -> None:
    query = asked("nowhere.example")
    found = message(answered(query))

    assert found is not None
    assert (found.is_answer, found.addresses) == (True, ())


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_none(data: bytes) -> None:
    found = message(data)
    assert found is None or found.question.name is not None


@given(st.integers(0, 80), st.integers(0, 255))
def test_a_broken_message_raises_nothing(at: int, value: int) -> None:
    whole = bytearray(answered(asked("a.example"), "a.example. A 203.0.113.7", "a.example. TXT hello"))
    whole[at % len(whole)] = value
    message(bytes(whole))
