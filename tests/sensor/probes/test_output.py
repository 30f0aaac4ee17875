"""What processes write into their pipes → the output that each had, and that whoever started them read."""

from hypothesis import given
from hypothesis import strategies as st

from sensor.event import Event, OutputWritten
from sensor.probes.record import Record, Type
from sensor.probes.streams.kept import MOST_KEPT
from sensor.probes.streams.output import Outputs
from tests.sensor.probes.traffic import ORIGIN, born, executed, exited, passed, told

OUT, ERR = 101, 102


def wrote(data: bytes, tgid: int = 7, stream: int = OUT, offset: int = 0, at_ns: int = 500) -> Record:
    return passed(Type.WRITTEN, data, stream=stream, tgid=tgid, offset=offset, at_ns=at_ns)


def outputs(found: list[Event]) -> list[tuple[int, str, str, int]]:
    return [(one.process.pid, one.stream, one.text, one.size) for one in found if isinstance(one, OutputWritten)]


def test_what_a_process_writes_in_pieces_is_one_output_when_it_ends() -> None:
    found = told(
        executed(7, 0, OUT, ERR), wrote(b"one\n"), wrote(b"oh", stream=ERR), wrote(b"two\n", offset=4), exited(7)
    )

    assert outputs(found) == [(7, "stdout", "one\ntwo\n", 8), (7, "stderr", "oh", 2)]


def test_the_outermost_process_has_all_that_went_into_its_pipe_and_each_other_its_own() -> None:
    found = told(
        executed(7, 0, OUT, ERR), wrote(b"begin "), born(8, 7), executed(8, 0, OUT, ERR, parent=7), wrote(b"child ", 8),
        wrote(b"more ", 8, offset=6), exited(8), born(9, 7), wrote(b"subshell ", 9), exited(9), wrote(b"end", offset=6), exited(7),
    )  # fmt: skip

    assert outputs(found) == [
        (8, "stdout", "child more ", 11), (7, "stdout", "begin child more subshell end", 29)
    ]  # fmt: skip


def test_an_output_is_complete_when_the_last_who_has_it_is_gone() -> None:
    records = [executed(7, 0, OUT, ERR), born(8, 7), exited(7), wrote(b"late", 8), exited(8)]
    outputs_of = Outputs(ORIGIN, lambda at_ns: {"session": "", "source": "kernel", "position": at_ns})
    told_by = [list(outputs_of.take(one)) for one in records]

    assert [len(some) for some in told_by] == [0, 0, 0, 0, 1]
    assert outputs(list(told_by[-1])) == [(7, "stdout", "late", 4)]
    assert told_by[-1][0].at_ns is None or told_by[-1][0].position == 1_500


def test_a_pipe_between_two_programs_is_the_output_of_the_first() -> None:
    between = 103
    found = told(
        executed(7, 0, OUT, ERR), born(8, 7), executed(8, 0, between, ERR), born(9, 7), executed(9, between, OUT, ERR),
        wrote(b"raw", 8, between), wrote(b"cooked", 9), exited(8), exited(9), exited(7),
    )  # fmt: skip

    assert outputs(found) == [(8, "stdout", "raw", 3), (9, "stdout", "cooked", 6), (7, "stdout", "cooked", 6)]


def test_error_and_output_that_are_one_pipe_are_one_output() -> None:
    found = told(executed(7, 0, OUT, OUT), wrote(b"a"), wrote(b"b", offset=1), exited(7))

    assert outputs(found) == [(7, "stdout", "ab", 2)]


def test_of_a_long_output_the_beginning_is_kept_and_all_is_counted() -> None:
    data = b"a line of text\n" * 500 + b"x" * 500
    long = [wrote(data, offset=8_000 * number) for number in range(8)]
    rest = passed(Type.WRITTEN, b"", stream=OUT, offset=64_000, total=500_000, untold=True)
    found = told(executed(7, 0, OUT, 0), *long, rest, wrote("ü".encode() * 900, offset=564_000), exited(7))

    ((_, _, text, size),) = outputs(found)
    assert size == 64_000 + 500_000 + 1_800
    assert text == (data * 8).decode()[: len(text)]
    assert text.endswith("\n")  # and not with the word that the bound goes through
    assert MOST_KEPT - 8_192 < len(text) <= MOST_KEPT


def test_of_a_long_output_not_each_write_is_told_and_the_sum_is_asked_for() -> None:
    asked = []

    def written(stream: int, tgid: int) -> int:
        asked.append((stream, tgid))
        return 99_000

    outputs_of = Outputs(ORIGIN, lambda at_ns: {"session": "", "source": "kernel", "position": at_ns}, written)
    long = passed(Type.WRITTEN, b"", stream=OUT, offset=0, total=70_000, untold=True)
    short = wrote(b"short", 8, ERR)
    for one in (executed(7, 0, OUT, 0), executed(8, 0, 0, ERR), long, short):
        assert list(outputs_of.take(one)) == []

    assert outputs([*outputs_of.end()]) == [(7, "stdout", "", 99_000), (8, "stderr", "short", 5)]
    assert asked == [(OUT, 7)]


def test_bytes_that_are_missing_show() -> None:
    found = told(
        executed(7, 0, OUT, 0),
        wrote(b"one "),
        passed(Type.WRITTEN, b"two", stream=OUT, offset=9, total=20, at=5),
        exited(7),
    )

    # Of the second call five bytes before and twelve behind did not come.
    assert outputs(found) == [(7, "stdout", "one \ufffdtwo", 24)]


def test_a_process_that_is_seen_to_its_end_by_nobody_is_told_at_the_end_of_the_sensor() -> None:
    assert outputs(told(executed(7, 0, OUT, 0), wrote(b"still here"))) == [(7, "stdout", "still here", 10)]


def test_nothing_is_told_of_pipes_that_are_nobodys_output() -> None:
    assert told(executed(7, 0, OUT, 0), wrote(b"x", stream=555), exited(7)) == []


def test_what_is_held_is_bounded() -> None:
    outputs_of = Outputs(ORIGIN, lambda at_ns: {"session": "", "source": "kernel", "position": at_ns}, most_held=10_000)
    found = []
    for number in range(10, 30):
        for one in (executed(number, 0, number, 0), wrote(b"y" * 1_000, number, number)):
            found += list(outputs_of.take(one))

    assert len(found) == 10
    assert len(list(outputs_of.end())) == 10


@given(
    st.lists(
        st.one_of(
            st.builds(executed, st.integers(1, 4), *[st.sampled_from([0, OUT, ERR])] * 3),
            st.builds(born, st.integers(1, 4), st.integers(1, 4)),
            st.builds(exited, st.integers(1, 4)),
            st.builds(
                passed, st.just(Type.WRITTEN), st.binary(max_size=5), stream=st.sampled_from([OUT, ERR]), tgid=st.integers(1, 4),
                offset=st.integers(0, 20), total=st.integers(0, 9), at=st.integers(0, 5), untold=st.booleans(),
            ),
        ),
        max_size=20,
    )
)  # fmt: skip
def test_in_whatever_order_records_come_there_are_outputs_and_nothing_else(records: list[Record]) -> None:
    assert {event.kind for event in told(*records)} <= {"input_written", "output_written"}
