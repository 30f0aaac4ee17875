"""The stories of the shipped examples read as they are shipped."""

from pathlib import Path

import pytest

from examples.stories import EXAMPLES, STORY, recordings, told


@pytest.mark.parametrize("recording", list(recordings()), ids=lambda path: path.parent.name)
def test_each_example_tells_what_its_file_says(recording: Path) -> None:
    golden = recording.parent / STORY
    text = golden.read_text("utf-8") if golden.exists() else ""

    assert told(recording) == text, "if that is right: python -m examples.stories"


def test_there_is_a_story_for_each_kind_of_attack() -> None:
    assert len(list(EXAMPLES.glob(f"*/{STORY}"))) >= 8
