"""The shape of each reply. A model may be told it, may follow it and may still be wrong: every reply is validated here."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MOST_CHARACTERS = 600
"""Of one sentence."""
MOST_SENTENCES = 500

_Text = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]


class Reply(BaseModel):
    """Root of the replies."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reworded(Reply):
    """One sentence in other words."""

    sentence: _Text


class Chosen(Reply):
    """One of several that were offered, by its number from 1."""

    number: int = Field(ge=1, le=20)


class Said(Reply):
    """One sentence of a story that a model wrote."""

    text: _Text
    cites: tuple[Annotated[int, Field(ge=1, le=1_000)], ...] = Field(min_length=1, max_length=12)
    """Numbers of the facts that it rests on."""


class Composed(Reply):
    """A whole story."""

    sentences: tuple[Said, ...] = Field(min_length=1, max_length=MOST_SENTENCES)


REPLIES: dict[str, type[Reply]] = {"Chosen": Chosen, "Composed": Composed, "Reworded": Reworded}
