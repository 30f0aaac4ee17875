"""Senses in which a word of cause may be said: the reason that a text itself gives, a way, a debt, a call's own result. Pure."""

import re
from collections.abc import Collection

from correlator.verifying.around import NAMES, WINDOW, is_neutral, words_behind
from correlator.verifying.expressions import expressed
from correlator.verifying.grounds import Ground, keyed
from correlator.verifying.outcome import TURNED
from correlator.verifying.read import AGENTS, NEGATIONS, SPOKEN, Read, among, is_failure, tied
from correlator.verifying.wording import root, roots_of, table, words_of
from sensor.event import ToolCalled


def _is_its_reason(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cause is what a failed event itself says: "stopped because the tank was empty"."""
    if not _GIVING.match(match.group()):
        return False
    if _is_own_reason(read, match):
        return True
    before, after = read.plain[: match.start()], read.plain[match.start() :].split(" ", 1)[-1]
    if not before.strip(" ,;"):  # "Since the slot was taken, the first try failed"
        after, _, before = after.partition(",")
    reasons = [after, re.split(r"[,;]| and | but ", after)[0]]
    says = bool(TURNED.search(before)) or any(
        is_failure(word) or word in NEGATIONS or root(word) in _FOUNDERING for word in re.findall(r"[a-z]+", before)
    )
    says = says or any(
        stands == "fail" and token.text.casefold() in before.split() for token, stands in expressed(read.tokens).items()
    )
    failed = [one for one in read.cited if one.failed and any(_gives(one, _reason(text)) for text in reasons)]
    # What is said to have failed must be what gave the reason.
    place = next((at for at, one in enumerate(read.clauses) if set(one.joint.split()) & {"because", "since"}), 1)
    spoken = next((best for best in (*reversed(read.spoken_of[:place]), *read.spoken_of[place + 1 :]) if best), ())
    meant = spoken or (failed if len(read.cited) < _SEVERAL else ())
    return says and any(tied(one, other) for one in failed for other in meant)


def _is_own_reason(read: Read, match: re.Match[str]) -> bool:
    """Return whether the agent itself gives a reason where it tells why it acts, or fills one in: `reason="no seal"`."""
    behind = read.plain[match.start() :].removeprefix(_GIVING.match(match.group()).group())  # type: ignore[union-attr]
    told = _reason(re.split(r"[,;]| and | but |\bwhich\b", behind)[0]) - AGENTS
    reason = told - table().neutral
    failing = any(is_failure(word) for word in re.findall(r"[a-z]+", read.plain[: match.start()]))
    return (
        bool(reason)
        and len(told) > 1
        and not failing
        and not reason & _ANNOUNCING
        and any(
            _gives(one, reason)
            for one in read.cited
            if (one.event.kind in SPOKEN and _GROUNDING.search(one.plain))
            or (isinstance(one.event, ToolCalled) and _argues(one.event))
        )
    )


def _argues(call: ToolCalled) -> bool:
    return any(key.casefold() in _REASONS for key, _ in keyed(call.arguments))


_ANNOUNCING = {
    root(word)
    for word in ("announce", "plan", "intend", "decide", "declare", "think", "say", "tell", "state", "remark", "answer")
}
_GROUNDING = re.compile(r"\b(?:so|because|since|therefore|hence|thus|as|for|with|due to|owing to|to be able|given)\b")
_REASONS = ("reason", "why", "because", "cause", "justification", "grounds", "rationale")
_SEVERAL = 3
"""Cited events of which a sentence must say which one failed: a call and its result are two."""
_FOUNDERING = roots_of("foundering")
_GIVING = re.compile(r"(?:because|since|due to|owing to|on account of|by reason of)\b")
"""What begins the reason that a failure itself has given."""


def _reason(text: str) -> set[str]:
    return {root(word) for word in re.findall(r"[a-z]{3,}", text) if word not in words_of("grammar")}


def _gives(ground: Ground, reason: Collection[str]) -> bool:
    """Return whether an event says all of a reason, but for words that say nothing."""
    said = [word for word in reason if among(word, ground.words) and word not in ground.tool and not is_failure(word)]
    alike = [word for word in reason if table().beside(word) & ground.words]
    return bool(said or alike) and all(
        word in said or word in alike or word in table().neutral or among(word, ground.lent | ground.words)
        for word in reason
    )


def _is_asked(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cited text asks or tells why: "wanted to know the reason for"."""
    return match.group().startswith("reason") and any(_WHY.search(one.plain) for one in read.cited)


_WHY = re.compile(r"\b(?:why|reasons?|because|how come|what for)\b")


def _is_forced(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cited event has the word of force itself: `force=true`."""
    behind = read.plain[match.end() :].split()[:1]
    return (
        match.group() == "forced"
        and not _OF_FORCE & {*behind}
        and any(root("force") in one.words for one in read.cited)
    )


_OF_FORCE = {"by", "to", "into", "the", "a", "an", "it", "its", "him", "her", "them", "out"}


def _is_account(read: Read, match: re.Match[str]) -> bool:
    """Return whether it is the agent or its answer that accounts for something, in words of its own."""
    before = read.plain[: match.start()].split()[-1:]
    return (
        match.group() == "accounted for"
        and bool(before)
        and root(before[0]) in _ACCOUNTING
        and any(one.event.kind in SPOKEN for one in read.cited)
    )


_ACCOUNTING = AGENTS | {root(word) for word in ("answer", "reply", "summary", "message", "report", "response", "it")}


def _is_on_paper(read: Read, match: re.Match[str]) -> bool:
    """Return whether a single text is said to go by what it names itself: "on the strength of order 7"."""
    behind = [word for word in words_behind(read, match) if not is_neutral(word)][:NAMES]
    return (
        match.group() == "on the strength of"
        and len(read.cited) == 1
        and read.cited[0].event.kind in ("prompt_submitted", "tool_called")
        and bool(behind)
        and all(read.is_said(word) or word in read.cited[0].plain or word == "·" for word in behind)
    )


def _is_source(read: Read, match: re.Match[str]) -> bool:
    """Return whether a text is said to stem from who wrote it, not from what happened."""
    if not _STEMMING.match(match.group()):
        return False
    behind = {root(word) for word in re.findall(r"[a-z]{3,}", read.plain[match.end() :][:WINDOW].split(",")[0])}
    texts = [one for one in read.cited if one.event.kind in _TEXTS]
    return bool(texts) and bool(
        behind & (_SOURCES | _asking(read) | frozenset[str]().union(*(one.doers for one in texts)))
        or "·" in read.plain[match.end() :][:40]
    )


def _asking(read: Read) -> frozenset[str]:
    """Return words for somebody who asks, where a request is cited."""
    return roots_of("people") if any(one.event.kind == "prompt_submitted" for one in read.cited) else frozenset()


_STEMMING = re.compile(r"(?:stem(?:s|med)?|arose) from")
_TEXTS = ("prompt_submitted", "document_retrieved", "tool_returned", "memory_written")
_SOURCES = frozenset(
    map(
        root,
        (
            "source",
            "sender",
            "author",
            "outsider",
            "outside",
            "page",
            "mail",
            "document",
            "site",
            "public",
        ),
    )
)


def _is_way(read: Read, match: re.Match[str]) -> bool:
    """Return whether it is a way that leads somewhere: "a link that leads to the form"."""
    before = {root(word) for word in re.findall(r"[a-z]+", read.plain[: match.start()])[-_WAY:]}
    if match.group().startswith("led ") and any(one.event.kind == "name_resolved" for one in read.cited):
        return True  # "the name led curl to 192.0.2.7"
    return match.group().startswith(("leads ", "lead ", "leading ")) and bool(before & _WAYS)


_WAY = 8
_WAYS = frozenset(
    map(
        root,
        (
            "link",
            "page",
            "path",
            "route",
            "redirect",
            "address",
            "button",
            "door",
            "road",
            "way",
            "trail",
            "pointer",
            "url",
        ),
    )
)


def _is_owed(read: Read, match: re.Match[str]) -> bool:
    """Return whether an amount is due to somebody."""
    return (
        match.group() == "due to"
        and re.search(
            r"\d[\d,.]* [^\W\d]+ (?:was|were|is|are|fell|falls?|became|becomes?) $", read.plain[: match.start()]
        )
        is not None
    )


def _is_of_agent(read: Read, match: re.Match[str]) -> bool:
    """Return whether the agent set something off, which is that it called it; or what "makes" is a program."""
    first, before = match.group().split()[0], read.plain[: match.start()].split()[-2:]
    if any(first == one.program.casefold() for one in read.cited):
        return True
    return (
        match.group() in ("set off", "triggered", "triggers", "alerted")
        and bool(before)
        and any(root(word) in _AGENTS for word in before)
        and any(one.event.kind == "tool_called" for one in read.cited)
    )


_AGENTS = roots_of("agents")


def _is_of_one_call(read: Read, match: re.Match[str]) -> bool:
    """Return whether a result is told of its own call: "which led to entry 12"."""
    calls = {id(one.call or one.event) for one in read.cited if one.event.kind != "database_queried"}
    worked = len(calls) == 1 and len(read.cited) > 1 and not any(one.failed for one in read.cited)
    return worked and _ISSUING.match(match.group()) is not None  # a failure tells what was so before


_ISSUING = re.compile(
    r"(?:le(?:d|ads?) (?:[\w' .·-]+ )?to|as a (?:result|consequence)|result(?:s|ed|ing)? (?:in|from)|thereby|thus"
    r"|gave rise|in response to)"
)


CAUSES = (
    _is_its_reason,
    _is_asked,
    _is_source,
    _is_way,
    _is_owed,
    _is_of_agent,
    _is_of_one_call,
    _is_forced,
    _is_account,
    _is_on_paper,
)
"""The senses of words of cause."""
