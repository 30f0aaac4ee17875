"""What belongs together, and what came first. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import product

from correlator.verifying.grounds import Ground
from correlator.verifying.read import PREPOSITIONS, Read, Refusal, among, holds, scores, tied
from correlator.verifying.values import NUMBERS, ORDINALS, UNITS, unit_behind
from correlator.verifying.wording import Clause, Token, root, roots_of, table, words_of
from sensor.event import ToolCalled, ToolReturned

_MORE = 1
"""By how much another event must have more of a clause's words than those that have its entities."""


_LINKS = roots_of("links")


def of_together(read: Read) -> Iterator[Refusal]:
    """Refuse a clause whose entities and numbers stand in events that have nothing to do with each other."""
    for clause in read.clauses:
        held = [token for token in clause.tokens if token.kind != "word" and token not in read.lacked]
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
        words = dict(zip(read.cited, scores(read.cited, clause, entities=0), strict=True))
        most = max((words[one] for group in here for one in group), default=0)
        if not here or max(words.values()) > most + _MORE:
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
    """Refuse an order in which it did not happen.

    Which events two parts of a sentence speak of is a guess, so it is made for both at once: of all pairs of cited events, those
    in the order that the sentence tells must have as much of it as those in the other order.
    """
    length = _length(read)
    for earlier, later in _sequences(read):
        told, turned = _told(earlier, later, length, read)
        if turned > told or (turned == told and _are_turned(earlier, later, read)):
            yield Refusal("order", "it happened the other way round")
        elif later is None and len(read.cited) > 1:
            yield Refusal("order", "it does not say before what")
    yield from _told_order(read)


def _told(earlier: Clause | None, later: Clause | None, length: int | None, read: Read) -> tuple[int, int]:
    """Return how much of two parts the best pair of events has in the order told, and the best one in the other order."""
    firsts, seconds = _scored(earlier, read), _scored(later, read)
    told, turned = 0, 0
    for (one, first), (other, second) in product(
        zip(read.cited, firsts, strict=True), zip(read.cited, seconds, strict=True)
    ):
        known = one.at_s is not None and other.at_s is not None
        if one is other or (length is not None and (not known or abs(other.at_s - one.at_s) != length)):  # type: ignore[operator]
            continue
        if not (first or earlier is None) or not (second or later is None):
            continue
        if (earlier is None or later is None) and (length is None or tied(one, other)):
            continue
        if _is_later(one, other):
            turned = max(turned, first + second)
        else:
            told = max(told, first + second)
    return told, turned


def _are_turned(earlier: Clause | None, later: Clause | None, read: Read) -> bool:
    """Return whether all that a clause most likely speaks of came after all that another one speaks of."""
    spoken = [() if one is None else read.spoken_of[read.clauses.index(one)] for one in (earlier, later)]
    both = set(spoken[0]) & set(spoken[1])
    first, second = ([one for one in some if one not in both] or list(some) for some in spoken)
    return bool(first and second) and all(_is_later(one, other) for one in first for other in second)


def _scored(clause: Clause | None, read: Read) -> list[int]:
    return scores(read.cited, clause, near=True) if clause is not None else [0] * len(read.cited)


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


Pair = tuple[Clause | None, Clause | None]
"""What is told to have come earlier, and what later; `None` for what is told elsewhere."""
_AFTERWARD = words_of("afterward")
_BEFOREHAND = words_of("beforehand")
_LATER = frozenset(("after", "once", "when"))
"""Joints before what came earlier."""
_ORDERING = (*_LATER, "before", "until", "then")
_POINTING = frozenset(("it", "that", "this", "which"))


def _sequences(read: Read) -> Iterator[Pair]:
    """Yield what a sentence says came earlier, and what later."""
    clauses = [
        one
        for one in read.clauses
        if not one.tokens or not set(one.words) <= _SHADING or len(one.words) < len(one.tokens)
    ]
    for at, clause in enumerate(clauses):
        joint = next((one for one in clause.joint.split() if one in _ORDERING), None)
        before = clauses[at - 1] if at else None
        if joint in ("before", "after") and (_POINTING & set(clause.joint.split()) or _only_points(clause)):
            # "A, and B after that"; "A, and after that B"
            ends = len(clause.words) < _FEW and at > 1
            this, other = (clauses[at - 1], clauses[at - 2]) if ends else (clause, before)
            yield (other, this) if joint == "after" else (this, other)
        elif joint is not None and not words_before(read, clause):
            # "After B, A"
            if at + 1 < len(clauses) and not _is_in_text(clause):
                yield _joined(joint, clauses[at + 1], clause)
        elif joint == "then":
            yield before, clause
        elif joint is not None and before is not None and not _is_in_text(clause):
            yield _joined(joint, before, clause)
        elif before is not None and before.words[-1:] == ("first",):
            yield before, clause
        if joint is None and (_AFTERWARD | _BEFOREHAND) & set(clause.words):
            yield from _by_adverb(before, clause)


_FEW = 2
_SHADING = frozenset(("only", "just", "not", "even", "shortly", "soon", "immediately", "directly", "right", "straight"))
"""Words that stand alone before a joint: "and only after that"."""


def _is_in_text(clause: Clause) -> bool:
    """Return whether what follows a joint is a place in a text: "after 'd='"."""
    return bool(clause.tokens) and clause.tokens[0].kind == "quote"


def _only_points(clause: Clause) -> bool:
    return len(clause.words) == 1 and len(clause.tokens) == 1 and clause.words[0] in _POINTING


def _joined(joint: str, main: Clause, other: Clause) -> Pair:
    """Return the order of a clause and another one that a word joins to it."""
    if joint in ("once", "when") and _ALREADY & set(main.words) and not {"had"} & set(other.words):
        return main, other  # "it had already failed when …"
    return (other, main) if joint in _LATER else (main, other)


_ALREADY = frozenset(("already",))


def _by_adverb(before: Clause | None, clause: Clause) -> Iterator[Pair]:
    """Yield the order that an adverb tells, as in "B later"; "the later call" has none."""
    words = clause.words
    for at, word in enumerate(words):
        if word not in _AFTERWARD | _BEFOREHAND or (
            at and words[at - 1] in ("the", "a", "an", "its", "in", "each", "other", "any")
        ):
            continue
        yield (before, clause) if word in _AFTERWARD else (clause, before)
        return


def words_before(read: Read, clause: Clause) -> bool:
    """Return whether a main clause stands before this one."""
    first = clause.tokens[0].start if clause.tokens else len(read.sentence)
    begun = [token for one in read.clauses for token in one.tokens if token.start < first and token.kind != "number"]
    return any(token.kind != "word" or not _is_of_length(token.text.casefold()) for token in begun)


def _is_of_length(word: str) -> bool:
    """Return whether a word belongs to a length of time, as all do before "after" in "More than three seconds after that, …"."""
    return word in NUMBERS or word.removesuffix("s") in UNITS or word in _SHADING | words_of("lengths")


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
        if not _is_counted(following.text.casefold(), read):
            continue
        if following.text.casefold() in (*UNITS, *PREPOSITIONS, "and", "later", "earlier", "afterwards"):
            continue
        if not any(place in _places(one, root(following.text), read.run) for one in read.cited):
            yield Refusal("order", f"nothing cited is the {token.text} of its kind")


def _is_counted(word: str, read: Read) -> bool:
    """Return whether a word names what events are, not what is in them: "the second attempt", and not "the second agent"."""
    return root(word) in _EVENTS or any(root(word) in one.tool for one in read.run)


_EVENTS = roots_of("calls") | roots_of("results") | roots_of("texts")
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
