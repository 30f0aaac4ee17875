"""Expressions of several words that say one thing: "came to light", "in vain". Pure; `[expressions]` of the word lists."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

from correlator.verifying.endings import ended
from correlator.verifying.read import Read, Refusal, among, is_act, tied
from correlator.verifying.wording import Clause, Token, is_denial, root, roots_of, table

_GAP = 6
"""Tokens that may stand between two parts of an expression."""
_ANY, _VERB = "..", "+"


@lru_cache(maxsize=64)
def expressed(found: Sequence[Token]) -> dict[Token, str]:
    """Return each token that is part of an expression, with the word that this one stands for, empty for one that says nothing."""
    roots = [root(token.text) if token.kind == "word" else "" for token in found]
    return {found[at]: word for start in range(len(found)) for at, word in _from(roots, start)}


def _from(roots: Sequence[str], start: int) -> Iterator[tuple[int, str]]:
    for parts, word in _expressions().get(roots[start], ()):
        places = _places(roots, start, parts)
        if places:
            yield from ((at, word) for at in places)
            return


def _places(roots: Sequence[str], start: int, parts: Sequence[str]) -> list[int]:
    """Return where the parts of an expression stand that begins at a place, empty where it does not."""
    found = [start]
    at, gap = start + 1, 0
    for part in parts[1:]:
        if part == _ANY:
            gap = _GAP
            continue
        if part == _VERB:
            if not _may_be_verb(*roots[at : at + 2]):
                return []
            continue
        place = next((one for one in range(at, min(at + gap + 1, len(roots))) if roots[one] == part), None)
        if place is None:
            return []
        found.append(place)
        at, gap = place + 1, 0
    return found


def _may_be_verb(base: str = "", behind: str = "") -> bool:
    """Return whether a word may be a verb, by its root: no article and the like, and a place only where it has an object."""
    return bool(base) and base not in _NO_VERBS and (base not in _PLACES or behind in ("", *_NO_VERBS))


_NO_VERBS, _PLACES = roots_of("pronouns") | roots_of("determiners"), roots_of("places")


@cache
def _expressions() -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """Return root of the first word → the expressions that begin with it, the longest first."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for word, phrases in table().expressions.items():
        for phrase in phrases:
            parts = tuple(part if part in (_ANY, _VERB) else root(part) for part in phrase.split())
            found.setdefault(parts[0], []).append((parts, "" if word == "none" else word))
    return {first: tuple(sorted(all_of, key=lambda one: -len(one[0]))) for first, all_of in found.items()}


def of_expressions(read: Read) -> Iterator[Refusal]:
    """Refuse an expression of success of what failed: "paid off"."""
    found = expressed(read.tokens)
    for clause, spoken in zip(read.clauses, read.spoken_of, strict=True):
        ends = [one for one in clause.tokens if found.get(one) == "succeed" and is_act(one.text.casefold())]
        if not ends or any(map(is_denial, _besides(clause, found))):
            continue
        told = [one for one in read.cited if any(tied(one, other) for other in spoken or read.cited)]
        outcomes = {ended(one, read.cited) for one in told} - {None}
        if outcomes == {True} and not _is_of_another(clause, read):
            yield Refusal("polarity", f"what it says “{ends[-1].text}” of failed")


def _is_of_another(clause: Clause, read: Read) -> bool:
    """Return whether another cited event worked, and has one of the words of a clause: it may speak of that."""
    content = {root(one) for one in clause.words} - table().neutral
    return any(among(base, one.tool) for one in read.cited if one.failed is False for base in content)


def _besides(clause: Clause, found: Mapping[Token, str]) -> list[str]:
    """Return the words of a clause that are in no expression."""
    return [one.text.casefold() for one in clause.tokens if one.kind == "word" and one not in found]
