"""What a text is said not to have: "does not name the reserve", "leaves the reserve out", "but not the reserve". Pure.

A text that is told as a whole is evidence for what it lacks, if that is something of this chain: that a text lacks what nobody
speaks of says nothing. What is found to be lacking is accounted for; the rules that ask where a word comes from pass over it.
"""

from collections.abc import Iterator, Sequence

from correlator.verifying.grounds import Ground
from correlator.verifying.wording import Clause, Token, akin, is_denial, is_finite, root, roots_of, table, words_of

WHOLE = frozenset((
    "answered", "tool_returned", "tool_called", "prompt_submitted", "model_responded", "agent_handed_over", "document_retrieved",
    "memory_written", "alert_received", "process_started",
))  # fmt: skip
"""Kinds of events that are told as a whole, so that what is not there was not said."""
_NAMING = roots_of("naming")
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
    """Yield the words that deny, and what they deny, of each denial about a text."""
    clause = clauses[place]
    held = clause.tokens
    for at, token in enumerate(held):
        word, behind = (
            token.text.casefold() if token.kind == "word" else "",
            [one.text.casefold() for one in held[at + 1 : at + 3]],
        )
        led = token.aside or (not at and bool({"but", "and"} & set(clause.joint.split())))
        following = [*held[at + 1 :], *_relative(clauses, place)]
        if (unsaid := _unsaid(held, at, behind, following)) is not None:
            yield unsaid
        elif any(root(one.text) in _AGENTS for one in held[:at]) and not _is_of_saying(held, at):
            continue  # what the agent did not do is no text
        elif (before := _denied_before(clauses, place, at)) is not None:
            yield [token], before
        elif word == "never" or (is_denial(word) and word.endswith("t")):
            opens = (
                not at
                and bool({"but", "and"} & set(clause.joint.split()))
                and not (behind and behind[0].endswith("ed"))
            )
            if opens or any(root(one) in _NAMING for one in behind[:1]):
                yield [token], _things(following)
            elif " ".join(behind).startswith(_STANDING):
                yield _to_comma(held[at:]), _things(held[:at])  # "B does not come up in it"
        elif word == "neither" and (led or (at and root(held[at - 1].text) in _NAMING)):
            nor = [one for one in following if one.text.casefold() == "nor"]
            yield [token, *nor], _things([one for one in following if one not in nor])
        elif word in ("no", "nothing") and (told := _unmentioned(held[at:], following)):
            yield [token], told
        elif root(word) in _OMITTING and (not at or held[at - 1].text.casefold() != "to"):
            aside = [one for one in following if one.text.casefold() in _BEHIND]
            if _is_whole(root(word), behind, aside):
                yield [token, *aside], _things(following)


def _unmentioned(held: Sequence[Token], following: Sequence[Token]) -> list[Token]:
    """Return what a text has nothing of: "nothing of the loss", "no word of it", "nothing in it mentions the loss"."""
    word, *behind = [one.text.casefold() for one in held[:2]]
    if (word == "nothing" and behind in _CONCERNING) or (word == "no" and {*behind} & _MENTION):
        return _any_things(following[1:])
    verb = next((at for at, one in enumerate(held) if root(one.text) in _NAMING), None)
    return [] if word == "no" or verb is None else _any_things(following[verb:])


def _unsaid(
    held: Sequence[Token], at: int, behind: Sequence[str], following: Sequence[Token]
) -> tuple[list[Token], list[Token]] | None:
    """Return the words that deny and what they deny where nothing at all is said of that, `None` for another word."""
    word = held[at].text.casefold()
    if word == "without" or (word == "silent" and behind[:1] in (["on"], ["about"], ["as"])):
        return [held[at]], _without(held[at + 1 : at + 4], following)
    if word == "not" and behind[:1] in (["a"], ["one"]) and {*behind[1:]} & _MENTION:
        return [*held[at : at + 3]], _any_things(held[at + 3 :])  # "not a word about B is found in it"
    return None


def _is_whole(verb: str, behind: Sequence[str], aside: Sequence[Token]) -> bool:
    """Return whether a verb tells of what is left out: "leaves the sum out", "passes over the sum", and not "left"."""
    if verb == root("pass"):
        return behind[:1] in (["over"], ["by"])
    return verb != root("leave") or bool(aside)


def _without(near: Sequence[Token], following: Sequence[Token]) -> list[Token]:
    """Return what there is said not to be: nothing for "without an error", which tells how it ended."""
    return [] if {root(one.text) for one in near} & _TROUBLE else _things(following)


def _denied_before(clauses: Sequence[Clause], place: int, at: int) -> list[Token] | None:
    """Return what a denial behind its verb denies, `None` for another: "named no file", "the price does not stand in it"."""
    held = clauses[place].tokens
    word, before = held[at].text.casefold(), held[at - 1].text.casefold() if at else ""
    if (
        word == "no"
        and root(before) in _NAMING
        and not {one.text.casefold() for one in held[at + 1 : at + 2]} & _MENTION
    ):
        return _any_things(_to_comma(held[at:])[1:])
    if word in ("not", "never") and before in words_of("be") and _is_named_next(clauses, place, at):
        return _any_things(held[: at - 1])
    return None


def _is_of_saying(held: Sequence[Token], at: int) -> bool:
    """Return whether a denial is about what the agent said: "said nothing of A", "made no mention of the key"."""
    before, behind = held[at - 1].text.casefold() if at else "", [one.text.casefold() for one in held[at + 1 : at + 2]]
    return (
        root(before) in _SAYING
        or (bool({*behind} & _MENTION) and root(before) == _MAKE)
        or (bool(behind) and root(behind[0]) == root("mention"))
    )


_SAYING = frozenset(map(root, ("say", "tell", "write", "answer", "report", "state", "mention", "name", "speak")))
_NAMED = frozenset(map(root, ("mention", "name", "say", "state")))
_MAKE = root("make")


def _is_named_next(clauses: Sequence[Clause], place: int, at: int) -> bool:
    """Return whether "not" denies that something is named; "mentioned" may be read as what joins the next clause."""
    held = clauses[place].tokens
    if at + 1 < len(held):
        return root(held[at + 1].text) in _NAMED and held[at + 1].text.casefold().endswith(("ed", "en", "d"))
    return place + 1 < len(clauses) and root(clauses[place + 1].joint) in _NAMED


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


_STANDING = (
    "come up",
    "appear",
    "occur",
    "figure",
    "feature",
    "stand in",
    "turn up",
    "crop up",
    "show up",
    "part of",
    "in ",
)
_NO_THING = (
    words_of("grammar")
    | words_of("beginning")
    | words_of("be")
    | words_of("have")
    | frozenset(("any", "mention", "of"))
)
_CONCERNING = (["of"], ["about"], ["on"], ["concerning"], ["regarding"])
_MENTION = frozenset(("mention", "word", "reference", "hint", "syllable", "talk", "allusion"))
_TROUBLE = roots_of("trouble")
_OMITTING = roots_of("omitting")
_BEHIND = frozenset(("out", "aside", "unmentioned", "unnamed", "unsaid", "untold", "untouched", "away"))


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
    """Return what is said to lack, up to a comma behind it."""
    found = list[Token]()
    for token in held:
        if token.aside and found:
            break
        if not _is_plain(token):
            found.append(token)
    return [one for one in found if one.kind != "word" or not table().is_common(one.text.casefold())] or found


def _any_things(held: Sequence[Token]) -> list[Token]:
    """Return what is said to lack, though it be a general word: "no mention of an account"."""
    behind = _to_comma(held)
    return _things(held) or [one for one in behind if one.text.casefold() not in _NO_THING]


def _is_plain(token: Token) -> bool:
    """Return whether a token names nothing that a text may have or lack."""
    if token.kind != "word":
        return False
    word = token.text.casefold()
    return word in words_of("grammar") or word in _BEHIND or root(word) in _NAMING or root(word) in table().neutral


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
