"""Wrong sentences made from what a model said, as it could say them with its next breath: how many of them are caught.

Each kind of mutation changes one thing that a reader would take for a fact. They are made of the words that the model was let have,
with handles still in them, so they are as hard as a liar could make them who knows what passes. Who wrote them knows the checks:
sentences whose authors do not are in `benchmarks/quality/narration`, and in the file that `clew narrator test --sentences` takes.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from correlator.narrate import Text
from correlator.narrating.handles import HANDLE, handles_in
from correlator.narrating.narration import Narration
from correlator.narrating.proposal import checked
from correlator.story import Story
from sensor.event import Event


@dataclass(frozen=True, slots=True)
class Mutated:
    """A wrong sentence."""

    kind: str
    said: str
    """With handles."""
    why: str
    """Why it was refused, empty where it was not."""


def mutated(story: Story, run: Sequence[Event], narration: Narration) -> Iterator[Mutated]:
    """Yield what becomes of each mutation of each sentence of a story as it is told."""
    text = Text(story, run, checked)
    for place, (wording, template) in enumerate(zip(narration.wordings, story.sentences, strict=True)):
        if wording.joined is not None:
            continue
        places = [place, *(at for at, one in enumerate(narration.wordings) if one.joined == place)]
        base = text.handles.masked(wording.sentence or template)
        for kind, make in KINDS.items():
            for said in dict.fromkeys(make(base, text.handles.texts)):
                worded, why = text.check(said, places)
                yield Mutated(kind, said, "" if worded is not None else why)


def _dropped(base: str, _: Mapping[str, str]) -> Iterator[str]:
    for match in HANDLE.finditer(base):
        # What was named before in a sentence that joins two need not be named again.
        if base.count(match[0]) == 1:
            yield f"{base[: match.start()]}it{base[match.end() :]}"


def _swapped(base: str, _: Mapping[str, str]) -> Iterator[str]:
    for one, other in pairwise(HANDLE.finditer(base)):
        if one[1] != other[1]:
            yield base[: one.start()] + other[0] + base[one.end() : other.start()] + one[0] + base[other.end() :]


def _another(base: str, texts: Mapping[str, str]) -> Iterator[str]:
    for match in HANDLE.finditer(base):
        other = next((name for name in texts if name[0] == match[1][0] and name not in handles_in(base)), None)
        if other is not None:
            yield f"{base[: match.start()]}{{{other}}}{base[match.end() :]}"


def _negated(base: str, _: Mapping[str, str]) -> Iterator[str]:
    for match in _VERB.finditer(base):
        yield f"{base[: match.start()]}never {base[match.start() :]}"
        yield f"{base[: match.start()]}has not {base[match.start() :]}"


def _turned(base: str, _: Mapping[str, str]) -> Iterator[str]:
    for word, other in _OPPOSITES:
        if re.search(rf"\b{word}\b", base):
            yield re.sub(rf"\b{word}\b", other, base, count=1)


def _acting(base: str, _: Mapping[str, str]) -> Iterator[str]:
    """Have somebody else do it, in words of the sentence."""
    for match in re.finditer(r"(the (?:agent|employee|customer|user|kernel)) (\w+) (?=\{(\w+)\})", base):
        yield f"{base[: match.start()]}{{{match[3]}}} {match[2]} {match[1]}{base[match.end() + len(match[3]) + 2 :]}"
        yield f"{base[: match.start()]}{match[1]} was {match[2]} by {{{match[3]}}}{base[match.end() + len(match[3]) + 2 :]}"


def _ending(*tails: str) -> Callable[[str, Mapping[str, str]], Iterator[str]]:
    """Return what puts something behind a sentence."""
    return lambda base, _: (f"{base.rstrip('.')}{tail}." for tail in tails)


def _beginning(*heads: str) -> Callable[[str, Mapping[str, str]], Iterator[str]]:
    return lambda base, _: (f"{head} {base[:1].lower()}{base[1:]}" for head in heads)


_VERB = re.compile(r"\b(?:asked|brought|called|carried|failed|got|handed|kept|ran|read|returned|saw|sent|used|wrote)\b")
_OPPOSITES = (
    ("returned", "failed"), ("failed", "succeeded"), ("asked", "declined"), ("does not let", "lets"),
    ("no principal", "a principal"),
    ("third-party", "internal"), ("read", "wrote"), ("sent", "received"), ("consistent with", "caused by"), ("called", "cancelled"),
    ("carried", "left out"), ("No sentence", "A sentence"), ("No result", "A result"), ("explains", "contradicts"),
)  # fmt: skip
KINDS: dict[str, Callable[[str, Mapping[str, str]], Iterator[str]]] = {
    "dropped": _dropped,
    "swapped": _swapped,
    "another": _another,
    "roles": _acting,
    "negation": _negated,
    "polarity": _turned,
    "number": _ending(" three times", ", 40 minutes later", " with 12 records"),
    "name": _ending(" on behalf of Velvet Lynx", " from the network of Orrin Ltd"),
    "motive": _ending(" in order to hide it", ", hoping to go unnoticed", " out of spite"),
    "cause": _ending(", because of what it had read", ", which made the agent do the rest"),
    "absence": _ending(" and nothing else", ", and no data left", ", after which nobody saw more"),
    "order": _beginning("Long before all of this,", "Only after the last call,"),
    "judgement": _ending(
        ", which was harmless", ", as had been approved", ", clearly an attack", " with a low severity"
    ),
    "deed": _ending(" and deleted the database", " and opened a back door", " and told the administrator"),
}
"""Kind of mutation → what makes some of a sentence."""
