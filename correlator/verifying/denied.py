"""Denials that the evidence makes as well, in other words: "would not put it back" of "I will not return it". Pure."""

import re
from collections.abc import Iterator, Sequence

from correlator.verifying.grounds import Ground
from correlator.verifying.wording import Clause, Token, akin, is_denial, root, table, words_of

_DENIAL = re.compile(r"\b(?:not|never|cannot|\w+n['’]t|no|without)\s+((?:[\w'’-]+\s*){1,3})")
"""A denial in a text, and the words behind it."""
_MISSING = re.compile(
    r"(?<![\w'’-])((?:[\w'’-]++ ){1,4})(?:(?:is|are|was|were) )?(?:missing|absent|lacking)\b"
    r"|\b(?:missing|absent|lacking)((?: [\w'’-]+){1,4})"
)
"""What a text calls missing."""
_UNSET = re.compile(r"\b(\w+)[\"']?\s*[:=]?\s*(?:false|null|none)\b")
"""A field that is told to have no value."""


def denied(clauses: Sequence[Clause], cited: Sequence[Ground]) -> frozenset[Token]:
    """Return the words of denial in a sentence that a cited event denies, too."""
    texts = [one.plain for one in cited]
    verbs = {verb for text in texts for verb in _verbs(text)}
    unset = {word for text in texts for word in unset_in(text)}
    things = {root(word) for text in texts for match in _DENIAL.findall(text) for word in match.split()}
    missing = frozenset(
        root(word) for text in texts for match in _MISSING.findall(text) for word in " ".join(match).split()
    )
    return frozenset(
        token
        for clause in clauses
        for token in _tokens(clause, frozenset(verbs), frozenset(unset), frozenset(things), missing, texts)
    )


def unset_in(text: str) -> frozenset[str]:
    """Return the roots of the fields that a text has without a value, or as false."""
    return frozenset(root(word) for word in _UNSET.findall(text))


def _tokens(
    clause: Clause,
    verbs: frozenset[str],
    unset: frozenset[str],
    things: frozenset[str],
    missing: frozenset[str],
    texts: Sequence[str],
) -> Iterator[Token]:
    held = [one for one in clause.tokens if one.kind == "word"]
    for at, token in enumerate(held):
        word = token.text.casefold()
        behind = [one.text.casefold() for one in held[at + 1 : at + 4]]
        before = held[at - 1].text.casefold() if at else ""
        if root(word) == _LACK and behind[:1] != ["of"]:
            near = {root(one.text) for one in held[max(0, at - 6) : at] + held[at + 1 : at + 5]} - table().neutral
            if any(_alike(one, other) for one in near for other in things | missing):
                yield token
        elif word in _LACKING and behind[:1] == ["of"]:
            if any(root(one) in things for one in behind[1:] if one not in words_of("grammar")):
                yield token
        elif is_denial(word):
            verb = next((one for one in behind if one not in _LIGHT), "")
            is_same = (
                bool(verb) and word not in ("no", "none", "nothing") and any(_alike(root(verb), one) for one in verbs)
            )
            around = {root(one) for one in behind if one not in words_of("grammar")}
            is_unset = bool((around or {root(one.text) for one in held[:at]}) & unset)
            # "could not" says nothing by itself of what could not be.
            is_told = before not in ("", *_LIGHT, *_MODAL) and any(f"{before} {word}" in text for text in texts)
            if is_same or is_unset or is_told:
                yield token


def _verbs(text: str) -> Iterator[str]:
    """Yield the roots of what a text denies: the first word behind each "not" that is no auxiliary."""
    for match in re.finditer(r"\b(?:not|never|cannot|\w+n['’]t)\s+((?:[\w'’-]+\s*){1,3})", text):
        word = next((one for one in match[1].split() if one not in _LIGHT), None)
        if word is not None:
            yield root(word)


def _alike(first: str, second: str) -> bool:
    return akin(first, second) or second in table().beside(first)


_MODAL = frozenset(("can", "could", "will", "would", "may", "might", "must", "shall", "should"))
_LACK = root("lack")
_LACKING = ("lack", "want", "absence")
_LIGHT = (
    words_of("be")
    | words_of("have")
    | frozenset(("be", "do", "does", "did", "yet", "even", "to", "at", "all", "so", "the", "a"))
)
