"""The shipped transcripts, read as a user would read them, held against what each says is to be found in it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from correlator.pipeline import Judgement, judge
from correlator.spelling import squash
from correlator.story import Story
from sensor.sources.transcript import read

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXPECTED: dict[str, dict[str, Any]] = {
    path.parent.name: yaml.safe_load((path.parent / "expected.yaml").read_text("utf-8"))
    for path in sorted(EXAMPLES.glob("*/session.json"))
}
WITH_STORY = [name for name, expected in EXPECTED.items() if expected["story"]]
SILENT = [name for name, expected in EXPECTED.items() if not expected["story"]]


def judged(name: str) -> Judgement:
    return judge(read(EXAMPLES / name / "session.json"))


def story(name: str) -> Story:
    (found,) = judged(name).stories
    return found


def test_there_are_four_attacks_and_three_benign_sessions() -> None:
    assert (len(WITH_STORY), len(SILENT)) == (4, 3)


@pytest.mark.parametrize("name", SILENT)
def test_a_benign_example_gives_no_story(name: str) -> None:
    judgement = judged(name)

    assert judgement.stories == ()
    assert judgement.conversation.calls


@pytest.mark.parametrize("name", WITH_STORY)
def test_an_attack_begins_where_the_example_says(name: str) -> None:
    origin = EXPECTED[name]["origin"]

    found = story(name).origin

    assert found.step == origin["position"]
    assert squash(found.quote.removesuffix("…")) in squash(origin["text"])


@pytest.mark.parametrize("name", WITH_STORY)
def test_the_effect_is_the_call_or_the_answer_that_the_example_says(name: str) -> None:
    tool = EXPECTED[name]["effect"] or "answer"

    assert {effect.tool for effect in story(name).effects} == {tool}


@pytest.mark.parametrize("name", WITH_STORY)
def test_the_value_and_its_destination_are_shown(name: str) -> None:
    expected = EXPECTED[name]
    found = story(name)
    arguments = [text for one in found.effects for text in one.arguments.values()]

    if found.origin.kind == "content":
        assert squash(found.values[0].value) in squash(expected["value"])
        assert any(squash(expected["destination"]) in squash(value.value) for value in found.values)
    else:
        # The tool knows the host of its interface; the conversation, and so the story, has only the path.
        assert any(expected["value"] in text for text in arguments)


def test_the_crafted_prompt_is_a_story_of_its_principal_and_its_twin_has_the_same_calls() -> None:
    anonymous, administrator = judged("crafted_prompt_anonymous"), judged("crafted_prompt_administrator")

    assert anonymous.stories[0].origin.kind == "principal"
    assert anonymous.stories[0].origin.source == "anonymous"
    assert [call.event.arguments for call in anonymous.conversation.calls] == [
        call.event.arguments for call in administrator.conversation.calls
    ]
