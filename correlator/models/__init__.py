"""Language models: a prompt goes in, a text comes out, and what it cost. What the text says is held for nothing but a proposal."""

from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from correlator.errors import SettingsInvalid
from prompts import Asked

MOST_CHARACTERS = 65_536
"""Of a reply; what is longer is no reply to anything that we ask."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model replied."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    """US dollars, as far as the adapter's table of prices knows the model."""


class LanguageModel(Protocol):
    """A language model.

    - A reply comes within the time that it is given, or an error does.
    - What it replies is returned as it is, however wrong, up to `MOST_CHARACTERS`; more is an error.
    - It keeps nothing of what it was asked before.
    """

    @property
    def name(self) -> str:
        """Return what stories call it."""
        ...

    def reply(self, asked: Asked, *, most_tokens: int, seconds: float) -> Answer:
        """Return what it replies. Raises `ModelUnavailable` (try later) or `ModelRefused` (not this again)."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a model is."""

    model: str
    """Its name as the back end has it."""
    url: str | None = None
    key: str | None = None


BACK_ENDS = {
    "litellm": "correlator.models.through_litellm:LiteLLM",
    "recorded": "correlator.models.recorded:Recorded",
    "scripted": "correlator.models.scripted:Scripted",
}
"""Name → class, which takes a `Reach`; loaded when it is used."""


def open_model(back_end: str, reach: Reach) -> LanguageModel:
    """Return a model. Raises `SettingsInvalid`: an unknown back end, a missing package, a name that needs an address."""
    if back_end not in BACK_ENDS:
        raise SettingsInvalid(f"There is no back end {back_end!r} for models; known are {', '.join(BACK_ENDS)}.")
    module, _, name = BACK_ENDS[back_end].partition(":")
    return cast("LanguageModel", getattr(import_module(module), name)(reach))
