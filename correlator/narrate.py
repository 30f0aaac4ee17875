"""A story in the words of a language model, each sentence held against its evidence, or told by its template.

The model sees templates with handles (`correlator.handles`), never what was observed. A small one words one sentence at a time
(`reword`), a strong one writes the whole story and cites what each sentence rests on (`compose`); the same checks hold both
(`correlator.proposal`). Nothing waits for it: what is not worded in time is told by the template.
"""

import time
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import ValidationError

import prompts
from correlator.errors import ModelRefused, ModelUnavailable
from correlator.handles import Handles, handles_in
from correlator.models import Answer, LanguageModel
from correlator.narration import Narration, Wording, checks, digest_of
from correlator.proposal import Check, Proposal, checked
from correlator.story import Sentence, Story
from correlator.verifying.grounds import Ground, grounds
from prompts import Asked
from prompts.replies import Chosen, Composed, Reworded, Said
from sensor.event import Event

Way = Literal["reword", "compose"]
"""How a model words a story: sentence by sentence, or as a whole. The names are those of the prompts."""
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


def name_of(model: LanguageModel, way: Way) -> str:
    """Return by what a narration is told from those of other models and prompts."""
    return f"{model.name} {prompts.load(way).name}"


def narrate(
    story: Story,
    run: Sequence[Event],
    model: LanguageModel,
    limits: Limits = Limits(),
    *,
    way: Way = "reword",
    before: Narration | None = None,
    cache: Cache | None = None,
    clock: Callable[[], float] = time.monotonic,
    check: Check = checked,
    hints: Sequence[str] = (),
) -> Narration:
    """Return the sentences of a story in the words of a model. `run`: the events of its chain, in their order.

    `before`: what was made of the same story with the same model and prompt; what is final in it stays. `check`: another one only
    to measure what this one holds back (`correlator.evaluate.injection`). `hints`: what the quotations are like, in words of ours
    (`correlator.differential`).
    """
    asking = _Asking(model, limits, {} if cache is None else cache, clock)
    text = Text(story, run, check, hints)
    if before is not None:
        text.wordings = [one if one.is_final else None for one in before.wordings]
    {"reword": _reword, "compose": _compose}[way](text, asking)
    title = before.title if before is not None and before.title is not None else _title(text, asking)
    return Narration(
        digest_of(story), model.name, prompts.load(way).name, text.all(asking.stopped), asking.tokens_in, asking.tokens_out,
        asking.cost, round(clock() - asking.begun, 3), asking.stopped, asking.is_away, title=title, checks=checks(),
    )  # fmt: skip


class Text:
    """The sentences of a story, how a model sees them, and what became of each so far."""

    def __init__(self, story: Story, run: Sequence[Event], check: Check, hints: Sequence[str] = ()) -> None:
        self.hints = hints
        self.sentences = story.sentences
        self.handles = Handles()
        self.masked = [self.handles.masked(sentence) for sentence in story.sentences]
        self.titles = [self.handles.masked(title) for title in story.titles]
        self.wordings: list[Wording | None] = [None] * len(self.sentences)
        self._run = grounds(run)
        self._facts = {ground.event.entity: ground for ground in self._run}
        self._check = check

    @property
    def open(self) -> list[int]:
        """Return the numbers, from 0, of the sentences of which nothing has become yet."""
        return [number for number, one in enumerate(self.wordings) if one is None]

    def check(self, said: str, places: Sequence[int]) -> tuple[Sentence | None, str]:
        """Return what was said of the sentences at some places as a sentence, or why it is not taken."""
        sentences = tuple(self.sentences[place] for place in places)
        cites = dict.fromkeys(cite.event for one in sentences for cite in one.cites)
        cited: list[Ground] = [self._facts[event] for event in cites if event in self._facts]
        masked = tuple(self.masked[place] for place in places)
        return self._check(Proposal(" ".join(said.split()), sentences, masked, self.handles, cited, self._run))

    def all(self, stopped: str) -> tuple[Wording, ...]:
        """Return what became of each; of those that were not come to, why."""
        return tuple(one or Wording(None, stopped, is_final=False) for one in self.wordings)


def _reword(text: Text, asking: "_Asking") -> None:
    """Have the sentences worded one by one."""
    prompt = prompts.load("reword")
    for place in text.open:
        masked, why = text.masked[place], ""
        shown = ", ".join(f"{{{name}}}" for name in handles_in(masked))
        for number in range(1, asking.limits.tries + 1):
            reply = asking.reply(prompt.ask(sentence=masked, handles=shown, refused=why))
            if reply is None:
                return
            try:
                worded, why = text.check(Reworded.model_validate_json(reply).sentence, (place,))
            except ValidationError:
                worded, why = None, _NO_JSON
            if worded is not None or number == asking.limits.tries:
                text.wordings[place] = Wording(worded, why, number)
                break


def _compose(text: Text, asking: "_Asking") -> None:
    """Have the whole written, and what was not taken of it once more; for what is still open the template stands."""
    prompt, refused, whys = prompts.load("compose"), list[str](), dict[int, str]()
    for number in range(1, asking.limits.tries + 1):
        if not text.open:
            return
        reply = asking.reply(prompt.ask(facts=text.masked, hints=text.hints, refused=refused), whole=True)
        if reply is None:
            return
        try:
            found: Sequence[Said] = Composed.model_validate_json(reply).sentences
            refused, whys = [], dict.fromkeys(text.open, "the story leaves it out")
        except ValidationError:
            found, refused, whys = (), [_NO_JSON], dict.fromkeys(text.open, _NO_JSON)
        for said in found:
            if why := _take(text, said, number):
                # Its own words are not said to it again: they are what somebody may have planted.
                refused.append(f"what cites {', '.join(map(str, said.cites))}: {why}")
                whys |= {cite - 1: why for cite in said.cites}
    for place in text.open:
        text.wordings[place] = Wording(None, whys.get(place, ""), asking.limits.tries)


def _take(text: Text, said: Said, number: int) -> str:
    """Take a sentence of a whole story for the sentences that it cites, or return why not."""
    places = [cite - 1 for cite in said.cites]
    if places != list(range(places[0], places[0] + len(places))) or places[-1] >= len(text.sentences):
        return "what it cites are no facts, or none that follow one another"
    if not set(places) <= set(text.open):
        return "what it cites was told already"
    worded, why = text.check(said.text, places)
    if worded is None:
        return why
    text.wordings[places[0]] = Wording(worded, tries=number)
    for place in places[1:]:
        text.wordings[place] = Wording(None, tries=number, joined=places[0])
    return ""


def _title(text: Text, asking: "_Asking") -> int | None:
    """Have one of the engine's titles chosen; return its number from 0."""
    if len(text.titles) < 2 or not text.sentences:
        return None
    reply = asking.reply(prompts.load("title").ask(titles=text.titles, facts=text.masked, hints=text.hints))
    try:
        number = Chosen.model_validate_json(reply or "").number
    except ValidationError:
        return None
    return number - 1 if number <= len(text.titles) else None


_NO_JSON = "the reply is not the JSON that was asked for"


@dataclass(slots=True)
class _Asking:
    """Asks a model within the limits of one story, and counts."""

    model: LanguageModel
    limits: Limits
    cache: Cache
    clock: Callable[[], float]
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = 0.0
    stopped: str = ""
    is_away: bool = False
    begun: float = field(init=False)

    def __post_init__(self) -> None:
        self.begun = self.clock()

    def reply(self, asked: Asked, *, whole: bool = False) -> str | None:
        """Return what the model replies, `None` where it is not to be asked any more."""
        if self.stopped:
            return None
        key = f"{self.model.name} {asked.digest}"
        answer = self.cache.get(key)
        if answer is None:
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
                answer = self.model.reply(asked, most_tokens=tokens, seconds=seconds)
            except (ModelUnavailable, ModelRefused) as error:
                self.stopped, self.is_away = str(error), True
                return None
            self.cache[key] = answer
            self._count(answer)
        return answer.text

    def _count(self, answer: Answer) -> None:
        self.tokens_in += answer.tokens_in
        self.tokens_out += answer.tokens_out
        self.cost = None if self.cost is None or answer.cost is None else self.cost + answer.cost
