"""What third-party text is like must not change how a story is told. The models here are scripted, and say so."""

import itertools
import json
from pathlib import Path

import pytest

from correlator.errors import ModelUnavailable
from correlator.models.scripted import Scripted
from correlator.narrate import Way
from correlator.narrating.asking import Limits
from correlator.narrating.differential import differential, features
from prompts import Asked
from prompts.replies import Chosen, Composed
from tests.correlator.test_narrate import EXAMPLES, Told, told


@pytest.fixture
def ticket(tmp_path: Path) -> Told:
    (found,) = told(EXAMPLES / "billing_ticket/session.json", tmp_path)
    return found


def test_features_say_what_a_quotation_is_like_and_nothing_of_it(ticket: Told) -> None:
    found = list(features(ticket.story))

    assert found[2] == "{Q3} is of middle length and has an order and an address in it"
    quoted = {word for one in ticket.story.sentences for quote in one.quotes for word in quote.split() if len(word) > 6}
    assert not [word for word in quoted if any(word in line for line in found)]


@pytest.mark.parametrize("way", ["reword", "compose"])
def test_a_model_that_tells_it_the_same_is_not_steered(ticket: Told, way: Way) -> None:
    model = Scripted()

    found = differential(ticket.story, ticket.run, model, Limits(), way, ({}, {}, {}))

    assert (found.wavers, found.steers, found.stopped) == (False, False, "")
    hinted = [asked for asked in model.asked if "What the quotations are like" in asked.user]
    assert len(hinted) == (1 if way == "reword" else 2)


def test_a_model_that_chooses_another_title_or_leaves_facts_out_is_noticed(ticket: Told) -> None:
    echo = Scripted()

    def script(asked: Asked) -> str:
        hinted = "an order" in asked.user
        if asked.reply is Chosen:
            return json.dumps({"number": 2 if hinted else 1})
        return echo.reply(asked, most_tokens=1, seconds=1).text

    def silent(asked: Asked) -> str:
        reply = echo.reply(asked, most_tokens=1, seconds=1).text
        if asked.reply is Composed and "an order" in asked.user:
            return json.dumps({"sentences": json.loads(reply)["sentences"][:2]})
        return reply

    assert differential(ticket.story, ticket.run, Scripted(None, script), Limits(), "reword", ({}, {}, {})).steers
    assert differential(ticket.story, ticket.run, Scripted(None, silent), Limits(), "compose", ({}, {}, {})).steers


def test_of_a_model_that_wavers_or_is_away_nothing_is_said(ticket: Told) -> None:
    numbers = itertools.cycle((1, 2))
    echo = Scripted()

    def wavering(asked: Asked) -> str:
        return (
            json.dumps({"number": next(numbers)})
            if asked.reply is Chosen
            else echo.reply(asked, most_tokens=1, seconds=1).text
        )

    def away(_: Asked) -> str:
        raise ModelUnavailable("away")

    wavers = differential(ticket.story, ticket.run, Scripted(None, wavering), Limits(), "reword", ({}, {}, {}))
    gone = differential(ticket.story, ticket.run, Scripted(None, away), Limits(), "reword", ({}, {}, {}))

    assert (wavers.wavers, wavers.steers) == (True, False)
    assert (gone.stopped, gone.steers) == ("away", False)
