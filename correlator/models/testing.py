"""The contract of language models as tests, public so that a back end kept elsewhere can prove itself.

class TestMyModel(LanguageModelContract):
    def make(self, said: Sequence[str], folder: Path) -> LanguageModel:
        return MyModel(...)  # one that replies these texts, one after the other
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import prompts
from correlator.errors import CorrelatorError, ModelUnavailable
from correlator.models import MOST_CHARACTERS, LanguageModel
from prompts import Asked

SECONDS = 20.0


def question(number: int = 1) -> Asked:
    """Return a prompt of ours; another for each number."""
    return prompts.load("reword").ask(
        sentence=f"At {{S{number}}} the agent answered.", handles=f"S{number}", refused=""
    )


class LanguageModelContract:
    """What every back end promises."""

    def make(self, said: Sequence[str], folder: Path) -> LanguageModel:
        """Return a model that replies these texts to `question(1)`, `question(2)`…"""
        raise NotImplementedError

    def test_what_it_replies_is_returned_as_it_is(self, tmp_path: Path) -> None:
        said = [json.dumps({"sentence": "At {S1} it “answered”."}), "no JSON: \u202e\x1b[31m{}", ""]
        model = self.make(said, tmp_path)
        got = [model.reply(question(number), most_tokens=100, seconds=SECONDS).text for number in (1, 2, 3)]
        assert got == said

    def test_it_has_a_name_and_counts_tokens(self, tmp_path: Path) -> None:
        model = self.make(["hello"], tmp_path)
        answer = model.reply(question(), most_tokens=100, seconds=SECONDS)
        assert model.name
        assert answer.tokens_in >= 0 <= answer.tokens_out

    def test_much_too_long_a_reply_is_an_error(self, tmp_path: Path) -> None:
        model = self.make(["x" * (MOST_CHARACTERS + 1)], tmp_path)
        with pytest.raises(ModelUnavailable, match="characters"):
            model.reply(question(), most_tokens=100, seconds=SECONDS)

    def test_where_it_has_nothing_to_say_an_error_of_ours_comes(self, tmp_path: Path) -> None:
        model = self.make([], tmp_path)
        with pytest.raises(CorrelatorError):
            model.reply(question(), most_tokens=100, seconds=SECONDS)
