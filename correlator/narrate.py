"""A story in the words of a language model, sentence by sentence, each held against its evidence, or told by its template.

The model sees templates with handles (`correlator.handles`), never what was observed. What it replies is checked before the handles
are filled in (each once, in order, no word lost that says how it ended) and, filled in, against the cited events
(`correlator.verify`). Nothing waits for it: what is not worded in time is told by the template.
"""

import time
from collections import Counter
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from pydantic import TypeAdapter, ValidationError

import prompts
from correlator.errors import ModelRefused, ModelUnavailable
from correlator.handles import HANDLE, Handles, broken, handles_in
from correlator.models import Answer, LanguageModel
from correlator.story import Sentence, Slot, Story
from correlator.verify import refusals
from correlator.verifying.grounds import Ground, grounds
from correlator.verifying.wording import root, words_of
from prompts import Asked
from prompts.replies import Reworded
from sensor.event import Event

Cache = MutableMapping[str, Answer]
"""Model and digest of what was asked → what it replied."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a story may cost."""

    seconds: float = 60.0
    """Until what is not worded yet is told by the template."""
    seconds_each: float = 20.0
    tokens: int = 20_000
    """Of questions and replies."""
    tokens_each: int = 300
    """Of one reply."""
    tries: int = 2
    """Of one sentence; a third has never helped (reference/narration.md §2)."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What became of one sentence."""

    sentence: Sentence | None
    """In the model's words, `None` where the template stands."""
    why: str = ""
    """Why the template stands."""
    tries: int = 0
    is_final: bool = True
    """Whether the model was asked as often as it is to be; the rest is asked for the next time."""


@dataclass(frozen=True, slots=True)
class Narration:
    """A story's sentences in a model's words."""

    digest: str
    """Of the story that was worded (`digest_of`)."""
    model: str
    prompt: str
    wordings: tuple[Wording, ...]
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    """US dollars, where it is known of every reply. What was there before is not counted again."""
    seconds: float = 0.0
    stopped: str = ""
    """Why the model was not asked for the rest."""
    is_away: bool = False
    """Whether that is because it could not be reached, or refused."""
    tried: tuple[str, ...] = ()
    """Other models, with their prompts, that were asked for the same and worded less."""

    @property
    def worded(self) -> int:
        """Return how many sentences are in the model's words."""
        return sum(one.sentence is not None for one in self.wordings)

    @property
    def summary(self) -> str:
        """Return what it came to and cost, in one line, with the reasons why templates stand."""
        cost = "" if self.cost is None else f", {self.cost:.4f} US dollars"
        used = f"{self.tokens_in} + {self.tokens_out} tokens{cost}, {self.seconds:.1f} s"
        said = f"{self.worded} of {len(self.wordings)} sentences worded; {used}"
        whys = Counter(one.why for one in self.wordings if one.sentence is None)
        stands = "; ".join(f"{why} ({number})" for why, number in whys.most_common())
        return f"{said}. The template stands for the others: {stands}" if stands else said


_NARRATION = TypeAdapter(Narration)


def narration_json(narration: Narration) -> str:
    """Return a narration as it is kept."""
    return _NARRATION.dump_json(narration).decode()


def narration_of(json: str) -> Narration | None:
    """Return a narration that was kept, `None` for nothing and for what an older clew kept otherwise: it is made again."""
    try:
        return _NARRATION.validate_json(json)
    except ValidationError:
        return None


def digest_of(story: Story) -> str:
    """Return the digest of all that a story says: what has not changed is worded once.

    Not of its sentences alone: a call may have failed since then; no template says so, but what the words were held against does.
    """
    said = story.model_dump_json(exclude={"version", "aliases", "narrator"})
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def is_of(narration: Narration, story: Story) -> bool:
    """Return whether a narration is of a story as it is now."""
    return narration.digest == digest_of(story) and len(narration.wordings) == len(story.sentences)


def is_current(narration: Narration, story: Story, model: LanguageModel) -> bool:
    """Return whether a narration is of this story, by this model with the prompt of today, or better than what it had."""
    names = (f"{narration.model} {narration.prompt}", *narration.tried)
    return is_of(narration, story) and f"{model.name} {prompts.load('reword').name}" in names


def also_tried(kept: Narration, other: Narration) -> Narration:
    """Return a narration with the note that another model was asked for the same and worded less."""
    return replace(kept, tried=tuple(dict.fromkeys((*kept.tried, f"{other.model} {other.prompt}"))))


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a model replied for one sentence, with all that it is held against."""

    reply: str
    sentence: Sentence
    masked: str
    """What it was asked to word."""
    handles: Handles
    cited: Sequence[Ground]
    run: Sequence[Ground]


Check = Callable[[Proposal], tuple[Sentence | None, str]]
"""Returns the sentence in the words of a proposal, or why it is not taken."""


def checked(proposal: Proposal) -> tuple[Sentence | None, str]:
    """Return the sentence if its evidence carries all of it; reasons name nothing that was observed."""
    try:
        said = " ".join(Reworded.model_validate_json(proposal.reply).sentence.split())
    except ValidationError:
        return None, "the reply is not the JSON that was asked for"
    masked = proposal.masked
    if wrong := broken(said, handles_in(masked), exactly=True):
        return None, wrong
    if lost := _lost(masked, said):
        return None, f"the word “{lost}” is missing"
    if any(mark in said and mark not in masked for mark in _MARKS):
        return None, "there is a quotation mark or markup in it"
    if _names_something(masked, said):
        return None, "there is a name or a number in it that the sentence does not have"
    worded = _filled(said, proposal.sentence, proposal.handles)
    found = refusals(worded.text, proposal.cited, proposal.run, template=proposal.sentence.text)
    if found:
        return None, found[0].rule
    return worded, ""


def reword(
    story: Story,
    run: Sequence[Event],
    model: LanguageModel,
    limits: Limits = Limits(),
    *,
    before: Narration | None = None,
    cache: Cache | None = None,
    clock: Callable[[], float] = time.monotonic,
    check: Check = checked,
) -> Narration:
    """Return the sentences of a story in the words of a model. `run`: the events of its chain, in their order.

    `before`: what was made of the same story with the same model and prompt; what is final in it stays. `check`: another one only
    to measure what this one holds back (`correlator.evaluate.injection`).
    """
    found = grounds(run)
    facts = {ground.event.entity: ground for ground in found}
    asking = _Asking(model, limits, {} if cache is None else cache, clock, check)
    handles, prompt = Handles(), prompts.load("reword")
    wordings = []
    for number, sentence in enumerate(story.sentences):
        if before is not None and before.wordings[number].is_final:
            handles.masked(sentence)  # those behind it keep their numbers
            wordings.append(before.wordings[number])
            continue
        cited = [facts[cite.event] for cite in sentence.cites if cite.event in facts]
        wordings.append(asking.reworded(prompt, sentence, handles, cited, found))
    return Narration(
        digest_of(story), model.name, prompt.name, tuple(wordings), asking.tokens_in, asking.tokens_out, asking.cost,
        round(clock() - asking.begun, 3), asking.stopped, asking.is_away,
    )  # fmt: skip


def narrated(story: Story, narration: Narration) -> Story:
    """Return the story in the words of a narration of it; one of another story changes nothing."""
    if not is_of(narration, story) or not narration.worded:
        return story
    sentences = (one.sentence or old for one, old in zip(narration.wordings, story.sentences, strict=True))
    of = len(narration.wordings)
    name = f"{narration.model}, {narration.prompt}: {narration.worded} of {of} sentences, the others template"
    return story.model_copy(update={"sentences": tuple(sentences), "narrator": name})


@dataclass(slots=True)
class _Asking:
    """Asks a model within the limits of one story, and counts."""

    model: LanguageModel
    limits: Limits
    cache: Cache
    clock: Callable[[], float]
    check: Check
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = 0.0
    stopped: str = ""
    is_away: bool = False
    begun: float = field(init=False)

    def __post_init__(self) -> None:
        self.begun = self.clock()

    def reworded(
        self,
        prompt: prompts.Prompt,
        sentence: Sentence,
        handles: Handles,
        cited: Sequence[Ground],
        run: Sequence[Ground],
    ) -> Wording:
        masked, why = handles.masked(sentence), ""
        names = handles_in(masked)
        for number in range(1, self.limits.tries + 1):
            shown = ", ".join(f"{{{name}}}" for name in names)
            said = self._reply(prompt.ask(sentence=masked, handles=shown, refused=why))
            if said is None:
                return Wording(None, self.stopped, number - 1, is_final=False)
            worded, why = self.check(Proposal(said, sentence, masked, handles, cited, run))
            if worded is not None:
                return Wording(worded, tries=number)
        return Wording(None, why, self.limits.tries)

    def _reply(self, asked: Asked) -> str | None:
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
            try:
                answer = self.model.reply(
                    asked, most_tokens=self.limits.tokens_each, seconds=min(left, self.limits.seconds_each)
                )
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


def _names_something(masked: str, said: str) -> bool:
    """Return whether there is a word with a digit or a capital that was not there: what has a name or a number has a handle.

    The evidence may have it: what was planted there would bear itself out.
    """
    known = set(_bare(HANDLE.sub(" ", masked)))
    begins = 0 if HANDLE.match(said) else 1
    found = _bare(HANDLE.sub(" ", said))
    return any(
        word not in known and (any(char.isdigit() for char in word) or (number >= begins and word != word.lower()))
        for number, word in enumerate(found)
    )


def _bare(text: str) -> list[str]:
    return [word.strip(".,;:()") for word in text.split()]


_MARKS = "“”\"'`<>[]|*_#"


def _lost(masked: str, said: str) -> str:
    """Return a word that says how it ended, or how well it is proven, and that is in one of both sentences only."""
    there, here = ({root(word.strip(".,;:")) for word in text.split()} for text in (masked, said))
    return next((word for word in sorted(words_of("kept")) if (root(word) in there) != (root(word) in here)), "")


def _filled(said: str, sentence: Sentence, handles: Handles) -> Sentence:
    """Return the sentence with its handles filled in, and where what was observed stands in it."""
    text, slots, at = "", list[Slot](), 0
    for match, old in zip(HANDLE.finditer(said), sentence.slots, strict=True):
        text += said[at : match.start()]
        observed = handles.texts[match[1]]
        slots.append(Slot(kind=old.kind, start=len(text), end=len(text) + len(observed)))
        text, at = text + observed, match.end()
    return sentence.model_copy(update={"text": text + said[at:], "slots": tuple(slots), "worded": True})
