from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correlator.casebook.identity import Known, reconcile
from correlator.story import Story
from tests.correlator.recorded import story

STEPS = {"e1": 1, "e2": 2, "e3": 3, "e4": 4, "e5": 5}


@pytest.fixture
def base(tmp_path: Path) -> Story:
    return story(tmp_path)


def told(base: Story, *effects: str) -> Story:
    """Return a story of these effects, under the id that the engine gives: of the first one."""
    first = min(effects, key=STEPS.__getitem__)
    shown = tuple(base.effects[0].model_copy(update={"event": name, "step": STEPS[name]}) for name in sorted(effects))
    return base.model_copy(update={"id": f"v1:{first}", "effects": shown})


def known(name: str, created: int, *effects: str, aliases: tuple[str, ...] = ()) -> Known:
    return Known(f"v1:{name}", created, frozenset(effects), frozenset(f"v1:{alias}" for alias in aliases))


def test_a_story_whose_anchor_moved_keeps_its_id_and_the_new_one_is_an_alias(base: Story) -> None:
    plan = reconcile([known("e3", 1, "e3", "e4")], [told(base, "e2", "e3")])

    assert [(one.id, one.aliases) for one in plan.stories] == [("v1:e3", ("v1:e2",))]


def test_when_chains_merge_the_older_id_wins_and_the_younger_is_an_alias_for_ever(base: Story) -> None:
    plan = reconcile([known("e1", 2, "e1", aliases=("e5",)), known("e3", 1, "e3")], [told(base, "e1", "e3")])

    assert [(one.id, one.aliases) for one in plan.stories] == [("v1:e3", ("v1:e1", "v1:e5"))]
    assert plan.merged == {"v1:e1": "v1:e3"}


def test_when_a_chain_splits_the_part_that_shares_most_goes_on(base: Story) -> None:
    plan = reconcile([known("e1", 1, "e1", "e2", "e3")], [told(base, "e1"), told(base, "e2", "e3")])

    assert {one.id: [effect.event for effect in one.effects] for one in plan.stories} == {
        "v1:e1": ["e2", "e3"],
        plan.stories[0].id: ["e1"],
    }
    assert len({one.id for one in plan.stories}) == 2


def test_an_id_that_leads_elsewhere_for_ever_is_not_given_out_again(base: Story) -> None:
    plan = reconcile([known("e3", 1, "e3", aliases=("e1",))], [told(base, "e1"), told(base, "e3")])

    ids = [one.id for one in plan.stories]
    assert "v1:e3" in ids
    assert "v1:e1" not in ids


def test_a_stored_story_that_nothing_continues_has_vanished(base: Story) -> None:
    assert reconcile([known("e1", 1, "e1")], [told(base, "e2")]).vanished == ("v1:e1",)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    groups=st.lists(st.sets(st.sampled_from(sorted(STEPS)), min_size=1), max_size=4),
    now=st.lists(st.integers(0, 2), min_size=5, max_size=5),
    turn=st.randoms(),
)
def test_ids_are_distinct_none_is_lost_and_order_changes_nothing(
    base: Story, groups: list[set[str]], now: list[int], turn: object
) -> None:
    stored = [known(f"k{number}", number, *effects) for number, effects in enumerate(groups)]
    parts = [[name for name, part in zip(sorted(STEPS), now, strict=True) if part == number] for number in range(3)]
    stories = [told(base, *part) for part in parts if part]

    plan = reconcile(stored, stories)

    ids = [one.id for one in plan.stories]
    assert len(ids) == len(set(ids)) == len(stories)
    led = set(ids) | {alias for one in plan.stories for alias in one.aliases} | set(plan.vanished)
    assert {one.id for one in stored} <= led
    assert not set(ids) & {alias for one in plan.stories for alias in one.aliases}
    shuffled, mixed = list(stored), list(stories)
    turn.shuffle(shuffled)  # type: ignore[attr-defined]
    turn.shuffle(mixed)  # type: ignore[attr-defined]
    assert reconcile(shuffled, mixed) == plan
