"""What came first. Pure."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, product

from correlator.verifying.clauses import has_verb
from correlator.verifying.counts import clock_spans
from correlator.verifying.grounds import Ground
from correlator.verifying.joints import is_length
from correlator.verifying.lengths import length_at
from correlator.verifying.read import (
    AGENTS,
    PREPOSITIONS,
    Read,
    Refusal,
    best_of,
    has_subject,
    scores,
    tied,
)
from correlator.verifying.sequences import adverbs, between, says_only_when, sequences
from correlator.verifying.weighing import more_of
from correlator.verifying.wording import Clause, Token, root, roots_of, words_of
from graph.fold import event_time
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
    only, only_at = _length(read)
    for earlier, later in sequences(read):
        apart, at = _beside(earlier, later, read)
        if apart is None and (said := _in_one_text(earlier, later, read)) is not None:
            if not said:
                yield Refusal("order", "the text that it tells of has it the other way round")
            continue
        if apart is None:
            apart, at = (only if _is_between(only_at, earlier, later, read) else None), only_at
        if apart is not None and _is_nowhere(apart, at, read):
            if _is_told_ago(at, read):
                continue
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
    firsts, seconds = _both_scored(earlier, later, read)
    told, turned = _NO_PAIR, _NO_PAIR
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
            turned = max(turned, (first + second, other, one), key=_much)
        else:
            told = max(told, (first + second, one, other), key=_much)
    ends = 0
    if told[1] is not None and told[1:] == turned[1:] and tied(told[1], told[2] or told[1]):
        first, second = (0 if each is None else _ending(each) for each in (earlier, later))
        ends = _ENDS * (second - first)
    return told[0] + max(0, ends), turned[0] + max(0, -ends)


_NO_PAIR: tuple[int, Ground | None, Ground | None] = (0, None, None)


def _much(found: tuple[int, Ground | None, Ground | None]) -> int:
    return found[0]


_ENDS = 3
"""How much words that tell of a call, or of a result, say of which of both is spoken."""


def _ending(clause: Clause) -> int:
    """Return 1 for a clause that tells how something ended, -1 for one that tells how it began, 0 for neither or both."""
    bases = {root(word) for word in clause.words}
    return bool(bases & _ENDED or _is_state(clause)) - bool(bases & _BEGUN)


def _is_state(clause: Clause) -> bool:
    """Return whether a clause tells how something was, or what somebody had, and of no act: "it was open", "she had a key"."""
    tokens = [one for one in clause.tokens if one.text.casefold() not in words_of("interposed")]
    place = next((at for at, one in enumerate(tokens) if one.text.casefold() in _AUXILIARIES), len(tokens))
    behind = tokens[place + 1 : place + 2]
    return bool(behind) and not has_verb(tokens[place + 1 : place + _SOON]) and not behind[0].text.endswith("ing")


_SOON = 4
_AUXILIARIES = frozenset(("was", "were", "is", "are", "had", "has"))
_ENDED, _BEGUN = roots_of("ended"), roots_of("begun")


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
        more = (
            more_of(one, clause, read.cited)
            + (goes_on and one.actor == "agent")
            + (is_again and _is_repeated(one, read))
        )
        found.append(score + more)
    return found


def _both_scored(earlier: Clause | None, later: Clause | None, read: Read) -> tuple[list[int], list[int]]:
    """Return how much of two parts each event has; where one says "it" of what the other names, that tells neither apart."""
    found = [_scored(one, read) for one in (earlier, later)]
    for at, (one, other) in enumerate(((earlier, later), (later, earlier))):
        if one is not None and other is not None and _points_at(one, other) and any(found[at]):
            found[1 - at] = _scored(Clause(other.joint, tuple(filter(_is_act, other.tokens))), read)
    return found[0], found[1]


def _points_at(clause: Clause, other: Clause) -> bool:
    """Return whether a clause names nothing, and does something to what another one names: "the agent had read it"."""
    verb = next((at for at, one in enumerate(clause.tokens) if has_verb((one,))), len(clause.tokens))
    told = [one.text.casefold() for one in clause.tokens[verb:]]
    objects = {word for before, word in pairwise(told) if before not in PREPOSITIONS} & _OBJECTS
    return (
        bool(objects)
        and not any(one.kind != "word" for one in clause.tokens)
        and any(one.kind != "word" for one in other.tokens)
    )


_OBJECTS = frozenset(("it", "them", "him", "her"))


def _is_act(token: Token) -> bool:
    word = token.text.casefold()
    return token.kind == "word" and (has_verb((token,)) or word.endswith("ing") or root(word) in AGENTS)


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
        is_measure = length is not None and length.end == at + 2 and words[at].isdecimal() and words[at + 1] == "second"
        is_apart = length is not None and words[length.end : length.end + 1] == ["apart"]
        if length is not None and length.unit == 1 and not is_apart and not (is_measure and words[at] != "1"):
            found.append((length.seconds, read.tokens[at].start))
        at = length.end if length is not None else at + 1
    joints = [
        one
        for one in read.clauses
        if {"before", "after"} & set(one.joint.split()) or {"later", "earlier"} & set(one.words)
    ]
    return found[0] if len(found) == 1 and len(joints) == 1 else (None, 0)


def _beside(earlier: Clause | None, later: Clause | None, read: Read) -> tuple[int | None, int]:
    """Return the exact length of time beside the word that puts two parts in order, and the place of its first letter."""
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
                return found.seconds, read.tokens[start].start
    return None, 0


_NO_JOINT = words_of("afterward") | words_of("beforehand") | {"and", "but"}
_JOINT = 3
"""Words of a joint: "in advance of"."""
_LONGEST = 6
"""Words of a length of time: "one minute and twenty-four seconds"."""


def _is_between(at: int, earlier: Clause | None, later: Clause | None, read: Read) -> bool:
    """Return whether a length of time, by its place, is that between two parts, and not told in a third one."""
    holder = next((one for one in read.clauses if any(token.start == at for token in one.tokens)), None)
    if holder is None or says_only_when(holder):
        return True
    if any(root(word) in _TAKING for word in holder.words):
        return False  # "it took a minute to answer"
    behind = read.clauses[read.clauses.index(holder) + 1 :][:1]
    words = [one.text for one in holder.tokens]
    found = length_at(words, next(place for place, one in enumerate(holder.tokens) if one.start == at))
    if behind and {"before", "after"} & set(behind[0].joint.split()) and found is not None and found.end == len(words):
        # "When A two seconds after B, C": it is that between A and B.
        return any(one is not None and one.tokens[:1] == behind[0].tokens[:1] for one in (earlier, later))
    return any(token.start == at for one in (earlier, later) if one is not None for token in one.tokens)


_TAKING = roots_of("taking")


def _is_nowhere(length: int, at: int, read: Read) -> bool:
    """Return whether a length that is told exactly, by the place of its first letter, lies between no two cited events."""
    bound = [one.text.casefold() for one in read.tokens if one.start < at][-2:]
    if set(bound) & _BOUNDS:
        return False
    found = [between(one, other) for one, other in combinations(read.cited, 2)]
    return bool(found) and None not in found and length not in {*found, *clock_spans(read)}


_BOUNDS = words_of("bounds")


def _is_told_ago(at: int, read: Read) -> bool:
    """Return whether a cited text itself tells how long ago something was, and the sentence as long: "20 seconds ago"."""
    words, start = [one.text.casefold() for one in read.tokens], [one.start for one in read.tokens].index(at)
    found = length_at(words, start)
    if found is None or words[found.end : found.end + 1] not in (["earlier"], ["before"], ["ago"], ["previously"]):
        return False
    ago = re.compile(r"\b(\d+) ?(s|m|h|sec|min|second|minute|hour|day)s? (?:ago|earlier|before)\b")
    return any(
        int(value) * _UNITS[unit[0]] == found.seconds for one in read.cited for value, unit in ago.findall(one.plain)
    )


_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


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
