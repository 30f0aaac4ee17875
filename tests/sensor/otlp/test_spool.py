"""Bundles: what hangs together, when it is told, and where one ends."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sensor.event import ToolCalled
from sensor.sources.otlp.derive import derive_read
from sensor.sources.otlp.span import Span
from sensor.sources.otlp.spool import Due, Spool
from tests.sensor.otlp.told import chat, genai, spans


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


def test_calls_whose_content_was_kept_back_do_not_hang_together(spool: Spool) -> None:
    bare = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m-1"}
    spool.add([replace(span, attributes=bare) for span in many(5)], "local")

    assert [len(due.spans) for due in tell(spool)] == [1] * 5


def test_a_full_bundle_is_followed_by_another_whose_sessions_are_its_own(spool: Spool) -> None:
    spool.add(many(6_000), "local")
    told = tell(spool)

    assert [(len(due.spans), due.revision, due.part) for due in told] == [
        (2_500, 2_500, 0), (2_500, 2_500, 1), (1_000, 1_000, 2)
    ]  # fmt: skip
    events = [event for due in told for event in derive_read(due.spans, due.tenant, due.part)]
    assert len({event.session for event in events}) == 3
    assert len({event.id for event in events if isinstance(event, ToolCalled)}) == len(
        [event for event in events if isinstance(event, ToolCalled)]
    )


def test_bundles_are_joined_only_while_they_have_room(spool: Spool) -> None:
    spool.add(many(2_000, conversation="a"), "local")
    spool.add(many(400, conversation="b", first=2_000), "local")
    spool.add(many(1_000, conversation="c", first=3_000), "local")
    both = replace(many(1, conversation="b", first=0)[0], span_id="b" * 16)
    one_of_them = replace(many(1, conversation="c", first=0)[0], span_id="c" * 16)

    spool.add([both, one_of_them], "local")

    assert sorted(len(due.spans) for due in tell(spool)) == [1_000, 2_402]
    assert spool.count() == 3_402


def test_a_large_bundle_is_told_when_it_has_grown_by_an_eighth_or_when_no_other_waits(spool: Spool) -> None:
    spool.add(many(1_000), "local")
    tell(spool)

    spool.add(many(1, first=1_000), "local")
    spool.add(many(1, conversation="another", first=5_000), "local")
    assert [len(spool.bundle(number).spans) for number in spool.due()] == [1]  # type: ignore[union-attr]
    assert [len(due.spans) for due in tell(spool)] == [1, 1_001]

    spool.add(many(200, first=1_001), "local")
    spool.add(many(1, conversation="a third", first=6_000), "local")
    assert sorted(len(spool.bundle(number).spans) for number in spool.due()) == [1, 1_201]  # type: ignore[union-attr]


def test_a_bundle_that_has_grown_goes_behind_the_others(spool: Spool) -> None:
    spool.add(many(1, conversation="old"), "local")
    spool.add(many(1, conversation="other", first=1), "local")
    spool.add([replace(many(1, conversation="old", first=2)[0], span_id="d" * 16)], "local")

    assert [due.number for due in tell(spool)] == [2, 1]
