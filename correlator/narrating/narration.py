"""What a language model made of the sentences of a story, as it is kept and shown. Pure."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.resources import files

from pydantic import TypeAdapter, ValidationError

from correlator.story import Sentence, Story

CONCLUDES = "it concludes, and stays as it is"
"""Why a model is not asked for a sentence."""


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
    joined: int | None = None
    """Number, from 0, of the sentence whose words say this one, too."""

    @property
    def is_worded(self) -> bool:
        """Return whether what the sentence says is said in the model's words."""
        return self.sentence is not None or self.joined is not None


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
    title: int | None = None
    """Number, from 0, of the title that it chose among those of the story."""
    checks: str = ""
    """Which checks its words have passed (`checks`)."""

    @property
    def worded(self) -> int:
        """Return how many sentences are said in the model's words."""
        return sum(one.is_worded for one in self.wordings)

    @property
    def of(self) -> int:
        """Return how many sentences a model is asked for."""
        return sum(one.why != CONCLUDES for one in self.wordings)

    @property
    def summary(self) -> str:
        """Return what it came to and cost, in one line, with the reasons why templates stand."""
        cost = "" if self.cost is None else f", {self.cost:.4f} US dollars"
        used = f"{self.tokens_in} + {self.tokens_out} tokens{cost}, {self.seconds:.1f} s"
        said = f"{self.worded} of {self.of} sentences worded; {used}"
        whys = Counter(one.why for one in self.wordings if not one.is_worded and one.why != CONCLUDES)
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
    """Return the digest of all that words depend on: what has not changed is worded once, whatever it scores meanwhile.

    Not of the sentences alone: a call may have failed since then; no template says so, but what the words were held against does.
    """
    said = story.model_dump_json(
        include={"id", "sentences", "titles", "timeline", "effects"}, exclude={"effects": {"__all__": {"score"}}}
    )
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def checks() -> str:
    """Return a digest of the code and the words by which wordings are checked: those that passed others are made again."""
    here = files("correlator")
    names = ("lexicon.py", "narrate.py", "spelling.py", "verify.py")
    every = [one for folder in ("narrating", "verifying", "data") for one in (here / folder).iterdir()]
    parts = [
        *(here / name for name in names),
        *sorted((one for one in every if one.name.endswith((".py", ".toml"))), key=lambda one: one.name),
    ]
    return sha256(b"\0".join(one.read_bytes() for one in parts)).hexdigest()[:16]


def is_of(narration: Narration, story: Story) -> bool:
    """Return whether a narration is of a story as it is now, and has passed the checks of today."""
    return (narration.digest, narration.checks, len(narration.wordings)) == (
        digest_of(story), checks(), len(story.sentences)
    )  # fmt: skip


def is_current(narration: Narration, story: Story, name: str) -> bool:
    """Return whether a narration is of this story, by this model and prompt (`name`), or better than what they made of it."""
    return is_of(narration, story) and name in (f"{narration.model} {narration.prompt}", *narration.tried)


def also_tried(kept: Narration, other: Narration) -> Narration:
    """Return a narration with the note that another model was asked for the same and worded less."""
    return replace(kept, tried=tuple(dict.fromkeys((*kept.tried, f"{other.model} {other.prompt}"))))


def narrated(story: Story, narration: Narration) -> Story:
    """Return the story in the words of a narration of it; one of another story changes nothing."""
    chosen = narration.title is not None and narration.title < len(story.titles)
    if not is_of(narration, story) or not (narration.worded or chosen):
        return story
    pairs = zip(narration.wordings, story.sentences, strict=True)
    return story.model_copy(update={
        "sentences": tuple(one.sentence or old for one, old in pairs if one.joined is None),
        "narrator": f"{narration.model}, {narration.prompt}: {narration.worded} of {narration.of} sentences, the others template",
        **({"title": story.titles[narration.title].text} if narration.title is not None and chosen else {}),
    })  # fmt: skip
