"""Who did it by the words of a cited text, and what is called. Pure."""

import re

from correlator.verifying.claims import Claim
from correlator.verifying.grounds import Ground
from correlator.verifying.read import AGENTS, PREPOSITIONS, SPOKEN
from correlator.verifying.wording import root
from sensor.event import ToolCalled

_MOST = 4_000
"""Characters of a text that are looked at."""
_BETWEEN = 2
"""Words between a subject and its verb in a text: "the owner has already asked"."""


def as_worded(claim: Claim) -> bool | None:
    """A text that is cited may tell itself that who is named does it: "Falco blocks the upload" is all that need be known."""
    head = root(claim.core[-1])
    if head in AGENTS or head.isdigit():
        return None
    texts = (one for one in claim.read.cited if one.actor in ("principal", "content") or one.event.kind in SPOKEN)
    return any(_is_worded(one, head, claim.base) for one in texts) or None


def _is_worded(ground: Ground, head: str, base: str) -> bool:
    """Return whether a verb stands right behind a noun in a text, but for what stands between a subject and its verb."""
    words = re.findall(r"[^\W_]+", ground.plain[:_MOST])
    found = [root(word) for word in words]
    return any(
        one == head and base in found[at + 1 : at + 2 + _BETWEEN] and not _is_cut(words[at + 1 : at + 2 + _BETWEEN])
        for at, one in enumerate(found)
    )


def _is_cut(words: list[str]) -> bool:
    """Return whether a word stands here with which something else begins, or which turns it: "to", "was", "not"."""
    return bool({"to", "was", "were", "is", "are", "be", "been", "not", "and", "or", "must", "by"} & {*words})


def is_of_call(claim: Claim) -> bool:
    """Return whether what is said to have been called stands in a cited call, and nobody who asks says it."""
    held = claim.read.clauses[claim.place].tokens
    at = next(at for at, one in enumerate(held) if one.text.casefold() == claim.verb)
    behind = [one for one in held[at + 1 : at + 3] if one.text.casefold() not in ("the", "a", "an", "its")][:1]
    if not behind or behind[0].text.casefold() in PREPOSITIONS or root(behind[0].text) in AGENTS:
        return False
    word = behind[0].text.casefold()
    calls = [one for one in claim.read.cited if isinstance(one.event, ToolCalled) or one.call is not None]
    return any(one.names(word) for one in calls) and not any(one.names(word) for one in claim.speakers)
