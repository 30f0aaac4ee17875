"""Entities, numbers, times: each stands in a cited event, beside what it is a number of. Pure."""

import re
from collections.abc import Iterator
from itertools import combinations, pairwise, product

from correlator.verifying.grounds import Ground, has, number
from correlator.verifying.read import Read, Refusal, among, holds, is_thing, tied
from correlator.verifying.wording import Token, root, roots_of, table, words_of
from sensor.event import ToolCalled


def of_entities(read: Read) -> Iterator[Refusal]:
    """Refuse what names something that no cited event has."""
    for token in read.tokens:
        if (
            token.kind in ("entity", "quote")
            and token not in read.lacked
            and not read.stands(token.text.removesuffix("…"))
        ):
            yield Refusal("entity", f"no cited event has “{token.text[:80]}”")


_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]


_TENS = {
    word: 10 * at
    for at, word in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2)
}


NUMBERS: dict[str, int] = {
    **{word: value for value, word in enumerate(_ONES) if value != 1}, **_TENS,
    **{f"{ten}-{one}": value + unit for ten, value in _TENS.items() for unit, one in enumerate(_ONES) if 0 < unit < 10},
    "twice": 2, "dozen": 12, "hundred": 100, "thousand": 1_000,
}  # fmt: skip


UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}


MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def of_numbers(read: Read) -> Iterator[Refusal]:
    """Refuse a number, a length or time that no cited event has and that counts nothing."""
    for at, token in enumerate(read.tokens):
        if token in read.lacked:
            continue
        if token.kind == "time" and not any(holds(one, token) for one in read.cited):
            yield Refusal("time", f"no cited event is of {token.text}")
        elif token.kind == "number":
            value = number(token.text)
            if not _is_of_month(read, at):
                yield Refusal("number", f"no cited event is of day {token.text}")
            there = (
                has(read.template, token.text)
                or any(holds(one, token) for one in read.cited)
                or _is_named(read, at)
                or _is_step(read, at, value)
                or _is_date(read, at)
            )
            if not there and not _counts(read, at, int(value) if value.isdigit() else None):
                yield Refusal("number", f"no cited event has {token.text}")
        elif token.kind == "word" and (amount := NUMBERS.get(token.text.casefold())) is not None:
            said = read.is_said(token.text) or any(str(amount) in one.numbers for one in read.cited)
            if unit_behind(read, at) is not None:
                said = False  # a length of time is to be right, whatever else has this number
            if not said and not _counts(read, at, amount):
                yield Refusal("number", f"“{token.text}” is counted nowhere")


_NEAR = 2
"""Words between a number and what it is a number of."""


def of_bindings(read: Read) -> Iterator[Refusal]:
    """Refuse a number beside a word that has other numbers beside it in the evidence: "error 22" of "exit code 22, error 507"."""
    for at, token in enumerate(read.tokens):
        if token.kind != "number":
            continue
        behind = read.tokens[at + 1] if at + 1 < len(read.tokens) and not read.tokens[at + 1].aside else None
        is_unit = behind is not None and root(behind.text) in _MEASURES
        for side in (_named_by(read, at), behind if is_unit else None):
            if side is None or len(side.text) < 3:
                continue
            near = frozenset[str]().union(*(_numbers_near(one, root(side.text)) for one in read.cited))
            if near and number(token.text) not in near:
                yield Refusal("number", f"beside “{side.text}” stands another number than {token.text}")


def _named_by(read: Read, at: int) -> Token | None:
    """Return the noun that a number stands behind, as in "error 22"."""
    if not at or read.tokens[at].aside or unit_behind(read, at) is not None:
        return None
    noun, word = read.tokens[at - 1], read.tokens[at - 1].text.casefold()
    is_noun = noun.kind == "word" and word not in _GRAMMAR | words_of("amounts") and is_thing(word)
    return noun if is_noun else None


_MEASURES = roots_of("measures")


_GRAMMAR = words_of("grammar")


def _numbers_near(ground: Ground, base: str) -> frozenset[str]:
    words = re.findall(r"\d+(?:[.,]\d+)*|[^\W\d_]+", ground.plain)
    found = set[str]()
    for at, word in enumerate(words):
        if word[0].isdigit() or root(word) != base:
            continue
        found |= {number(one) for one in words[max(0, at - _NEAR) : at + _NEAR + 1] if one[0].isdigit()}
    return frozenset(found)


def _is_step(read: Read, at: int, value: str) -> bool:
    before = read.tokens[at - 1].text.casefold() if at else ""
    return before in ("step", "steps") and any(str(one.event.position) == value for one in read.cited)


def _is_named(read: Read, at: int) -> bool:
    """Return whether a number is part of a name that a cited event has: "gate 3" of `gate-3`."""
    before, value = read.tokens[at - 1].text.casefold() if at else "", read.tokens[at].text
    return bool(before) and any(one.names(f"{before}{mark}{value}") for one in read.cited for mark in ("-", "_", ""))


def _is_date(read: Read, at: int) -> bool:
    """Return whether a number is part of a date that a cited event has: `9 March 2026`."""
    near = " ".join(token.text.casefold() for token in read.tokens[max(0, at - 2) : at + 3])
    return any(day in near for one in read.cited for day in one.days)


def _is_of_month(read: Read, at: int) -> bool:
    """Return whether a number before a month is a day of it that a cited event has; true for any other number."""
    following = read.tokens[at + 1].text.casefold() if at + 1 < len(read.tokens) else ""
    if following not in MONTHS or (following == "may" and read.tokens[at + 1].text.islower()):
        return True
    day, month = str(int(read.tokens[at].text)) if read.tokens[at].text.isdigit() else "", following[:3]
    written = re.compile(rf"\b0?{day}(?:st|nd|rd|th)?\.? (?:of )?{month}|\b{month}[a-z]*\.? 0?{day}\b")
    return any(f"{day} {following}" in one.days or bool(written.search(one.plain)) for one in read.cited)


def unit_behind(read: Read, at: int) -> int | None:
    """Return the seconds of the unit behind a number that is a length of time."""
    following = [one.text.casefold().removesuffix("s") for one in read.tokens[at + 1 : at + 5]]
    if following[:3] == ["and", "a", "half"]:
        following = following[3:]
    return UNITS.get(following[0]) if following else None


def _counts(read: Read, at: int, value: int | None) -> bool:
    """Return whether a number is a length of time between two cited events, or how many of them there are."""
    if value is None:
        return False
    unit = unit_behind(read, at)
    if unit is not None:
        half = [one.text.casefold() for one in read.tokens[at + 1 : at + 4]] == ["and", "a", "half"]
        before = [one.text.casefold() for one in read.tokens[max(0, at - 2) : at]]
        least = value * unit + half * unit // 2
        # Seconds are exact; of minutes and hours the next half may be meant, and "more than" says that some are left out.
        most = least + (unit if before == ["more", "than"] else max(1, unit // 2))
        return any(
            least - (unit // 2) * ("than" not in before) <= abs(last - first) < most
            for first, last in _spans(read, read.tokens[at])
        )
    if _ADDING & {one.text.casefold() for one in read.tokens} and _adds_up(read, value):
        return True
    nouns = [one.text.casefold() for one in read.tokens[at + 1 : at + 4] if one.kind == "word"]
    if read.tokens[at].kind == "number" and (value < 2 or not nouns or not nouns[0].endswith("s")):
        return False  # digits count things: "2 letters"
    bases = [root(noun) for noun in nouns]
    named = [
        one
        for one in read.cited
        if any(among(base, one.words | one.lent) or table().beside(base) & one.words for base in bases)
    ]
    if any(base in _CALLS for base in bases):
        named = list(read.cited)
    calls = {id(one.call or one.event) for one in named if isinstance(one.call or one.event, ToolCalled)}
    kinds = [one.event.kind for one in named]
    counts = {len(calls)} | {kinds.count(kind) for kind in kinds} | {sum(bool(one.failed) for one in named)}
    if read.tokens[at].text.casefold() == "twice":
        counts |= {
            sum(one.event.name == other.event.name for other in read.cited if isinstance(other.event, ToolCalled))
            for one in read.cited
            if isinstance(one.event, ToolCalled)
        }
    counts.add(sum(1 for one in named if isinstance(one.event, ToolCalled) and not one.came_to_nothing))
    counts |= {len(found) for one in read.cited for found in _lists(one.event.model_dump(mode="json"))}
    texts = (read.sentence.casefold(), *(one.plain for one in read.cited))
    counts |= {len(re.split(r", and | and |, ", found)) for text in texts for found in _ENUMERATED.findall(text)}
    counts |= {
        sum(root(word) == base for word in re.findall(r"[a-z]+", one.plain)) for one in read.cited for base in bases[:1]
    }
    return value in counts


_ADDING = words_of("adding")


def _adds_up(read: Read, value: int) -> bool:
    """Return whether a number is the sum or the difference of two that cited events have."""
    there = sorted(
        {
            float(one.replace(",", "."))
            for ground in read.cited
            for one in ground.numbers
            if one.replace(".", "").isdigit() and one.count(".") < 2
        }
    )[:40]
    return any(value in (first + second, second - first) for first in there for second in there)


_ENUMERATED = re.compile(
    r"[\w./-]+(?:, [\w./-]+)+(?:,? and [\w./-]+)?|[\w/-]*[\d_./][\w/.-]* and [\w/-]*[\d_./][\w/.-]*"
)
_CALLS = roots_of("calls")


def _spans(read: Read, token: Token) -> Iterator[tuple[int, int]]:
    """Yield the times of pairs of events between which a length of time may lie: those of its clause and its neighbours."""
    place = next((at for at, clause in enumerate(read.clauses) if token in clause.tokens), 0)
    spoken = read.spoken_of
    here = spoken[place] if place < len(spoken) else ()
    before = next((one for one in reversed(spoken[:place]) if one), ())
    behind = [one for one in spoken[place + 1 :] if one][:2]
    sides = [
        tuple(other for other in read.cited if any(tied(one, other) for one in some))
        for some in (before, here, *behind)
        if some
    ]
    pairs = (
        [pair for one, other in pairwise(sides) for pair in product(one, other)]
        if len(sides) > 1
        else list(combinations(read.cited, 2))
    )
    for one, other in pairs:
        if one is not other and one.at_s is not None and other.at_s is not None:
            yield one.at_s, other.at_s


def _lists(value: object) -> Iterator[list[object]]:
    if isinstance(value, list):
        yield value
    if isinstance(value, dict):
        for one in value.values():
            yield from _lists(one)
