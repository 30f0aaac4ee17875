"""Real client libraries under real instrumentation packages, as they install today; the model is scripted, the tools are real."""

import random
from functools import cache
from pathlib import Path

import pytest

from correlator.casebook import StoryRecord
from examples.record import SCENARIOS
from examples.recorder.instrumented import reported
from examples.recorder.scenario import Scenario
from sensor.sources.otlp.decode import decode
from tests.correlator.test_live import live, stories

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
PLAYED = [
    ("openinference", "billing_ticket"),
    ("openinference", "user_asked_export"),
    ("openinference", "image_link_answer"),
    ("openllmetry", "billing_ticket"),
    ("openllmetry", "user_asked_export"),
    ("openllmetry", "encoded_secret"),
    ("openllmetry", "quoted_injection"),
]
"""Neither family tells who the user is, so the crafted prompts, whose twins differ in nothing else, cannot be told apart."""

bodies = cache(reported)


def told(folder: Path, sent: list[bytes], *, restarts: bool = False) -> list[StoryRecord]:
    """Return the stories after these bodies; with `restarts` the engine is opened anew for each."""
    for part in [[body] for body in sent] if restarts else [sent]:
        with live(folder) as engine:
            for body in part:
                engine.take(decode(body, signal="traces", json=False).spans)
                engine.work()
    return stories(folder)


def check(scenario: Scenario, found: list[StoryRecord]) -> None:
    expected = scenario.expected
    assert len(found) == expected.story
    for record in found:
        text = record.story.model_dump_json()
        for part in (expected.effect or "answer", expected.value, expected.destination):
            assert str(part) in text


@pytest.mark.parametrize(("family", "name"), PLAYED)
def test_a_story_where_there_is_one_and_none_where_there_is_none(family: str, name: str, tmp_path: Path) -> None:
    check(BY_NAME[name], told(tmp_path, bodies(family, name)))


@pytest.mark.parametrize(("family", "name"), PLAYED[:2] + PLAYED[3:5])
def test_late_twice_and_over_restarts_it_is_the_same_story(family: str, name: str, tmp_path: Path) -> None:
    sent = bodies(family, name)
    straight = told(tmp_path / "straight", sent)
    twice = sent * 2
    random.Random(5).shuffle(twice)

    found = told(tmp_path / "shuffled", twice, restarts=True)

    check(BY_NAME[name], found)
    assert [record.story.id for record in found] == [record.story.id for record in straight]
