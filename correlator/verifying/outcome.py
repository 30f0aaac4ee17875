"""How it ended: what failed did not work, and nothing is denied that nobody denies. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from correlator.verifying.clauses import has_verb
from correlator.verifying.grounds import Ground, denied
from correlator.verifying.lengths import NUMBERS, ORDINALS
from correlator.verifying.read import BE, NEGATIONS, Read, Refusal, among, is_act, is_failure, is_negative, tied
from correlator.verifying.wording import Clause, akin, is_finite, root, roots_of, table, words_of
from sensor.event import NameResolved, ProcessExited, ToolCalled, ToolReturned

_CAN = roots_of("can")


def of_negations(read: Read) -> Iterator[Refusal]:
    """Refuse a denial that no event denies."""
    denials = (*(one.denied for one in read.cited), denied(read.template))
    for place, (clause, best) in enumerate(zip(read.clauses, read.spoken_of, strict=True)):
        held = [token for token in clause.tokens if token.kind == "word"]
        behind = read.clauses[place + 1].joint if place + 1 < len(read.clauses) else ""
        words = clause.words
        for at, word in enumerate(words):
            if (word not in NEGATIONS and not word.endswith(("n't", "n’t"))) or held[at] in read.lacked:
                continue
            following = words[at + 1 :]
            if word == "not" and (behind == "until" or (behind == "before" and words in _NOT_BEFORE)):
                continue  # says when it was, which is a matter of order
            if _denies(denials, following) or _is_of_outcome(words, at, best, read):
                continue
            yield Refusal("negation", f"nothing cited says “{word} {' '.join(following[:2])}”")


def _is_of_outcome(words: Sequence[str], at: int, best: Sequence[Ground], read: Read) -> bool:
    """Return whether a negation says that something failed, or has no result, and so it is."""
    word, following = words[at], words[at + 1 : at + 4]
    around = {root(one) for one in (words[at - 1] if at else "", *following[:2])}
    came = word == "nothing" and words[max(0, at - 2) : at] == ("came", "to")
    was_done = (
        word == "not"
        and at > 0
        and words[at - 1] in BE
        and (_is_tried(following[:1], best) or bool(_SUCCESS.match(" ".join(following[:2]))))
    )
    would = at > 0 and words[at - 1] in ("would", "will")
    fails = (
        came
        or was_done
        or would
        or word in ("cannot", "unable")
        or around & _CAN
        or (word == "no" and ("could" in words or bool(_COME & {root(one) for one in words[at + 1 :]})))
    )
    if fails and (all if was_done else any)(map(is_negative, best)) and not any(map(is_failure, following)):
        return True
    is_single = (word, following[:1]) in _NOT_ONE
    if (word in _NO or is_single) and any(
        _is_empty(one, words[at + 2 : at + 6] if is_single else following[:2]) for one in _with_results(best, read)
    ):
        return True
    if word == "no" and (_is_no_more(words[at:]) or _is_refused_or_absent(following, read)):
        return True
    lost = any(one.event.kind in ("capture_status", "events_lost") for one in read.cited)
    if lost and {root("see"), root("capture"), root("record")} & around:
        return True
    if any(isinstance(one.event, ToolCalled) and one.result is None for one in read.cited) and any(
        root(one) in _RESULTS for one in following
    ):
        return True
    return (word == "not" and following[:1] == ("until",)) or (word in ("neither", "nor") and all_failed(read))


_NOT_BEFORE = (("not",), ("it", "was", "not"))
_NO = frozenset(("no", "without", "nothing", "none", "nobody"))
_NOT_ONE = (("not", ("one",)), ("not", ("a",)), ("none", ("of",)))
_COME = roots_of("coming")


def _with_results(best: Sequence[Ground], read: Read) -> Sequence[Ground]:
    """Return what a clause speaks of, with the cited results of calls among it; all that is cited if that is nothing."""
    return [one for one in read.cited if any(tied(one, other) for other in best)] or read.cited


def _is_no_more(words: Sequence[str]) -> bool:
    """Return whether "no" belongs to a number: "no more than two"."""
    return words[1:2] in (("more than",), ("less than",), ("fewer than",))


_ABSENT = re.compile(
    r"\b(?:no such|not found|(?:does|do|did) not exist|unknown|unrecogni[sz]ed|no (?:match|result|record|entr)\w*|nothing found"
    r"|none found|missing|absent)\b"
)
"""How a text says that something is not there."""


def _is_refused_or_absent(following: Sequence[str], read: Read) -> bool:
    """Return whether a "no" is the word of an answer ("the answer was no"), or what an event calls absent ("no such table")."""
    if not following:
        return any(re.match(r"(?:no|sorry)\b", one.plain) for one in read.cited) or any(
            re.search(r"\bno\b[.,!]", one.plain) for one in read.cited
        )
    return following[0] == "such" and any(_ABSENT.search(one.plain) for one in read.cited)


def _is_empty(ground: Ground, following: Sequence[str]) -> bool:
    """Return whether an event has none of what follows a negation: no rows, no address, or nothing at all."""
    match ground.event:
        case NameResolved(addresses=addresses):
            return not addresses and root("address") in map(root, following)
        case ToolReturned(text=text) if text.strip().casefold() in _NOTHING:
            return True
        case ProcessExited():
            return False
    return any("0" in ground.numbers_beside(root(word)) for word in following if len(word) > 2)


_NOTHING = frozenset(("", "[]", "{}", "null", "none", "nothing", "0"))


def _is_tried(following: Sequence[str], best: Sequence[Ground]) -> bool:
    """Return whether a verb tells what a failed call was to do."""
    calls = [one if one.call is None else replace(one, event=one.call, call=None) for one in best]
    return any(among(root(word), one.words | one.tool) for word in following if is_act(word) for one in calls)


_RESULTS = roots_of("results")


def all_failed(read: Read) -> bool:
    """Return whether all outcomes that are cited are failures, and there are several."""
    outcomes = [one.failed for one in read.cited if one.failed is not None]
    return len(outcomes) > 1 and all(outcomes)


def _denies(denials: Sequence[frozenset[str]], following: Sequence[str]) -> bool:
    """Return whether a text itself denies this, in words near its own negation."""
    content = [root(word) for word in following[:5] if root(word) not in table().neutral]
    wanted = set(content[:2]) or {root(word) for word in following[:2]}
    return any(among(one, near) for one in wanted for near in denials)


_SUCCESS = re.compile(
    r"\b(?:succe\w+|successful\w*|w(?:ent|as|ere) (?:through|well|ahead|live|fine)|worked|accepted|granted|delivered|confirmed"
    r"|approved|completed|reached|arrived|received|stored|booked|saved|allowed|permitted|printed|took effect|got through|effective"
    r"|let(?:s|ting)?\b[^,;]{0,60}\b(?:through|pass))\b"
)
_IN_VAIN = re.compile(
    r"\bwithout (?:any |much )?(?:success|avail|result|effect|luck)\b|\b(?:in vain|to no avail|unsuccessfully)\b"
)
_WITHOUT = re.compile(r"\bwithout (?:any |much )?\w+")
_ATTRIBUTE = re.compile(r"\b(?:the|an?|its|his|her|their|this|that|any|each) \w+ed (?=[a-z])")
"""A participle before its noun: "the permitted amount"."""
TURNED = re.compile(
    r"\b(?:turn(?:s|ed)? (?:[\w'’-]+ ){0,7}(?:down|away|back)|(?:knock|throw|threw|thrown|kick|bounce)\w* back"
    r"|thrown out|(?:fell|falls?|fallen) (?:through|flat|short)|g[ai]ve(?:n|s)? up|tim(?:es|ed|ing) out"
    r"|br(?:oke|eaks?|oken) (?:down|off|up)|got nowhere|c[ao]mes? to (?:nothing|grief)|[rw][ua]ns? (?:out of|aground)|went wrong"
    r"|cut (?:off|short)|rebuff\w*|stalled|aborted|balked|kept out|locked out|shut out"
    r"|ended in (?:an? )?(?:error|failure|refusal))\b"
)
"""Words of success, and of refusal where no word alone says so."""
_LACKING = re.compile(r"\b(?:lack(?:s|ed|ing)?|for (?:want|lack) of|wanting|missing)\b")
"""What is said of what failed, as the reason."""
_SEEN = re.compile(r"\b(?:seen|captured|observed)\b")
_ALL = frozenset(("both", "all", "each", "every"))
_DENYING = frozenset(("not", "never", "cannot", "nothing", "neither", "nor", "unable"))
_STOP = root("stop")


def of_opposites(read: Read) -> Iterator[Refusal]:
    """Refuse a word where a cited event has its opposite."""
    for token in read.tokens:
        word = token.text.casefold()
        base = root(word)
        is_kind = base in _KINDS and any(base in one.lent for one in read.cited if not _is_of_tool(one))
        is_person = word.endswith(("er", "ers", "or", "ors", "ent")) or word == "written"  # by somebody
        if token.kind != "word" or base in read.said or is_kind or is_person or word in NEGATIONS:
            continue
        if word.endswith("ed") and _ATTRIBUTE.search(
            f"{' '.join(read.sentence[: token.start].casefold().split()[-1:])} {word} a"
        ):
            continue  # "the saved entry": what it was
        if read.failures and is_failure(word) and base != _STOP:
            continue  # whether what is told of failed is asked of the outcomes
        there = table().opposites(base) & read.prose
        if there and not any(akin(base, other) for other in read.said - there):
            yield Refusal("polarity", f"“{word}” is the opposite of what a cited event says")


def _is_of_tool(ground: Ground) -> bool:
    return isinstance(ground.event, ToolCalled | ToolReturned)


def of_outcomes(read: Read) -> Iterator[Refusal]:
    """Refuse a failure where nothing failed, and success where something did."""
    if _both_fail(read) and sum(one.failed is True for one in read.cited) == 1:
        yield Refusal("polarity", "one of both did not fail")
    for clause, best in zip(read.clauses, read.spoken_of, strict=True):
        share = _share(clause, read)
        why = _wrong(clause, _of_place(clause, read) or best, read) if share is None else share
        if why:
            yield Refusal("polarity", why)


def _both_fail(read: Read) -> bool:
    """Return whether two things are said to have failed: "both A and B failed", "both calls were refused"."""
    for at, clause in enumerate(read.clauses):
        if "both" not in clause.words or _DENYING & set(clause.words):
            continue
        behind = read.clauses[at + 1 : at + 2]
        goes_on = not has_verb(clause.tokens) and bool(behind) and behind[0].joint == "and"
        words = behind[0].words if goes_on else clause.words
        if any(is_failure(word) and not _is_noun(words, place) for place, word in enumerate(words)):
            return True
    return False


def _share(clause: Clause, read: Read) -> str | None:
    """Return what is wrong with how many of several worked or failed, as in "of which one failed"; `None` if it tells no number."""
    words = clause.words
    amount = 1 if words[:1] == ("one",) else NUMBERS.get(words[0]) if words else None
    outcomes = [one.failed for one in read.cited if one.failed is not None]
    if amount is None or len(outcomes) < amount or not (is_finite(" ".join(words[1:2]))):
        return None
    text = " ".join(words)
    is_failed = any(is_failure(one) for one in words) or bool(TURNED.search(text))
    if _DENYING & set(words) or not (is_failed or _SUCCESS.search(text)):
        return None
    return "" if outcomes.count(is_failed) == amount else f"not {words[0]} of them did so"


def _of_place(clause: Clause, read: Read) -> tuple[Ground, ...]:
    """Return the results of that of several calls of one tool that a clause speaks of by its place, as in "the second failed"."""
    words = clause.words
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else ""
        if (
            word not in ORDINALS
            or not at
            or words[at - 1] != "the"
            or not (not following or is_finite(following) or root(following) in _CALLS)
        ):
            continue
        calls = [one for one in read.cited if isinstance(one.event, ToolCalled)]
        names = {one.event.name for one in calls if isinstance(one.event, ToolCalled)}
        if len(names) == 1 and len(calls) > 1 and ORDINALS[word] <= len(calls):
            call = calls[ORDINALS[word] - 1].event
            return tuple(one for one in read.cited if one.call is call)
    return ()


_CALLS = roots_of("calls")


def _wrong(clause: Clause, best: Sequence[Ground], read: Read) -> str:
    """Return what a clause gets wrong of how it ended, empty if nothing."""
    text, words = _WITHOUT.sub(" ", " ".join(clause.words)), clause.words
    is_denied = bool(_DENYING & set(words))
    deeds = frozenset[str]().union(
        *(one.tool for one in best)
    )  # "the account was blocked", by a call of `block_account`
    failing = [
        one
        for at, one in enumerate(words)
        if is_failure(one) and not (read.failures and _is_noun(words, at)) and root(one) not in deeds
    ]
    negative = [one for one in best if is_negative(one)]
    if (vain := _IN_VAIN.search(" ".join(words))) and best:
        return "" if negative else f"what it says of “{vain.group()}” did not fail"
    if (turned := TURNED.search(text)) and not is_denied and best:
        return "" if negative else f"what it says of “{turned.group()}” did not fail"
    if failing:
        forbids = all(root(one) in _FORBIDDING for one in failing) and any(_DENIAL.search(one.plain) for one in best)
        untold = [word for word in failing if not any(among(root(word), one.words) for one in best)]
        if not negative and not forbids and untold:
            return f"what it says of “{untold[0]}” did not fail"
        if _NOT_FAILED.search(text) and best and all(one.failed for one in best):
            return "what it says did not fail did"
        if not is_denied and (len(failing) > 1 and "refus" in text):
            return "who refuses to fail has not failed"
        worked = _SUCCESS.search(_ATTRIBUTE.sub(" ", text))
        return "it failed and it worked" if worked and negative and not is_denied else ""
    worked = _SUCCESS.search(text)
    before = text[: worked.start()].split() if worked is not None else []
    if is_denied and (not before or _DENYING & set(before)):
        return ""  # but not of "it was accepted, with one part not read"
    if _SEEN.search(text) and any(one.event.kind == "capture_status" for one in best):
        return "it was not seen"
    spoken = {word for one in read.clauses for word in one.words} - ({"all"} if "all the same" in read.plain else set())
    told = any(is_failure(word) for word in spoken)  # "of which one failed"
    if _ALL & spoken and not told and _SUCCESS.search(text) and any(one.failed for one in read.cited):
        return "not all of it worked"
    if worked and best and all(_has_no_result(one) and not among(root(worked.group()), one.words) for one in best):
        return f"nothing says “{worked.group()}” of it"
    return _done(clause, best, text) if best and len(negative) == len(best) else ""


_NOT_FAILED = re.compile(
    r"\b(?:not|never|neither) (?:been )?(?:fail|refused|rejected|declined|denied|turned down|blocked|bounce)"
)
_FORBIDDING = roots_of("forbidding")
_DENIAL = re.compile(r"\b(?:not|never|don't|don’t|mustn't|no longer)\b")


def _has_no_result(ground: Ground) -> bool:
    return isinstance(ground.event, ToolCalled) and ground.result is None


_ARRIVED = re.compile(
    r"\b(?:answer|reply|response|result|refusal|rejection|error|failure|news|word)s? (?:[\w'’-]+ ){0,4}"
    r"(?:arrived|received|reached)\b"
)
"""What comes back of a failed call, too."""
_AT_MOST = re.compile(
    r"\b(?:no more than|at most|only|up to|a maximum of) (?:[\w'’-]+ ){0,4}(?:allowed|permitted|accepted)\b"
)
"""What a limit lets through, as a refusal tells it."""


def _done(clause: Clause, best: Sequence[Ground], text: str) -> str:
    """Return what a clause says was done, of events that all failed."""
    if not any(one.failed or one.came_to_nothing for one in best):
        return ""
    worked = _SUCCESS.search(_ARRIVED.sub(" ", _AT_MOST.sub(" ", text)))
    if worked and not any(among(root(worked.group().split()[0]), one.words) for one in best if one.failed):
        return f"what it says “{worked.group()}” of failed"
    if all(isinstance(one.event, ProcessExited) for one in best):
        return ""  # a program that ended with a code did end
    is_told = _is_attempt(clause) or any(one.search(text) for one in (_LACKING, _ARRIVED, _AT_MOST))
    return "what it says was done failed" if not is_told and _is_done(clause, best) else ""


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
    return any(
        root(word) not in table().neutral and root(word) not in table().reporting and not among(root(word), failed)
        for word in done
    )
