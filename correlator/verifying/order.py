"""What came first. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import product

from correlator.verifying.clauses import has_verb
from correlator.verifying.grounds import Ground
from correlator.verifying.joints import is_length
from correlator.verifying.lengths import length_at
from correlator.verifying.read import (
    AGENTS,
    Read,
    Refusal,
    has_subject,
    scores,
    tied,
)
from correlator.verifying.sequences import adverbs, between, sequences
from correlator.verifying.weighing import more_of
from correlator.verifying.wording import Clause, root, words_of
from graph.fold import event_time


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
    for earlier, later in sequences(read):
        apart = _beside(earlier, later, read)
        told, turned = _told(earlier, later, apart, read)
        if turned > told:
            yield Refusal("order", "it happened the other way round")
        elif later is None and len(read.cited) > 1:
            yield Refusal("order", "it does not say before what")


_PASSING = words_of("passing")


def _told(earlier: Clause | None, later: Clause | None, length: int | None, read: Read) -> tuple[int, int]:
    """Return how much of two parts the best pair of events has in the order told, and the best one in the other order."""
    firsts, seconds = _scored(earlier, read), _scored(later, read)
    told = turned = 0
    both = [one for one in (earlier, later) if one is not None]
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
        is_at_once = event_time(one.event) == event_time(other.event) and any(
            "when" in each.joint.split() for each in both
        )
        if _is_later(one, other) and not is_at_once:
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


def _scored(clause: Clause | None, read: Read) -> list[int]:
    if clause is None:
        return [0] * len(read.cited)
    at = read.clauses.index(clause) if clause in read.clauses else 0
    # "the agent did A and then did B": B is of the agent, too.
    goes_on = at > 0 and not has_subject(clause) and any(root(one) in AGENTS for one in read.clauses[at - 1].words[:3])
    found = zip(scores(read.cited, clause, near=True), read.cited, strict=True)
    return [score + more_of(one, clause, read.cited) + (goes_on and one.actor == "agent") for score, one in found]


def _beside(earlier: Clause | None, later: Clause | None, read: Read) -> int | None:
    """Return the exact length of time beside the word that puts two parts in order, in seconds."""
    words, starts = [one.text for one in read.tokens], [one.start for one in read.tokens]
    both = [one for one in (earlier, later) if one is not None and one.tokens]
    ends = list[int]()
    for clause in both:
        if {"before", "after"} & set(clause.joint.split()):
            end = bisect_left(starts, clause.tokens[0].start) - 1
            for at in range(end, max(-1, end - _JOINT), -1):
                if words[at].casefold() in _NO_JOINT:
                    break
                ends.append(at)
            while ends and words[ends[-1] - 1].casefold() in _PASSING | {"by"}:
                ends.append(ends[-1] - 1)  # "ten seconds had gone by before B"
    ends += [bisect_left(starts, one.tokens[at].start) for one in both for at, _ in adverbs(one)]
    for end in ends:
        for start in range(max(0, end - _LONGEST), end):
            found = length_at(words, start)
            if found is not None and found.end == end and found.unit == 1:
                return found.seconds
    return None


_NO_JOINT = words_of("afterward") | words_of("beforehand") | {"and", "but"}
_JOINT = 3
"""Words of a joint: "in advance of"."""
_LONGEST = 6
"""Words of a length of time: "one minute and twenty-four seconds"."""


def _is_later(one: Ground, other: Ground) -> bool:
    """Return whether an event came later than another: by their times where both are known, else by their order."""
    if one.at_s is not None and other.at_s is not None and one.at_s != other.at_s:
        return one.at_s > other.at_s
    return one.place > other.place
