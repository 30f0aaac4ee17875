import random
from pathlib import Path

import pytest

from correlator.casebook import StoryRecord
from correlator.casebook.records import Verdict
from correlator.overflow import overflow
from correlator.story import Story
from tests.correlator.recorded import story

DAY_NS = 86_400 * 10**9


@pytest.fixture
def plain(tmp_path: Path) -> Story:
    return story(tmp_path)


def record(
    plain: Story,
    name: str,
    score: float,
    *,
    day: int = 0,
    content: str | None = None,
    proven: bool = False,
    verdict: Verdict | None = None,
) -> StoryRecord:
    origin = plain.origin.model_copy(update={"campaign": content})
    told = plain.model_copy(update={"id": name, "score": score, "proven": proven, "origin": origin})
    return StoryRecord(told, "open", verdict, 1, 1, also_in=0, arrived_ns=day * DAY_NS + 5, evidence="")


def test_the_stronger_stories_of_each_day_have_the_places(plain: Story) -> None:
    records = [record(plain, f"{day}-{number}", number, day=day) for day in (0, 1, 2) for number in range(4)]

    assert overflow(records, 3) == {"0-0", "1-0", "2-0"}
    assert overflow(records, 4) == frozenset()


def test_a_proven_story_is_shown_however_many_there_are_and_takes_no_place(plain: Story) -> None:
    decoys = [record(plain, f"decoy-{number}", 100 + number) for number in range(20)]
    proven = [record(plain, f"proven-{number}", 1, proven=True) for number in range(3)]

    assert overflow([*decoys, *proven], 2) == {f"decoy-{number}" for number in range(18)}


def test_one_injected_text_in_many_sessions_takes_one_place_while_others_need_the_rest(plain: Story) -> None:
    repeated = [record(plain, f"again-{number}", 50 + number, content="text") for number in range(10)]
    other = record(plain, "other", 2)

    assert overflow([*repeated, other], 2) == {f"again-{number}" for number in range(9)}
    assert overflow([*repeated, other], 4) == {f"again-{number}" for number in range(7)}


def test_what_an_analyst_has_decided_takes_no_place(plain: Story) -> None:
    decided = [record(plain, f"benign-{number}", 50, verdict="benign") for number in range(5)]
    left = [record(plain, name, 2) for name in "ab"]

    assert overflow([*decided, *left], 2) == frozenset()
    assert overflow([*decided, *left], 1) == {"b"}


def test_what_is_beyond_does_not_depend_on_the_order(plain: Story) -> None:
    records = [
        record(plain, f"s{n}", n % 4, day=n % 3, content="text" if n % 5 == 0 else None, proven=n == 7)
        for n in range(30)
    ]
    expected = overflow(records, 3)

    for seed in range(5):
        random.Random(seed).shuffle(records)
        assert overflow(records, 3) == expected
