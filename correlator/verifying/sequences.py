"""What a sentence says came earlier, and what later. Pure; English only."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise

from correlator.verifying.clauses import has_verb, is_temporal
from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import length_at
from correlator.verifying.pieces import tells
from correlator.verifying.read import BE, Read
from correlator.verifying.wording import Clause, Token, is_denial, is_finite, root, table, words_of

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
    clauses = _whole([one for one in read.clauses if not one.tokens or not _says_only_when(one)])
    for at, clause in enumerate(clauses):
        joint = next((one for one in clause.joint.split() if one in _ORDERING), None)
        if joint is not None:
            # "When A, B had been a second earlier" is in the order that the adverb tells.
            if joint != "when" or not any(map(has_length, clauses[max(0, at - 1) : at + 2])):
                yield from _by_joint(joint, clauses, at, read)
            continue
        if at and clauses[at - 1].words[-1:] == ("first",) and not has_verb(clause.tokens[:1]):
            yield clauses[at - 1], clause
        told_at = next((place for place, _ in adverbs(clause)), None)
        if told_at is not None and not _is_of_dates(clause.tokens[:told_at], read):
            yield from _by_adverbs(clauses, at)


def _whole(clauses: Sequence[Clause]) -> list[Clause]:
    """Return clauses with those joined that "and" or "or" joins things in, and no clauses: "the day | and the hour were set"."""
    found = list[Clause]()
    for clause in clauses:
        last = found[-1] if found else None
        is_thing = last is not None and clause.joint in ("and", "or") and last.joint in ("", "and", "that")
        if last is None or not is_thing or any(map(_tells_when, (last, clause))) or _are_clauses(last, clause):
            found.append(clause)
        else:
            found[-1] = Clause(last.joint, (*last.tokens, *clause.tokens), fronts=last.fronts)
    return found


def _are_clauses(one: Clause, other: Clause) -> bool:
    return has_verb(one.tokens) and has_verb(other.tokens)


def _tells_when(clause: Clause) -> bool:
    """Return whether there is an adverb of order in a clause, or a length of time."""
    return bool((_AFTERWARD | _BEFOREHAND | {"first"}) & set(clause.words)) or has_length(clause)


def has_length(clause: Clause) -> bool:
    """Return whether a part tells a length of time."""
    words = [one.text for one in clause.tokens]
    return any(length_at(words, at) for at in range(len(words)))


_PASSED = words_of("passing") | words_of("waiting") | {"took"}


def _by_joint(joint: str, clauses: Sequence[Clause], at: int, read: Read) -> Iterator[Pair]:
    """Yield the order that the joint of a clause tells."""
    clause, before = clauses[at], clauses[at - 1] if at else None
    if (
        before is not None
        and before.joint in ("before", "after")
        and joint in ("when", "while")
        and not has_verb(before.tokens)
    ):
        before = next((one for one in clauses[at - 2 :: -1] if at > 1), before)  # "A two seconds after B, when C"
    if _is_of_text(joint, clause, read):
        return
    is_sharp = joint in ("before", "after") and before is not None
    if is_sharp and before is not None and _is_of_dates(before.tokens, read):
        return
    if is_sharp and (_POINTING & set(clause.joint.split()) or _only_points(clause)):
        # "A, and B after that"; "A, and after that B"
        ends = len(clause.words) < _FEW and at > 1
        this, other = (clauses[at - 1], clauses[at - 2]) if ends else (clause, before)
        yield (other, this) if joint == "after" else (this, other)
    elif clause.fronts or before is None:
        # "After B, A"
        is_denied = joint in ("until", "before") and _is_denied_before(clause, read)
        yield from _fronted("after" if is_denied else joint, clauses, at)
    elif (is_sharp or joint == "until") and _waits(before):
        # "It waited after B, then did A", "two hours went by until B"
        behind = clauses[at + 1 : at + 2] or (None,)
        yield from [(None, clause)] if joint != "after" else [(clause, one) for one in behind]
    elif joint == "then":
        told = [one for one in clauses[:at] if not (_RELATIVE & set(one.joint.split()) or _waits(one))]
        if _only_names(told[-1:]):
            told.pop()  # "A, and the agent | then did B"
        if told:
            yield told[-1], clause
    else:
        is_denied = joint in ("until", "before") and _denies(clauses[:at])
        yield (clause, before) if is_denied else _joined(joint, before, clause)


def _denies(before: Sequence[Clause]) -> bool:
    """Return whether the last of some clauses, or what it is a part of, denies: "nothing was sent | until B"."""
    joints = [set(one.joint.split()) for one in before[1:]]
    told = [one for one, joint in zip(before, [*joints, {"that"}], strict=True) if "that" in joint]
    return any(word != "without" and is_denial(word) for one in told for word in one.words)


def _is_of_text(joint: str, clause: Clause, read: Read) -> bool:
    """Return whether a cited text itself has this joint before the same thing: "what to eat after a fast"."""
    word = next((one for one in clause.words if root(one) not in table().neutral), "")
    told = re.compile(rf"\b{joint} (?:[\w'’-]+ ){{0,2}}{re.escape(word)}")
    return joint in ("before", "after", "until") and bool(word) and any(told.search(one.plain) for one in read.cited)


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
        yield from _by_adverb(clauses[at - 1] if at else None, clause)


def _is_of_dates(held: Sequence[Token], read: Read) -> bool:
    """Return whether a clause ends with a length that lies between dates of texts, and no events: "a week | before the vote"."""
    words = [one.text for one in held]
    lengths = (length_at(words, at) for at in range(max(0, len(words) - _FEW - 2), len(words)))
    found = next((one for one in lengths if one is not None and one.end == len(words)), None)
    if found is None or found.unit < _DAY:
        return False
    apart = [between(one, other) or 0 for one, other in combinations(read.cited, 2)]
    return not any(abs(one - found.seconds) <= found.unit // 2 for one in apart)


_DAY = 86_400


def _waits(clause: Clause) -> bool:
    """Return whether a clause tells of no event: "it waited for a minute", "it let a minute pass", "two hours went by"."""
    words = set(clause.words)
    waits = any(is_finite(one) or one.endswith("ing") for one in words_of("waiting") & words)
    return waits or ("let" in words and bool(_LETTING & words)) or (bool(words & _PASSED) and _only_passes(clause))


def _only_passes(clause: Clause) -> bool:
    """Return whether a clause tells nothing but that time passed: "it took another two minutes", "two hours went by"."""
    said = [one for one in clause.tokens if one.text.casefold() not in _PASSED | {"it", "by", "had", "was"}]
    return bool(said) and is_temporal(said)


_LETTING = frozenset(("pass", "elapse", "go", "slip", "lapse", "expire"))


def _only_names(some: Sequence[Clause]) -> bool:
    """Return whether the last of some clauses is no more than a subject: "the agent"."""
    return any(len(one.tokens) <= _FEW and not has_verb(one.tokens) for one in some)


_RELATIVE = frozenset(("which", "who", "whose", "that", "where"))


def _says_only_when(clause: Clause) -> bool:
    """Return whether a clause tells nothing of its own: "At 10:02:00, two seconds | after B", "it was only | after B"."""
    if is_temporal(clause.tokens[_BOTH:] if clause.words[:_BOTH] == ("it", "was") else clause.tokens):
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
    if main < len(clauses):
        yield _joined(joint, clauses[main], clause)


def _subject_apart(clause: Clause) -> tuple[Clause, Clause] | None:
    """Return what is fronted and the main clause where no comma stands between: "after the failure | curl was started"."""
    verb = next(
        (at for at, one in enumerate(clause.tokens) if one.kind == "word" and is_finite(one.text.casefold())), 0
    )
    if verb < _FEW + 1:
        return None
    return Clause(clause.joint, clause.tokens[: verb - 1]), Clause("", clause.tokens[verb - 1 :])


_FEW = _BOTH = 2


def _only_points(clause: Clause) -> bool:
    return len(clause.words) == 1 and len(clause.tokens) == 1 and clause.words[0] in _POINTING


def _joined(joint: str, main: Clause, other: Clause) -> Pair:
    """Return the order of a clause and another one that a word joins to it."""
    is_over = "already" in main.words or ("had" in main.words and not other.fronts)
    if joint in ("once", "when") and is_over and "had" not in other.words:
        return main, other  # "it had already failed when …", "it had gone on for an hour when …"
    return (other, main) if joint in _LATER else (main, other)


def adverbs(clause: Clause) -> Iterator[tuple[int, bool]]:
    """Yield the places of adverbs of order, and whether they tell what came later; "the later call" has none."""
    tokens = clause.tokens
    for at, one in enumerate(tokens):
        word = one.text.casefold() if one.kind == "word" else ""
        if word in _AFTERWARD | _BEFOREHAND and not (at and tokens[at - 1].text.casefold() in _COMPARED):
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
    is_far = has_length(clause)
    if is_far and (halves := _apart_by_comma(clause, at)) is not None:
        yield halves if is_afterward else halves[::-1]
    elif before is None and is_far:
        yield _halves(clause, has_verb) if is_afterward else _halves(clause, _is_passive)[::-1]
    else:
        yield (before, clause) if is_afterward else (clause, before)


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


def between(one: Ground, other: Ground) -> int | None:
    """Return the seconds between two events, `None` where the time of one is not known."""
    return None if one.at_s is None or other.at_s is None else abs(other.at_s - one.at_s)
