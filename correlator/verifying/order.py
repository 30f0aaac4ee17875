"""What came first. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise, product

from correlator.verifying.clauses import has_verb, is_temporal
from correlator.verifying.grounds import Ground
from correlator.verifying.joints import is_length
from correlator.verifying.lengths import length_at
from correlator.verifying.read import (
    AGENTS,
    BE,
    Read,
    Refusal,
    best_of,
    has_subject,
    scores,
    tied,
)
from correlator.verifying.wording import Clause, Token, is_finite, root, table, words_of
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
    for earlier, later in _sequences(read):
        if (said := _in_one_text(earlier, later, read)) is not None:
            if not said:
                yield Refusal("order", "the text that it tells of has it the other way round")
            continue
        told, turned = _told(earlier, later, length if _is_between(at, earlier, later, read) else None, read)
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
        if one is other or (length is not None and _between(one, other) != length):
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


def _between(one: Ground, other: Ground) -> int | None:
    """Return the seconds between two events, `None` where the time of one is not known."""
    return None if one.at_s is None or other.at_s is None else abs(other.at_s - one.at_s)


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
    if holder is None or _says_only_when(holder):
        return True
    behind = read.clauses[read.clauses.index(holder) + 1 :][:1]
    words = [one.text for one in holder.tokens]
    found = length_at(words, next(place for place, one in enumerate(holder.tokens) if one.start == at))
    if behind and {"before", "after"} & set(behind[0].joint.split()) and found is not None and found.end == len(words):
        # "When A two seconds after B, C": it is that between A and B.
        return any(one is not None and one.tokens[:1] == behind[0].tokens[:1] for one in (earlier, later))
    return any(token.start == at for one in (earlier, later) if one is not None for token in one.tokens)


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
    clauses = [one for one in read.clauses if not one.tokens or not _says_only_when(one)]
    for at, clause in enumerate(clauses):
        joint = next((one for one in clause.joint.split() if one in _ORDERING), None)
        before = clauses[at - 1] if at else None
        if joint in ("before", "after") and before is not None and _is_of_dates(before, read):
            continue
        if (
            joint in ("before", "after")
            and before is not None
            and (_POINTING & set(clause.joint.split()) or _only_points(clause))
        ):
            # "A, and B after that"; "A, and after that B"
            ends = len(clause.words) < _FEW and at > 1
            this, other = (clauses[at - 1], clauses[at - 2]) if ends else (clause, before)
            yield (other, this) if joint == "after" else (this, other)
        elif joint is not None and (clause.fronts or not at):
            # "After B, A"
            if not _is_in_text(clause):
                start = clause.tokens[0].start if clause.tokens else 0
                is_not_until = joint == "until" and any(
                    one.text.casefold() == "not" for one in read.tokens if one.start < start
                )
                yield from _fronted("after" if is_not_until else joint, clauses, at)
        elif joint == "then":
            told = [one for one in clauses[:at] if not _RELATIVE & set(one.joint.split())]
            if _only_names(told[-1:]):
                told.pop()  # "A, and the agent | then did B"
            if told:
                yield _wholes((told[-1], clause), clauses)
        elif joint is not None and before is not None and not _is_in_text(clause):
            if joint == "when" and _goes_on(before):
                continue
            yield _wholes(_joined(joint, before, clause), clauses)
        elif before is not None and before.words[-1:] == ("first",):
            yield before, clause
        if joint is None and (_AFTERWARD | _BEFOREHAND) & set(clause.words) and not _is_asked(clause, read):
            main = next((one for one in clauses[at + 1 :] if not one.joint), None)
            is_inserted = clause.joint in _RELATIVE and not at
            if main is not None and is_inserted and clause.joint == "who" and has_verb(clause.tokens[:1]):
                # "Bruno, who answered two seconds later, agreed": both are one event.
                head = next((place for place, one in enumerate(main.tokens) if has_verb((one,))), 0)
                yield from _by_adverb(None, Clause("", main.tokens[:head] + clause.tokens))
            elif (clause.fronts or is_inserted) and main is not None:
                yield from _by_adverb(main, clause)  # "Although A had been two seconds earlier, B"
            else:
                yield from _by_adverb(before, _whole(clauses, at, always=True))


def _is_of_dates(clause: Clause, read: Read) -> bool:
    """Return whether a clause ends with a length that lies between dates of texts, and no events: "a week | before the vote"."""
    words = [one.text for one in clause.tokens]
    asides = [at for at, one in enumerate(clause.tokens) if one.aside]
    found = length_at(words, asides[-1]) if asides else None
    if found is None or found.unit < _DAY or found.end < len(words):
        return False
    apart = [_between(one, other) or 0 for one, other in combinations(read.cited, 2)]
    return not any(abs(one - found.seconds) <= found.unit // 2 for one in apart)


_DAY = 86_400


def _goes_on(clause: Clause) -> bool:
    """Return whether a clause tells what had begun and was not over: "it was running"."""
    return any(before in BE and word.endswith("ing") for before, word in pairwise(clause.words))


def _only_names(some: Sequence[Clause]) -> bool:
    """Return whether the last of some clauses is no more than a subject: "the agent"."""
    return any(len(one.tokens) <= _FEW and not has_verb(one.tokens) for one in some)


_RELATIVE = frozenset(("which", "who", "whose", "that", "where"))


def _is_asked(clause: Clause, read: Read) -> bool:
    """Return whether a clause without a verb is of what somebody asks for: "asked for A and the deletion of B afterwards"."""
    return not has_verb(clause.tokens) and bool(_TELLING & set(read.plain.split()))


def _says_only_when(clause: Clause) -> bool:
    """Return whether a clause tells nothing of its own: "At 10:02:00, two seconds | after B", "it was only | after B"."""
    if is_temporal(clause.tokens) or (clause.words[:2] == ("it", "was") and is_temporal(clause.tokens[2:])):
        return True
    return set(clause.words) <= words_of("shading") and len(clause.words) == len(clause.tokens)


def _fronted(joint: str, clauses: Sequence[Clause], at: int) -> Iterator[Pair]:
    """Yield the order of a clause that stands before what it is joined to, and of that."""
    clause = clauses[at]
    main = next((place for place, one in enumerate(clauses) if place > at and not one.joint), None)
    is_last = at + 1 == len(clauses)
    if main is None and (is_last or clauses[at + 1].joint != "that") and (halves := _subject_apart(clause)):
        yield _joined(joint, halves[1], halves[0])
        return
    main = at + 1 if main is None else main
    if main < len(clauses) and clauses[main].joint == "that":
        yield _joined(joint, clauses[main], clause)  # "It was two seconds after B that A"
    elif main < len(clauses):
        yield _wholes(_joined(joint, clauses[main], clause), clauses)


def _subject_apart(clause: Clause) -> tuple[Clause, Clause] | None:
    """Return what is fronted and the main clause where no comma stands between: "after the failure | curl was started"."""
    verb = next(
        (at for at, one in enumerate(clause.tokens) if one.kind == "word" and is_finite(one.text.casefold())), 0
    )
    if verb < _FEW + 1:
        return None
    return Clause(clause.joint, clause.tokens[: verb - 1]), Clause("", clause.tokens[verb - 1 :])


_FEW = 2


def _is_in_text(clause: Clause) -> bool:
    """Return whether what follows a joint is a place in a text: "after 'd='"."""
    return bool(clause.tokens) and clause.tokens[0].kind == "quote"


def _only_points(clause: Clause) -> bool:
    return len(clause.words) == 1 and len(clause.tokens) == 1 and clause.words[0] in _POINTING


def _joined(joint: str, main: Clause, other: Clause) -> Pair:
    """Return the order of a clause and another one that a word joins to it."""
    if joint == "until" and "not" in main.words:
        return other, main  # "it was not sent until …"
    is_over = "already" in main.words or ("had" in main.words and not other.fronts)
    if joint in ("once", "when") and is_over and "had" not in other.words:
        return main, other  # "it had already failed when …", "it had been running for two seconds when …"
    return (other, main) if joint in _LATER else (main, other)


def _by_adverb(before: Clause | None, clause: Clause) -> Iterator[Pair]:
    """Yield the order that an adverb tells, as in "B later"; "the later call" has none."""
    words = clause.words
    for at, word in enumerate(words):
        if word not in _AFTERWARD | _BEFOREHAND or (
            at and words[at - 1] in ("the", "a", "an", "its", "in", "each", "other", "any")
        ):
            continue
        if before is None and (halves := _fronted_by_comma(clause)) is not None:
            yield halves if word in _AFTERWARD else halves[::-1]  # "Despite B, A two seconds later"
        elif before is None and any(
            length_at([one.text for one in clause.tokens], at) for at in range(len(clause.tokens))
        ):
            yield _halves(clause, has_verb) if word in _AFTERWARD else _halves(clause, _is_passive)[::-1]
        else:
            yield (before, clause) if word in _AFTERWARD else (clause, before)
        return


def _fronted_by_comma(clause: Clause) -> Pair | None:
    """Return what stands before the first comma of a clause that begins with a preposition, and what follows: "Despite A, B"."""
    if not clause.words or clause.tokens[0].text.casefold() not in words_of("prepositions"):
        return None
    comma = next((at for at, one in enumerate(clause.tokens) if one.aside), len(clause.tokens))
    if comma < _FEW + 1 or comma == len(clause.tokens) or is_temporal(clause.tokens[1:comma]):
        return None
    return Clause(clause.joint, clause.tokens[:comma]), Clause("", clause.tokens[comma:])


def _is_passive(held: Sequence[Token]) -> bool:
    return any(one.text.casefold() in BE for one in held)


def _halves(clause: Clause, is_verb: Callable[[Sequence[Token]], bool]) -> Pair:
    """Return what stands before the verb of a clause and what follows: "the request | was answered a second later"."""
    at = next((at for at, one in enumerate(clause.tokens) if at and is_verb((one,))), None)
    if (
        at is None
        or _only_names([Clause("", clause.tokens[:at])])
        or (_AFTERWARD | _BEFOREHAND) & {one.text.casefold() for one in clause.tokens[:at]}
    ):
        return None, clause
    return Clause(clause.joint, clause.tokens[:at]), Clause("", clause.tokens[at:])


def _wholes(pair: Pair, clauses: Sequence[Clause]) -> Pair:
    first, second = (None if one is None else _whole(clauses, clauses.index(one)) for one in pair)
    return first, second


def _whole(clauses: Sequence[Clause], at: int, *, always: bool = False) -> Clause:
    """Return a clause with those that say what it speaks of: "the agent announced | that it would follow the note"."""
    found = list(clauses[at].tokens)
    if not always and not any(root(word) in table().reporting for word in clauses[at].words):
        return clauses[at]
    for clause in clauses[at + 1 :]:
        if clause.joint not in ("that", "who", "whether"):
            break
        found += clause.tokens
    return Clause(clauses[at].joint, tuple(found)) if len(found) > len(clauses[at].tokens) else clauses[at]


_TIMES = (("before", "after"), ("earlier", "later"), ("first", "then"), ("next", "previous"))


def _told_order(read: Read) -> Iterator[Refusal]:
    """Refuse a word of order where a single event is cited that says the opposite one."""
    spoken = {token.text.casefold() for token in read.tokens if token.kind == "word"}
    there = {word for ground in read.cited for word in re.findall(r"[a-z]+", ground.plain)}
    for one, other in (*_TIMES, *(pair[::-1] for pair in _TIMES)):
        alone = len(read.cited) == 1 or re.search(rf"\b(?:the|an?) {one} \w", read.plain)
        if alone and one in spoken and one not in there and other in there and other not in spoken:
            yield Refusal("order", f"the event says “{other}” and not “{one}”")
