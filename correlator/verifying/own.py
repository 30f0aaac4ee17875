"""Words of its own: how many a sentence may have beside what it has from its evidence, and which it may not. Pure."""

from collections.abc import Collection, Sequence

from correlator.verifying.read import is_act
from correlator.verifying.wording import Token, words_of

_SURE = 11
"""What has to be there before anything is borne. Fitted with the weights below to the parts that the verifier was tuned on."""
_FOUND, _OWN, _SILENT = 3, 3, 1
"""What a word, name or number of the evidence bears; what a word of the sentence's own weighs; and what each other word bears,
which says nothing: a long sentence tells in words of its own what it has."""


def unfounded(tokens: Sequence[Token], anchors: Collection[int], own: Sequence[int]) -> frozenset[int]:
    """Return the places of those of a sentence's own words that its evidence does not bear.

    `anchors`: places of what it has from the evidence. `own`: places of its own words, one for each part of a word.
    """
    found = {tokens[at].text.casefold() for at in anchors}
    silent = len(tokens) - len({*anchors, *own})
    if _FOUND * len(found) + _SILENT * silent < _SURE + _OWN * len(own):
        return frozenset(own)
    return frozenset(at for at in own if _is_added(tokens, anchors, at) or _is_judgement(tokens, at))


def _is_added(tokens: Sequence[Token], anchors: Collection[int], at: int) -> bool:
    """Return whether a deed is put behind what is told, with nothing of the evidence: "… and installed a rootkit"."""
    start = next((place for place in range(at, 0, -1) if _opens(tokens, place)), 0)
    end = next((place for place in range(at + 1, len(tokens)) if _opens(tokens, place)), len(tokens))
    return (
        is_act(_word(tokens, at))
        and _word(tokens, start) in _OPENING
        and not any(place in anchors for place in range(start, end))
    )


def _is_judgement(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a word ends a sentence with what the narrator thinks of it: "… illegally"."""
    return at == len(tokens) - 1 and _word(tokens, at).endswith("ly")


def _opens(tokens: Sequence[Token], at: int) -> bool:
    return tokens[at].aside or _word(tokens, at) in _OPENING


def _word(tokens: Sequence[Token], at: int) -> str:
    """Return a word case folded, empty for a name or a number, and where there is none."""
    return tokens[at].text.casefold() if 0 <= at < len(tokens) and tokens[at].kind == "word" else ""


_OPENING = words_of("adding_on")
