"""What a text is said not to have: "does not name the reserve", "leaves the reserve out", "but not the reserve". Pure.

A text that is told as a whole is evidence for what it lacks, if that is something of this chain: that a text lacks what nobody
speaks of says nothing. What is found to be lacking is accounted for; the rules that ask where a word comes from pass over it.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import NUMBERS
from correlator.verifying.wording import Clause, Token, akin, is_denial, is_finite, root, roots_of, table, words_of

WHOLE = frozenset((
    "answered", "tool_returned", "tool_called", "prompt_submitted", "model_responded", "agent_handed_over", "document_retrieved",
    "memory_written", "alert_received", "process_started",
))  # fmt: skip
"""Kinds of events that are told as a whole, so that what is not there was not said."""
_NAMING = roots_of("naming") - {root("tell")}
_NAMED = roots_of("naming") - frozenset(
    map(root, ("any", "about", "touch", "deal", "address", "give", "answer"))
) | frozenset(map(root, ("word", "hint", "syllable", "allusion", "list", "quote", "disclose", "learn")))
_APPEARING = (
    "appear",
    "occur",
    "figure",
    "feature",
    "come up",
    "turn up",
    "crop up",
    "show up",
    "stand in",
    "part of",
    "in ",
)
_DETERMINER = re.compile(rf"{'|'.join(sorted(words_of('determiners')))}|{'|'.join(NUMBERS)}|.*['’]s")
_CONCERNING = ("of", "about", "on")
_VERBAL = ("not", "never", "cannot")
_AGENTS = roots_of("agents")


def lacked(clauses: Sequence[Clause], cited: Sequence[Ground], run: Sequence[Ground]) -> frozenset[Token]:
    """Return the tokens of a sentence that say, truly, what a cited text lacks: the words of denial, and what is denied."""
    if not any(one.event.kind in WHOLE for one in cited):
        return frozenset()
    return frozenset(
        token
        for at in range(len(clauses))
        for denial, things in _denied(clauses, at)
        if _lack(_meant(clauses, at, cited), things, run) or _is_made_without(denial, things, cited, run)
        for token in (*denial, *(one for one in things if any(_has(ground, one) for ground in run)))
    )


def _denied(clauses: Sequence[Clause], place: int) -> Iterator[tuple[list[Token], list[Token]]]:
    """Yield the words that deny, and what they deny, of each denial about a text: what stands behind it, or else before it."""
    held = clauses[place].tokens
    joint = clauses[place + 1].joint if place + 1 < len(clauses) else ""  # "mentioned" may be read as what joins
    for at, token in enumerate(held):
        word, before = token.text.casefold() if token.kind == "word" else "", held[at - 1].text.casefold() if at else ""
        near = [
            *(one.text.casefold() for one in held[at + 1 :] if one.text.casefold() not in words_of("be")),
            joint,
            "",
        ]
        behind = [*held[at + 1 :], *_relative(clauses, place)]
        if word in _VERBAL and (
            " ".join(near[:2]).startswith(_APPEARING)
            or (
                before in words_of("be")
                and root(near[0]) in _NAMED
                and any(root(one.text) in _TEXTS for one in [*held, *(clauses[place + 1].tokens if joint else ())])
            )
        ):
            yield _to_comma(held[at:]), _things(held[:at])  # "B does not come up in it", "B is not named"
        elif _is_of_text(clauses[place], at, near):
            aside = [one for one in behind if one.text.casefold() in _BEHIND or one.text.casefold() == "nor"]
            yield [token, *aside], _things([one for one in behind if one not in aside])


def _is_of_text(clause: Clause, at: int, near: Sequence[str]) -> bool:
    """Return whether a word denies that a text has something: by its own sense, by a verb of naming, or as "but not B"."""
    held = clause.tokens
    word = held[at].text.casefold() if held[at].kind == "word" else ""
    if root(word) in _OMITTING:
        return _is_whole(root(word), near, held[at:]) and (not at or held[at - 1].text.casefold() != "to")
    if word == "without":
        return not {*map(root, near[:3])} & _TROUBLE
    if word == "silent":
        return near[0] in ("on", "about", "as")
    if not is_denial(word):
        return False
    led = held[at].aside or (not at and bool({"but", "and"} & {*clause.joint.split()}))
    if led and word != "no" and not any(is_finite(one) for one in near):
        return True
    if word in _VERBAL:
        return root(near[0]) in _NAMING or (near[0] in ("a", "one") and root(near[1]) in _NAMED)
    if any(root(one) in _NAMED and not _DETERMINER.fullmatch(before) for before, one in pairwise(["", *near])):
        return True
    told = at > 0 and not held[at].aside and root(held[at - 1].text) in _NAMED
    return told or (near[0] in _CONCERNING and (led or at > 0))


def _is_whole(verb: str, near: Sequence[str], held: Sequence[Token]) -> bool:
    """Return whether a verb tells of what is left out: "leaves the sum out", "passes over the sum", and not "left"."""
    if verb == root("pass"):
        return near[:1] in (["over"], ["by"])
    return verb != root("leave") or any(one.text.casefold() in _BEHIND for one in held)


_MEANT = (
    (roots_of("results") | {root("summary"), root("report")}, ("answered",)),
    (roots_of("questions") | {root("message"), root("request"), root("prompt"), root("order")}, ("prompt_submitted",)),
    ({root("call"), root("command")}, ("tool_called",)),
    ({root("handover"), root("hand-over")}, ("agent_handed_over",)),
)  # fmt: skip
"""Roots of words for a text, and the kinds of the events that it may be."""
_UTTERED = ("answered", "model_responded", "prompt_submitted")


def _meant(clauses: Sequence[Clause], at: int, cited: Sequence[Ground]) -> Sequence[Ground]:
    """Return the events that are what a clause begins with: "the answer names A but not B" may cite where B is."""
    first = at
    while first and {"but", "and"} & set(clauses[first].joint.split()):
        first -= 1
    words = {root(word) for one in clauses[first : at + 1] for word in one.words}
    kinds = {kind for roots, all_of in _MEANT if words & roots for kind in all_of} or _UTTERED
    return [one for one in cited if one.event.kind in kinds] or cited


def _is_made_without(
    denial: Sequence[Token], things: Sequence[Token], cited: Sequence[Ground], run: Sequence[Ground]
) -> bool:
    """Return whether no cited call has what it is said to have been made without, although its answer may name it."""
    calls = [one for one in cited if one.event.kind == "tool_called"]
    return bool(calls and things) and denial[0].text.casefold() == "without" and _lack(calls, things, run)


_NO_THING = (
    words_of("grammar")
    | words_of("beginning")
    | words_of("be")
    | words_of("have")
    | words_of("pronouns")
    | {"any", "of"}
)
_TEXTS = frozenset[str]().union(*(roots for roots, _ in _MEANT)) | _AGENTS
_TROUBLE = roots_of("trouble")
_OMITTING = roots_of("omitting")
_BEHIND = frozenset(("out", "aside", "unmentioned", "unnamed", "unsaid", "untold", "away"))


def _to_comma(held: Sequence[Token]) -> list[Token]:
    end = next((at for at, one in enumerate(held) if at and one.aside), len(held))
    return list(held[:end])


def _relative(clauses: Sequence[Clause], place: int) -> Iterator[Token]:
    """Yield the tokens of the clauses that belong to the end of one."""
    for clause in clauses[place + 1 :]:
        named = clause.joint in ("and", "or") and _is_thing(clause.tokens)
        if not named and clause.joint not in ("that", "which", "who", "where", "and that"):
            return
        yield from clause.tokens


def _is_thing(held: Sequence[Token]) -> bool:
    """Return whether words behind "and" name another thing, and have no verb."""
    begins = bool(held) and (
        held[0].kind != "word" or held[0].text.casefold() in ("the", "a", "an", "its", "their", "any")
    )
    return begins and not any(is_finite(one.text.casefold()) for one in held if one.kind == "word")


def _things(held: Sequence[Token]) -> list[Token]:
    """Return what is said to lack, up to a comma behind it, though it be a general word where it is nothing else."""
    found, general = list[Token](), list[Token]()
    for token in held:
        if token.aside and (found or general):
            break
        word = token.text.casefold()
        if token.kind != "word":
            found.append(token)
        elif not (word in _NO_THING or root(word) in _NAMING | _TEXTS):
            (general if root(word) in table().neutral or table().is_common(word) else found).append(token)
    return found or general


def _lack(cited: Sequence[Ground], things: Sequence[Token], run: Sequence[Ground]) -> bool:
    """Return whether no cited event has most of what one is said to lack, nor a name or number of it, and the chain knows it."""
    absent = [one for one in things if not any(_has(ground, one) for ground in cited)]
    if len(absent) * 2 <= len(things) or any(one.kind != "word" and one not in absent for one in things):
        return False
    return any(_has(ground, token) for token in absent for ground in run)


def _has(ground: Ground, token: Token) -> bool:
    if token.kind == "number":
        return token.text in ground.numbers or ground.names(token.text)
    if token.kind != "word":
        return ground.names(token.text)
    base = root(token.text)
    return bool((table().beside(base) | {base}) & ground.words) or any(akin(base, other) for other in ground.words)
