"""A language model words a story and cannot lie about it. The models here are scripted, and say so."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from correlator.cli.desk import opened
from correlator.errors import ModelRefused, ModelUnavailable
from correlator.ingest import ingest
from correlator.models.scripted import Scripted
from correlator.narrate import Limits, digest_of, narrated, reword
from correlator.settings import Settings
from correlator.story import Story
from prompts import Asked
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
        text = masked(asked)
        for old, new in change.items():
            text = text.replace(old, new)
        return json.dumps({"sentence": text})

    return Scripted(None, script)


def test_other_words_that_say_the_same_are_taken(ticket: Told) -> None:
    model = saying(
        {"the agent called": "the agent used", "It also carried text": "It also contained text", "says": "reads"}
    )

    narration = reword(ticket.story, ticket.run, model)
    story = narrated(ticket.story, narration)

    changed = [
        new.text for new, old in zip(story.sentences, ticket.story.sentences, strict=True) if new.text != old.text
    ]
    assert len(changed) == 3
    assert any(
        text.startswith("At step 6 the agent used http_post with url = “http://ledger-check") for text in changed
    )
    assert story.narrator.startswith("scripted/echo, reword:1: ")
    assert [one.cites for one in story.sentences] == [one.cites for one in ticket.story.sentences]
    assert [one.quotes for one in story.sentences] == [one.quotes for one in ticket.story.sentences]
    assert story.model_copy(update={"sentences": (), "narrator": ""}) == ticket.story.model_copy(
        update={"sentences": (), "narrator": ""}
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"the agent called": "the agent never called"}, "the word “never” is missing"),
        ({"the agent called": "an attacker forced the agent to call"}, ""),
        ({"the agent called": "the employee called"}, "roles"),
        ({"the agent called {T2}": "the agent called {T1}"}, "{T1} is no handle of it"),
        ({"the agent called": "the agent of Velvet Ltd called"}, "name"),
        ({"the agent called": "the agent called seven times"}, "number"),
        ({"with {A1}": "with <b>{A1}</b>"}, "markup"),
        ({"the agent called": "the agent of Ledger called"}, "name or a number"),
        ({"the agent called": "the agent called 443"}, "name or a number"),
        ({"{A1} = ": ""}, "{A1} is missing"),
        ({"called": "called, because the ticket asked for it,"}, ""),
        ({"the agent called": "the agent called “exactly”"}, "quotation"),
    ],
)
def test_what_is_invented_is_refused_and_the_template_stands(ticket: Told, change: dict[str, str], why: str) -> None:
    narration = reword(ticket.story, ticket.run, saying(change))

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
    narration = reword(ticket.story, ticket.run, Scripted(None, lambda _: reply))

    assert all(one.sentence is None and one.why for one in narration.wordings)
    assert narrated(ticket.story, narration) == ticket.story


@pytest.mark.parametrize("error", [ModelUnavailable("away"), ModelRefused("no")])
def test_a_model_that_cannot_be_asked_is_asked_once(ticket: Told, error: Exception) -> None:
    calls: list[Asked] = []

    def script(asked: Asked) -> str:
        calls.append(asked)
        raise error

    narration = reword(ticket.story, ticket.run, Scripted(None, script))

    assert len(calls) == 1
    assert narration.stopped == str(error)
    assert {one.why for one in narration.wordings} == {str(error)}
    assert narrated(ticket.story, narration) == ticket.story


def test_a_slow_model_is_not_waited_for(ticket: Told) -> None:
    times: Iterator[float] = iter(range(0, 10_000, 25))

    narration = reword(ticket.story, ticket.run, Scripted(), Limits(seconds=60), clock=lambda: next(times))

    worded = [one.sentence is not None for one in narration.wordings]
    assert worded[:2] == [True, True]
    assert not any(worded[2:])
    assert "60 s" in narration.stopped


def test_a_budget_is_kept(ticket: Told) -> None:
    narration = reword(ticket.story, ticket.run, Scripted(), Limits(tokens=300))

    assert 0 < sum(one.sentence is not None for one in narration.wordings) < len(narration.wordings)
    assert "300 tokens" in narration.stopped


def test_what_was_asked_before_is_not_asked_again(ticket: Told) -> None:
    cache: dict[str, object] = {}
    first, second = Scripted(), Scripted()

    before = reword(ticket.story, ticket.run, first, cache=cache)  # type: ignore[arg-type]
    after = reword(ticket.story, ticket.run, second, cache=cache)  # type: ignore[arg-type]

    assert len(first.asked) == len(ticket.story.sentences)
    assert second.asked == []
    assert after.wordings == before.wordings
    assert after.tokens_in == 0


def test_a_narration_of_another_story_changes_nothing(ticket: Told) -> None:
    narration = reword(ticket.story, ticket.run, Scripted())
    grown = ticket.story.model_copy(update={"sentences": ticket.story.sentences[:-1]})

    assert digest_of(grown) != narration.digest
    assert narrated(grown, narration) is grown


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parent.name)
def test_nothing_that_was_observed_is_in_a_prompt(path: Path, tmp_path: Path) -> None:
    for one in told(path, tmp_path):
        model = Scripted()
        narration = reword(one.story, one.run, model)

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
        assert all(wording.sentence is not None for wording in narration.wordings), narration.wordings
