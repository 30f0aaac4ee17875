"""How it ended: what failed did not work, and what worked did not fail. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from correlator.verifying.clauses import has_verb
from correlator.verifying.endings import ended, has_failed
from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import NUMBERS, ORDINALS
from correlator.verifying.opposites import ATTRIBUTE
from correlator.verifying.read import AGENTS, BE, SPOKEN, Read, Refusal, among, is_act, is_failure, is_negative
from correlator.verifying.wording import Clause, is_denial, is_finite, root, roots_of, table, words_of
from sensor.event import HttpRequested, HttpResponded, ProcessExited, ToolCalled, ToolReturned

_SUCCESS = re.compile(
    r"\b(?:succe\w+|successful\w*|w(?:ent|as|ere) (?:through|well|ahead|live|fine)|worked|accepted|granted|delivered"
    r"|confirmed|approved|completed|reached|arrived|received|stored|booked|saved|allowed|permitted|printed"
    r"|took effect|got through|effective"
    r"|managed to|let(?:s|ting)?\b[^,;]{0,60}\b(?:through|pass)|let (?:the|it|him|her|them|its)|welcomed|carried out"
    r"|(?:was|were|been) (?:passed(?! (?:on|to|along|over|back)\b)|found(?! to\b)|served)"
    r"|passed(?: (?:at|in|on the|without|with|again|first)\b|$)|took (?=(?:in|on)\b)|took (?:the |a |an )?\w+ (?:in|on|at)\b)"
)
_IN_VAIN = re.compile(
    r"\bwithout (?:any |much )?(?:success|avail|result|effect|luck)\b|\b(?:in vain|to no avail|unsuccessfully)\b"
)
_WITHOUT = re.compile(r"\bwithout (?:any |much )?\w+")
TURNED = re.compile(
    r"\b(?<!\bto )(?:turn(?:s|ed)? (?:[\w'’-]+ ){0,7}(?:down|away|back)|(?:knock|throw|threw|thrown|kick|bounce)\w* back"
    r"|thrown out|(?:fell|falls?|fallen) (?:through|flat|short)|g[ai]ve(?:n|s)? up|tim(?:es|ed|ing) out"
    r"|br(?:oke|eaks?|oken) (?:down|off|up)|got nowhere|c[ao]mes? (?:to (?:nothing|grief)|(?:up|away) (?:empty|short))"
    r"|[rw][ua]ns? (?:out of|aground)|went wrong"
    r"|cut (?:off|short)|rebuff\w*|stalled|aborted|balked|kept out|locked out|shut out"
    r"|ended in (?:an? )?(?:error|failure|refusal))\b"
)
"""Words of success, and of refusal where no word alone says so."""
_LACKING = re.compile(r"\b(?:lack(?:s|ed|ing)?|for (?:want|lack) of|wanting|missing)\b")
"""What is said of what failed, as the reason."""
_SEEN = re.compile(r"\b(?:seen|captured|observed)\b")
_ALL = frozenset(("both", "all", "each", "every"))
_DENYING = frozenset(("not", "never", "cannot", "nothing", "neither", "nor", "unable"))


def of_outcomes(read: Read) -> Iterator[Refusal]:
    """Refuse a failure where nothing failed, and success where something did."""
    for clause, best in zip(read.clauses, read.spoken_of, strict=True):
        share = _share(clause, read)
        placed = _of_place(clause, read)
        why = _wrong(clause, placed or best, () if placed else read.cited, read) if share is None else share
        if why:
            yield Refusal("polarity", why)
    if why := _untold(read):
        yield Refusal("polarity", why)


def _untold(read: Read) -> str:
    """Return what is wrong where no word tells of a failure: all that is cited failed, or more is said to have worked than did."""
    outcomes = [one.failed for one in read.cited if one.failed is not None]
    words = [word for one in read.clauses for word in one.words]
    is_told = any(is_failure(word) or is_denial(word) for word in words) or bool(TURNED.search(read.plain))
    if True not in outcomes or is_told:
        return ""
    if len(_PLAIN_SUCCESS.findall(read.plain)) > outcomes.count(False):
        return "more is said to have worked than did"
    returned = [one for one in read.cited if isinstance(one.event, ToolReturned)]
    calls = frozenset[str]().union(*(one.words for one in read.cited if one not in returned))
    why = frozenset[str]().union(*(one.words for one in returned)) - calls - roots_of("grammar")
    said = {root(word) for word in words}
    is_quoted = any(one.kind == "quote" for one in read.tokens)
    is_open = any(
        one.result not in [each.event for each in returned] for one in read.cited if isinstance(one.event, ToolCalled)
    )
    if (
        False in outcomes
        or is_quoted
        or is_open
        or len(returned) < len(outcomes)
        or any(root(word) in _ATTEMPT for word in words)
    ):
        return ""
    return (
        "" if any(among(base, why) or table().beside(base) & why for base in said) else "it failed, and nothing says so"
    )


_PLAIN_SUCCESS = re.compile(r"\b(?:succe\w+|worked|went through|let through)\b")


def _share(clause: Clause, read: Read) -> str | None:
    """Return what is wrong with how many of several worked or failed, as in "of which three failed"; `None` if it has no number."""
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


def _wrong(clause: Clause, best: Sequence[Ground], others: Sequence[Ground], read: Read) -> str:
    """Return what a clause gets wrong of how it ended, empty if nothing; it may speak of a failure of others, too."""
    text, words = _WITHOUT.sub(" ", " ".join(clause.words)), clause.words
    is_denied = bool(_DENYING & set(words))
    failing = _failing(words, best, read)
    first = words.index(failing[0]) if failing else 0
    if failing and any(root(word) in AGENTS for word in words[: min(first, 3)]):
        said = [one for one in read.cited if one.event.kind in SPOKEN and is_negative(one)]
        best = [*best, *said] if said and not any(is_negative(one) for one in best) else best
    negative = _negative(best, others, read, strict=bool(failing) and all(root(one) in _STRICT for one in failing))
    if (vain := _IN_VAIN.search(" ".join(words))) and best:
        return "" if negative else f"what it says of “{vain.group()}” did not fail"
    if (turned := TURNED.search(text)) and not is_denied:
        is_told = any(TURNED.search(one.plain) or (one.denied and one.actor == "agent") for one in best)
        return "" if negative or is_told else f"what it says of “{turned.group()}” did not fail"
    if _NOT_FAILED.search(text) and best and all(has_failed(one, read.cited) for one in best):
        return "what it says did not fail did"
    if failing:
        forbids = all(root(one) in _FORBIDDING for one in failing) and any(_DENIAL.search(one.plain) for one in best)
        untold = [word for word in failing if not any(among(root(word), one.words) for one in best)]
        if not negative and not forbids and untold:
            return f"what it says of “{untold[0]}” did not fail"
        if not is_denied and (len(failing) > 1 and "refus" in text):
            return "who refuses to fail has not failed"
        worked = _success(ATTRIBUTE.sub(" ", text))
        return "it failed and it worked" if worked and negative and not is_denied else ""
    return _working(clause, best, text, negative, read)


def _failing(words: Sequence[str], best: Sequence[Ground], read: Read) -> list[str]:
    """Return the words of a clause by which something failed, but for nouns, deeds and what it is said to be free of."""
    deeds = frozenset[str]().union(
        *(one.tool for one in best)
    )  # "the account was blocked", by a call of `block_account`
    return [
        one
        for at, one in enumerate(words)
        if is_failure(one)
        and not (read.failures and _is_noun(words, at))
        and root(one) not in deeds
        and not (root(one) in _STOPPING and table().beside(root(one)) & deeds)
        and not _is_free_of(words[:at])
        and words[max(0, at - 1) : at] != ("to",)
        and not (root(one) in _STOPPING and words[at + 1 : at + 3] in _WITH_CODE)
        and not (root(one) == _DENY and words[at + 1 : at + 2] == ("having",))
    ]


def _working(clause: Clause, best: Sequence[Ground], text: str, negative: Sequence[Ground], read: Read) -> str:
    """Return what a clause without a failure gets wrong of how it ended, empty if nothing."""
    words, is_denied = clause.words, bool(_DENYING & set(clause.words))
    worked = None if _is_length(words) else _success(text)
    before = text[: worked.start()].split() if worked is not None else []
    if is_denied and (not before or _DENYING & set(before)):
        return ""  # but not of "it was accepted, with one part not read"
    state = next((word for before, word in pairwise(words) if before in BE and root(word) in _OUT_OF_ORDER), "")
    if state and not read.failures and not any(among(root(state), one.words) for one in read.cited):
        return f"nothing cited says “{state}”"
    if _SEEN.search(text) and any(one.event.kind == "capture_status" for one in best):
        return "it was not seen"
    at = read.clauses.index(clause)
    subject = [one for one in read.clauses[max(0, at - 1) : at] if not has_verb(one.tokens)]
    spoken = {word for one in subject for word in one.words} | {*before}
    told = any(is_failure(word) for one in read.clauses for word in one.words)  # "of which three failed"
    if worked and _ALL & spoken and not told and not _NO_ALL.search(text) and any(one.failed for one in read.cited):
        return "not all of it worked"
    if worked and best and all(_has_no_result(one) and not among(root(worked.group()), one.words) for one in best):
        return f"nothing says “{worked.group()}” of it"
    if worked and _is_said_to_have_failed(worked.group(), best, read):
        return f"what it says “{worked.group()}” of is said to have failed"
    return _done(clause, best, text, read) if best and all(one in negative for one in best) else ""


_DENY = root("deny")
_WITH_CODE = (("with",), ("with", "code"), ("with", "exit"), ("with", "status"))
_OUT_OF_ORDER = roots_of("out_of_order")
_STOPPING = frozenset(map(root, ("stop", "prevent", "block", "bar", "halt")))
_STRICT = roots_of("forbidding") | {root("refrain")}


def _negative(best: Sequence[Ground], others: Sequence[Ground], read: Read, *, strict: bool) -> Sequence[Ground]:
    """Return those of what a clause speaks of that failed or refuse, else those of others.

    What the kernel and the wire saw has no outcome that a failure of something else could tell.
    """
    found = [one for one in best if is_negative(one) or has_failed(one, read.cited)]
    if strict:  # "stopped", "prevented": done by somebody, and no outcome of a program
        return [one for one in found if is_negative(one)]
    is_seen = any(one.actor in ("process", "peer") for one in best)
    return found or ([] if is_seen else [one for one in others if is_negative(one)])


def _is_free_of(before: Sequence[str]) -> bool:
    """Return whether what stands behind these words is said not to have been: "without an error"; that is asked of denials."""
    near = [one for one in before if one not in words_of("filling") and one not in BE][-1:]
    return bool(near) and (is_denial(near[0]))


def _success(text: str) -> re.Match[str] | None:
    """Return the first word of success that is not denied by a "no" before it: "no notice reached"."""
    return next((one for one in _SUCCESS.finditer(text) if "no" not in text[: one.start()].split()[-3:]), None)


def _is_length(words: Sequence[str]) -> bool:
    """Return whether words tell how much time passed: "five seconds passed"."""
    return any(
        before in words_of("sizes") or before.removesuffix("s") in words_of("sizes")
        for before, word in pairwise(words)
        if root(word) == _PASS
    )


_PASS = root("pass")
_NOT_FAILED = re.compile(
    r"\b(?:not|never|neither) (?:been )?(?:fail|unsuccessful|in vain|refused|rejected|declined|denied|turned down|blocked|bounce)"
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


def _done(clause: Clause, best: Sequence[Ground], text: str, read: Read) -> str:
    """Return what a clause says was done, of events that all failed."""
    if not any(has_failed(one, read.cited) for one in best):
        return ""
    worked = None if _is_length(clause.words) else _success(_ARRIVED.sub(" ", _AT_MOST.sub(" ", text)))
    if worked and worked.group() == "arrived" and any(isinstance(one.event, HttpResponded) for one in best):
        return ""  # a status comes in, whichever it is
    if worked and not any(among(root(worked.group().split()[0]), one.words) for one in best if one.failed):
        return f"what it says “{worked.group()}” of failed"
    if all(isinstance(one.event, ProcessExited | HttpRequested | HttpResponded) for one in best):
        return (
            ""  # a program that ended with a code did end, and what a request carried was sent, however it was answered
        )
    is_told = _is_attempt(clause) or any(one.search(text) for one in (_LACKING, _ARRIVED, _AT_MOST))
    return "what it says was done failed" if not is_told and _is_done(clause, best) else ""


def _is_noun(words: Sequence[str], at: int) -> bool:
    """Return whether a word of failure names one, or says which thing failed: "after this failure", "the failed order"."""
    before = words[at - 1] if at else ""
    return words[at] in ("failure", "failures", "refusal", "refusals", "rejection", "error", "timeout") or before in (
        "the",
        "a",
        "this",
        "that",
        "its",
        *NUMBERS,
        *ORDINALS,
    )


_ATTEMPT = roots_of("attempt")


_ASIDE = words_of("aside")


def _is_attempt(clause: Clause) -> bool:
    return any(root(word) in _ATTEMPT for word in clause.words) or bool(_ASIDE & set(clause.joint.split()))


def _is_said_to_have_failed(worked: str, best: Sequence[Ground], read: Read) -> bool:
    """Return whether the texts that a clause speaks of say that something failed, and nothing tells that anything worked."""
    if not _WORKED.fullmatch(worked):
        return False
    fails = [one for one in best if _FAILED.search(one.plain) and not has_failed(one, read.cited)]
    if any(ended(one, read.cited) is not None and one not in fails for one in best):
        return False
    return bool(fails) and not any(_WORKED.search(one.plain) for one in read.cited)


_WORKED = re.compile(
    r"succe\w+|worked|went (?:through|well)|passed|fine|done|ok\b|\bcomplete|\b(?:accepted|granted|approved|allowed|permitted)\b"
)
_FAILED = re.compile(r"\b(?:fail(?:s|ed|ure)?|error|rejected|refused|denied|did not|could not)\b")
_NO_ALL = re.compile(r"\b(?:all the same|(?:after|at|above|in) all|all along|all but)\b")


def _is_done(clause: Clause, best: Collection[Ground]) -> bool:
    """Return whether a clause says that a deed of a call that failed was done, and not in the words of the failure."""
    failed = frozenset[str]().union(*(one.words for one in best if one.failed))
    deeds = frozenset[str]().union(*(one.tool for one in best))
    done = {
        root(word)
        for before, word in pairwise(("", *clause.words))
        if is_act(word) and (before in BE or root(word) in deeds)
    }
    return any(
        (among(base, deeds) or base in _ACHIEVING or bool(table().beside(base) & deeds)) and not among(base, failed)
        for base in done - table().neutral
    )


_ACHIEVING = roots_of("achieving")
