"""Words of its own: how many a sentence may have beside what it has from its evidence, and which it may not. Pure.

Names and numbers are easily kept while a deed is made up ("10.0.0.7 was bribed"); so a deed needs words of the evidence around it.
"""

from collections.abc import Mapping, Sequence

from correlator.verifying.lengths import NUMBERS
from correlator.verifying.read import BE, HAVE, PREPOSITIONS, is_act
from correlator.verifying.wording import Token, is_denial, words_of

NAME = 2
"""How many words a name or a number from the evidence is as good as."""
_ANCHOR = 2
"""A sentence may have as many words of its own as words from its evidence, less these."""
_DEED = 2
"""Words, no names and numbers, that it has from its evidence before it may tell of a deed in a word of its own."""


def unfounded(tokens: Sequence[Token], anchors: Mapping[int, int], own: Sequence[int]) -> frozenset[int]:
    """Return the places of those of a sentence's own words that its evidence does not bear.

    `anchors`: place of a word from the evidence → how many words it is as good as. `own`: places, one for each part of a word.
    """
    weights = {tokens[at].text.casefold(): weight for at, weight in anchors.items()}
    if len(own) > sum(weights.values()) - _ANCHOR:
        return frozenset(own)
    if sum(weight == 1 for weight in weights.values()) < _DEED:
        bare = {at for at in own if _is_deed(tokens, at)}
    else:
        bare = {at for at in own if _is_sole_deed(tokens, at)}
    return frozenset(bare | {at for at in own if _is_added(tokens, anchors, at) or _is_judgement(tokens, at)})


def _is_deed(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a word tells what somebody does: "bribed", "x.py bribes"; in "the hidden line" it does not."""
    word, before, behind = (_word(tokens, place) for place in (at, at - 1, at + 1))
    if word.endswith("s") and at and tokens[at - 1].kind == "entity":
        return True
    if is_denial(before):
        return False  # what is denied is asked elsewhere
    return is_act(word) and not (behind and behind not in _GRAMMAR and (before in _BEFORE_THING or before in NUMBERS))


def _is_sole_deed(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a word is all that a sentence tells of, right behind who does it: "the nurse bribed …"."""
    deeds = [place for place in range(len(tokens)) if _is_deed(tokens, place)]
    return deeds == [at] and at > 0 and _word(tokens, at - 1) not in _BEFORE_PARTICIPLE


def _is_added(tokens: Sequence[Token], anchors: Mapping[int, int], at: int) -> bool:
    """Return whether a deed is put behind what is told, with nothing of the evidence: "… and installed a rootkit"."""
    start = next((place for place in range(at, 0, -1) if _opens(tokens, place)), 0)
    end = next((place for place in range(at + 1, len(tokens)) if _opens(tokens, place)), len(tokens))
    opening = _word(tokens, start)
    if tokens[start].aside and start == at and opening.endswith("ing"):
        return True
    if not is_act(_word(tokens, at)) or opening not in _OPENING or not start:
        return False
    return at == start + 1 or not any(place in anchors for place in range(start, end))


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
_BEFORE_PARTICIPLE = BE | HAVE | _GRAMMAR | _BEFORE_THING
