"""What belongs together, and what came first. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import product

from correlator.verifying.grounds import Ground
from correlator.verifying.read import BE, PREPOSITIONS, Read, Refusal, among, best_of, holds, is_act, tied
from correlator.verifying.values import NUMBERS, ORDINALS, UNITS, unit_behind
from correlator.verifying.wording import Clause, Token, root, roots_of, table, words_of
from sensor.event import ToolCalled, ToolReturned

_MUCH_SAID = 3


_LINKS = roots_of("links")


def of_together(read: Read) -> Iterator[Refusal]:
    """Refuse a clause whose entities and numbers stand in events that have nothing to do with each other."""
    for clause in read.clauses:
        held = [token for token in clause.tokens if token.kind != "word"]
        if not held:
            yield from _apart(clause, read)
        if (
            not held
            or any(root(word) in _LINKS for word in clause.words)
            or set(clause.joint.split()) & {"that", "which", "given", "named", "than"}
        ):
            continue
        groups = _groups(read.cited)
        here = [
            group
            for group in groups
            if all(any(holds(one, token) for one in group) for token in held if _is_anywhere(token, read))
        ]
        score, told = best_of(read.cited, clause, entities=0)
        if not here or (score >= _MUCH_SAID and not any(one in group for group in here for one in told)):
            yield Refusal(
                "together", f"“{held[0].text[:40]}” and what it says of “{held[-1].text[:40]}” are of different events"
            )


def _apart(clause: Clause, read: Read) -> Iterator[Refusal]:
    """Refuse a clause without entities whose words stand in events that have nothing to do with each other."""
    if any(root(word) in _LINKS for word in clause.words) or len(read.clauses) > 1 or read.template:
        return  # a template says of which events it speaks
    content = {
        base for base in (root(word) for word in clause.words) if base not in table().neutral and among(base, read.said)
    }
    groups = _groups(read.cited)
    if len(content) > 1 and not any(
        all(any(among(base, one.words | one.lent) for one in group) for base in content) for group in groups
    ):
        yield Refusal("together", "what it says is of different events")


def _is_anywhere(token: Token, read: Read) -> bool:
    return any(holds(one, token) for one in read.cited)


def _groups(cited: Sequence[Ground]) -> list[list[Ground]]:
    """Return events that belong together: a call with its result, what the kernel and the wire saw, each other one by itself."""
    found: dict[object, list[Ground]] = {}
    calls = [one for one in cited if isinstance(one.event, ToolCalled | ToolReturned)]
    for one in cited:
        if isinstance(one.event, ToolCalled | ToolReturned):
            key: object = one.event.call_id or one.place
        elif one.actor in ("process", "peer"):
            key = "seen"
        else:
            key = one.place
        found.setdefault(key, []).append(one)
    if "seen" in found:
        found["seen"] += calls
    return list(found.values())


def of_order(read: Read) -> Iterator[Refusal]:
    """Refuse an order in which it did not happen."""
    length = _length(read)
    for earlier, later in _sequences(read):
        both = set(earlier) & set(later)
        first = [one for one in earlier if one not in both] or list(earlier)
        second = [one for one in later if one not in both] or list(later)
        if length is not None and _turned(length, _with_tied(earlier, read), _with_tied(later, read)):
            yield Refusal("order", "so much time lies between them the other way round")
        if first and second and all(_is_later(one, other) for one in first for other in second):
            yield Refusal("order", "it happened the other way round")
    yield from _told_order(read)


def _turned(length: int, earlier: Sequence[Ground], later: Sequence[Ground]) -> bool:
    """Return whether a length of time, in seconds, lies between two events the other way round only."""
    known = [(one.at_s, other.at_s) for one, other in product(earlier, later)]
    lengths = {after - before for before, after in known if before is not None and after is not None}
    return -length in lengths and length not in lengths


def _with_tied(some: Sequence[Ground], read: Read) -> list[Ground]:
    return [one for one in read.cited if any(tied(one, other) for other in some)]


def _length(read: Read) -> int | None:
    """Return the one exact length of time that a sentence of one order tells, in seconds."""
    found = []
    for at, token in enumerate(read.tokens):
        unit = unit_behind(read, at)
        value = NUMBERS.get(token.text.casefold(), 1 if token.text.casefold() == "one" else None)
        if token.kind == "number" and token.text.isdigit():
            value = int(token.text)
        if unit == 1 and value is not None:
            found.append(value)
    joints = [
        one
        for one in read.clauses
        if {"before", "after"} & set(one.joint.split()) or {"later", "earlier"} & set(one.words)
    ]
    return found[0] if len(found) == 1 and len(joints) == 1 else None


def _is_later(one: Ground, other: Ground) -> bool:
    """Return whether an event came later than another: by their times where both are known, else by their order."""
    if one.at_s is not None and other.at_s is not None and one.at_s != other.at_s:
        return one.at_s > other.at_s
    return one.place > other.place


Pair = tuple[tuple[Ground, ...], tuple[Ground, ...]]


_AFTERWARD = words_of("afterward")


def _sequences(read: Read) -> Iterator[Pair]:
    """Yield what a sentence says came earlier, and what later."""
    spoken = read.spoken_of
    for at, clause in enumerate(read.clauses):
        words = clause.words
        before = next((one for one in reversed(spoken[:at]) if one), ())
        joint = next(
            (one for one in clause.joint.split() if one in ("before", "after", "then", "until", "once", "when")), None
        )
        if joint in ("before", "after") and len(words) == 1 and words[0] in ("it", "that", "this") and at > 1:
            # "… and B after it"
            yield (spoken[at - 2], spoken[at - 1]) if joint == "after" else (spoken[at - 1], spoken[at - 2])
        elif joint is not None and not words_before(read, clause) and at + 1 < len(read.clauses):
            # "After B, A"
            following = spoken[at + 1]
            yield (spoken[at], following) if joint in ("after", "once", "when") else (following, spoken[at])
        elif joint == "after" and "that" in clause.joint.split() and at:
            # "A, and only after that B"
            yield before, spoken[at]
        elif joint is not None and at:
            yield (before, spoken[at]) if joint in ("before", "then", "until") else (spoken[at], before)
        elif at and (_AFTERWARD & set(words) or read.clauses[at - 1].words[-1:] == ("first",)):
            yield before, spoken[at]
        elif at and {"earlier", "beforehand"} & set(words):
            yield spoken[at], before


def words_before(read: Read, clause: Clause) -> bool:
    """Return whether a main clause stands before this one."""
    first = clause.tokens[0].start if clause.tokens else 0
    begun = [one for one in read.clauses if one.tokens and one.tokens[0].start < first]
    return any(is_act(word) or word in BE for one in begun for word in one.words)


_TIMES = (("before", "after"), ("earlier", "later"), ("first", "then"), ("next", "previous"))


def _told_order(read: Read) -> Iterator[Refusal]:
    """Refuse a word of order where a single event is cited that says the opposite one."""
    spoken = {token.text.casefold() for token in read.tokens if token.kind == "word"}
    there = {word for ground in read.cited for word in re.findall(r"[a-z]+", ground.plain)}
    for one, other in (*_TIMES, *(pair[::-1] for pair in _TIMES)):
        alone = len(read.cited) == 1 or re.search(rf"\b(?:the|an?) {one} \w", read.plain)
        if alone and one in spoken and one not in there and other in there and other not in spoken:
            yield Refusal("order", f"the event says “{other}” and not “{one}”")


def of_ordinals(read: Read) -> Iterator[Refusal]:
    """Refuse “the second attempt” where no cited call is the second of its tool, and no cited message the second of its kind."""
    for at, token in enumerate(read.tokens[:-1]):
        place = ORDINALS.get(token.text.casefold())
        following, before = read.tokens[at + 1], read.tokens[at - 1].text.casefold() if at else ""
        if (
            place is None
            or following.kind != "word"
            or read.is_said(token.text)
            or before in _NO_ORDINAL
            or before in NUMBERS
        ):
            continue
        if following.text.casefold() in (*UNITS, *PREPOSITIONS, "and", "later", "earlier", "afterwards"):
            continue
        if not any(place in _places(one, root(following.text), read.run) for one in read.cited):
            yield Refusal("order", f"nothing cited is the {token.text} of its kind")


_NO_ORDINAL = frozenset(("same", "one", "a", "each", "that", "this", "half"))
"""Words behind which "second" is a time."""


def _places(ground: Ground, base: str, run: Sequence[Ground]) -> set[int]:
    """Return the places of an event among those of its kind, of its tool, and that have a word; of a result those of its call."""
    event = ground.call or ground.event
    alike = [one.event for one in run if one.event.kind == event.kind]
    found = {at for at, one in enumerate(alike, 1) if one is event}
    if isinstance(event, ToolCalled):
        same = [one for one in alike if isinstance(one, ToolCalled) and one.name == event.name]
        found |= {at for at, one in enumerate(same, 1) if one is event}
    of_word = [one.event for one in run if one.event.kind == event.kind and among(base, one.words | one.lent)]
    return found | {at for at, one in enumerate(of_word, 1) if one is event}
