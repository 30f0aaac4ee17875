"""Which of its kind an event is: "the second attempt". Pure."""

import re
from collections.abc import Iterator, Sequence

from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import NUMBERS, ORDINALS, UNITS
from correlator.verifying.read import PREPOSITIONS, Read, Refusal, among, scores
from correlator.verifying.wording import Clause, root, roots_of
from sensor.event import ToolCalled


def of_ordinals(read: Read) -> Iterator[Refusal]:
    """Refuse “the second attempt” where no cited call is the second of its tool, and no cited message the second of its kind."""
    for at, token in enumerate(read.tokens[:-1]):
        place = ORDINALS.get(token.text.casefold())
        following, before = read.tokens[at + 1], read.tokens[at - 1].text.casefold() if at else ""
        if (
            place is None
            or following.kind != "word"
            or read.is_said(token.text)
            or before in _NO_ORDINAL
            or before in NUMBERS
        ):
            continue
        if not _is_counted(following.text.casefold(), read):
            continue
        if following.text.casefold() in (*UNITS, *PREPOSITIONS, "and", "later", "earlier", "afterwards"):
            continue
        groups = (read.run, read.cited)
        is_there = any(place in _places(one, root(following.text), group) for one in read.cited for group in groups)
        if not is_there and not any(re.search(rf"^\W{{0,2}}{place}\b", one.text, re.MULTILINE) for one in read.cited):
            yield Refusal("order", f"nothing cited is the {token.text} of its kind")


def of_compared(read: Read) -> Iterator[Refusal]:
    """Refuse “the earlier call” of what is told of the last one of its kind that is cited, “the later one” of the first."""
    for clause in read.clauses:
        for at, token in enumerate(clause.tokens):
            word = token.text.casefold()
            if word not in ("earlier", "later") or not at or clause.tokens[at - 1].text.casefold() not in _BEFORE_KIND:
                continue
            start = max((place for place in range(at + 1) if clause.tokens[place].aside), default=0)
            end = next((to for to in range(at + 1, len(clause.tokens)) if clause.tokens[to].aside), len(clause.tokens))
            said = scores(read.cited, Clause("", (*clause.tokens[start:at], *clause.tokens[at + 1 : end])))
            best = read.cited[said.index(max(said))]
            alike = [(score, one) for score, one in zip(said, read.cited, strict=True) if _is_alike(one, best)]
            others = [score for score, one in alike if one is not best]
            if others and max(said) > 1 + max(others) and best is alike[-1 if word == "earlier" else 0][1]:
                yield Refusal("order", f"it is not the {word} one of its kind")


_BEFORE_KIND = frozenset(("the", "a", "an", "its", "another", "one"))


def _is_alike(one: Ground, other: Ground) -> bool:
    """Return whether two events are of one kind, and of one tool."""
    return one.event.kind == other.event.kind and one.tool == other.tool


def _is_counted(word: str, read: Read) -> bool:
    """Return whether a word names what events are, not what is in them: "the second attempt", and not "the second agent"."""
    return root(word) in _EVENTS or any(root(word) in one.tool for one in read.run)


_EVENTS = roots_of("calls") | roots_of("results") | roots_of("texts")
_NO_ORDINAL = frozenset(("same", "one", "a", "each", "that", "this", "half"))
"""Words behind which "second" is a time."""


def _places(ground: Ground, base: str, run: Sequence[Ground]) -> set[int]:
    """Return the places of an event among those of its kind, of its tool, and that have a word; of a result those of its call."""
    event = ground.call or ground.event
    alike = [one.event for one in run if one.event.kind == event.kind]
    found = {at for at, one in enumerate(alike, 1) if one is event}
    if isinstance(event, ToolCalled):
        same = [one for one in alike if isinstance(one, ToolCalled) and one.name == event.name]
        found |= {at for at, one in enumerate(same, 1) if one is event}
    of_word = [one.event for one in run if one.event.kind == event.kind and among(base, one.words | one.lent)]
    return found | {at for at, one in enumerate(of_word, 1) if one is event}
