"""A real model words stories. What it says is another each time: only what must always hold is looked at."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from correlator.evaluate.injection import some, tried
from correlator.models import Answer, LanguageModel, Reach, open_model
from correlator.narrate import narrate
from correlator.narrating.asking import Limits
from correlator.narrating.narration import narrated
from tests import local_model
from tests.correlator.test_narrate import EXAMPLES, told

pytestmark = [pytest.mark.model, pytest.mark.xdist_group("model")]
LIMITS = Limits(seconds=600.0, seconds_each=120.0)


@pytest.fixture(scope="module")
def model() -> Iterator[LanguageModel]:
    folder = local_model.folder()
    if folder is None:
        pytest.skip(f"no local model here: python -m tests.local_model fetch FOLDER, then {local_model.SETTING}=FOLDER")
    with local_model.serving(folder) as address:
        yield open_model("litellm", Reach(f"openai/{local_model.NAME}", address))


def test_a_story_stays_the_same_story(model: LanguageModel, tmp_path: Path) -> None:
    (found,) = told(EXAMPLES / "billing_ticket/session.json", tmp_path)

    narration = narrate(found.story, found.run, model, LIMITS)
    story = narrated(found.story, narration)

    assert not narration.stopped
    assert narration.worded > 0
    assert narration.tokens_in > narration.tokens_out > 0
    assert story.model_copy(update={"sentences": (), "narrator": ""}) == found.story.model_copy(
        update={"sentences": (), "narrator": ""}
    )
    for new, old in zip(story.sentences, found.story.sentences, strict=True):
        assert (new.cites, new.quotes) == (old.cites, old.quotes)


def test_orders_change_nothing(model: LanguageModel) -> None:
    cache: dict[str, Answer] = {}
    for planted in some(3):
        trial = tried(planted, model, cache=cache, limits=LIMITS)
        assert (trial.changed, trial.escaped, trial.asked, trial.stopped) == ((), (), False, "")
