"""Which of its kind an event is: "the second attempt". Pure."""

import re
from collections.abc import Iterator, Sequence

from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import NUMBERS, ORDINALS, UNITS
from correlator.verifying.read import PREPOSITIONS, Read, Refusal, among
from correlator.verifying.wording import root, roots_of
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
