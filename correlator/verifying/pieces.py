"""A clause that tells of two events, piece by piece: "What A had been was B", "it rose from A to B". Pure, English only."""

from collections.abc import Sequence
from itertools import pairwise

from correlator.verifying.clauses import has_verb
from correlator.verifying.wording import Clause, Token, is_finite, words_of


def pieces(clause: Clause) -> tuple[Clause, ...]:
    """Return a clause without a comma in the pieces that may tell of different events, mostly one: all of it."""
    found = _free(clause.tokens) or _ranged(clause.tokens)
    return tuple(Clause(clause.joint, tokens) for tokens in found) if found else (clause,)


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


def _ranged(tokens: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    """Return what is told of a value before, and after: "it rose [from 3 crates] to 8"."""
    words = [one.text.casefold() for one in tokens]
    for at, word in enumerate(words[:-1]):
        if word == "to" and words[at + 1][:1].isdigit() and "from" in words[:at]:
            start = words.index("from")
            return tuple(tokens[start:at]), (*tokens[:start], *tokens[at:])
    return ()
