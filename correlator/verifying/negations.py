"""What is denied: that something worked, that something failed, that something is there, that it was this and not that. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from correlator.lexicon import classes_of
from correlator.verifying.contrast import BEYOND, asks_one, contrasts
from correlator.verifying.denying import denied
from correlator.verifying.endings import ASKING, ended, has_failed, is_pending, worked
from correlator.verifying.expressions import expressed
from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import NUMBERS, length_at
from correlator.verifying.outcome import TURNED
from correlator.verifying.read import (
    AGENTS,
    BE,
    PREPOSITIONS,
    SAYING,
    Read,
    Refusal,
    among,
    holds,
    is_act,
    is_failure,
    is_negative,
    scores,
    tied,
)
from correlator.verifying.wording import Clause, Token, is_denial, root, roots_of, table, words_of
from sensor.event import NameResolved, ProcessExited, ToolCalled, ToolReturned

_CAN = roots_of("can")


def of_negations(read: Read) -> Iterator[Refusal]:
    """Refuse a denial that no event denies."""
    for token, following, is_carried in _denials(read):
        if not is_carried:
            yield Refusal("negation", f"nothing cited says “{token.text.casefold()} {' '.join(following[:2])}”")


def ended_so(read: Read) -> frozenset[str]:
    """Return the words of denial that say how something ended: "never reached", "without any error"."""
    return frozenset(
        word
        for clause, best in zip(read.clauses, read.spoken_of, strict=True)
        for at, word in enumerate(clause.words)
        if is_denial(word) and (_is_without_failure(clause.words, at, best, read) or _is_undone(clause, at, best, read))
    )


def _denials(read: Read) -> Iterator[tuple[Token, Sequence[str], bool]]:
    """Yield each word of denial, what stands behind it, and whether the cited events carry it."""
    denials = (*(one.denied for one in read.cited), denied(read.template))
    for place, (clause, best) in enumerate(zip(read.clauses, read.spoken_of, strict=True)):
        held = [token for token in clause.tokens if token.kind == "word"]
        behind = read.clauses[place + 1].joint if place + 1 < len(read.clauses) else ""
        words = clause.words
        for at, word in enumerate(words):
            if not is_denial(word) or held[at] in read.lacked:
                continue
            following = words[at + 1 :]
            is_dated = behind == "until" or (behind == "before" and _is_dated(read, place, following))
            if is_dated or _measures(words, at, read):
                continue  # says when it was, which is a matter of order, or how much it was
            if word == "not" and following[:1] and following[0] in _NOT_ONLY and "but" in read.plain.split():
                continue  # "not only A but B" denies nothing
            if word in _VERBAL and _is_against(words, at, best, read):
                yield held[at], following, False
                continue
            is_carried = (
                _denies(denials, _to_comma(held, at))
                or _says_little(read, clause, held[at], best)
                or _is_of_outcome(clause, at, best, read)
                or contrasts(read, place, held[at])
                or (
                    word in _NO
                    and (behind == "but" or bool(BEYOND & {*following[:5]}))
                    and asks_one(read, words, at, best)
                )
            )
            yield held[at], following, is_carried


_VERBAL = ("not", "never")


def _is_against(words: Sequence[str], at: int, best: Sequence[Ground], read: Read) -> bool:
    """Return whether what is denied is a failure that there was, or what an event is by its kind: "did not raise an alert"."""
    behind = _behind(words, at)[:1]
    if not behind:
        return False
    if _is_trouble(behind[0]) or root(behind[0]) == _LACK:
        return any(is_negative(one) or one.denied for one in best or read.cited) and not _is_without_failure(
            words, at, best, read
        )
    is_plain = words[at] == "never" or (at > 0 and words[at - 1] in (*BE, "did", "does", "had", "has"))
    return is_plain and bool(best) and all(one.event.kind in _SEEN and among(root(behind[0]), one.lent) for one in best)


_LACK = root("lack")
_SEEN = ("alert_received", "events_lost")


def _says_little(read: Read, clause: Clause, denial: Token, best: Sequence[Ground]) -> bool:
    """Return whether a denial says nothing that could be against the events: "whereas B did not", "said no", "neither"."""
    word, at = denial.text.casefold(), clause.tokens.index(denial)
    behind = clause.tokens[at + 1 :]
    words = [one.text.casefold() for one in behind[:3]]
    if word in ("neither", "nor") or (
        word == "no" and {*words[:1]} <= PREPOSITIONS and any(map(is_negative, read.cited))
    ):
        return True
    if word == "not":
        return bool(re.match(r"[.,;:)]|$", read.sentence[denial.start + len(word) :]))
    if word == "without":
        return words[:1] != ["having"] and not any(_has(one, token) for one in read.cited for token in behind)
    if word not in _NO or set(clause.joint.split()) & {"and", ";"} or (word == "nothing" and words[:1] != ["to"]):
        return False
    is_plain = not any(root(one) in _TRYING | _UNIVERSAL or _is_trouble(one) for one in words)
    return is_plain and any(has_failed(one, read.cited) for one in best or read.cited)


_UNIVERSAL = frozenset(map(root, ("else", "other", "further", "more", "any", "all", "single", "was", "were", "but")))


def _has(ground: Ground, token: Token) -> bool:
    """Return whether an event has what a token says, or is described by it; what says little must stand there itself."""
    if token.kind != "word":
        return holds(ground, token)
    base, its = root(token.text), ground.words | ground.lent | ground.tool
    if base in table().neutral:
        return base in ground.words and token.text.casefold() not in words_of("grammar")
    return among(base, its) or bool(table().beside(base) & its)


def _is_dated(read: Read, place: int, following: Sequence[str]) -> bool:
    """Return whether what a clause denies is told by what comes next to have been later: "nothing was sent before B"."""
    best, later = read.spoken_of[place : place + 2]
    return not following or any(not any(tied(one, other) for other in best) for one in later)


def _measures(words: Sequence[str], at: int, read: Read) -> bool:
    """Return whether a denial belongs to a measure: "no sooner than", "no more than nine", "not quite a minute later"."""
    behind = words[at + 1 : at + 6]
    if words[at] == "no":
        return bool(behind) and (behind[0].endswith(" than") or (behind[0] in _COMPARING and " than " in read.plain))
    place = at + 1 + (behind[:1] in (("quite",), ("even",), ("fully",)))
    return words[at] == "not" and length_at(words, place) is not None


_COMPARING = frozenset(("sooner", "later", "earlier", "longer"))


def _to_comma(held: Sequence[Token], at: int) -> tuple[str, ...]:
    """Return the words behind one, up to a comma."""
    end = next((place for place in range(at + 2, len(held)) if held[place].aside), len(held))
    return tuple(one.text.casefold() for one in held[at + 1 : end])


_NOT_ONLY = frozenset(("only", "just", "merely", "simply", "solely", "alone"))


def _is_of_outcome(clause: Clause, at: int, best: Sequence[Ground], read: Read) -> bool:
    """Return whether a negation says how something ended, or that it has no result, and so it is."""
    words = clause.words
    word, following = words[at], words[at + 1 : at + 4]
    around = {root(one) for one in (words[at - 1] if at else "", *following[:2])}
    if _is_without_failure(words, at, best, read) or _is_undone(clause, at, best, read):
        return True
    came = word == "nothing" and (
        words[max(0, at - 2) : at] in (("came", "to"), ("come", "to"))
        or words[at + 1 : at + 3] in (("came", "of"), ("comes", "of"), ("resulted", "from"))
    )
    fails = (
        came
        or (at > 0 and words[at - 1] in ("would", "will"))
        or word in ("cannot", "unable")
        or around & _CAN
        or (word == "no" and ("could" in words or bool(_COME & {root(one) for one in words[at + 1 :]})))
    )
    if came and _failed_of(clause, best, read):
        return True
    if fails and any(map(is_negative, best)) and not any(map(is_failure, following)):
        return True
    if word == "none" and any("0" in one.numbers for one in best):
        return True  # "the first has three knots, the second none"
    is_single = (word, following[:1]) in _NOT_ONE
    things = words[at + 2 : at + 6] if is_single else following[:2]
    if (word in _NO or is_single) and any(_is_empty(one, things) for one in _counting(things, best, read)):
        return True
    lost = any(one.event.kind in ("capture_status", "events_lost") for one in read.cited)
    if lost and _OBSERVING & around:
        return True
    return any(isinstance(one.event, ToolCalled) and one.result is None for one in read.cited) and any(
        root(one) in _RESULTS for one in following
    )


_OBSERVING = roots_of("observing")


def _is_without_failure(words: Sequence[str], at: int, best: Sequence[Ground], read: Read) -> bool:
    """Return whether a negation says that nothing went wrong, and so it is: "without an error", "did not fail"."""
    following = [one for one in words[at + 1 : at + 5] if one not in _FILLING]
    if not following or not _is_trouble(following[0]):
        return False
    some = best if any(ended(one, read.cited) is not None for one in best) else read.cited
    if root(following[0]) in _REFUSING and (not at or words[at - 1] not in BE):
        return False  # "lee did not refuse": that nothing came of somebody is no consent
    return worked(some, read.cited) and not any(map(_tells_trouble, _with_results(some, read)))


def _tells_trouble(ground: Ground) -> bool:
    """Return whether an event speaks of something that went wrong, and not of none of it: "2 failed", and not "0 failed"."""
    return any(
        _is_trouble(word) and root(word) not in ground.denied and "0" not in ground.numbers_beside(root(word))
        for word in re.findall(r"[^\W\d_]+", ground.told.casefold())
    )


_FILLING = (words_of("be") - {"got", "gets"}) | words_of("filling")
_TROUBLE = roots_of("trouble")
_REFUSING = frozenset(map(root, ("refuse", "refusal", "deny", "denial", "decline", "reject", "rejection")))


def _is_trouble(word: str) -> bool:
    return is_failure(word) or (root(word) in _TROUBLE and not word.endswith("ed"))


def _is_undone(clause: Clause, at: int, best: Sequence[Ground], read: Read) -> bool:
    """Return whether a negation says that something did not come about, and it failed, or is still to be done."""
    words = clause.words
    word, behind = words[at], _behind(words, at)
    if not behind or any(root(one) in _TRYING or _is_trouble(one) for one in behind[:2]):
        return False
    if word in ("neither", "nor", "none", "nothing", "nobody") or TURNED.match(" ".join(behind)):
        return False
    if any(one.failed and _says(one, behind[0]) for one in read.cited):
        return False  # "was not paid", of what failed with "already paid"
    if _achieves(behind) and not _is_length(clause):
        return _is_told_undone(behind, best, read) or bool(_failed_of(clause, best, read))
    failed = [one for one in best if has_failed(one, read.cited)]
    if word in ("no", "without"):
        return False
    by_agent = at > 0 and words[at - 1] not in BE and bool({root(one) for one in words[:at]} & AGENTS)
    fails = any(map(_is_trouble, behind)) or root(behind[0]) in _FOUNDERING
    if by_agent or not best or root(behind[0]) in SAYING or fails or _is_length(clause) or _AGAIN & {*words}:
        return False
    if len(failed) == len(best) and _is_deed(behind[0], best):
        return True
    told = [root(one) for one in behind[:2] if root(one) not in table().neutral]
    return (
        bool(told)
        and all(one.event.kind in ASKING or one.actor == "agent" for one in best)
        and all(one in failed or (one.actor in ("agent", "content") and one.denied) for one in best)
        and not any(among(one, (each.words | each.tool) - each.denied) for one in told for each in best)
        and "fail" not in [stands for token, stands in expressed(read.tokens).items() if token in clause.tokens]
    )


_FOUNDERING = roots_of("foundering")
_AGAIN = frozenset(("again", "more", "anymore", "longer", "ever"))


def _says(ground: Ground, verb: str) -> bool:
    """Return whether an event says itself, and does not deny, that something was done."""
    done = {root(word) for word in re.findall(r"[^\W\d_]+", ground.told.casefold()) if is_act(word)}
    return root(verb) in done - ground.denied


def _is_length(clause: Clause) -> bool:
    """Return whether a clause tells how long something took: "a minute did not pass", "did not take 30 seconds"."""
    takes = {root(word) for word in clause.words} & {_TAKE, root("pass")}
    return bool(takes) and any(word in words_of("sizes") or root(word) in words_of("sizes") for word in clause.words)


def _is_told_undone(behind: Sequence[str], best: Sequence[Ground], read: Read) -> bool:
    """Return whether all events that a clause speaks of failed, or say themselves that it could not or cannot yet be done."""
    for one in best:
        if has_failed(one, read.cited):
            reported = one.prose if one.failed else frozenset[str]()
            told = {root(word) for word in behind[1:]} - table().neutral
            if root(behind[0]) in _FINDING and told & reported:
                return False  # "did not see the gate shut", of one that failed with "gate shut"
            continue
        is_said = root(behind[0]) == _TAKE or among(root(behind[0]), one.words - one.denied)
        if is_said or not (is_pending(one) or (one.actor in ("agent", "content") and is_negative(one))):
            return False
    return bool(best)


def _failed_of(clause: Clause, best: Sequence[Ground], read: Read) -> bool:
    """Return whether what a clause speaks of most, of the deeds that are cited with their outcome, failed.

    A text that was read may have all its words: "the plea of the note was not met".
    """
    deeds = [one for one in read.cited if ended(one, read.cited) is not None and not _is_read(one)]
    if not any(has_failed(one, read.cited) for one in deeds):
        return False
    if not best:
        return all(has_failed(one, read.cited) for one in deeds)
    if any(ended(one, read.cited) is False and not _is_read(one) for one in best):
        return False
    if any(one.event.kind not in ASKING for one in best):
        return False
    found = scores(deeds, clause, near=True)
    most = max(found)
    return most > 0 and all(
        has_failed(one, read.cited) for score, one in zip(found, deeds, strict=True) if score == most
    )


def _is_read(ground: Ground) -> bool:
    """Return whether an event is of a call that reads, so that its outcome is a text."""
    return any("read" in classes_of(word) for word in ground.tool)


def _behind(words: Sequence[str], at: int) -> list[str]:
    """Return the words behind a negation, without those that say nothing of what is denied."""
    return [one for one in words[at + 1 : at + 6] if one not in _FILLING and not one.endswith("ly")]


_TRYING = roots_of("trying") | {root("tried")}
_ACHIEVING = roots_of("achieving")
_LIGHT = roots_of("light")
_FINDING = frozenset(map(root, ("find", "get", "receive", "obtain", "meet")))
_PASS, _ONWARD = root("pass"), frozenset(("on", "to", "along", "over", "back"))
_TAKE = root("take")
_LONG = frozenset(("long", "longer", "more than", "less than", "more", "less"))
_THROUGH = words_of("achieving_particles")


def _achieves(words: Sequence[str]) -> bool:
    """Return whether words begin with a verb that tells of success: "reached", "went through"."""
    base = root(words[0])
    if base == _PASS and _ONWARD & set(words[1:5]):
        return False  # "never passed it on"
    if base == _TAKE and any(one in NUMBERS or one in _LONG or one == "it" for one in words[1:]):
        return False  # "did not take two tries"
    return base in _ACHIEVING or (base in _LIGHT and bool(_THROUGH & set(words[1:4])))


def _is_deed(verb: str, best: Sequence[Ground]) -> bool:
    """Return whether a verb tells what calls were to do, by the names of their tools."""
    if _is_tried((verb,), [one for one in best if one.tool]):
        return True
    base = root(verb)
    return any(among(base, one.tool) or bool(table().beside(base) & one.tool) for one in best)


_NO = frozenset(("no", "without", "nothing", "none", "nobody"))
_NOT_ONE = (("not", ("one",)), ("not", ("a",)), ("none", ("of",)))
_COME = roots_of("coming")


def _with_results(best: Sequence[Ground], read: Read) -> Sequence[Ground]:
    """Return what a clause speaks of, with the cited results of calls among it; all that is cited if that is nothing."""
    return [one for one in read.cited if any(tied(one, other) for other in best)] or read.cited


def _counting(things: Sequence[str], best: Sequence[Ground], read: Read) -> Sequence[Ground]:
    """Return what a clause speaks of, with the results of its calls; all that is cited where that counts nothing of these."""
    some = _with_results(best, read)
    counts = any(one.numbers_beside(root(word)) for one in some for word in things if len(word) > _FEW)
    return some if counts else read.cited


_FEW = 2


def _is_empty(ground: Ground, following: Sequence[str]) -> bool:
    """Return whether an event has none of what follows a negation: no rows, no address, or nothing at all."""
    match ground.event:
        case NameResolved(addresses=addresses):
            return not addresses and root("address") in map(root, following)
        case ToolReturned(text=text) if text.strip().casefold() in _NOTHING:
            return True
        case ProcessExited():
            return False
    if _NONE_OF.search(ground.plain) and any(among(root(word), ground.words) for word in following if len(word) > _FEW):
        return True
    return any("0" in ground.numbers_beside(root(word)) for word in following if len(word) > _FEW)


_NONE_OF = re.compile(r"(?<![\w.])(?:0|zero|none|no) of (?:the )?\d")


_NOTHING = frozenset(("", "[]", "{}", "null", "none", "nothing", "0"))


def _is_tried(following: Sequence[str], best: Sequence[Ground]) -> bool:
    """Return whether a verb tells what a failed call was to do."""
    calls = [one if one.call is None else replace(one, event=one.call, call=None) for one in best]
    return any(among(root(word), one.words | one.tool) for word in following if is_act(word) for one in calls)


_RESULTS = roots_of("results")


def _denies(denials: Sequence[frozenset[str]], following: Sequence[str]) -> bool:
    """Return whether a text itself denies this, in words near its own negation."""
    content = [root(word) for word in following[:5] if root(word) not in table().neutral]
    wanted = set(content[:2]) or {root(word) for word in following[:2]}
    return any(among(one, near) for one in wanted for near in denials)
