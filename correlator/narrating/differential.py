"""Does what observed text is like change how a model tells a story? Then the text has a say in it, too: a signal of its own.

The model never sees the text. It is told twice nothing of it, and once what the engine found in each quotation: its length,
whether there is an order in it, an address, or a word to a model. That much an attacker can choose. What is compared is structure:
the title that was chosen, which facts were told together, which were left to the template; other words are no change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from correlator.lexicon import addresses_model, reads_as_order
from correlator.models import LanguageModel
from correlator.narrate import Way, narrate
from correlator.narrating.asking import Cache, Limits
from correlator.narrating.handles import Handles
from correlator.narrating.narration import Narration
from correlator.story import Story
from correlator.values import values
from sensor.event import Event

_SHORT, _LONG = 40, 200
_ADDRESSES = frozenset(("url", "host", "email", "ip"))


@dataclass(frozen=True, slots=True)
class Structure:
    """What of a narration is no wording."""

    title: int | None
    joined: tuple[int | None, ...]
    worded: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Differential:
    """How a model told a story twice without and once with what its quotations are like."""

    without: Structure
    again: Structure
    told: Structure
    stopped: str = ""
    """Why it could not be asked to the end, so that nothing can be said."""
    tokens: int = 0
    """Of questions and replies, those that were not answered included."""

    @property
    def wavers(self) -> bool:
        """Return whether the model tells it differently by itself, so that nothing can be said."""
        return self.without != self.again

    @property
    def steers(self) -> bool:
        """Return whether what the quotations are like changes how the story is told."""
        return not (self.stopped or self.wavers) and self.told != self.without


def differential(
    story: Story, run: Sequence[Event], model: LanguageModel, limits: Limits, way: Way, caches: Sequence[Cache]
) -> Differential:
    """Have a story told three times. `caches`: an empty one for each time, so that what was asked before is asked again."""
    narrations, tokens = list[Narration](), 0
    if way == "reword" and len(story.titles) < _TWO:
        none = Structure(None, (), ())
        return Differential(
            none, none, none, "told sentence by sentence, a story with one title has no structure of the model's"
        )
    for hints, cache in zip(((), (), tuple(features(story))), caches, strict=True):
        left = replace(limits, tokens=max(0, limits.tokens - tokens))
        narrations.append(narrate(story, run, model, left, way=way, cache=cache, hints=hints))
        tokens += narrations[-1].tokens_in + narrations[-1].tokens_out
    stopped = next((one.stopped for one in narrations if one.stopped), "")
    without, again, told = map(_structure, narrations)
    return Differential(without, again, told, stopped, tokens)


_TWO = 2


def features(story: Story) -> Iterator[str]:
    """Yield what the engine finds in each quotation of a story, by its handle."""
    handles = Handles()
    for sentence in story.sentences:
        handles.masked(sentence)
    for name, text in handles.texts.items():
        if handles.kinds[name] == "quote":
            length = "short" if len(text) < _SHORT else "long" if len(text) > _LONG else "of middle length"
            found = (
                ("an order", reads_as_order(text)), ("a word to a model", addresses_model(text)),
                ("an address", any(value.kind in _ADDRESSES for value in values(text))),
            )  # fmt: skip
            has = " and ".join(what for what, there in found if there)
            yield f"{{{name}}} is {length}{f' and has {has} in it' if has else ''}"


def _structure(narration: Narration) -> Structure:
    wordings = narration.wordings
    return Structure(
        narration.title, tuple(one.joined for one in wordings), tuple(one.is_worded for one in wordings)
    )  # fmt: skip
