"""How it ended: what failed did not work, and nothing is denied that nobody denies. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence

from correlator.verifying.grounds import Ground
from correlator.verifying.read import NEGATIONS, Read, Refusal, among, is_failure, is_negative
from correlator.verifying.wording import Clause, akin, root, roots_of, table, words_of
from sensor.event import ToolCalled

_CAN = roots_of("can")


def of_negations(read: Read) -> Iterator[Refusal]:
    """Refuse a denial that no event denies."""
    for clause, best in zip(read.clauses, read.spoken_of, strict=True):
        words = clause.words
        for at, word in enumerate(words):
            if word not in NEGATIONS and not word.endswith(("n't", "n’t")):
                continue
            following = words[at + 1 : at + 4]
            if any(_denies(text, following) for text in (*(one.plain for one in read.cited), read.template)):
                continue
            if _is_of_text(words, at) and any(_lacks(one, words[at + 1 :], read) for one in best or read.cited):
                continue
            around = {root(one) for one in (words[at - 1] if at else "", *following[:2])}
            came = word == "nothing" and words[max(0, at - 2) : at] == ("came", "to")
            fails = came or word in ("cannot", "unable") or around & _CAN or (word == "no" and "could" in words)
            if fails and any(map(is_negative, best)) and not any(map(is_failure, following)):
                continue
            unseen = any(one.event.kind in ("capture_status", "events_lost") for one in read.cited) and bool(
                {root("see"), root("capture")} & around
            )
            if (
                unseen
                or (word == "not" and following[:1] == ("until",))
                or (word in ("neither", "nor") and all_failed(read))
            ):
                continue
            unanswered = any(isinstance(one.event, ToolCalled) and one.result is None for one in best)
            if word == "no" and following[:1] == ("result",) and unanswered:
                continue
            yield Refusal("negation", f"nothing cited says “{word} {' '.join(following[:2])}”")


def _is_of_text(words: Sequence[str], at: int) -> bool:
    """Return whether a negation says of a text what is not in it: "does not name", "but not", "nothing about", "without"."""
    following, before = words[at + 1 : at + 2], words[at - 1] if at else ""
    about = words[at] == "nothing" and following == ("about",)
    return about or words[at] == "without" or before == "but" or any(root(one) in _NAMING for one in following)


def _lacks(ground: Ground, following: Sequence[str], read: Read) -> bool:
    """Return whether a text, or a call, indeed lacks what a sentence says that it does not name: "but not the reserve"."""
    if ground.event.kind not in _WHOLE:
        return False
    bases = [root(word) for word in following[:5] if word not in words_of("grammar")]
    nouns = [base for base in bases if base not in _NAMING and base not in table().neutral]
    # It must be something of this chain: that a text lacks what nobody speaks of says nothing.
    known = [base for base in nouns if any(among(base, one.words) for one in read.run)]
    return bool(known) and not any(among(base, ground.words) for base in nouns)


_WHOLE = frozenset((
    "answered", "tool_returned", "tool_called", "prompt_submitted", "model_responded", "agent_handed_over", "document_retrieved",
))  # fmt: skip
"""Kinds of events that are told as a whole, so that what is not there was not said."""
_NAMING = roots_of("naming")


def all_failed(read: Read) -> bool:
    """Return whether all outcomes that are cited are failures, and there are several."""
    outcomes = [one.failed for one in read.cited if one.failed is not None]
    return len(outcomes) > 1 and all(outcomes)


def _denies(text: str, following: Sequence[str]) -> bool:
    """Return whether a text itself denies this, in words near its own negation."""
    wanted = {root(word) for word in following[:2]}
    wanted = wanted - table().neutral or wanted
    for match in re.finditer(
        r"\b(?:no|not|never|cannot|can't|can’t|without|nothing|none|\w+n't)\b((?: [\w'’-]+){0,5})", text
    ):
        near = {root(word) for word in match.group(1).split()}
        if any(among(one, near) for one in wanted):
            return True
    return False


_SUCCESS = re.compile(
    r"\b(?:succe\w+|successful\w*|went through|worked|accepted|granted|delivered|confirmed|approved|completed|reached"
    r"|arrived|stored|booked|saved|allowed|permitted|printed|let(?:s|ting)?\b[^,;]{0,60}\b(?:through|pass))\b"
)  # fmt: skip
_SEEN = re.compile(r"\b(?:seen|captured|observed)\b")
_ALL = frozenset(("both", "all", "each", "every"))
_DENYING = frozenset(("not", "never", "cannot", "nothing", "neither", "nor", "unable"))


def of_opposites(read: Read) -> Iterator[Refusal]:
    """Refuse a word where a cited event has its opposite."""
    for token in read.tokens:
        word = token.text.casefold()
        base = root(word)
        is_kind = base in read.lent and base in _KINDS
        is_person = word.endswith(("er", "ers", "or", "ors", "ent")) or word == "written"  # by somebody
        if token.kind != "word" or base in read.said or is_kind or is_person or word in NEGATIONS:
            continue
        there = table().opposites(base) & read.said
        if there and not any(akin(base, other) for other in read.said - there):
            yield Refusal("polarity", f"“{word}” is the opposite of what a cited event says")


def of_outcomes(read: Read) -> Iterator[Refusal]:
    """Refuse a failure where nothing failed, and success where something did."""
    for clause, best in zip(read.clauses, read.spoken_of, strict=True):
        why = _wrong(clause, best, read)
        if why:
            yield Refusal("polarity", why)


def _wrong(clause: Clause, best: Sequence[Ground], read: Read) -> str:
    """Return what a clause gets wrong of how it ended, empty if nothing."""
    text, words = " ".join(clause.words), clause.words
    denied = bool(_DENYING & set(words))
    failing = [one for at, one in enumerate(words) if is_failure(one) and not (read.failures and _is_noun(words, at))]
    negative = [one for one in best if is_negative(one)]
    if failing:
        if not negative and not any(among(root(word), one.words) for word in failing for one in best):
            return f"what it says of “{failing[0]}” did not fail"
        if not denied and (len(failing) > 1 and "refus" in text):
            return "who refuses to fail has not failed"
        return "it failed and it worked" if _SUCCESS.search(text) and negative and not denied else ""
    if denied:
        return ""
    if _SEEN.search(text) and any(one.event.kind == "capture_status" for one in best):
        return "it was not seen"
    if _ALL & set(words) and _SUCCESS.search(text) and any(one.failed for one in read.cited):
        return "not all of it worked"
    return _done(clause, best, text) if best and len(negative) == len(best) else ""


def _done(clause: Clause, best: Sequence[Ground], text: str) -> str:
    """Return what a clause says was done, of events that all failed."""
    if not any(one.failed or one.came_to_nothing for one in best):
        return ""
    worked = _SUCCESS.search(text)
    if worked and not any(among(root(worked.group().split()[0]), one.words) for one in best if one.failed):
        return f"what it says “{worked.group()}” of failed"
    return "what it says was done failed" if not _is_attempt(clause) and _is_done(clause, best) else ""


_KINDS = roots_of("kinds")
"""What events are by their kind, so that several of them may be opposites."""


def _is_noun(words: Sequence[str], at: int) -> bool:
    """Return whether a word of failure names one, or says which thing failed: "after this failure", "the failed order"."""
    before = words[at - 1] if at else ""
    return words[at] in ("failure", "failures", "refusal", "refusals", "rejection", "error", "timeout") or before in (
        "the",
        "a",
        "this",
        "that",
        "its",
    )


_ATTEMPT = roots_of("attempt")


_ASIDE = words_of("aside")


def _is_attempt(clause: Clause) -> bool:
    return any(root(word) in _ATTEMPT for word in clause.words) or bool(_ASIDE & set(clause.joint.split()))


def _is_done(clause: Clause, best: Collection[Ground]) -> bool:
    """Return whether a clause tells in the past of a call that failed, and not in the words of the failure."""
    failed = frozenset[str]().union(*(one.words for one in best if one.failed))
    done = (word for word in clause.words if word.endswith("ed") or word in table().irregular)
    return any(root(word) not in table().neutral and not among(root(word), failed) for word in done)
