"""What came first. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import permutations

from correlator.verifying.clauses import has_verb
from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import length_at
from correlator.verifying.read import (
    AGENTS,
    PREPOSITIONS,
    Read,
    Refusal,
    has_subject,
    scores,
    tied,
)
from correlator.verifying.sequences import adverbs, between, has_length, sequences
from correlator.verifying.weighing import more_of
from correlator.verifying.wording import Clause, root, roots_of, words_of
from graph.fold import event_time


def of_order(read: Read) -> Iterator[Refusal]:
    """Refuse an order in which it did not happen.

    Which events two parts of a sentence speak of is a guess, so it is made for both at once: of all pairs of cited events, those
    in the order that the sentence tells must have as much of it as those in the other order.
    """
    for earlier, later in sequences(read):
        if _is_other_way_round(earlier, later, read):
            yield Refusal("order", "it happened the other way round")
        elif later is None and len(read.cited) > 1:
            yield Refusal("order", "it does not say before what")


def _is_other_way_round(earlier: Clause | None, later: Clause | None, read: Read) -> bool:
    """Return whether more of two parts is in events in the other order.

    A part of which no event has anything may be of any; then the other part must surely be of one that none came before, or after.
    """
    length = _beside(earlier, later, read)
    firsts, seconds = _scored(earlier, read), _scored(later, read)
    both = [one for one in (earlier, later) if one is not None]
    if not all(one.tokens for one in both):
        return False
    is_said = any(firsts) and any(seconds)
    if length is None and not any(_named(one, read.cited) for one in both) and _is_one(firsts, seconds):
        return False
    if length is None and not is_said and any(map(has_length, both)):
        return False
    is_when = any("when" in one.joint.split() for one in both)
    told = turned = 0
    for at, to in permutations(range(len(read.cited)), 2):
        one, other = read.cited[at], read.cited[to]
        # Where a length of time tells the two events, one of the parts may say nothing of its own: "before it had been placed".
        if between(one, other) != length if length is not None else is_said and not (firsts[at] and seconds[to]):
            continue
        if (earlier is None or later is None) and (length is None or tied(one, other)):
            continue
        is_at_once = is_when and event_time(one.event) == event_time(other.event)
        if _is_later(one, other) and not is_at_once:
            turned = max(turned, firsts[at] + seconds[to] - (length is None and tied(one, other)))
        else:
            told = max(told, firsts[at] + seconds[to])
    return turned > told + (0 if length is not None or is_said else 1)


_SURELY = 2
_PASSING = words_of("passing")


def _is_one(firsts: Sequence[int], seconds: Sequence[int]) -> bool:
    """Return whether both parts surely speak of one event: what it says may have an order of its own."""
    at = firsts.index(max(firsts))
    return all(
        some[at] > _SURELY + max((score for other, score in enumerate(some) if other != at), default=0)
        for some in (firsts, seconds)
    )


_MUCH = 2
_FEW = 3
"""Words among which the subject is."""


def _scored(clause: Clause | None, read: Read) -> list[int]:
    if clause is None:
        return [0] * len(read.cited)
    at = read.clauses.index(clause) if clause in read.clauses else 0
    # "the agent did A and then did B": B is of the agent, too.
    goes_on = at > 0 and not has_subject(clause)
    begin = read.clauses[at - 1].words[:_FEW] if goes_on else clause.words[:_FEW]
    by_agent = any(root(one) in AGENTS for one in begin)
    found = zip(scores(read.cited, clause, near=True), read.cited, strict=True)
    told = [
        score + more_of(one, clause, read.cited) + _MUCH * (by_agent and one.actor == "agent") for score, one in found
    ]
    meant = _named(clause, read.cited)
    return [score * (one in meant or not meant) for score, one in zip(told, read.cited, strict=True)]


def _named(clause: Clause, cited: Sequence[Ground]) -> Sequence[Ground]:
    """Return the events of the kind that a part without a verb names, if it names one: "the result of search", "the alert"."""
    end = next((at for at, one in enumerate(clause.words) if at and one in PREPOSITIONS), len(clause.words))
    head = root(clause.words[end - 1]) if clause.words else ""
    if has_verb([one for one in clause.tokens if one.text.casefold() not in ("came", "come")]):
        return ()
    for words, kinds in _NOUNS:
        if head in words:
            found = [one for one in cited if one.event.kind in kinds or (one.failed and "failed" in kinds)]
            its = [one for one in found if one.call is not None and one.call.name.casefold() in clause.words[end:]]
            return its or found
    return ()


_NOUNS = (
    (roots_of("results"), ("tool_returned", "http_responded", "answered", "document_retrieved", "prompt_submitted")),
    (roots_of("questions"), ("prompt_submitted", "answered", "tool_called", "database_queried", "name_resolved")),
    (roots_of("failing") | {root("error")}, ("failed",)),
    (frozenset(map(root, ("alert", "alarm", "warning"))), ("alert_received",)),
    (frozenset(map(root, ("entry", "memory"))), ("memory_written",)),
    (frozenset((root("retrieval"),)), ("document_retrieved",)),
    (frozenset(map(root, ("handover", "hand-over"))), ("agent_handed_over",)),
    (frozenset(map(root, ("start", "launch"))), ("process_started",)),
    (frozenset(map(root, ("exit", "end"))), ("process_exited",)),
)  # fmt: skip
"""What a noun names: kinds of events, or those that failed."""


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
            while ends and ends[-1] > 0 and words[ends[-1] - 1].casefold() in _PASSING | {"by"}:
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
