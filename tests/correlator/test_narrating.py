"""Stories are worded once, within what a day may cost, by whoever has claimed them. The models here are scripted, and say so."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from correlator.casebook import StoryRecord
from correlator.cli.desk import opened
from correlator.errors import CasebookInvalid, ModelRefused, ModelUnavailable
from correlator.ingest import Desk, ingest
from correlator.models.scripted import Scripted
from correlator.narrating.narration import is_of, narration_of
from correlator.narrating.rounds import BUSY, Narrating
from correlator.settings import Settings
from prompts import Asked

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = ("billing_ticket", "encoded_secret", "image_link_answer", "poisoned_mcp_page")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(Settings(store=tmp_path / "store")) as found:
        paths = [next((EXAMPLES / name).glob("s*s*.json*")) for name in NAMES]
        ingest([(path.parent.name, path) for path in paths], found)
        yield found


def stories(desk: Desk) -> list[StoryRecord]:
    return desk.casebook.stories("local")


def worded(desk: Desk) -> list[bool]:
    kept = [narration_of(desk.casebook.narration("local", one.story.id)) for one in stories(desk)]
    return [one is not None and one.worded == one.of > 0 for one in kept]


def limited(desk: Desk, tokens: int) -> Desk:
    desk.settings = desk.settings.model_copy(update={"model_tokens_a_day": tokens})
    return desk


def test_what_is_worded_is_not_asked_for_again(desk: Desk) -> None:
    model = Scripted()
    assert Narrating(desk, model).word_all(stories(desk), again=False) == len(NAMES)
    number = len(model.asked)

    assert Narrating(desk, model).word_all(stories(desk), again=False) == len(NAMES)
    assert len(model.asked) == number
    assert all(worded(desk))


def test_a_prompt_that_is_refused_stops_neither_its_story_nor_others(desk: Desk) -> None:
    echo = Scripted()

    def script(asked: Asked) -> str:
        if "{Q4}" in asked.user:
            raise ModelRefused("not this")
        return echo.reply(asked, most_tokens=1, seconds=1).text

    assert Narrating(desk, Scripted(None, script)).word_all(stories(desk), again=False) == len(NAMES)


def test_one_story_that_times_out_stops_no_other_and_is_asked_for_less_and_less_often(desk: Desk) -> None:
    echo, now, asked = Scripted(), [0.0], list[Asked]()
    only = stories(desk)[0].story

    def script(question: Asked) -> str:
        if any(f"Sentence: {start}" in question.user for start in ("The employee asked at {S1}", "A user whose")):
            asked.append(question)
            if len(asked) % 4 == 1:  # the first of each round
                raise ModelUnavailable("too slow")
        return echo.reply(question, most_tokens=1, seconds=1).text

    narrating = Narrating(desk, Scripted(None, script), clock=lambda: now[0])
    assert narrating.word_all(stories(desk), again=False) == len(NAMES) - 1
    assert narrating.left == {only.id}
    assert narrating.waiting == "too slow"
    number = len(asked)

    narrating.word_all(stories(desk), again=False)
    assert len(asked) == number  # not yet
    now[0] = 20.0
    assert narrating.word_all(stories(desk), again=False) == len(NAMES)
    assert all(worded(desk))


def test_a_model_that_is_away_is_asked_twice_in_a_round(desk: Desk) -> None:
    asked = list[Asked]()

    def script(question: Asked) -> str:
        asked.append(question)
        raise ModelUnavailable("away")

    narrating = Narrating(desk, Scripted(None, script))
    assert narrating.word_all(stories(desk), again=False) == 0
    assert len(asked) == 2
    assert narrating.left == {one.story.id for one in stories(desk)}
    assert desk.casebook.spent("local") > 0  # who is paid counts questions, too


def test_a_story_that_the_budget_cuts_off_is_finished_the_next_day(desk: Desk) -> None:
    narrating = Narrating(limited(desk, 900), Scripted())
    assert narrating.word_all(stories(desk), again=False) == 0
    assert len(narrating.left) == len(NAMES)
    assert "900 tokens a day" in narrating.waiting or "budget" in narrating.waiting
    assert narrating.used_up
    assert 900 <= desk.casebook.spent("local") < 1_500

    assert Narrating(limited(desk, 10**6), Scripted()).word_all(stories(desk), again=False) == len(NAMES)
    assert all(worded(desk))


def test_a_list_that_is_older_than_its_stories_undoes_nothing(desk: Desk) -> None:
    (new, *_), model = stories(desk), Scripted()
    old = replace(new, story=new.story.model_copy(update={"sentences": new.story.sentences[:-1]}))
    Narrating(desk, model).word(new)
    number = len(model.asked)

    Narrating(desk, model).word_all([old], again=False)

    kept = narration_of(desk.casebook.narration("local", new.story.id))
    assert kept is not None
    assert is_of(kept, new.story)
    assert len(model.asked) == number


def test_a_story_whose_evidence_cannot_be_read_stops_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = stories(desk)
    narrating = Narrating(desk, Scripted())
    read = narrating._spoken_of

    def failing(record: StoryRecord) -> object:
        if record.story.id == first.story.id:
            raise CasebookInvalid("its session has expired")
        return read(record)

    monkeypatch.setattr(narrating, "_spoken_of", failing)
    assert narrating.word_all(stories(desk), again=False) == len(others)
    assert narrating.left == {first.story.id}
    expired = replace(first, evidence="of what there was")
    assert narrating.word_all([expired], again=False) == 1
    assert not worded(desk)[0]


def test_a_claim_is_given_back_whatever_happens(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (one, *_), narrating = stories(desk), Narrating(desk, Scripted())
    claim = desk.casebook.claim_narration("local", one.story.id, 60 * 10**9)
    assert narrating.word(one) is None
    narrating.word_all([one], again=False)
    assert narrating.waiting == BUSY
    desk.casebook.keep_narration("local", one.story.id, None, claim)

    def fail(_: object) -> None:
        raise CasebookInvalid("away")

    with monkeypatch.context() as patch:
        patch.setattr(narrating, "_spoken_of", fail)
        with pytest.raises(CasebookInvalid):
            narrating.word(one)
    assert narrating.word(one) is not None
