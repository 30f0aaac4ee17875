"""What a worker does beside its judges goes on, whatever happens."""

import itertools
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from correlator.casebook import Casebook, StoryRecord
from correlator.cli.desk import opened
from correlator.dispatch import Dispatcher, Nobody
from correlator.duties import OVERDUE_NS, Duties
from correlator.errors import CasebookInvalid
from correlator.ingest import accept, ingest
from correlator.narrating.narration import is_of, narration_of
from correlator.settings import Settings
from correlator.story import Story
from sensor.sources import read_any
from tests.correlator.models import speaking
from tests.correlator.models.speaking import echo
from workers.app import BESIDE, _catch_up, _Mine, _repeat

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_what_fails_is_done_again_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stop, errors = threading.Event(), [OverflowError("poison"), CasebookInvalid("away"), None]
    seen: list[Duties] = []

    def do(duties: Duties, _: Dispatcher, until: Callable[[], bool]) -> None:
        seen.append(duties)
        assert not until()
        error = errors.pop(0)
        if error is not None:
            raise error
        stop.set()

    with caplog.at_level(logging.WARNING):
        _repeat(stop, 0.0, _Mine(Settings(store=tmp_path / "store")), Nobody(), "poisoned", do)

    assert len(set(map(id, seen))) == 3  # the stores were opened anew
    assert "poisoned failed" in caplog.text
    assert "poisoned: away" in caplog.text


@pytest.mark.parametrize("name", [name for name, _, _ in BESIDE])
def test_all_that_is_done_beside_can_be_done_with_an_empty_store(name: str, tmp_path: Path) -> None:
    settings = Settings(store=tmp_path / "store", keep_days=1)
    (do,) = [do for other, _, do in BESIDE if other == name]
    with Duties.opened(settings) as duties:
        do(duties, Nobody(), lambda: False)


def test_what_nobody_was_woken_for_is_judged_at_last_by_a_process_of_its_own(tmp_path: Path) -> None:
    settings = Settings(store=tmp_path / "store", backend="sql")
    example = next(iter(sorted(EXAMPLES.glob("*/session.json"))))
    with opened(settings) as desk:
        accept(desk, list(read_any(example)), Nobody())
        for late_ns, left in ((OVERDUE_NS - 5 * 10**9, 1), (OVERDUE_NS + 5 * 10**9, 0)):
            with Duties.opened(settings) as duties:
                duties._now_ns = lambda late_ns=late_ns: time.time_ns() + late_ns
                _catch_up(duties)
            assert len(desk.casebook.waiting(settings.tenant)) == left
        assert len(desk.casebook.stories(settings.tenant)) == 1


def test_nobody_else_judges_where_somebody_does(tmp_path: Path) -> None:
    settings = Settings(store=tmp_path / "store", backend="sql")
    with opened(settings) as desk:
        for example in sorted(EXAMPLES.glob("*/session.json"))[:2]:
            accept(desk, list(read_any(example)), Nobody())
        now_ns = time.time_ns() + 2 * OVERDUE_NS
        assert desk.casebook.tenants_overdue(now_ns=now_ns, due_ns=now_ns - OVERDUE_NS) == ["local"]
        desk.casebook.claim("local", now_ns=now_ns, lease_ns=10**9, limit=1)
        assert desk.casebook.tenants_overdue(now_ns=now_ns, due_ns=now_ns - OVERDUE_NS) == []


def test_stories_are_worded_where_a_model_is_set_and_come_back_to_when_it_was_away(tmp_path: Path) -> None:
    settings = Settings(store=tmp_path / "store", backend="sql", model="openai/scripted-peer")
    with opened(settings) as desk:
        ingest([("session", example) for example in sorted(EXAMPLES.glob("*/session.json"))[:3]], desk)
        stories = desk.casebook.stories("local")
        assert stories
        with speaking.server(itertools.repeat(echo)) as url:
            pass
        with Duties.opened(settings.model_copy(update={"model_url": url})) as duties:
            assert duties.narrate() == 0
            assert not any(worded(desk.casebook, one.story) for one in stories)
        with speaking.server(itertools.repeat(echo), asked := []) as url:
            there = settings.model_copy(update={"model_url": url})
            with Duties.opened(there) as duties, Duties.opened(there) as another:
                claim = desk.casebook.claim_narration("local", stories[0].story.id, 60 * 10**9)
                assert duties.narrate() == len(stories) - 1  # somebody else is at it
                desk.casebook.keep_narration("local", stories[0].story.id, None, claim)
                assert duties.narrate() == 1  # what was left
                number = len(asked)
                assert another.narrate() == len(stories)
                assert duties.narrate() == 0
        assert len(asked) == number
        assert all(worded(desk.casebook, one.story) for one in stories)


def test_a_story_that_was_left_is_come_back_to_whatever_failed_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(store=tmp_path / "store", backend="sql", model="openai/scripted-peer")
    with opened(settings) as desk:
        ingest([("session", example) for example in sorted(EXAMPLES.glob("*/session.json"))[:3]], desk)
        (first, *_), number = desk.casebook.stories("local"), len(desk.casebook.stories("local"))
        monkeypatch.setattr("correlator.duties._STORIES", 1)
        with (
            speaking.server(itertools.repeat(echo)) as url,
            Duties.opened(settings.model_copy(update={"model_url": url})) as duties,
        ):
            claim = desk.casebook.claim_narration("local", first.story.id, 60 * 10**9)
            after, asked = duties._casebook.stories_after, itertools.count()

            def failing(tenant: str, behind: int, limit: int) -> list[StoryRecord]:
                if next(asked) == number - 1:
                    raise CasebookInvalid("away")
                return after(tenant, behind, limit)

            with monkeypatch.context() as patch:
                patch.setattr(duties._casebook, "stories_after", failing)
                duties.narrate()
            desk.casebook.keep_narration("local", first.story.id, None, claim)
            duties.narrate()
        assert all(worded(desk.casebook, one.story) for one in desk.casebook.stories("local"))


def worded(casebook: Casebook, story: Story) -> bool:
    kept = narration_of(casebook.narration("local", story.id))
    return kept is not None and is_of(kept, story) and kept.worded == kept.of > 0
