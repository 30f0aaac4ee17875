"""An order that a text itself tells, or that nothing has: "ask before each run" is no "after each run". Pure, English only."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from correlator.verifying.grounds import Ground
from correlator.verifying.joints import is_length
from correlator.verifying.lengths import length_at
from correlator.verifying.read import Read, Refusal, among
from correlator.verifying.wording import Token, root, words_of

_OTHER = {
    "before": frozenset(("after",)), "after": frozenset(("before",)),
    "earlier": frozenset(("later",)), "later": frozenset(("earlier",)),
    "beforehand": frozenset(("afterwards", "afterward", "thereafter")), "afterwards": frozenset(("before", "beforehand")),
}  # fmt: skip
_NEAR = 4
"""Words behind one of order that say what it orders."""
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ANY = frozenset(("any", "anything", "anyone", "anybody", "ever"))
_EMPTY = words_of("grammar") | words_of("determiners") | words_of("be") | words_of("have") | words_of("inverted") | _ANY


def of_told_order(read: Read) -> Iterator[Refusal]:
    """Refuse the opposite of the order in a cited text, and what nothing was known to come before, or after."""
    words = [one.text.casefold() for one in read.tokens]
    for at, token in enumerate(read.tokens):
        if token.kind != "word" or words[at] not in _OTHER:
            continue
        if words[at] == "before" and _is_limit(read.tokens, at + 1):
            yield Refusal("order", "nothing is known to have been before a length of time")
        end = next((to for to in range(at + 1, len(words)) if read.tokens[to].aside), len(words))
        near = _content(words[at + 1 : min(end, at + 1 + _NEAR)])
        told = [one for one in read.cited if _has(one, frozenset((words[at],)), near)]
        turned = [one for one in read.cited if _has(one, _OTHER[words[at]], near)]
        others = [one for one in read.cited if one not in turned]
        if turned and not told and not any(among(base, one.words | one.lent) for base in near for one in others):
            yield Refusal("order", "a cited text has it the other way round")
        elif (
            words[at] == "after"
            and _ANY & set(words[at + 1 : at + _NEAR])
            and not any(re.search(r"\bafter (?:\w+ )?any", one.plain) for one in read.cited)
        ):
            yield Refusal("order", "nothing is known to have been after any of it")


def _content(words: Sequence[str]) -> list[str]:
    return [root(one) for one in words if one not in _EMPTY]


def _has(ground: Ground, order: frozenset[str], near: Sequence[str]) -> bool:
    """Return whether an event tells this order of the same thing."""
    return any(among(base, _ordered(ground.plain, order)) for base in near)


@lru_cache(maxsize=256)
def _ordered(text: str, order: frozenset[str]) -> frozenset[str]:
    """Return the roots of the words that follow words of order in a text."""
    words = _WORD.findall(text)
    places = (at for at, word in enumerate(words) if word in order)
    return frozenset(base for at in places for base in _content(words[at + 1 : at + 1 + _NEAR]))


def _is_limit(held: Sequence[Token], at: int) -> bool:
    """Return whether a length of time stands here as what is not reached: "before five seconds", "before a minute of waiting"."""
    words = [one.text.casefold() for one in held]
    found = length_at(words, at)
    end = found.end if found is not None else at
    if is_length(held, at) or (found is not None and words[end : end + 1] == ["of"]):
        return not words_of("passing") & {*words[max(0, at - 3) : at], *words[end : end + _NEAR]}
    return False
