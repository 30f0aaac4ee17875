"""Bundles: what hangs together, when it is told, and where one ends."""

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sensor.event import ToolCalled
from sensor.sources.otlp.derive import derive_read
from sensor.sources.otlp.span import Span, SpanEvent
from sensor.sources.otlp.spool import BUNDLE_SPANS, Due, Spool
from tests.sensor.otlp.told import START, chat, genai, spans, tool_spans


@pytest.fixture
def spool() -> Iterator[Spool]:
    made = Spool(None, key=b"k" * 32, bundle_spans=2_500)
    yield made
    made.close()


def tell(spool: Spool) -> list[Due]:
    """Tell all that is due, nothing of each, and return it in that order."""
    told = []
    while numbers := spool.due():
        group = [due for number in numbers if (due := spool.bundle(number))]
        spool.was_told((due, {}) for due in group)
        told += group
    return told


def many(count: int, *, conversation: str = "all of them", first: int = 0) -> list[Span]:
    """Return spans of one call each, all of one conversation, each with its own trace."""
    (one,) = spans(chat(conversation)[:3], genai, conversation=conversation)
    return [replace(one, trace_id=f"{number:032x}") for number in range(first, first + count)]


EMPTY = [{"role": "user", "parts": []}], [{"role": "assistant", "parts": [], "finish_reason": "stop"}]
INFERENCE = "llm.input_messages.0.message", "llm.output_messages.0.message"
KEPT_BACK: dict[str, tuple[dict[str, Any], tuple[SpanEvent, ...]]] = {
    "nothing": ({"gen_ai.operation.name": "chat"}, ()),
    "events": (
        {"gen_ai.system": "openai", "gen_ai.operation.name": "chat"},
        (
            SpanEvent("gen_ai.user.message", START, {}, {}),
            SpanEvent("gen_ai.choice", START, {}, {"message": {"role": "assistant"}}),
        ),
    ),
    "events without body": (
        {"gen_ai.system": "openai", "gen_ai.operation.name": "chat"},
        (SpanEvent("gen_ai.user.message", START, {}, None), SpanEvent("gen_ai.choice", START, {}, {"message": {}})),
    ),
    "marks": (
        {"openinference.span.kind": "LLM"}
        | {f"{place}.role": role for place, role in zip(INFERENCE, ("user", "assistant"), strict=True)}
        | {f"{place}.content": "__REDACTED__" for place in INFERENCE},
        (),
    ),
    "marks beside instructions": (
        {
            "openinference.span.kind": "LLM",
            f"{INFERENCE[0]}.role": "system",
            f"{INFERENCE[0]}.content": "You run the post room.",
        }
        | {"llm.input_messages.1.message.role": "user", "llm.input_messages.1.message.content": "__REDACTED__"}
        | {f"{INFERENCE[1]}.role": "assistant", f"{INFERENCE[1]}.content": "__REDACTED__"},
        (),
    ),
    "marks of values": (
        {"openinference.span.kind": "LLM", "input.value": "__REDACTED__", "output.value": "__REDACTED__"},
        (),
    ),
    "no parts": (
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.input.messages": json.dumps(EMPTY[0]),
            "gen_ai.output.messages": json.dumps(EMPTY[1]),
        },
        (),
    ),
    "roles": (
        {"llm.request.type": "chat", "gen_ai.prompt.0.role": "user", "gen_ai.completion.0.role": "assistant"},
        (),
    ),
}


@pytest.mark.parametrize("form", KEPT_BACK)
def test_calls_whose_content_was_kept_back_do_not_hang_together(form: str, spool: Spool) -> None:
    attributes, events = KEPT_BACK[form]
    spool.add([replace(span, attributes=attributes, events=events) for span in many(5)], "local")

    assert [len(due.spans) for due in tell(spool)] == [1] * 5


def test_a_full_bundle_is_followed_by_another_whose_sessions_are_its_own(spool: Spool) -> None:
    spool.add(many(6_000), "local")
    told = tell(spool)

    assert sorted(len(due.spans) for due in told) == [1_000, 2_500, 2_500]
    events = [event for due in told for event in derive_read(due.spans, due.tenant, due.part)]
    assert len({event.session for event in events}) == 3
    called = [event.id for event in events if isinstance(event, ToolCalled)]
    assert len(called) == len(set(called)) == 6


def test_bundles_that_are_too_large_for_one_stay_and_what_links_them_begins_another(spool: Spool) -> None:
    spool.add(many(2_000, conversation="a"), "local")
    spool.add(many(1_000, conversation="c", first=3_000), "local")
    spool.add([replace(many(1, conversation="c")[0], span_id="c" * 16)], "local")
    spool.add(many(10, conversation="c", first=5_000), "local")

    told = tell(spool)
    assert sorted(len(due.spans) for due in told) == [11, 1_000, 2_000]
    assert [due.part > 0 for due in sorted(told, key=lambda due: len(due.spans))] == [True, False, False]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_hangs_together_no_span_is_lost_and_no_session_is_told_by_two_bundles(seed: int) -> None:
    source = random.Random(seed)
    bound = source.choice([4, 9, BUNDLE_SPANS])
    spool = Spool(None, key=b"k" * 32, bundle_spans=bound)
    left = [mixed(source) for _ in range(60)]
    while left:
        some = [left.pop() for _ in range(min(len(left), source.randrange(1, 6)))]
        spool.add(some, "local")
        if source.random() < 0.3:
            spool.was_told([(due, told_of(due)) for number in spool.due(2) if (due := spool.bundle(number))])
    bundles = {number: spool.bundle(number) for (number,) in rows(spool, "SELECT no FROM bundle")}
    told: dict[str, int] = {}
    for number, due in bundles.items():
        assert due is not None
        assert len(due.spans) <= bound
        for session in told_of(due):
            assert told.setdefault(session, number) == number

    assert rows(spool, "SELECT no, spans FROM bundle") == rows(
        spool, "SELECT bundle, count(*) FROM span GROUP BY bundle"
    )
    assert sum(len(due.spans) for due in bundles.values() if due) == spool.count() == 60
    while number := spool.due(1):
        (due,) = (spool.bundle(one) for one in number)
        assert due is not None
        spool.was_told([(due, told_of(due))])
    assert rows(spool, "SELECT no FROM bundle WHERE spans > spans_told") == []


def mixed(source: random.Random) -> Span:
    """Return a span that hangs together with others by trace, conversation, tool call or beginning."""
    named = source.choice([None, None, "a", "b", "c"])
    some = spans(chat(f"{source.randrange(12):04}"), genai, conversation=named) + tool_spans(chat("0001"))
    return replace(
        source.choice(some), trace_id=f"{source.randrange(1, 25):032x}", span_id=f"{source.getrandbits(60):016x}"
    )


def told_of(due: Due) -> dict[str, frozenset[str]]:
    told: dict[str, set[str]] = {}
    for event in derive_read(due.spans, due.tenant, due.part):
        told.setdefault(event.session, set()).add(event.id)
    return {session: frozenset(ids) for session, ids in told.items()}


def rows(spool: Spool, query: str) -> list[Any]:
    return spool._db.execute(f"{query} ORDER BY 1").fetchall()


def test_a_large_bundle_is_told_when_no_other_waits_or_when_as_many_spans_came_as_it_has(spool: Spool) -> None:
    spool.add(many(1_000), "local")
    tell(spool)

    spool.add(many(1, first=1_000), "local")
    spool.add(many(1, conversation="another", first=5_000), "local")
    assert sizes(spool) == [1]
    assert [len(due.spans) for due in tell(spool)] == [1, 1_001]

    spool.add(many(1, first=1_001), "local")
    for number in range(1_002):
        spool.add(many(1, conversation=f"c{number:06}", first=6_000 + number), "local")
        if sizes(spool) != [1]:
            break
        tell_one(spool)
    assert number == 1_001
    assert sorted(sizes(spool)) == [1, 1_002]


def sizes(spool: Spool) -> list[int]:
    """Return how many spans the bundles have that are told next."""
    return [len(due.spans) for number in spool.due() if (due := spool.bundle(number))]


def tell_one(spool: Spool) -> None:
    (number,) = spool.due(1)
    due = spool.bundle(number)
    assert due is not None
    spool.was_told([(due, {})])


def test_a_bundle_that_has_grown_goes_behind_the_others(spool: Spool) -> None:
    spool.add(many(1, conversation="old"), "local")
    spool.add(many(1, conversation="other", first=1), "local")
    spool.add([replace(many(1, conversation="old", first=2)[0], span_id="d" * 16)], "local")

    assert [due.number for due in tell(spool)] == [2, 1]


def test_what_was_told_and_nothing_has_come_to_for_long_goes(tmp_path: Path) -> None:
    clock, alive = [10], set[str]()
    spool = Spool(tmp_path / "spans.db", key=b"k" * 32, now_ns=lambda: clock[0])
    for number, name in enumerate("abcd"):
        clock[0] = number * 10 + 10
        spool.add(many(2, conversation=name, first=100 * number), "local")
    tell(spool)
    clock[0] = 50
    spool.add(many(1, conversation="a", first=50), "local")
    (due,) = (spool.bundle(number) for number in spool.due())
    assert due is not None

    clock[0] = 70
    assert spool.expire(20, lambda *_: alive, until=lambda: True) == 0
    # `a` is due.
    assert spool.expire(20, lambda *_: alive) == 6
    assert spool.count() == 3
    spool.was_told([(due, {"session": frozenset("x")})])
    alive.add("session")
    assert spool.expire(19, lambda *_: alive) == 0
    alive.clear()
    assert spool.expire(19, lambda *_: alive) == 3

    # What comes later is a bundle of its own, and told.
    spool.add(many(1, conversation="a", first=50), "local")
    assert [(due.number, len(due.spans)) for due in tell(spool)] == [(5, 1)]
    assert rows(spool, "SELECT bundle FROM link WHERE bundle NOT IN (SELECT no FROM bundle)") == []
    spool.close()


def test_a_file_of_the_version_before_is_taken_on_and_nothing_of_it_is_old(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spans.db", key=b"k" * 32)
    spool.add([*many(2, conversation="a"), *many(2, conversation="b", first=10)], "local")
    tell(spool)
    spool._db.executescript("ALTER TABLE bundle DROP COLUMN arrived_ns; DROP TABLE numbered; PRAGMA user_version = 3")
    spool.close()

    later = Spool(tmp_path / "spans.db", key=b"k" * 32)
    assert later.count() == 4
    assert later.expire(3_600 * 10**9, lambda *_: set()) == 0
    assert later.expire(-(10**9), lambda *_: set()) == 4
    later.add(many(1, conversation="c", first=20), "local")
    assert [due.number for due in tell(later)] == [3]
    later.close()


def test_many_may_open_an_older_file_at_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spans.db", key=b"k" * 32)
    spool._db.executescript("ALTER TABLE bundle DROP COLUMN arrived_ns; DROP TABLE numbered; PRAGMA user_version = 3")
    spool.close()
    with ThreadPoolExecutor(4) as pool:
        for made in [pool.submit(Spool, tmp_path / "spans.db", key=b"k" * 32) for _ in range(4)]:
            assert made.result().path == tmp_path / "spans.db"
