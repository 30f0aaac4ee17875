"""A model that says what a script tells it: for tests and measurements, named as such wherever its words are shown."""

import json
from collections.abc import Callable, Iterable

from correlator.errors import ModelUnavailable
from correlator.models import MOST_CHARACTERS, Answer, Reach
from prompts import Asked
from prompts.replies import Chosen, Composed

Script = Callable[[Asked], str]


class Scripted:
    """Replies what a function of the prompt returns; by default what it was asked to word, unchanged."""

    def __init__(self, reach: Reach | None = None, script: Script | None = None) -> None:
        self.name = f"scripted/{reach.model if reach else 'echo'}"
        self.asked: list[Asked] = []
        """All that it was asked."""
        self._script = script or _echo

    @classmethod
    def saying(cls, replies: Iterable[str]) -> "Scripted":
        """Return one that says these replies, one after the other, and is unavailable behind the last."""
        left = iter(replies)

        def script(_: Asked) -> str:
            try:
                return next(left)
            except StopIteration:
                raise ModelUnavailable("The script has come to its end.") from None

        return cls(None, script)

    def reply(self, asked: Asked, *, most_tokens: int, seconds: float) -> Answer:  # noqa: ARG002 - of the protocol
        """See `LanguageModel.reply`."""
        self.asked.append(asked)
        text = self._script(asked)
        if len(text) > MOST_CHARACTERS:
            raise ModelUnavailable(f"{self.name} replied {len(text)} characters.")
        # As a rule of thumb, four characters are a token.
        return Answer(text, (len(asked.system) + len(asked.user)) // 4, len(text) // 4, 0.0)


def _echo(asked: Asked) -> str:
    """Return what is to be worded as it is, each fact of a whole story in a sentence of its own, and the first title."""
    lines = asked.user.splitlines()
    if asked.reply is Chosen:
        return json.dumps({"number": 1})
    if asked.reply is Composed:
        said = [{"text": text, "cites": [number]} for number, text in enumerate(facts(asked), 1)]
        return json.dumps({"sentences": said})
    line = next((line for line in lines if line.startswith("Sentence: ")), "")
    return json.dumps({"sentence": line.removeprefix("Sentence: ")})


def facts(asked: Asked) -> list[str]:
    """Return the numbered facts of a prompt that asks for a whole story."""
    numbered = (line.partition(". ") for line in asked.user.splitlines())
    return [text for number, _, text in numbered if number.isdecimal()]
