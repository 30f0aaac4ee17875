"""What a sentence says came earlier, and what later. Pure; English only."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise

from correlator.verifying.clauses import has_verb, is_temporal
from correlator.verifying.grounds import Ground
from correlator.verifying.joints import ends_length
from correlator.verifying.lengths import length_at
from correlator.verifying.pieces import contrasted, tells
from correlator.verifying.read import BE, Read
from correlator.verifying.wording import Clause, Token, is_finite, root, table, words_of

Pair = tuple[Clause | None, Clause | None]
"""What is told to have come earlier, and what later; `None` for what is told elsewhere."""
_AFTERWARD = words_of("afterward")
_BEFOREHAND = words_of("beforehand")
_LATER = frozenset(("after", "once", "when"))
"""Joints before what came earlier."""
_ORDERING = (*_LATER, "before", "until", "then")
_POINTING = frozenset(("it", "that", "this", "which"))


def sequences(read: Read) -> Iterator[Pair]:
    """Yield what a sentence says came earlier, and what later."""
    clauses = [one for one in read.clauses if not one.tokens or not says_only_when(one)]
    for at, clause in enumerate(clauses):
        joint = next((one for one in clause.joint.split() if one in _ORDERING), None)
        if joint is not None:
            if joint in ("when", "while") and (told := _beside_adverb(clauses, at)) is not None:
                yield told
                continue
            yield from _by_joint(joint, clauses, at, read)
            continue
        if at and clauses[at - 1].words[-1:] == ("first",):
            yield clauses[at - 1], clause
        both = contrasted(clause)
        told = _of_contrast(both) if both is not None else _from_to(clause)
        if told is not None:
            yield told
        if any(adverbs(clause)) and not _is_asked(clause, read):
            yield from _by_adverbs(clauses, at)


def _beside_adverb(clauses: Sequence[Clause], at: int) -> Pair | None:
    """Return the order of a "when" and what it stands beside, where one of both has an adverb of order: "a second earlier"."""
    clause, before = clauses[at], clauses[at - 1 : at]
    main = next((one for one in clauses[at + 1 :] if not one.joint), None) if clause.fronts else None
    if main is not None and (found := next(adverbs(main), None)) is not None:
        return (clause, main) if found[1] else (main, clause)  # "When A, B had been a second earlier"
    if not clause.fronts and before and (found := next(adverbs(clause), None)) is not None:
        return (before[0], clause) if found[1] else (clause, before[0])  # "A when, a second earlier, B"
    return None


def _of_contrast(both: tuple[Clause, Clause]) -> Pair | None:
    """Return the order of two things of one kind: "the first gave A, the second B", "one gave A, a later one B"."""
    head = both[1].words[:2]
    if not _FORMER & set(both[0].words):
        return None
    if {"second", "later", "next", "last", "third"} & set(head):
        return both
    return both[::-1] if {"earlier", "previous"} & set(head) else None


_FORMER = frozenset(("first", "one", "earlier", "initial", "original"))


def _from_to(clause: Clause) -> Pair | None:
    """Return what time is told to have passed from, and to: "a minute passed from A to B"."""
    words = [one.text.casefold() for one in clause.tokens]
    if not _PASSED & set(words) or "from" not in words or not any(length_at(words, at) for at in range(len(words))):
        return None
    start = words.index("from")
    ranges = (at for at in range(start + 2, len(words) - 1) if words[at] == "to")
    end = next((at for at in ranges if {clause.tokens[at - 1].kind, clause.tokens[at + 1].kind} != {"number"}), 0)
    if not end:
        return None
    stop = next((at for at in range(end + 1, len(words)) if clause.tokens[at].aside), len(words))
    return Clause(clause.joint, clause.tokens[start + 1 : end]), Clause(clause.joint, clause.tokens[end + 1 : stop])


_PASSED = words_of("passing") | words_of("waiting")


def _by_joint(joint: str, clauses: Sequence[Clause], at: int, read: Read) -> Iterator[Pair]:
    """Yield the order that the joint of a clause tells."""
    clause, before = clauses[at], clauses[at - 1] if at else None
    is_sharp = joint in ("before", "after") and before is not None
    if is_sharp and before is not None and _is_of_dates(before, read):
        return
    if is_sharp and (_POINTING & set(clause.joint.split()) or _only_points(clause)):
        # "A, and B after that"; "A, and after that B"
        ends = len(clause.words) < _FEW and at > 1
        this, other = (clauses[at - 1], clauses[at - 2]) if ends else (clause, before)
        yield (other, this) if joint == "after" else (this, other)
    elif clause.fronts or before is None:
        # "After B, A"
        if not _is_in_text(clause):
            is_denied = joint in ("until", "before") and _is_denied_before(clause, read)
            yield from _fronted("after" if is_denied else joint, clauses, at)
    elif is_sharp and _waits(before):
        # "It waited after B, then did A"
        behind = clauses[at + 1 : at + 2] or (None,)
        yield from [(None, clause)] if joint == "before" else [(clause, one) for one in behind]
    elif joint == "then":
        told = [one for one in clauses[:at] if not (_RELATIVE & set(one.joint.split()) or _waits(one))]
        if _only_names(told[-1:]):
            told.pop()  # "A, and the agent | then did B"
        if told:
            yield _wholes((told[-1], clause), clauses)
    elif not _is_in_text(clause) and not (joint == "when" and _goes_on(before)):
        yield _wholes(_joined(joint, before, clause), clauses)


def _is_denied_before(clause: Clause, read: Read) -> bool:
    """Return whether a "not" stands right before a clause and its joint: "not until B was A", "not before B did A"."""
    start = clause.tokens[0].start if clause.tokens else 0
    before = [one.text.casefold() for one in read.tokens if one.start < start]
    return "not" in before[-3:]


def _by_adverbs(clauses: Sequence[Clause], at: int) -> Iterator[Pair]:
    """Yield the order that an adverb in a clause tells: "later", "earlier"."""
    clause = clauses[at]
    main = next((one for one in clauses[at + 1 :] if not one.joint), None)
    is_inserted = clause.joint in _RELATIVE and not at
    if main is not None and is_inserted and clause.joint == "who" and has_verb(clause.tokens[:1]):
        # "Mara, who wrote an hour later, objected": both are one event.
        head = next((place for place, one in enumerate(main.tokens) if has_verb((one,))), 0)
        yield from _by_adverb(None, Clause("", main.tokens[:head] + clause.tokens))
    elif main is not None and (clause.fronts or is_inserted):
        yield from _by_adverb(main, clause)  # "Although A had been two seconds earlier, B"
    else:
        yield from _by_adverb(clauses[at - 1] if at else None, _whole(clauses, at, always=True))


def _is_of_dates(clause: Clause, read: Read) -> bool:
    """Return whether a clause ends with a length that lies between dates of texts, and no events: "a week | before the vote"."""
    words = [one.text for one in clause.tokens]
    asides = [at for at, one in enumerate(clause.tokens) if one.aside]
    found = length_at(words, asides[-1]) if asides else None
    if found is None or found.unit < _DAY or found.end < len(words):
        return False
    apart = [between(one, other) or 0 for one, other in combinations(read.cited, 2)]
    return not any(abs(one - found.seconds) <= found.unit // 2 for one in apart)


_DAY = 86_400


def _waits(clause: Clause) -> bool:
    """Return whether a clause tells of no event: "it waited for a minute", "it let a minute pass"."""
    words = set(clause.words)
    return bool(words_of("waiting") & words) or ("let" in words and bool(_PASSING & words))


_PASSING = frozenset(("pass", "elapse", "go", "slip", "lapse", "expire"))


def _goes_on(clause: Clause) -> bool:
    """Return whether a clause tells what had begun and was not over: "it was waiting"."""
    return any(before in BE and word.endswith("ing") for before, word in pairwise(clause.words))


def _only_names(some: Sequence[Clause]) -> bool:
    """Return whether the last of some clauses is no more than a subject: "the agent"."""
    return any(len(one.tokens) <= _FEW and not has_verb(one.tokens) for one in some)


_RELATIVE = frozenset(("which", "who", "whose", "that", "where"))


def _is_asked(clause: Clause, read: Read) -> bool:
    """Return whether a clause without a verb is of what somebody asks for: "asked for A and the deletion of B afterwards"."""
    return not has_verb(clause.tokens) and bool(words_of("telling") & set(read.plain.split()))


def says_only_when(clause: Clause) -> bool:
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
    elif main < len(clauses) and _is_first_of_two(clauses, main):
        both = Clause("", (*clauses[main].tokens, *clauses[main + 1].tokens))
        yield _joined(joint, both, clause)  # "After B, reading | and filing A were …"
    elif main < len(clauses):
        yield _wholes(_joined(joint, clauses[main], clause), clauses)


def _is_first_of_two(clauses: Sequence[Clause], main: int) -> bool:
    """Return whether a clause has no verb, and is a subject together with the one that "and" joins to it."""
    behind = clauses[main + 1 : main + 2]
    return bool(behind) and behind[0].joint == "and" and not has_verb(clauses[main].tokens)


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
        return main, other  # "it had already failed when …", "it had gone on for an hour when …"
    return (other, main) if joint in _LATER else (main, other)


def adverbs(clause: Clause) -> Iterator[tuple[int, bool]]:
    """Yield the places of adverbs of order, and whether they tell what came later; "the later call" has none."""
    tokens = clause.tokens
    for at, one in enumerate(tokens):
        word = one.text.casefold() if one.kind == "word" else ""
        if word in ("before", "after"):
            behind = tokens[at + 1 : at + 2]
            if at and behind and not behind[0].aside and behind[0].text.casefold() in words_of("inverted"):
                yield at, word == "after"  # "what it had read before was B"
            elif ends_length(tokens, at):
                yield at, word == "after"  # "B had been opened a second before"
        elif word in _AFTERWARD | _BEFOREHAND and not (at and tokens[at - 1].text.casefold() in _COMPARED):
            yield at, word in _AFTERWARD


_COMPARED = frozenset(("the", "a", "an", "its", "in", "each", "other", "any", "no"))
"""Words behind which "later" is no adverb."""


def _by_adverb(before: Clause | None, clause: Clause) -> Iterator[Pair]:
    """Return the order that an adverb tells, as in "B later"."""
    at, is_afterward = next(adverbs(clause), (None, False))
    if at is None:
        return
    if before is not None and clause.joint in ("that", "which") and (rest := _behind_relative(before, clause, at)):
        first, second = Clause("", before.tokens + clause.tokens[:rest]), Clause("", clause.tokens[rest:])
        yield (first, second) if is_afterward else (second, first)
        return
    has_length = any(length_at([one.text for one in clause.tokens], start) for start in range(len(clause.tokens)))
    if has_length and before is not None and (head := _head(before, clause)):
        # "It was in the list | that had been read a second before"
        other, clause = Clause(before.joint, before.tokens[:head]), Clause("", before.tokens[head:] + clause.tokens)
        yield (other, clause) if is_afterward else (clause, other)
        return
    if has_length and (halves := _apart_by_comma(clause, at)) is not None:
        yield halves if is_afterward else halves[::-1]
    elif before is None and (halves := _fronted_by_comma(clause)) is not None:
        yield halves if is_afterward else halves[::-1]  # "Despite B, A two seconds later"
    elif before is None and has_length:
        yield _halves(clause, has_verb) if is_afterward else _halves(clause, _is_passive)[::-1]
    else:
        yield (before, clause) if is_afterward else (clause, before)


def _head(clause: Clause, behind: Clause) -> int:
    """Return where the thing begins that a clause ends with, by its article, and of which the next clause tells, 0 for none."""
    if behind.joint not in ("that", "which") or not clause.tokens or behind.tokens[0].start < clause.tokens[-1].start:
        return 0
    ends = range(len(clause.tokens) - 1, max(_FEW, len(clause.tokens) - _LONG_NAME), -1)
    start = next((at for at in ends if clause.tokens[at].text.casefold() in ("the", "a", "an")), 0)
    return start if has_verb(clause.tokens[:start]) and not has_verb(clause.tokens[start:]) else 0


_LONG_NAME = 6
"""Words of the name of a thing."""


def _behind_relative(before: Clause, clause: Clause, end: int) -> int:
    """Return where the main clause goes on behind a clause in its subject: "the file that A had opened | was sent", 0 if not."""
    if has_verb(before.tokens):
        return 0
    verbs = [at for at in range(end) if has_verb(clause.tokens[at : at + 1])]
    starts = (at for last, at in pairwise(verbs) if at - last > 1 and not clause.tokens[at - 1].text.endswith("ly"))
    return next(starts, 0)


def _apart_by_comma(clause: Clause, at: int) -> Pair | None:
    """Return what stands before and behind a comma between two things that are told, by the place of an adverb of order.

    "A, sent at B, | was deleted two seconds later", "A having failed, | the agent did B two seconds later".
    """
    commas = [place for place in range(_FEW, len(clause.tokens)) if clause.tokens[place].aside and place < at]
    for comma in reversed(commas):
        first, second = clause.tokens[:comma], clause.tokens[comma:]
        if tells(first) and tells(second) and not _is_only_time(second[: at - comma]):
            return Clause(clause.joint, first), Clause("", second)
    return None


def _is_only_time(held: Sequence[Token]) -> bool:
    """Return whether words tell nothing but a time, with an adverb of order: "two seconds later"."""
    return is_temporal([one for one in held if one.text.casefold() not in _AFTERWARD | _BEFOREHAND])


def _fronted_by_comma(clause: Clause) -> Pair | None:
    """Return what stands before the first comma of a clause that begins with a preposition, and what follows: "Despite A, B"."""
    if not clause.words or clause.tokens[0].text.casefold() not in words_of("prepositions"):
        return None
    comma = next((at for at, one in enumerate(clause.tokens) if one.aside), len(clause.tokens))
    if comma < _FEW + 1 or comma == len(clause.tokens) or is_temporal(clause.tokens[1:comma]):
        return None
    if _is_only_time(clause.tokens[comma:]):
        return None  # "To A the answer was B, two seconds later"
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


def between(one: Ground, other: Ground) -> int | None:
    """Return the seconds between two events, `None` where the time of one is not known."""
    return None if one.at_s is None or other.at_s is None else abs(other.at_s - one.at_s)
