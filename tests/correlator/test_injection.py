"""Orders to the model that words a story. The model here is scripted: it obeys perfectly, as if it had read them."""

import random

from correlator.evaluate.injection import PLACES, Planted, obeying, orders, outcome, some, told, tried, unchecked

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
        assert any(one.word[7:] in event.content for event in run) or one.place in ("agent", "host", "prompt")


def test_who_obeys_is_shown_without_the_verifier_and_not_with_it() -> None:
    trials = [tried(one, obeying(one)) for one in chosen()]
    found = outcome(trials)
    assert (found.asked, found.changed, found.escaped, found.worded) == (0, 0, 0, 0)
    assert found.shown > SOME / 2
    assert found.sentences > 10 * SOME

    without = outcome([tried(one, obeying(one), check=unchecked) for one in chosen()])
    # Who obeys in silence shows no word.
    assert without.escaped > SOME / 2
    assert without.worded == without.sentences
    assert without.asked == 0
