"""Who did it by the words of a cited text, and what a server or tool does with a call. Pure."""

import re

from correlator.verifying.claims import Claim
from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import NUMBERS
from correlator.verifying.read import AGENTS, PREPOSITIONS, SPOKEN, among
from correlator.verifying.wording import root, roots_of, table, words_of
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


def as_text(claim: Claim) -> bool | None:
    """Instructions bind and allow, and a text calls itself something, where such a text is cited."""
    words = claim.read.clauses[claim.place].words
    behind = words[words.index(claim.verb) + 1 :][:1] if claim.verb in words else ()
    texts = [one for one in claim.read.cited if one.actor in ("principal", "content") or one.event.kind in SPOKEN]
    head = root(claim.core[-1])
    if behind in (("itself",), ("themselves",)) and head not in AGENTS:
        return bool(texts) or None
    if head in roots_of("binding_texts") and claim.base in roots_of("binding"):
        return any(one.actor in ("principal", "content") for one in texts) or None
    return None


def as_server(claim: Claim) -> bool | None:
    """A server or tool does with a call what its name says is done there, once it has answered; one that failed turned it down."""
    head = claim.core[-1]
    results = [
        one for one in claim.read.cited if one.call is not None and one.failed is not None and _is_named(one, head)
    ]
    if not results or head in AGENTS:
        return None
    words = claim.read.clauses[claim.place].words
    if any(one.failed for one in results):
        turns = claim.base in roots_of("turning") and bool({"back", "down", "away", "off", "out"} & {*words})
        lacks = claim.base in roots_of("knowing") and bool({"no", "nothing", "not", "none", "any"} & {*words})
        return turns or lacks or among(claim.base, table().group("refuse") | roots_of("rebuffing")) or None
    return claim.base in roots_of("serving") or None


def _is_named(ground: Ground, head: str) -> bool:
    """Return whether a word is the name of the tool or server of the call that a result answers."""
    call = ground.call
    return call is not None and head in (call.name.casefold(), (call.server or "").casefold())


def is_of_several(claim: Claim) -> bool:
    """Return whether what was done to some of several things is told without an auxiliary: "four of them marked as late"."""
    first, core = claim.subject[0], claim.subject
    is_number = first.isdigit() or first in NUMBERS or first in words_of("quantities")
    is_some = len(core) == 1 or (core[1] == "of" and core[-1] in ("them", "these", "those", "which"))
    return is_number and is_some and not claim.objected and claim.verb.endswith("ed")


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
