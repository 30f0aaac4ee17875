"""One thing and not another: "was not burnt but buried", "the file in A, not the one in B"; one thing and no more. Pure."""

import re
from collections.abc import Sequence

from correlator.verifying.grounds import Ground
from correlator.verifying.read import BE, SAYING, SPOKEN, Read, among, best_of, holds
from correlator.verifying.wording import Clause, Token, is_finite, root, roots_of, table, words_of


def contrasts(read: Read, place: int, denial: Token) -> bool:
    """Return whether what is denied is set against what is told instead, and the event of the latter has nothing of it."""
    clause = read.clauses[place]
    if denial.text.casefold() not in ("not", "never"):
        return False
    at = clause.tokens.index(denial)
    denied = _denied(clause, at)
    behind = read.clauses[place + 1 : place + 2]
    if not denied:
        # "as ripe, not | as rotten"
        before = read.clauses[place - 1].tokens if place else ()
        if not at or not behind or behind[0].joint != clause.joint or not denial.aside:
            return False
        rest = (*before, *clause.tokens[:at])
        end = next((where for where, one in enumerate(behind[0].tokens) if where and one.aside), len(behind[0].tokens))
        return _is_set_against(read, behind[0].tokens[:end], rest, told=clause.tokens[:at])
    if behind and behind[0].joint.split()[:1] == ["but"] and at and _goes_on(behind[0]):
        # "was not burnt but buried"
        rest = (*clause.tokens[:at], *behind[0].tokens)
        return _is_set_against(read, (*denied,), rest, told=behind[0].tokens)
    words = [one.text.casefold() for one in denied]
    if any(is_finite(word) and not word.endswith("ed") for word in words) or words[0].endswith("ed"):
        return False  # it has a verb of its own
    if at and (denial.aside or clause.tokens[at - 1].text.casefold() == "and"):
        rest = tuple(one for one in clause.tokens if one is not denial and one not in denied)
        return _is_set_against(read, denied, rest, told=rest)
    if not at and place and clause.joint in ("and", "but"):
        rest = read.clauses[place - 1].tokens
        return _is_set_against(read, denied, rest, told=rest)
    return False


def _goes_on(clause: Clause) -> bool:
    """Return whether a clause begins with its verb, so that its subject is that of the one before."""
    words = [one for one in clause.words if one not in words_of("have") and not one.endswith("ly")][:1]
    return bool(words) and (is_finite(words[0]) or words[0] in words_of("unchanged"))


def _denied(clause: Clause, at: int) -> tuple[Token, ...]:
    """Return what stands behind a denial, up to a comma."""
    behind = clause.tokens[at + 1 :]
    end = next((place for place, one in enumerate(behind) if place and one.aside), len(behind))
    return behind[:end]


def _is_set_against(read: Read, denied: Sequence[Token], rest: Sequence[Token], told: Sequence[Token]) -> bool:
    """Return whether the event that the rest speaks of has what is told, and nothing of what is denied."""
    _, best = best_of(read.cited, Clause("", tuple(rest)))
    names = [one for one in denied if not _says_nothing(one)] or [
        one for one in denied if one.text.casefold() not in _NO_THING
    ]
    stays = any(root(one.text) in _STAYING for one in denied)
    if not best or not (names or stays):
        return False
    calls = [other for one in best for other in read.cited if other.call is one.event or one.call is other.event]
    some = (*best, *calls)
    is_told = any(_has(one, token) for one in some for token in told if not _says_nothing(token))
    return is_told and not any(_has(one, token) for one in some for token in names)


_NO_THING = words_of("grammar") | words_of("pronouns") | words_of("be") | words_of("have")
_STAYING = frozenset(map(root, ("stay", "remain", "last", "persist", "stand", "keep", "survive")))
"""What is denied of something that was changed: "did not stay but was moved"."""


def _says_nothing(token: Token) -> bool:
    word = token.text.casefold()
    return token.kind == "word" and (root(word) in table().neutral or word in BE)


def _has(ground: Ground, token: Token) -> bool:
    if token.kind != "word":
        return holds(ground, token)
    base = root(token.text)
    return among(base, ground.words) or bool(table().beside(base) & ground.words)


def asks_one(read: Read, words: Sequence[str], at: int, best: Sequence[Ground]) -> bool:
    """Return whether what is asked or said "and nothing more" is so: the text that the clause speaks of has one thing only."""
    behind = {root(word) for word in words[at + 1 : at + 5]}
    near = {root(word) for word in words[:at]} | (behind if words[at] == "nothing" else behind & _TASKS)
    texts = [one for one in best or read.cited if one.event.kind in _UTTERED]
    return (
        bool(near & _WANTING)
        and bool(texts)
        and not any(_SEVERAL.search(getattr(one.event, "text", "").strip(" .!?")) for one in texts)
    )


BEYOND = frozenset(("beyond", "besides", "except", "but", "more than", "other than", "apart from", "further than"))
_UTTERED = (*SPOKEN, "prompt_submitted", "agent_handed_over")
_TASKS = roots_of("questions") | {root("task")}
_WANTING = SAYING | roots_of("governing") | _TASKS
_SEVERAL = re.compile(r"[.;:!?,]\s|\n|\b(?:and|or|then|also|plus)\b")
