"""What is written to the standard input of programs, from records."""

from sensor.event import Event, InputWritten
from sensor.probes.record import Record, Type
from sensor.probes.streams.kept import MOST_WRITERS, Kept
from sensor.probes.streams.passed import Passed
from tests.sensor.probes.traffic import born, executed, exited, passed, told

IN, OUT, ERR = 100, 101, 102
AGENT = 5


def gave(data: bytes, stream: int = IN, offset: int = 0, *, writer: int = AGENT) -> Record:
    return passed(Type.WRITTEN, data, stream=stream, tgid=writer, offset=offset)


def inputs(found: list[Event]) -> list[tuple[int, str, int]]:
    return [(one.process.pid, one.text, one.size) for one in found if isinstance(one, InputWritten)]


def test_what_a_program_is_handed_in_pieces_is_told_when_it_ends() -> None:
    assert inputs(told(executed(7, IN, OUT, ERR), gave(b'{"a": '), gave(b"1}", offset=6), exited(7))) == [
        (7, '{"a": 1}', 8)
    ]


def test_who_was_executed_first_has_it_and_not_those_that_it_starts() -> None:
    found = told(
        executed(7, IN, OUT, ERR), gave(b"one "), born(8, 7), executed(8, IN, OUT, ERR, parent=7), gave(b"two", offset=4),
        exited(8), exited(7),
    )  # fmt: skip

    assert inputs(found) == [(7, "one two", 7)]


def test_what_the_program_before_it_in_a_pipeline_writes_is_its_output_alone() -> None:
    found = told(
        executed(7, IN, 103, ERR), executed(8, 103, OUT, ERR), gave(b"raw", 103, writer=7), exited(7), exited(8)
    )

    assert inputs(found) == []


def test_nothing_is_told_of_an_input_that_nobody_wrote_to_and_the_next_who_has_it_begins_anew() -> None:
    found = told(executed(7, IN, OUT, ERR), exited(7), executed(8, IN, OUT, ERR), gave(b"late"), exited(8))

    assert inputs(found) == [(8, "late", 4)]


def test_who_writes_before_the_program_is_there_is_read_all_the_same() -> None:
    assert inputs(told(gave(b"soon, "), executed(7, IN, OUT, ERR), gave(b"late", offset=6), exited(7))) == [
        (7, "soon, late", 10)
    ]


def test_what_is_not_ended_is_told_at_the_end() -> None:
    assert inputs(told(executed(7, IN, OUT, ERR), gave(b"so far"))) == [(7, "so far", 6)]


def test_of_many_writers_some_are_known_and_all_bytes_are_counted() -> None:
    kept = Kept()
    for writer in range(3 * MOST_WRITERS):
        kept.take((writer, 1), Passed(0, 1, 0, bytes(28), 0, 0, b"x"), 500)

    assert (kept.size, len(kept.ends), len(kept.came)) == (3 * MOST_WRITERS, MOST_WRITERS, MOST_WRITERS)
