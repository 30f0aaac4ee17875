"""A clause that tells of two events → what it tells of each: "What A had been was B", "A, done at B, was C". Pure; English only."""

from collections.abc import Sequence
from itertools import pairwise

from correlator.verifying.clauses import has_verb, is_temporal
from correlator.verifying.wording import Clause, Token, is_finite, words_of


def pieces(clause: Clause) -> tuple[Clause, ...]:
    """Return a clause in the pieces that may tell of different events, mostly one: all of it."""
    for cut in (_inserted, _free, _contrasted, _ranged):
        found = cut(clause.tokens)
        if found:
            return tuple(Clause(clause.joint, tokens) for tokens in found)
    return (clause,)


def contrasted(clause: Clause) -> tuple[Clause, Clause] | None:
    """Return the pieces of a clause that sets one thing beside another one of its kind: "one gave A, a later one B"."""
    found = _contrasted(clause.tokens)
    return (Clause(clause.joint, found[0]), Clause(clause.joint, found[1])) if found else None


def tells(held: Sequence[Token]) -> bool:
    """Return whether there is a verb, or a participle: "A having failed", "B coming to an end", "only to fail"."""
    if [one.text.casefold() for one in held[:_BOTH]] == ["only", "to"]:
        return True
    return has_verb(held) or any(one.kind == "word" and one.text.casefold().endswith("ing") for one in held)


def _inserted(tokens: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    """Return what is told of a thing, and what stands between commas behind its name: "the parcel, sent at B, | was posted"."""
    commas = [at for at, one in enumerate(tokens) if at and one.aside]
    if len(commas) < _BOTH or has_verb(tokens[: commas[0]]) or not has_verb(tokens[commas[1] :][:1]):
        return ()
    aside = tuple(tokens[commas[0] : commas[1]])
    if has_verb(aside) and not _begins_with_verb(aside):
        return ()
    return (*((aside,) if has_verb(aside) else ()), (*tokens[: commas[0]], *tokens[commas[1] :]))


_BOTH = 2


def _begins_with_verb(tokens: Sequence[Token]) -> bool:
    return any(has_verb((one,)) for one in tokens[:_BOTH])


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
    """Return what is told of a value before and after: "it rose from 3 | to 8"."""
    for at in range(2, len(tokens) - 1):
        before = [one.text.casefold() for one in tokens[max(0, at - _FROM) : at]]
        if tokens[at].text.casefold() == "to" and tokens[at + 1].kind == "number" and "from" in before:
            return tuple(tokens[:at]), tuple(tokens[at:])
    return ()


_FROM = 4
_ARTICLES = frozenset(("a", "the", "another", "its", "one"))
