"""The shipped telemetry, read from the file and live, held against what each example says is to be found in it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from correlator.cli.desk import opened
from correlator.ingest import ingest
from correlator.settings import Settings
from correlator.spelling import squash
from correlator.story import Story
from sensor.identity import session_key
from sensor.sources import read_any
from sensor.sources.otlp.json_form import decode
from tests.correlator.test_live import live, stories

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXPECTED: dict[str, dict[str, Any]] = {
    path.parent.name: yaml.safe_load((path.parent / "expected.yaml").read_text("utf-8"))
    for path in sorted(EXAMPLES.glob("*/spans.jsonl"))
}
WITH_STORY = [name for name, expected in EXPECTED.items() if expected["story"]]
SILENT = [name for name, expected in EXPECTED.items() if not expected["story"]]


def replayed(name: str, folder: Path) -> list[Story]:
    with opened(Settings(store=folder)) as desk:
        ingest([(name, EXAMPLES / name / "spans.jsonl")], desk)
    return [record.story for record in stories(folder)]


def received(name: str, folder: Path) -> list[Story]:
    with live(folder) as engine:
        for line in (EXAMPLES / name / "spans.jsonl").read_bytes().splitlines():
            engine.take(decode(line, "traces").spans)
            engine.work()
    return [record.story for record in stories(folder)]


Told = Callable[[str, Path], list[Story]]
ways = pytest.mark.parametrize("told", [replayed, received])


@ways
@pytest.mark.parametrize("name", SILENT)
def test_a_benign_example_gives_no_story(told: Told, name: str, tmp_path: Path) -> None:
    assert told(name, tmp_path) == []


@ways
@pytest.mark.parametrize("name", WITH_STORY)
def test_an_attack_gives_one_story_with_the_effect_its_value_and_its_destination(
    told: Told, name: str, tmp_path: Path
) -> None:
    expected = EXPECTED[name]

    (found,) = told(name, tmp_path)

    assert {effect.tool for effect in found.effects} == {expected["effect"]}
    assert any(squash(value.value) in squash(expected["value"]) for value in found.values)
    assert any(squash(expected["destination"]) in squash(value.value) for value in found.values)
    if "session" in expected:
        acted = {effect.session or found.session for effect in found.effects}
        assert acted == {session_key("conversation", expected["session"], found.tenant)}


@ways
@pytest.mark.parametrize("name", WITH_STORY)
def test_an_attack_begins_with_the_text_that_the_example_names(told: Told, name: str, tmp_path: Path) -> None:
    expected = EXPECTED[name]["origin"]

    (found,) = told(name, tmp_path)

    assert squash(found.origin.quote.removesuffix("…")) in squash(expected["text"])
    assert found.origin.source == expected["source"]


@pytest.mark.parametrize("name", EXPECTED)
def test_each_call_that_the_model_asked_for_is_told_once_and_no_other(name: str) -> None:
    path = EXAMPLES / name / "spans.jsonl"
    asked = {*re.findall(r"(?:call|toolu)_[0-9a-f]{12}_\d\d_\d", path.read_text("utf-8"))}

    told = [event.call_id for event in read_any(path) if event.kind == "tool_called"]

    assert sorted(told) == sorted(asked)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_sessions_are_those_that_the_application_names(name: str) -> None:
    path = EXAMPLES / name / "spans.jsonl"
    named = re.findall(
        r'"(?:session|gen_ai\.conversation)\.id", "value": {"stringValue": "(.+?)"', path.read_text("utf-8")
    )

    assert {event.session for event in read_any(path)} == {session_key("conversation", one) for one in named}
