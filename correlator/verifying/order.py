"""What came first. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, product

from correlator.verifying.clauses import has_verb
from correlator.verifying.counts import clock_spans
from correlator.verifying.grounds import Ground
from correlator.verifying.joints import is_length
from correlator.verifying.lengths import length_at
from correlator.verifying.read import (
    AGENTS,
    Read,
    Refusal,
    best_of,
    has_subject,
    scores,
    tied,
)
from correlator.verifying.sequences import between, says_only_when, sequences
from correlator.verifying.wording import Clause, root, words_of
from sensor.event import ToolCalled


def of_order(read: Read) -> Iterator[Refusal]:
    """Refuse an order in which it did not happen.

    Which events two parts of a sentence speak of is a guess, so it is made for both at once: of all pairs of cited events, those
    in the order that the sentence tells must have as much of it as those in the other order.
    """
    for at, token in enumerate(read.tokens):
        if (
            token.text.casefold() == "before"
            and is_length(read.tokens, at + 1)
            and not _PASSING & set(read.plain.split())
        ):
            yield Refusal("order", "nothing is known to have been before a length of time")
    length, at = _length(read)
    for earlier, later in sequences(read):
        if (said := _in_one_text(earlier, later, read)) is not None:
            if not said:
                yield Refusal("order", "the text that it tells of has it the other way round")
            continue
        apart = length if _is_between(at, earlier, later, read) else None
        if apart is not None and _is_nowhere(apart, at, read):
            yield Refusal("order", "no two cited events are that far apart")
        told, turned = _told(earlier, later, apart, read)
        if turned > told or (turned == told and _are_turned(earlier, later, read)):
            yield Refusal("order", "it happened the other way round")
        elif later is None and len(read.cited) > 1:
            yield Refusal("order", "it does not say before what")
    yield from _told_order(read)


def _in_one_text(earlier: Clause | None, later: Clause | None, read: Read) -> bool | None:
    """Return whether an order is one that a text itself speaks of, as "run it before the tests", `None` where it is of events."""
    spoken = set(read.plain.split())
    if earlier is None or later is None or not spoken & _TELLING:
        return None
    firsts, seconds = _scored(earlier, read), _scored(later, read)
    both = [first + second if first and second else 0 for first, second in zip(firsts, seconds, strict=True)]
    one = read.cited[both.index(max(both))]
    said = set(re.findall(r"[a-z]+", one.plain))
    if not max(both) or not any(
        first == max(firsts) and second == max(seconds) for first, second in zip(firsts, seconds, strict=True)
    ):
        return None
    for words, others in ((_BEFORE_WORDS, _AFTER_WORDS), (_AFTER_WORDS, _BEFORE_WORDS)):
        if words & spoken and not others & spoken and said & (words | others):
            return bool(said & words)
    return None


_BEFORE_WORDS, _AFTER_WORDS = words_of("order_before"), words_of("order_after")
_TELLING = words_of("telling")


_PASSING = words_of("passing")


def _told(earlier: Clause | None, later: Clause | None, length: int | None, read: Read) -> tuple[int, int]:
    """Return how much of two parts the best pair of events has in the order told, and the best one in the other order."""
    firsts, seconds = _scored(earlier, read), _scored(later, read)
    told, turned = 0, 0
    is_left = _is_left(earlier, later, (firsts, seconds), read)
    for (one, first), (other, second) in product(
        zip(read.cited, firsts, strict=True), zip(read.cited, seconds, strict=True)
    ):
        if one is other or (length is not None and between(one, other) != length):
            continue
        # Where a length of time tells the two events, one of the parts may say nothing of its own: "before it had been placed".
        # So it may where two events are cited: one that the other part does not speak of is left.
        if not is_left and not (
            (first or _may_be_silent(earlier, length)) and (second or _may_be_silent(later, length))
        ):
            continue
        if (earlier is None or later is None) and (length is None or tied(one, other)):
            continue
        if _is_later(one, other):
            turned = max(turned, first + second)
        else:
            told = max(told, first + second)
    return told, turned


_PAIR = 2


def _is_left(
    earlier: Clause | None, later: Clause | None, found: tuple[Sequence[int], Sequence[int]], read: Read
) -> bool:
    """Return whether of two cited events one part speaks plainly of one, and the other part of neither."""
    if earlier is None or later is None or len(read.cited) != _PAIR or tied(*read.cited):
        return False
    for silent, other, clause in ((*found, earlier), (*found[::-1], later)):
        if not any(silent) and abs(other[0] - other[1]) >= _PAIR and has_verb(clause.tokens):
            return True
    return False


def _may_be_silent(clause: Clause | None, length: int | None) -> bool:
    return clause is None or (length is not None and bool(clause.tokens))


def _are_turned(earlier: Clause | None, later: Clause | None, read: Read) -> bool:
    """Return whether all that a clause most likely speaks of came after all that another one speaks of."""
    if any(one is not None and "when" in one.joint.split() for one in (earlier, later)):
        return False  # both may be one event
    spoken = [() if one is None else _spoken_of(one, read) for one in (earlier, later)]
    both = set(spoken[0]) & set(spoken[1])
    first, second = ([one for one in some if one not in both] or list(some) for some in spoken)
    return bool(first and second) and all(_is_later(one, other) for one in first for other in second)


def _spoken_of(clause: Clause, read: Read) -> tuple[Ground, ...]:
    return read.spoken_of[read.clauses.index(clause)] if clause in read.clauses else best_of(read.cited, clause)[1]


def _scored(clause: Clause | None, read: Read) -> list[int]:
    if clause is None:
        return [0] * len(read.cited)
    at = read.clauses.index(clause) if clause in read.clauses else 0
    # "the agent did A and then did B": B is of the agent, too.
    goes_on = at > 0 and not has_subject(clause) and any(root(one) in AGENTS for one in read.clauses[at - 1].words[:3])
    is_again = bool(words_of("repeating") & set(clause.words))
    found = list[int]()
    for score, one in zip(scores(read.cited, clause, near=True), read.cited, strict=True):
        found.append(score + (goes_on and one.actor == "agent") + (is_again and _is_repeated(one, read)))
    return found


def _is_repeated(ground: Ground, read: Read) -> bool:
    """Return whether a cited call is of a tool that an earlier one of them called, too."""
    event = ground.event
    return isinstance(event, ToolCalled) and any(
        isinstance(one.event, ToolCalled) and one.event.name == event.name and one.place < ground.place
        for one in read.cited
    )


def _length(read: Read) -> tuple[int | None, int]:
    """Return the one exact length of time that a sentence of one order tells, in seconds, and the place of its first letter."""
    words, at, found = [one.text for one in read.tokens], 0, list[tuple[int, int]]()
    while at < len(words):
        length = length_at(words, at)
        if length is not None and length.unit == 1:
            found.append((length.seconds, read.tokens[at].start))
        at = length.end if length is not None else at + 1
    joints = [
        one
        for one in read.clauses
        if {"before", "after"} & set(one.joint.split()) or {"later", "earlier"} & set(one.words)
    ]
    return found[0] if len(found) == 1 and len(joints) == 1 else (None, 0)


def _is_between(at: int, earlier: Clause | None, later: Clause | None, read: Read) -> bool:
    """Return whether a length of time, by its place, is that between two parts, and not told in a third one."""
    holder = next((one for one in read.clauses if any(token.start == at for token in one.tokens)), None)
    if holder is None or says_only_when(holder):
        return True
    behind = read.clauses[read.clauses.index(holder) + 1 :][:1]
    words = [one.text for one in holder.tokens]
    found = length_at(words, next(place for place, one in enumerate(holder.tokens) if one.start == at))
    if behind and {"before", "after"} & set(behind[0].joint.split()) and found is not None and found.end == len(words):
        # "When A two seconds after B, C": it is that between A and B.
        return any(one is not None and one.tokens[:1] == behind[0].tokens[:1] for one in (earlier, later))
    return any(token.start == at for one in (earlier, later) if one is not None for token in one.tokens)


def _is_nowhere(length: int, at: int, read: Read) -> bool:
    """Return whether a length that is told exactly, by the place of its first letter, lies between no two cited events."""
    bound = [one.text.casefold() for one in read.tokens if one.start < at][-2:]
    if set(bound) & _BOUNDS:
        return False
    found = [between(one, other) for one, other in combinations(read.cited, 2)]
    return bool(found) and None not in found and length not in {*found, *clock_spans(read)}


_BOUNDS = words_of("bounds")


def _is_later(one: Ground, other: Ground) -> bool:
    """Return whether an event came later than another: by their times where both are known, else by their order."""
    if one.at_s is not None and other.at_s is not None and one.at_s != other.at_s:
        return one.at_s > other.at_s
    return one.place > other.place


_TIMES = (("before", "after"), ("earlier", "later"), ("first", "then"), ("next", "previous"))


def _told_order(read: Read) -> Iterator[Refusal]:
    """Refuse a word of order where a single event is cited that says the opposite one."""
    spoken = {token.text.casefold() for token in read.tokens if token.kind == "word"}
    there = {word for ground in read.cited for word in re.findall(r"[a-z]+", ground.plain)}
    for one, other in (*_TIMES, *(pair[::-1] for pair in _TIMES)):
        alone = len(read.cited) == 1 or re.search(rf"\b(?:the|an?) {one} \w", read.plain)
        if alone and one in spoken and one not in there and other in there and other not in spoken:
            yield Refusal("order", f"the event says “{other}” and not “{one}”")
