"""Senses in which a word of cause may be said: the reason that a text itself gives, a way, a call's own result. Pure."""

import re
from collections.abc import Collection

from correlator.verifying.clauses import has_verb
from correlator.verifying.grounds import Ground
from correlator.verifying.read import AGENTS, SPOKEN, Read, among, is_failure, tied
from correlator.verifying.wording import root, roots_of, table, words_of


def _is_its_reason(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cause is what a failed event itself says: "stopped because the tank was empty"."""
    if not _GIVING.match(match.group()):
        return False
    before, after = read.plain[: match.start()], read.plain[match.start() :].split(" ", 1)[-1]
    if not before.strip(" ,;"):  # "Since the slot was taken, the first try failed"
        after, _, before = after.partition(",")
    reasons = [after, re.split(r"[,;]| and | but ", after)[0]]
    giving = [one for one in read.cited if any(_gives(one, _reason(text)) for text in reasons)]
    if len(read.cited) == 1 and giving and giving[0].event.kind in _REASONING:
        return True  # a single text has both, what is so and why
    failed = [one for one in giving if one.failed]
    # What is said to have failed must be what gave the reason.
    place = next((at for at, one in enumerate(read.clauses) if set(one.joint.split()) & {"because", "since"}), 1)
    spoken = next((best for best in (*reversed(read.spoken_of[:place]), *read.spoken_of[place + 1 :]) if best), ())
    meant = spoken or (failed if len(read.cited) < _SEVERAL else ())
    return any(tied(one, other) for one in failed for other in meant)


_REASONING = (*SPOKEN, "prompt_submitted", "alert_received", "tool_called")
"""Kinds of events that tell why something is so."""
_SEVERAL = 3
"""Cited events of which a sentence must say which one failed: a call and its result are two."""
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


def _is_way(read: Read, match: re.Match[str]) -> bool:
    """Return whether it is a way that leads somewhere: "a link that leads to the form"."""
    before = {root(word) for word in re.findall(r"[a-z]+", read.plain[: match.start()])[-_WAY:]}
    if match.group().startswith("led ") and any(one.event.kind == "name_resolved" for one in read.cited):
        return True  # "the name led curl to 192.0.2.7"
    if _TO_PLACE.match(read.plain, match.start()):
        return True  # "led the agent to a page"
    return match.group().startswith(("leads ", "lead ", "leading ")) and bool(before & _WAYS)


_WAY = 8
_WAYS = roots_of("ways")
_TO_PLACE = re.compile(r"lead to(?= ·)|le(?:d|ads?) (?:[\w' .·-]+ )to(?= (?:an?|·) )")


def _is_since_then(read: Read, match: re.Match[str]) -> bool:
    """Return whether "since" tells from when on: "since the upgrade", "a minute had passed since the call was made"."""
    if not match.group().startswith("since"):
        return False
    place = next((at for at, one in enumerate(read.clauses) if "since" in one.joint.split()), 0)
    passed = _PASSING & {*read.plain[: match.start()].split()}
    return bool(passed) or (place > 0 and not has_verb(read.clauses[place].tokens))


_PASSING = words_of("passing")


def _is_of_agent(read: Read, match: re.Match[str]) -> bool:
    """Return whether the agent set something off, which is that it called it; or the word is the name of a program."""
    first, before = match.group().split()[0], read.plain[: match.start()].split()[-2:]
    if any(first == one.program.casefold() for one in read.cited):
        return True
    return (
        match.group() in ("set off", "triggered", "triggers", "alerted")
        and bool(before)
        and any(root(word) in AGENTS for word in before)
        and any(one.event.kind == "tool_called" for one in read.cited)
    )


def _is_of_one_text(read: Read, match: re.Match[str]) -> bool:
    """Return whether an alert or a request is told of what it names itself, and nothing else is cited: "set off an alert"."""
    return (
        len(read.cited) == 1
        and read.cited[0].event.kind in ("alert_received", "prompt_submitted")
        and match.group().startswith(("set off", "trigger", "reason"))
    )


CAUSES = (
    _is_its_reason,
    _is_way,
    _is_of_agent,
    _is_since_then,
    _is_of_one_text,
)
"""The senses of words of cause."""
