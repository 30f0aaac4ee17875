"""A model that says again what another one said: replies in a file, each under the digest of what was asked."""

import json
from pathlib import Path
from typing import Any

from correlator.errors import ModelRefused, ModelUnavailable, SettingsInvalid
from correlator.models import MOST_CHARACTERS, Answer, LanguageModel, Reach
from prompts import Asked


class Recorded:
    """Replies from a file of JSON lines: `{"asked": digest, "model": name, "text": …, "tokens_in": …, "tokens_out": …}`."""

    def __init__(self, reach: Reach) -> None:
        """`reach.model` is the file. Raises `SettingsInvalid` where it cannot be read."""
        try:
            lines = Path(reach.model).read_text("utf-8").splitlines()
            rows: list[dict[str, Any]] = [json.loads(line) for line in lines if line]
            self._answers = {row["asked"]: Answer(row["text"], row["tokens_in"], row["tokens_out"]) for row in rows}
            self.name = f"recorded/{rows[0]['model'] if rows else 'nothing'}"
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsInvalid(f"{reach.model} cannot be read as recorded replies ({error!r}).") from error

    def reply(self, asked: Asked, *, most_tokens: int, seconds: float) -> Answer:  # noqa: ARG002 - of the protocol
        """See `LanguageModel.reply`."""
        if asked.digest not in self._answers:
            raise ModelRefused(f"Nobody has recorded what a model replies to this {asked.prompt}.")
        found = self._answers[asked.digest]
        if len(found.text) > MOST_CHARACTERS:
            raise ModelUnavailable(f"{self.name} replied {len(found.text)} characters.")
        return found


class Recorder:
    """Asks another model, and writes what it replies to a file."""

    def __init__(self, model: LanguageModel, file: Path) -> None:
        self.name = model.name
        self._model = model
        self._file = file

    def reply(self, asked: Asked, *, most_tokens: int, seconds: float) -> Answer:
        """See `LanguageModel.reply`."""
        found = self._model.reply(asked, most_tokens=most_tokens, seconds=seconds)
        row: dict[str, str | int] = {"asked": asked.digest, "model": self.name, "text": found.text}
        row |= {"tokens_in": found.tokens_in, "tokens_out": found.tokens_out}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        return found
