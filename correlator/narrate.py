"""A story in the words of a language model, each sentence held against its evidence, or told by its template.

The model sees templates with handles (`correlator.narrating.handles`), never what was observed. A small one words one sentence
at a time (`reword`), a strong one writes the whole story and cites what each sentence rests on (`compose`); the same checks hold
both (`correlator.narrating.proposal`). Nothing waits for it: what is not worded in time is told by the template.
"""

import json
import time
from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import ValidationError

import prompts
from correlator.errors import ModelRefused
from correlator.models import LanguageModel
from correlator.narrating.asking import USUAL, Asking, Cache, Limits
from correlator.narrating.handles import Handles, braced, handles_in
from correlator.narrating.narration import CONCLUDES, Narration, Wording, checks, digest_of
from correlator.narrating.proposal import Check, Proposal, checked, joined, parts_of
from correlator.story import Sentence, Story
from correlator.verifying.grounds import Ground, grounds
from prompts.replies import Chosen, Composed, Reworded, Said
from sensor.event import Event

Way = Literal["reword", "compose"]
"""How a model words a story: sentence by sentence, or as a whole. The names are those of the prompts."""


def name_of(model: LanguageModel, way: Way) -> str:
    """Return by what a narration is told from those of other models and prompts."""
    return f"{model.name} {prompts.load(way).name}"


def narrate(
    story: Story,
    run: Sequence[Event],
    model: LanguageModel,
    limits: Limits = USUAL,
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
    (`correlator.narrating.differential`).
    """
    asking = Asking(model, limits, {} if cache is None else cache, clock)
    text = Text(story, run, check, hints)
    for place, old in enumerate(before.wordings if before is not None else ()):
        text.wordings[place] = old if old.is_final else text.wordings[place]
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
        # Numbered by themselves: what was observed has no say in what the model is asked here.
        named = Handles()
        self.titles = [named.masked(title) for title in story.titles]
        self.wordings: list[Wording | None] = [
            # What has nothing of an event in it is a conclusion, and those are the engine's.
            None if handles_in(masked) else Wording(None, CONCLUDES)
            for masked in self.masked
        ]
        self._run = grounds(run)
        self._facts = {ground.event.entity: ground for ground in self._run}
        self._check = check

    @property
    def open(self) -> list[int]:
        """Return the numbers, from 0, of the sentences of which nothing has become yet."""
        return [number for number, one in enumerate(self.wordings) if one is None]

    def check(self, said: str, places: Sequence[int]) -> tuple[Sentence | None, str]:
        """Return what was said of the sentences at some places as a sentence, or why it is not taken."""
        named = [name for place in places for name in handles_in(self.masked[place])]
        text = braced(" ".join(said.split()), named)
        if len(places) == 1:
            return self._checked(text, places[0])
        parts = parts_of(text, [handles_in(self.masked[place]) for place in places])
        if parts is None:
            return None, _NOT_JOINED
        found = list[Sentence]()
        for part, place in zip(parts, places, strict=True):
            worded, why = self._checked(part, place)
            if worded is None:
                return None, why
            found.append(worded)
        return joined(found, text, parts), ""

    def _checked(self, said: str, place: int) -> tuple[Sentence | None, str]:
        sentence = self.sentences[place]
        cited: list[Ground] = [self._facts[cite.event] for cite in sentence.cites if cite.event in self._facts]
        return self._check(Proposal(said, sentence, self.masked[place], self.handles, cited, self._run))

    def all(self, stopped: str) -> tuple[Wording, ...]:
        """Return what became of each; of those that were not come to, why."""
        return tuple(one or Wording(None, stopped, is_final=False) for one in self.wordings)


def _reword(text: Text, asking: Asking) -> None:
    """Have the sentences worded one by one."""
    for place in text.open:
        try:
            wording = _reworded(text, asking, place)
        except ModelRefused as error:
            wording = Wording(None, str(error), 1)
        if wording is None:
            return
        text.wordings[place] = wording


def _reworded(text: Text, asking: Asking, place: int) -> Wording | None:
    """Return what becomes of a sentence, `None` where the model is not to be asked any more."""
    masked, worded, why = text.masked[place], None, ""
    shown = ", ".join(f"{{{name}}}" for name in handles_in(masked))
    for number in range(1, asking.limits.tries + 1):
        reply = asking.reply(prompts.load("reword").ask(sentence=masked, handles=shown, refused=why))
        if reply is None:
            return None
        try:
            worded, why = text.check(Reworded.model_validate_json(reply).sentence, (place,))
        except ValidationError:
            why = _NO_JSON
        if worded is not None:
            return Wording(worded, tries=number)
    return Wording(None, why, asking.limits.tries)


def _compose(text: Text, asking: Asking) -> None:
    """Have the whole written, and once more with what was not taken of it; for what is still open the template stands."""
    facts = text.open
    refused, whys = list[str](), dict.fromkeys(facts, _LEFT_OUT)
    for number in range(1, asking.limits.tries + 1):
        if not text.open:
            break
        asked = prompts.load("compose").ask(
            facts=[text.masked[place] for place in facts], hints=text.hints, refused=refused
        )
        try:
            reply = asking.reply(asked, whole=True)
        except ModelRefused as error:
            whys = dict.fromkeys(facts, str(error))
            break
        if reply is None:
            return
        refused, whys = _taken(text, facts, reply, number)
    for place in text.open:
        text.wordings[place] = Wording(None, whys.get(place, _LEFT_OUT), asking.limits.tries)


def _taken(text: Text, facts: Sequence[int], reply: str, number: int) -> tuple[list[str], dict[int, str]]:
    """Take what can be of a whole story; return what to tell the model of the rest, and why each fact is still open.

    Its own words are not said to it again: they are what somebody may have planted.
    """
    found = _said(reply)
    if found is None:
        return [_NO_JSON], dict.fromkeys(facts, _NO_JSON)
    refused, whys = list[str](), dict[int, str]()
    for said in found:
        if why := _take(text, facts, said, number):
            refused.append(f"what cites {', '.join(map(str, said.cites))}: {why}")
            whys |= {facts[cite - 1]: why for cite in said.cites if cite <= len(facts)}
    if left := [str(at) for at, place in enumerate(facts, 1) if place in text.open and place not in whys]:
        refused.append(f"{', '.join(left)}: {_LEFT_OUT}")
    return refused, whys


def _take(text: Text, facts: Sequence[int], said: Said, number: int) -> str:
    """Take a sentence of a whole story for the facts that it cites, or return why not."""
    if max(said.cites) > len(facts):
        return "there is no such fact"
    places = [facts[cite - 1] for cite in said.cites]
    if places != list(range(places[0], places[0] + len(places))):
        return "these facts do not follow one another"
    if not set(places) <= set(text.open):
        return "that was told already"
    worded, why = text.check(said.text, places)
    if worded is None:
        return why
    text.wordings[places[0]] = Wording(worded, tries=number)
    for place in places[1:]:
        text.wordings[place] = Wording(None, tries=number, joined=places[0])
    return ""


def _said(reply: str) -> list[Said] | None:
    """Return the sentences of a whole story, but for those that are none; `None` where the reply has no such list."""
    try:
        return list(Composed.model_validate_json(reply).sentences)
    except ValidationError:
        pass
    try:
        rows = json.loads(reply)["sentences"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return None
    found = list[Said]()
    for row in rows if isinstance(rows, list) else ():
        try:
            found.append(Said.model_validate(row))
        except ValidationError:
            continue
    return found or None


def _title(text: Text, asking: Asking) -> int | None:
    """Have one of the engine's titles chosen; return its number from 0."""
    if len(text.titles) < 2:
        return None
    try:
        reply = asking.reply(prompts.load("title").ask(titles=text.titles, hints=text.hints))
        number = Chosen.model_validate_json(reply or "").number
    except (ModelRefused, ValidationError):
        return None
    return number - 1 if number <= len(text.titles) else None


_NO_JSON = "the reply is not the JSON that was asked for"
_LEFT_OUT = "the story leaves it out"
_NOT_JOINED = "facts are joined by a semicolon, or a comma and “and”, one after the other, with all handles of each"
