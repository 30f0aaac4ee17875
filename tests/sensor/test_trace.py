import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.errors import TraceError
from sensor.event import (
    ConnectionOpened,
    Event,
    FileOpened,
    ProcessStarted,
    PromptSubmitted,
    ToolCalled,
    ToolReturned,
    Unparsed,
)
from sensor.identity import session_key
from sensor.sources import trace
from sensor.sources.trace import located, parse, render
from sensor.sources.trace.clauses import AGENT, PROCESS_VERBS, SUBJECTLESS
from sensor.sources.trace.clock import BASE_NS, SECOND
from sensor.sources.trace.render import CLAUSES
from sensor.sources.trace.words import CHANGES, HINTS, RESERVED
from tests.sensor.strategies import KINDS, event_lists, events

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "trace.md"
EXAMPLES = re.findall(r"```trace\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@given(event_lists)
def test_what_is_rendered_reads_back_the_same(given_events: list[Event]) -> None:
    assert parse(render(given_events)) == tuple(given_events)


@given(events)
def test_a_statement_is_safe_to_show_in_a_terminal(event: Event) -> None:
    assert all(row.isprintable() for row in render([event]).split("\n"))


@given(st.text())
def test_any_text_is_either_read_or_refused_with_a_place(text: str) -> None:
    refused: TraceError | None = None
    try:
        parse(text)
    except TraceError as error:
        refused = error
    assert refused is None or 1 <= refused.line <= text.count("\n") + 1


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_page_read_and_survive_rendering(example: str) -> None:
    found = parse(example)
    assert found
    assert parse(render(found)) == found


def test_every_kind_but_the_two_about_ourselves_has_a_clause_of_its_own() -> None:
    assert {kind.__name__ for kind in KINDS - CLAUSES.keys()} == {"Unparsed", "CaptureStatus"}


def test_the_page_names_every_word_of_the_grammar() -> None:
    grammar = re.search(r"```ebnf\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert grammar is not None
    for word in sorted({*RESERVED, *HINTS, *CHANGES, *AGENT, *PROCESS_VERBS, *SUBJECTLESS} - {"trace"}):
        assert word in grammar.group(1), word


def test_each_event_knows_its_line() -> None:
    text = "# title\n\nuser: |\n    a\n\n    b\nagent answers: c\n"
    assert [(found.line, found.event.kind) for found in located(text)] == [(3, "prompt_submitted"), (7, "answered")]


def test_a_block_keeps_its_empty_lines_and_its_own_indentation() -> None:
    [event] = parse("user: |\n    def f():\n\n      return 1\n\n\n")
    assert isinstance(event, PromptSubmitted)
    assert event.text == "def f():\n\n  return 1"


@pytest.mark.parametrize(
    ("stamp", "at_ns"),
    [
        ("00:05 ", BASE_NS + 5 * SECOND),
        ("01:00:00.25 ", BASE_NS + 3600 * SECOND + SECOND // 4),
        ("-1d ", BASE_NS - 86_400 * SECOND),
        ("-1d 00:05 ", BASE_NS - 86_395 * SECOND),
        ("1970-01-01T00:00:00.000000001Z ", 1),
        ("", None),
    ],
)
def test_times_are_exact_or_absent(stamp: str, at_ns: int | None) -> None:
    assert parse(f"{stamp}end")[0].at_ns == at_ns


def test_line_order_is_the_order_of_the_session_whatever_the_clock_says() -> None:
    assert [event.order for event in parse("00:09 user: a\n00:01 user: b\n@7.2 user: c\nuser: d")] == [
        (0, 0),
        (1, 0),
        (7, 2),
        (8, 0),
    ]


def test_the_same_name_is_the_same_session_and_positions_go_on() -> None:
    found = parse("session a\nuser: 1\nsession b\nuser: 2\nsession a\nuser: 3")
    assert [(event.session, event.position) for event in found] == [
        (session_key("record", "a"), 0), (session_key("record", "b"), 0), (session_key("record", "a"), 1)
    ]  # fmt: skip


def test_arguments_may_be_written_short_or_as_json() -> None:
    short = 'agent calls f(id=4411, to=bob, "a b"="x", on=true, where={"a": [1]})'
    found = parse(f'{short}\nagent calls f({{"id": 1}})\nagent calls f()\nagent calls f')
    assert [event.arguments for event in found if isinstance(event, ToolCalled)] == [
        {"id": 4411, "to": "bob", "a b": "x", "on": True, "where": {"a": [1]}}, {"id": 1}, {}, None
    ]  # fmt: skip


def test_a_result_has_an_author_and_may_fail() -> None:
    [event] = parse('c1 fails from read by external "m@example.net": "no"')
    assert isinstance(event, ToolReturned)
    assert event.author is not None
    assert (event.call_id, event.name, event.failed, event.author.id, event.author.trust) == (
        "c1",
        "read",
        True,
        "m@example.net",
        "external",
    )


def test_a_program_that_starts_again_is_another_process() -> None:
    found = parse(
        "bash starts curl a\ncurl connects 192.0.2.1:1\nbash starts curl b\ncurl connects 192.0.2.1:2\nbash opens /x"
    )
    first, second = (event for event in found if isinstance(event, ProcessStarted))
    assert first.process != second.process
    assert first.parent == second.parent
    assert [event.process for event in found if isinstance(event, ConnectionOpened)] == [first.process, second.process]
    assert [event.process for event in found if isinstance(event, FileOpened)] == [first.parent]
    assert first.argv == ("curl", "a")


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("user hello", 1, 6, "':' and a text"),
        ("end\nagent dances", 2, 7, "what the agent does"),
        ("agent calls f(a=1", 1, 18, "','"),
        ("agent calls f() as c1 quickly", 1, 23, "the end of the line"),
        ("2026-02-30T00:00:00Z end", 1, 22, "exist"),
        ('end with {"position": -1}', 1, 1, "position"),
        ("curl flies", 1, 6, "returns, fails, starts"),
        ('event {"kind": "nothing"}', 1, 1, "kind"),
    ],
)
def test_errors_name_line_and_column_and_what_was_expected(text: str, line: int, column: int, says: str) -> None:
    with pytest.raises(TraceError) as refused:
        parse(text)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert says in str(refused.value)


def test_in_a_file_a_bad_statement_is_counted_and_its_neighbours_stay(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("user: a\n\nuser hello\nuser: b\n", encoding="utf-8")
    found = list(trace.read(path))
    assert [event.kind for event in found] == ["prompt_submitted", "unparsed", "prompt_submitted"]
    assert isinstance(found[1], Unparsed)
    assert found[1].where == "line 3"
