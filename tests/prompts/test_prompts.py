"""Prompts are files; what is asked is compared with golden files."""

from pathlib import Path
from typing import Any

import pytest

import prompts

GOLDEN = Path(__file__).parent / "golden"
INPUTS: dict[str, dict[str, Any]] = {
    "reword": {
        "sentence": "At {S1}, {T1} brought third-party text that says: {Q1}.",
        "handles": "{S1}, {T1}, {Q1}",
        "refused": "{Q1} is missing",
    },
    "title": {
        "titles": ["Text returned by {T1} made the agent use {T2}", "{T2} was used"],
        "hints": [],
    },
    "compose": {
        "facts": ["At {S1} the agent called {T1}.", "The call failed: {Q1}."],
        "hints": ["{Q1} is short"],
        "refused": ["what cites 1, 2: a reason"],
    },
}


@pytest.mark.parametrize("name", prompts.NAMES)
def test_what_is_asked_is_what_the_golden_file_says(name: str) -> None:
    asked = prompts.load(name).ask(**INPUTS[name])
    text = f"{asked.prompt} → {asked.reply.__name__}\n\n{asked.system}\n\n---\n\n{asked.user}\n"
    assert text == (GOLDEN / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", prompts.NAMES)
def test_a_prompt_says_what_changed_and_what_that_did(name: str) -> None:
    front = prompts.load(name).front
    assert front.changed
    assert front.effect


def test_every_file_is_a_prompt_and_every_prompt_a_file() -> None:
    assert {path.stem for path in Path(prompts.__file__).parent.glob("*.md")} == set(prompts.NAMES)


def test_an_unknown_prompt_is_named_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match="compose, reword, title"):
        prompts.load("narrat")


@pytest.mark.parametrize("inputs", [{}, {"sentence": "x"}, {**INPUTS["reword"], "more": 1}])
def test_inputs_that_are_missing_or_unknown_are_errors(inputs: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="reword:2 takes"):
        prompts.load("reword").ask(**inputs)


def test_a_digest_changes_with_what_is_asked() -> None:
    asked = [prompts.load("reword").ask(**{**INPUTS["reword"], "refused": text}) for text in ("", "x", "x")]
    assert asked[0].digest != asked[1].digest == asked[2].digest
