"""Asks a language model within what one story may cost, and counts."""

import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field

from correlator.errors import ModelRefused, ModelUnavailable
from correlator.models import Answer, LanguageModel
from prompts import Asked

Cache = MutableMapping[str, Answer]
"""Model and digest of what was asked → what it replied."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a story may cost."""

    seconds: float = 60.0
    """Until what is not worded yet is told by the template."""
    seconds_each: float = 20.0
    """For one sentence; a whole story has all the time that is left."""
    tokens: int = 20_000
    """Of questions and replies."""
    tokens_each: int = 300
    """Of one reply with one sentence."""
    tokens_whole: int = 4_000
    """Of one reply with a whole story."""
    tries: int = 2
    """Of one sentence, or of the whole; a third has never helped (reference/narration.md §2)."""


USUAL = Limits()


@dataclass(slots=True)
class Asking:
    """Asks for one story."""

    model: LanguageModel
    limits: Limits
    cache: Cache
    clock: Callable[[], float] = time.monotonic
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = 0.0
    stopped: str = ""
    """Why it is not asked any more."""
    is_away: bool = False
    begun: float = field(init=False)

    def __post_init__(self) -> None:
        self.begun = self.clock()

    def reply(self, asked: Asked, *, whole: bool = False) -> str | None:
        """Return what the model replies, `None` where it is not to be asked any more. Raises `ModelRefused`: not to this."""
        if self.stopped:
            return None
        key = f"{self.model.name} {asked.digest}"
        answer = self.cache.get(key)
        if answer is None:
            answer = self._asked(asked, whole=whole)
            if answer is None:
                return None
            self.cache[key] = answer
            self.tokens_in += answer.tokens_in
            self.tokens_out += answer.tokens_out
            self.cost = None if self.cost is None or answer.cost is None else self.cost + answer.cost
        return _bare(answer.text)

    def _asked(self, asked: Asked, *, whole: bool) -> Answer | None:
        left = self.limits.seconds - (self.clock() - self.begun)
        if left <= 0:
            self.stopped = f"the time of the story ({self.limits.seconds:g} s) is over"
        elif self.tokens_in + self.tokens_out >= self.limits.tokens:
            self.stopped = f"the budget ({self.limits.tokens} tokens) is used up"
        if self.stopped:
            return None
        tokens = self.limits.tokens_whole if whole else self.limits.tokens_each
        seconds = left if whole else min(left, self.limits.seconds_each)
        try:
            return self.model.reply(asked, most_tokens=tokens, seconds=seconds)
        except (ModelUnavailable, ModelRefused) as error:
            # Whoever is paid counts what was asked, too. As a rule of thumb, four characters are a token.
            self.tokens_in += (len(asked.system) + len(asked.user)) // 4
            if isinstance(error, ModelRefused):
                raise
            self.stopped, self.is_away = str(error), True
            return None


def _bare(reply: str) -> str:
    """Return a reply without the fence that some models put around JSON whatever they are told."""
    text = reply.strip()
    if not text.startswith("```") or not text.endswith("```"):
        return reply
    return text.removesuffix("```").removeprefix("```").removeprefix("json")
