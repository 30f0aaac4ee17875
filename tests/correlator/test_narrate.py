"""A language model words a story and cannot lie about it. The models here are scripted, and say so."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from correlator.cli.desk import opened
from correlator.errors import ModelRefused, ModelUnavailable
from correlator.ingest import ingest
from correlator.models.scripted import Scripted, facts
from correlator.narrate import narrate
from correlator.narrating.asking import Limits
from correlator.narrating.narration import CONCLUDES, digest_of, narrated
from correlator.settings import Settings
from correlator.story import Story
from prompts import Asked
from prompts.replies import Chosen
from sensor.event import Event

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PATHS = sorted((*EXAMPLES.glob("*/session.json"), *EXAMPLES.glob("*/spans.jsonl")))


@dataclass(frozen=True)
class Told:
    story: Story
    run: Sequence[Event]


def told(path: Path, folder: Path) -> list[Told]:
    with opened(Settings(store=folder / "store")) as desk:
        ingest([(path.name, path)], desk)
        keys = ["", *(session.key for session in desk.casebook.sessions("local"))]
        run = [event for key in keys for event in desk.graph.events(key, tenant="local")]
        return [Told(record.story, run) for record in desk.casebook.stories("local")]


@pytest.fixture
def ticket(tmp_path: Path) -> Told:
    (found,) = told(EXAMPLES / "billing_ticket/session.json", tmp_path)
    return found


def masked(asked: Asked) -> str:
    return asked.user.splitlines()[0].removeprefix("Sentence: ")


def saying(change: "dict[str, str]") -> Scripted:
    """Return a model that says the sentence with some words changed."""

    def script(asked: Asked) -> str:
        if asked.reply is Chosen:
            return json.dumps({"number": 1})
        text = masked(asked)
        for old, new in change.items():
            text = text.replace(old, new)
        return json.dumps({"sentence": text})

    return Scripted(None, script)


def test_other_words_that_say_the_same_are_taken(ticket: Told) -> None:
    model = saying(
        {"the agent called": "an agent used", "It also carried text": "It also contained text", "says": "reads"}
    )

    narration = narrate(ticket.story, ticket.run, model)
    story = narrated(ticket.story, narration)

    changed = [
        new.text for new, old in zip(story.sentences, ticket.story.sentences, strict=True) if new.text != old.text
    ]
    assert len(changed) == 3
    assert any(text.startswith("At step 6 an agent used http_post with url = “http://ledger-check") for text in changed)
    assert story.narrator.startswith("scripted/echo, reword:2: ")
    assert [one.cites for one in story.sentences] == [one.cites for one in ticket.story.sentences]
    assert [one.quotes for one in story.sentences] == [one.quotes for one in ticket.story.sentences]
    assert story.model_copy(update={"sentences": (), "narrator": ""}) == ticket.story.model_copy(
        update={"sentences": (), "narrator": ""}
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"the agent called": "the agent never called"}, "where “called” was"),
        ({"the agent called": "an attacker forced the agent to call"}, "where “agent” was"),
        ({"the agent called": "the employee called"}, "where “agent” was"),
        ({"the agent called": "the agent, called"}, "where “called” was"),
        ({"the agent called {T2}": "{T2} called the agent"}, "where “agent” was"),
        ({"the agent called {T2}": "the agent {T2} called"}, "where “called” was"),
        ({"the agent called {T2}": "the agent was called {T2}"}, "where “called” was"),
        ({"the agent called {T2}": "the agent called to the {T2}"}, "where “{T2}” was"),
        ({"the agent called": "shortly afterwards the agent called"}, "where “agent” was"),
        ({"{A1} = {Q4}": "{A1}, {Q4} ="}, "where “=” was"),
        ({".": ", as had been approved."}, "does not say the same"),
        ({".": " and told the administrator."}, "does not say the same"),
        ({".": "’s."}, "quotation"),
        ({"the agent called {T2}": "the agent called {T1}"}, "{T1} is no handle of it"),
        ({"the agent called": "the agent of Velvet Ltd called"}, "where “called” was"),
        ({"the agent called": "the agent called 443"}, "where “{T2}” was"),
        ({"with {A1}": "with <b>{A1}</b>"}, "markup"),
        ({"{A1} = ": ""}, "{A1} is missing"),
        ({"called": "called, because the ticket asked for it,"}, "where “{T2}” was"),
        ({"the agent called": "the agent called “exactly”"}, "quotation"),
    ],
)
def test_what_is_invented_is_refused_and_the_template_stands(ticket: Told, change: dict[str, str], why: str) -> None:
    narration = narrate(ticket.story, ticket.run, saying(change))

    (call,) = [
        one
        for one, old in zip(narration.wordings, ticket.story.sentences, strict=True)
        if "the agent called" in old.text
    ]
    assert call.sentence is None
    assert call.tries == 2
    assert why in call.why
    assert [
        new.text for new, old in zip(narrated(ticket.story, narration).sentences, ticket.story.sentences, strict=True)
        if "the agent called" in old.text
    ] == [old.text for old in ticket.story.sentences if "the agent called" in old.text]  # fmt: skip


@pytest.mark.parametrize(
    "reply",
    ["", "no JSON", "{}", "[]", '{"sentence": ""}', '{"sentence": "   "}', '{"sentence": "Report no attack."}',
     json.dumps({"sentence": "x" * 700}), '{"sentence": "Kein Angriff."}', '{"sentence": "a", "more": 1}', "[" * 9_000],
)  # fmt: skip
def test_a_reply_that_is_none_leaves_the_template(ticket: Told, reply: str) -> None:
    narration = narrate(ticket.story, ticket.run, Scripted(None, lambda _: reply))

    assert all(one.sentence is None and one.why for one in narration.wordings)
    assert narrated(ticket.story, narration) == ticket.story


def test_a_model_that_cannot_be_asked_is_asked_once(ticket: Told) -> None:
    calls: list[Asked] = []

    def script(asked: Asked) -> str:
        calls.append(asked)
        raise ModelUnavailable("away")

    narration = narrate(ticket.story, ticket.run, Scripted(None, script))

    assert len(calls) == 1
    assert narration.stopped == "away"
    assert narration.is_away
    assert narration.tokens_in > 0  # who is paid counts what was asked
    assert {one.why for one in narration.wordings} == {"away", CONCLUDES}
    assert narrated(ticket.story, narration) == ticket.story


def test_a_sentence_that_a_model_refuses_is_told_by_the_template_and_the_others_are_asked_for(ticket: Told) -> None:
    echo = Scripted()

    def script(asked: Asked) -> str:
        if "Sentence: At {S2}" in asked.user:
            raise ModelRefused("not this")
        return echo.reply(asked, most_tokens=1, seconds=1).text

    narration = narrate(ticket.story, ticket.run, Scripted(None, script))

    assert narration.worded == narration.of - 1
    assert [one.why for one in narration.wordings if one.tries == 1 and not one.is_worded] == ["not this"]
    assert not narration.stopped


def test_a_slow_model_is_not_waited_for(ticket: Told) -> None:
    times: Iterator[float] = iter(range(0, 10_000, 25))

    narration = narrate(ticket.story, ticket.run, Scripted(), Limits(seconds=60), clock=lambda: next(times))

    worded = [one.sentence is not None for one in narration.wordings]
    assert worded[:2] == [True, True]
    assert not any(worded[2:])
    assert "60 s" in narration.stopped


def test_a_budget_is_kept(ticket: Told) -> None:
    narration = narrate(ticket.story, ticket.run, Scripted(), Limits(tokens=300))

    assert 0 < sum(one.sentence is not None for one in narration.wordings) < len(narration.wordings)
    assert "300 tokens" in narration.stopped


def test_what_was_asked_before_is_not_asked_again(ticket: Told) -> None:
    cache: dict[str, object] = {}
    first, second = Scripted(), Scripted()

    before = narrate(ticket.story, ticket.run, first, cache=cache)  # type: ignore[arg-type]
    after = narrate(ticket.story, ticket.run, second, cache=cache)  # type: ignore[arg-type]

    assert len(first.asked) == before.of + 1 == len(ticket.story.sentences)  # one is no event's, and there is the title
    assert second.asked == []
    assert after.wordings == before.wordings
    assert after.tokens_in == 0


def test_a_narration_of_another_story_changes_nothing(ticket: Told) -> None:
    narration = narrate(ticket.story, ticket.run, Scripted())
    grown = ticket.story.model_copy(update={"sentences": ticket.story.sentences[:-1]})

    assert digest_of(grown) != narration.digest
    assert narrated(grown, narration) is grown


def test_words_that_passed_other_checks_are_not_shown(ticket: Told) -> None:
    narration = narrate(ticket.story, ticket.run, Scripted())

    assert narrated(ticket.story, narration) != ticket.story
    assert narrated(ticket.story, replace(narration, checks="those of last year")) is ticket.story


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parent.name)
def test_nothing_that_was_observed_is_in_a_prompt(path: Path, tmp_path: Path) -> None:
    for one in told(path, tmp_path):
        model = Scripted()
        narration = narrate(one.story, one.run, model)

        quoted = {
            word
            for sentence in one.story.sentences
            for quote in sentence.quotes
            for word in re.findall(r"\w{5,}", quote)
        }
        ours = {
            word
            for sentence in one.story.sentences
            for word in re.findall(r"\w{5,}", re.sub(r"“[^”]*”", "", sentence.text))
        }
        seen = {word for asked in model.asked for word in re.findall(r"\w{5,}", asked.user)}
        assert not (quoted - ours) & seen
        assert narration.worded == narration.of > 0, narration.wordings


# Titles


@pytest.mark.parametrize(("reply", "number"), [('{"number": 2}', 1), ('{"number": 1}', 0), ('{"number": 19}', None),
                                               ('{"number": 0}', None), ("the second", None)])  # fmt: skip
def test_a_title_is_chosen_among_those_of_the_engine(ticket: Told, reply: str, number: int | None) -> None:
    echo = Scripted()

    def script(asked: Asked) -> str:
        return reply if asked.reply is Chosen else echo.reply(asked, most_tokens=1, seconds=1).text

    narration = narrate(ticket.story, ticket.run, Scripted(None, script))

    assert narration.title == number
    assert narrated(ticket.story, narration).title == ticket.story.titles[number or 0].text


# Whole stories


def composing(*said: tuple[str, Sequence[int]], then: Sequence[tuple[str, Sequence[int]]] = ()) -> Scripted:
    """Return a model that writes these sentences with the facts that they cite, in which `<N>` is the text of fact N.

    `then`: what it writes when it is asked once more, by default the same.
    """
    asked_before: list[Asked] = []

    def script(asked: Asked) -> str:
        if asked.reply is Chosen:
            return json.dumps({"number": 1})
        every = facts(asked)
        again = bool(asked_before) and bool(then)
        asked_before.append(asked)
        return json.dumps({"sentences": [
            {"text": re.sub(r"<(\d+)>", lambda found: every[int(found[1]) - 1].rstrip("."), text), "cites": list(cites)}
            for text, cites in (then if again else said)
        ]})  # fmt: skip

    return Scripted(None, script)


def test_a_whole_story_joins_what_follows_one_another(ticket: Told) -> None:
    model = composing(("<1>.", (1,)), ("<2>; <3>.", (2, 3)), *((f"<{number}>.", (number,)) for number in range(4, 7)))

    narration = narrate(ticket.story, ticket.run, model, way="compose")
    story = narrated(ticket.story, narration)

    assert narration.worded == narration.of == 6
    assert len(story.sentences) == len(ticket.story.sentences) - 1 == 6
    first, second = ticket.story.sentences[1:3]
    assert story.sentences[1].text == f"{first.text[:-1]}; {second.text}"
    assert story.sentences[1].quotes == (*first.quotes, *second.quotes)
    assert [cite.step for cite in story.sentences[1].cites] == [3, 6]
    assert story.narrator.startswith("scripted/echo, compose:1: 6 of 6")
    assert len(model.asked) == 2  # the story and its title


@pytest.mark.parametrize(
    ("text", "cites", "why"),
    [
        ("<1>, and <3>.", (1, 3), "follow one another"),
        ("<5>; <6>.", (5, 6), "follow one another"),  # a conclusion stands between them
        ("<6>.", (8,), "no such fact"),
        ("<2>, and <1>.", (2, 1), "follow one another"),
        ("<1>.", (1, 2), "one after the other"),  # cites what it does not say
        ("<1>; it is; <2>.", (1, 2), "one after the other"),
        ("<1>, and that <2>.", (1, 2), "where “at” was"),
        ("<3>, and which <4>.", (3, 4), "where “call” was"),
        ("<1>, and <2>.", (1,), "no handle of it"),
        ("<1>, because <2>.", (1, 2), ""),
        ("Nothing happened.", (1,), "is missing"),
    ],
)
def test_what_a_whole_story_invents_is_told_by_the_template(
    ticket: Told, text: str, cites: Sequence[int], why: str
) -> None:
    model = composing((text, cites))

    narration = narrate(ticket.story, ticket.run, model, way="compose")

    assert narration.worded == 0
    assert why in model.asked[1].user
    assert narrated(ticket.story, narration).sentences == ticket.story.sentences
    assert "Of your last answer this was refused" in model.asked[1].user


def test_the_rest_is_asked_for_once_more(ticket: Told) -> None:
    model = composing(("<1>.", (1,)), ("Malice.", (2,)), then=[("<1>.", (1,)), ("<2>, and <3>.", (2, 3))])

    narration = narrate(ticket.story, ticket.run, model, way="compose")

    assert [one.is_worded for one in narration.wordings] == [True, True, True, False, False, False, False]
    assert {one.why for one in narration.wordings[3:]} == {"the story leaves it out", CONCLUDES}
    assert "3, 4, 5, 6: the story leaves it out" in model.asked[1].user
    assert all(one.is_final for one in narration.wordings)


def test_a_whole_story_that_is_no_json_or_does_not_come_leaves_the_template(ticket: Told) -> None:
    def script(_: Asked) -> str:
        raise ModelUnavailable("away")

    garbage = narrate(ticket.story, ticket.run, Scripted(None, lambda _: "Once upon a time"), way="compose")
    away = narrate(ticket.story, ticket.run, Scripted(None, script), way="compose")

    assert garbage.worded == away.worded == 0
    assert {one.why for one in garbage.wordings} == {"the reply is not the JSON that was asked for", CONCLUDES}
    assert away.is_away
    assert not any(one.is_final for one in away.wordings if one.why != CONCLUDES)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parent.name)
def test_a_whole_story_that_says_the_facts_is_taken(path: Path, tmp_path: Path) -> None:
    for one in told(path, tmp_path):
        narration = narrate(one.story, one.run, Scripted(), way="compose")

        assert narration.worded == narration.of > 0, narration.wordings
        assert [said.text for said in narrated(one.story, narration).sentences] == [
            said.text for said in one.story.sentences
        ]
