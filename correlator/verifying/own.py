"""Words of its own: how many a sentence may have beside what it has from its evidence, and which it may not. Pure.

Names and numbers are easily kept while a deed is made up ("10.0.0.7 was bribed"); so a deed needs a word of the evidence beside it.
"""

from collections.abc import Mapping, Sequence

from correlator.verifying.lengths import NUMBERS
from correlator.verifying.read import BE, PREPOSITIONS, is_act
from correlator.verifying.wording import Token, is_denial, words_of

NAME = 4
"""What a name or a number from the evidence bears, in thirds of a word of the sentence's own."""
WORD = 3
"""What another word from there bears. What says nothing bears one: a long sentence tells in words of its own what it has."""
_SURE = 12
"""What has to be there before anything is borne."""
_OWN, _TOLD = 3, 1
"""What a word of its own weighs; and what a verb does, or what is named after one ("the removal"): so a cited deed is told."""


def unfounded(tokens: Sequence[Token], anchors: Mapping[int, int], own: Sequence[int]) -> frozenset[int]:
    """Return the places of those of a sentence's own words that its evidence does not bear.

    `anchors`: place of a word from the evidence → what it bears. `own`: places, one for each part of a word.
    """
    weights = {tokens[at].text.casefold(): weight for at, weight in anchors.items()}
    borne = sum(weights.values()) + len(tokens) - len({*anchors, *own})
    if borne < _SURE + sum(_weight(tokens, at) for at in own):
        return frozenset(own)
    bare = WORD not in weights.values()  # of a deed between names its evidence would have to have a word
    return frozenset(
        at
        for at in own
        if (bare and _is_deed(tokens, at)) or _is_added(tokens, anchors, at) or _is_judgement(tokens, at)
    )


def _weight(tokens: Sequence[Token], at: int) -> int:
    """Return what a word of its own weighs."""
    word, before = _word(tokens, at), _word(tokens, at - 1)
    if is_act(word):
        return _OWN if before in BE | _BEFORE_THING or before.endswith("'s") else _TOLD
    return _TOLD if word.endswith(_OF_DEEDS) else _OWN


_OF_DEEDS = ("tion", "sion", "ment", "ance", "ence", "al", "ure", "ness", "ity")


def _is_deed(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a word tells what somebody does: "bribed", "x.py bribes"; in "the hidden line" it does not."""
    word, before, behind = (_word(tokens, place) for place in (at, at - 1, at + 1))
    if word.endswith("s") and at and tokens[at - 1].kind == "entity":
        return True
    if is_denial(before):
        return False  # what is denied is asked elsewhere
    return is_act(word) and not (behind and behind not in _GRAMMAR and (before in _BEFORE_THING or before in NUMBERS))


def _is_added(tokens: Sequence[Token], anchors: Mapping[int, int], at: int) -> bool:
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
_GRAMMAR = words_of("grammar") | PREPOSITIONS
_BEFORE_THING = words_of("determiners")
