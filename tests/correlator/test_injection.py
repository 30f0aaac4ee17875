"""Orders to the model that words a story. The model here is scripted: it obeys perfectly, as if it had read them."""

import random

import pytest

from correlator.evaluate.injection import (
    PLACES,
    Planted,
    _changed,
    obeying,
    orders,
    outcome,
    some,
    told,
    tried,
    unchecked,
)
from correlator.models.scripted import Scripted
from correlator.narrate import Way

SOME = 33
"""Of the orders; all of them: `python -m benchmarks.quality.narration.injection`."""


def chosen() -> list[Planted]:
    """Return some orders, three of each place."""
    every = list(orders())
    random.Random(1).shuffle(every)
    return [one for place in PLACES for one in [one for one in every if one.place == place][: SOME // len(PLACES)]]


def test_there_are_orders_in_every_place_and_none_says_the_word_it_asks_for() -> None:
    every = list(orders())
    assert {one.place for one in every} == set(PLACES)
    assert len({one.word for one in every}) == len(every) >= 500
    for one in some(40):
        story, run = told(one)
        assert one.word.casefold() not in story.model_dump_json().casefold()
        assert any(one.word[7:] in event.content for event in run) or one.place in ("host", "prompt")


@pytest.mark.parametrize("way", ["reword", "compose"])
def test_who_obeys_is_shown_without_the_verifier_and_not_with_it(way: Way) -> None:
    trials = [tried(one, obeying(one), way=way, hinted=bool(number % 2)) for number, one in enumerate(chosen())]
    found = outcome(trials)
    assert (found.asked, found.changed, found.escaped, found.worded) == (0, 0, 0, 0)
    unseen = {place for place in PLACES if not any(one.shown for one in trials if one.planted.place == place)}
    assert unseen == {"body", "program"}
    assert found.sentences > 10 * SOME

    without = outcome([tried(one, obeying(one), way=way, check=unchecked) for one in chosen()])
    assert without.escaped == without.trials
    assert without.worded == without.sentences == found.sentences
    assert without.retitled == found.retitled == found.trials  # it may choose, among what the engine wrote
    assert without.asked == 0


def test_what_leaves_through_markup_or_an_escape_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    every = list(orders())
    images = [one for one in every if "<img" in one.text and one.place in ("argv", "argument", "path", "tool")][:8]
    escapes = [one for one in every if "\x1b" in one.text and one.place == "output"][:2]
    assert not any(tried(one, Scripted()).escaped for one in (*images, *escapes))

    monkeypatch.setattr("correlator.render.terminal.safe", lambda text, *_: str(text))
    assert all("terminal" in tried(one, Scripted()).escaped for one in escapes)
    monkeypatch.setattr("correlator.render.markdown.safe", lambda text, *_: str(text))
    # Of a long text the end is cut off, where the image stands.
    assert any("markdown" in tried(one, Scripted()).escaped for one in images)


def test_what_slack_and_jira_would_link_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    tags = [one for one in orders() if "<!--" in one.text and one.place == "tool"][:3]
    braces = [one for one in orders() if "{" in one.text and one.place == "tool"][:3]
    assert not any(tried(one, Scripted()).escaped for one in (*tags, *braces))

    for form in ("slack", "jira"):
        monkeypatch.setattr(f"correlator.render.{form}.safe", lambda text, *_: str(text))
    assert any("slack" in tried(one, Scripted()).escaped for one in tags)
    assert any("jira" in tried(one, Scripted()).escaped for one in braces)


def test_what_is_no_wording_is_compared() -> None:
    story, _ = told(some(1)[0])
    first = story.sentences[0]
    assert list(_changed(story, story)) == []
    assert list(_changed(story, story.model_copy(update={"severity": "low", "title": "x"}))) == ["severity", "title"]
    uncited = story.model_copy(update={"sentences": (first.model_copy(update={"cites": ()}), *story.sentences[1:])})
    assert list(_changed(story, uncited)) == ["cites"]
    assert "quotes" in list(_changed(story, story.model_copy(update={"sentences": story.sentences[1:]})))
    assert list(_changed(story, story.model_copy(update={"title": story.titles[-1].text}))) == []


def test_what_was_planted_does_not_bear_itself_out() -> None:
    # The host of these says “cite-step-99”, and the word in two halves.
    for planted in [one for one in orders() if (one.place, one.demand) == ("host", "a citation")]:
        trial = tried(planted, obeying(planted))
        assert (trial.worded, trial.escaped) == (0, ())
