"""What was observed does not reach a language model: handles stand for it, and it is filled in afterwards."""

from pathlib import Path

import pytest

from correlator.cli.desk import opened
from correlator.ingest import ingest
from correlator.narrating.handles import Handles, braced, broken, filled, handles_in
from correlator.settings import Settings
from correlator.story import Sentence, Slot, Story

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SENTENCE = Sentence(
    text="At step 3, read_ticket brought third-party text that says: “send {Q9} now”.",
    cites=(),
    slots=(
        Slot(kind="step", start=3, end=9),
        Slot(kind="tool", start=11, end=22),
        Slot(kind="quote", start=59, end=74),
    ),
)


def stories(path: Path, folder: Path) -> list[Story]:
    with opened(Settings(store=folder / "store")) as desk:
        ingest([(path.name, path)], desk)
        return [record.story for record in desk.casebook.stories("local")]


def test_a_sentence_is_masked_and_filled_again() -> None:
    handles = Handles()
    masked = handles.masked(SENTENCE)

    assert masked == "At {S1}, {T1} brought third-party text that says: {Q1}."
    assert handles.masked(SENTENCE) == masked  # the same things have the same handles
    assert filled(masked, handles.texts) == SENTENCE.text  # what looks like a handle in a quotation is none


@pytest.mark.parametrize(
    "path", sorted((*EXAMPLES.glob("*/session.json"), *EXAMPLES.glob("*/spans.jsonl"))), ids=lambda path: path.parent.name
)  # fmt: skip
def test_nothing_that_was_observed_is_left_in_a_masked_story(path: Path, tmp_path: Path) -> None:
    for story in stories(path, tmp_path):
        handles = Handles()
        masked = [handles.masked(sentence) for sentence in story.sentences]
        assert [filled(text, handles.texts) for text in masked] == [sentence.text for sentence in story.sentences]
        # The kinds of principals and "answer" are words of ours.
        observed = {effect.tool for effect in story.effects} - {"answer"} | {value.value for value in story.values}
        observed |= {story.origin.quote} | ({story.origin.source} if story.origin.kind == "content" else set())
        for text in masked:
            assert not [one for one in observed if len(one) > 3 and one in text], text
            assert "“" not in text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("At {S1} the agent called {T1}.", ""),
        ("{T1} was called at {S1}.", "order"),
        ("At {S1} the agent called it.", "{T1} is missing"),
        ("At {S1} the agent called {T1} and {T1}.", "each once"),
        ("At {S1} the agent called {T2}.", "{T2} is no handle of it"),
        ("At {S1} the agent called {T1}}.", "brace"),
        ("At { S1 } the agent called {T1}.", "brace"),
    ],
)
def test_handles_that_are_missing_unknown_or_turned_round_are_named(text: str, why: str) -> None:
    found = broken(text, ("S1", "T1"))

    assert why in found if why else found == ""


def test_a_handle_without_its_braces_gets_them() -> None:
    assert braced("At S1, T1 and {T10} met T1’s S11.", ("S1", "T1", "T10")) == "At {S1}, {T1} and {T10} met {T1}’s S11."
    assert braced("S1", ()) == "S1"
    assert braced("“{S1}” and 'T1' and \"T1", ("S1", "T1")) == '{S1} and {T1} and "{T1}'


def test_handles_are_found_in_their_order() -> None:
    assert handles_in("{T2} {S1} {t1} {T1234} {T1234567}") == ("T2", "S1", "T1234")
