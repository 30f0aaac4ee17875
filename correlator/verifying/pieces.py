"""A clause that tells of two events, piece by piece: "What A had been was B", "A gave B, a later one C". Pure, English only."""

from collections.abc import Sequence
from itertools import pairwise

from correlator.verifying.clauses import has_verb, is_temporal
from correlator.verifying.wording import Clause, Token, is_finite, words_of


def pieces(clause: Clause) -> tuple[Clause, ...]:
    """Return a clause without a comma in the pieces that may tell of different events, mostly one: all of it."""
    found = _free(clause.tokens) or _ranged(clause.tokens)
    return tuple(Clause(clause.joint, tokens) for tokens in found) if found else (clause,)


def contrasted(clause: Clause) -> tuple[Clause, Clause] | None:
    """Return the pieces of a clause that sets one thing beside another one of its kind: "one gave A, a later one B"."""
    found = _contrasted(clause.tokens)
    return (Clause(clause.joint, found[0]), Clause(clause.joint, found[1])) if found else None


def tells(held: Sequence[Token]) -> bool:
    """Return whether there is a verb, or a participle: "A having failed", "B coming to an end", "only to fail"."""
    if [one.text.casefold() for one in held[:_BOTH]] == ["only", "to"]:
        return True
    return has_verb(held) or any(one.kind == "word" and one.text.casefold().endswith("ing") for one in held)


_BOTH = 2


def _free(tokens: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    """Return the halves of what has a clause for its subject: "What A had stored | was read by B"."""
    if not tokens or tokens[0].text.casefold() not in ("what", "whatever", "where"):
        return ()
    verbs = [at for at, one in enumerate(tokens) if one.kind == "word" and is_finite(one.text.casefold())]
    main = next((at for before, at in pairwise(verbs) if at > before + 1 and _opens(tokens[at])), None)
    return (tuple(tokens[:main]), tuple(tokens[main:])) if main is not None else ()


def _opens(token: Token) -> bool:
    return token.text.casefold() in words_of("inverted")


def _contrasted(tokens: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    """Return what is told of one thing, and of another: "one hive held 30, | a later one 12", "the first 30, | the other 12"."""
    for at, one in enumerate(tokens):
        words = [each.text.casefold() for each in tokens[at : at + 2]]
        if not (at and one.aside) or len(words) < _BOTH or words[0] not in _ARTICLES:
            continue
        if words[1] in words_of("contrasting") and has_verb(tokens[:at]) and not is_temporal(tokens[:at]):
            return tuple(tokens[:at]), tuple(tokens[at:])
    return ()


def _ranged(tokens: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    """Return what is told of a value before, and after: "it rose [from 3 crates] to 8"."""
    words = [one.text.casefold() for one in tokens]
    for at, word in enumerate(words[:-1]):
        if word == "to" and words[at + 1][:1].isdigit() and "from" in words[:at]:
            start = words.index("from")
            return tuple(tokens[start:at]), (*tokens[:start], *tokens[at:])
    return ()


_ARTICLES = frozenset(("a", "the", "another", "its", "one"))
