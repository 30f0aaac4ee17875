"""Entities, numbers, times: each stands in a cited event, beside what it is a number of. Pure."""

import re
from collections.abc import Iterator
from itertools import combinations

from correlator.verifying.clocks import is_clock
from correlator.verifying.counts import counts, is_whole, ranged, ranges, spans, unit_behind
from correlator.verifying.grounds import has, number
from correlator.verifying.lengths import LONGEST, NUMBERS, length_at, number_at
from correlator.verifying.read import Read, Refusal, holds, is_thing
from correlator.verifying.wording import Token, is_finite, root, roots_of, words_of


def of_entities(read: Read) -> Iterator[Refusal]:
    """Refuse what names something that no cited event has."""
    for token in read.tokens:
        if (
            token.kind in ("entity", "quote")
            and token not in read.lacked
            and not read.stands(token.text.removesuffix("…"))
            and not _is_told(token, read)
            and not _is_day(token.text, read)
        ):
            yield Refusal("entity", f"no cited event has “{token.text[:80]}”")


def _is_day(text: str, read: Read) -> bool:
    """Return whether a text is the day of a cited event, or one that it names: `2026-03-09`."""
    return any(text == one.isoformat() for ground in read.cited for one in ground.dates)


def _is_told(token: Token, read: Read) -> bool:
    """Return whether it is who asked for a cited answer: somebody that is told it."""
    return token.text.casefold() in read.askers and read.sentence[token.start + len(token.text) :][:1] not in ("'", "’")


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
        ratio = _is_ratio(read, at)
        if ratio is not None and not _begins(read, at):
            if not ratio:
                yield Refusal("number", f"nothing is “{token.text}” as much as another")
        elif token.kind == "time" and not any(holds(one, token) for one in read.cited):
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
                or _is_in_name(token.text, read)
            )
            if (
                not there
                and not is_computed(read, value)
                and not counts(read, at, int(value) if value.isdecimal() else None)
                and not is_clock(read, at)
                and not (value.isdecimal() and is_whole(read, at, int(value)))
            ):
                yield Refusal("number", f"no cited event has {token.text}")
        elif token.kind == "word" and token.text.casefold() in NUMBERS:
            yield from _written_out(read, at)
        elif token.text.casefold() in _ONE and _is_off(read, at):
            yield Refusal("number", f"no two cited events are “{token.text} …” apart")


def _is_in_name(text: str, read: Read) -> bool:
    """Return whether a year is a part of a name that a cited event has: 1987 of `1987-recipes.csv`."""
    if not _YEARS.fullmatch(text):
        return False
    named = re.compile(rf"(?<![^\W_.]){text}[-_][a-z]|[a-z][-_]{text}(?![^\W_])")
    return any(named.search(one.plain) for one in read.cited)


_YEARS = re.compile(r"(?:1[4-9]|20)\d\d")


def _is_off(read: Read, at: int) -> bool:
    """Return whether half an hour, or a minute, is a length that nothing says, and that lies between no two cited events."""
    length = length_at([one.text for one in read.tokens], at)
    before = read.tokens[at - 1].text.casefold() if at else ""
    if length is None or length.unit < _MINUTE or before in ("of", "and", "half"):
        return False
    if not length.seconds or read.is_said(read.tokens[length.end - 1].text):
        return False
    behind = [one.text.casefold() for one in read.tokens[length.end : length.end + 1]]
    is_alone = before in ("after", "within") and (not behind or read.tokens[length.end].aside)
    return ((set(behind) <= _APART and bool(behind)) or is_alone) and not counts(read, at, 1)


_ONE = ("half", "a", "an", "one")
_MINUTE = 30
"""Seconds from which one of a unit is a length of its own, and no little while."""


_APART = words_of("apart")


def _written_out(read: Read, at: int) -> Iterator[Refusal]:
    """Refuse a number in words that nothing says and that counts nothing: "two", "three hundred and forty"."""
    words = [one.text for one in read.tokens]
    begins = [start for start in range(max(0, at - LONGEST), at + 1) if (number_at(words, start) or (0, 0))[1] > at]
    found = number_at(words, begins[0]) if begins else None
    if found is None or found[1] != at + 1:
        return  # it is told at its last word
    amount, text = found[0], " ".join(words[begins[0] : at + 1])
    said = _says_number(text, amount, read) or any(str(amount) in one.numbers for one in read.cited)
    if unit_behind(read, at) is not None:
        said = False  # a length of time is to be right, whatever else has this number
    if not (
        said
        or is_computed(read, str(amount))
        or counts(read, at, amount)
        or _goes_on(read, at, amount)
        or is_clock(read, at)
        or is_whole(read, at, amount)
    ):
        yield Refusal("number", f"“{text}” is counted nowhere")


def _says_number(text: str, amount: int, read: Read) -> bool:
    """Return whether a cited event has a number in words: these, or others for as much, as "twelve" for "a dozen"."""
    said = [text.casefold(), *(word for word, value in NUMBERS.items() if value == amount and word != "twice")]
    return any(has(one.plain, word) for one in read.cited for word in said) or has(read.template, text.casefold())


def _goes_on(read: Read, at: int, amount: int) -> bool:
    """Return whether a number goes on with the unit of a length of time before it: "two hours later, and after five more"."""
    words = [one.text for one in read.tokens]
    ends = at + 2 >= len(words) or read.tokens[at + 2].aside or read.tokens[at + 2].text in ("and", "later")
    if [one.casefold() for one in words[at + 1 : at + 2]] != ["more"] or not ends:
        return False
    units = [found.unit for start in range(at) if (found := length_at(words, start)) is not None]
    return bool(units) and any(abs(last - first) == amount * units[-1] for first, last in spans(read))


def of_bindings(read: Read) -> Iterator[Refusal]:
    """Refuse a number beside a word that has other numbers beside it in the evidence: "row 7" of "column 7, row 3"."""
    for at, token in enumerate(read.tokens):
        if token.kind != "number" or _is_named(read, at):
            continue
        behind = read.tokens[at + 1] if at + 1 < len(read.tokens) and not read.tokens[at + 1].aside else None
        is_unit = behind is not None and unit_behind(read, at) is None and _is_counted(behind)
        for side in (_named_by(read, at), behind if is_unit else None):
            if side is None or len(side.text) < 3:
                continue
            if side is behind and token.text.isdecimal() and int(token.text) in ranged(read, root(side.text)):
                continue
            near = frozenset[str]().union(*(one.numbers_beside(root(side.text)) for one in read.cited))
            if (
                side is behind
                and token.text.isdecimal()
                and int(token.text) < _FEW
                and counts(read, at, int(token.text))
            ):
                continue
            if side is not behind and _stands_alone(token.text, read):
                continue
            if near and number(token.text) not in near and not is_computed(read, number(token.text)):
                yield Refusal("number", f"beside “{side.text}” stands another number than {token.text}")


def of_ranges(read: Read) -> Iterator[Refusal]:
    """Refuse the end of a range as how many there are: "twelve rows" of "rows 5 to 12"."""
    for at, token in enumerate(read.tokens[:-1]):
        word, behind = token.text.casefold(), read.tokens[at + 1]
        value = int(word) if word.isdecimal() else NUMBERS.get(word)
        if value is None or behind.aside or not behind.text.endswith("s") or behind.kind != "word":
            continue
        found = ranges(read, root(behind.text))
        is_said = any(has(one.plain, f"{value} {behind.text.casefold()}") for one in read.cited)
        if not is_said and any(value == last != last - first + 1 for first, last in found):
            yield Refusal("number", f"{value} is the last of them, and not how many there are")


def _stands_alone(text: str, read: Read) -> bool:
    """Return whether a number is the subject of what a cited event says, without a noun: "8 is open, 9 was closed"."""
    alone = re.compile(rf"(?:^|[,;.:] |\band ){re.escape(text)} (\w+)", re.MULTILINE)
    return any(is_finite(word) for one in read.cited for word in alone.findall(one.told.casefold()))


_FEW = 10
"""Below this digits may count things, as words do."""


def _is_counted(token: Token) -> bool:
    """Return whether a word behind a number says of what it is one: "30 entries", "88 bytes"."""
    word = token.text.casefold()
    return root(word) in _MEASURES or (
        token.kind == "word" and word.endswith("s") and word not in _GRAMMAR and is_thing(word)
    )


def _named_by(read: Read, at: int) -> Token | None:
    """Return the noun that a number stands behind, as in "row 7"."""
    if not at or read.tokens[at].aside or unit_behind(read, at) is not None or _is_of_range(read, at):
        return None
    back = 2 if at > 1 and read.tokens[at - 1].text == "of" else 1  # "a rate of 7.5"
    noun, word = read.tokens[at - back], read.tokens[at - back].text.casefold()
    if set(";:") & set(read.sentence[noun.start : read.tokens[at].start]):
        return None
    is_verb = at > back and read.tokens[at - back - 1].text.casefold() == "to"  # "to add 7.5"
    is_noun = noun.kind == "word" and word not in _GRAMMAR | words_of("amounts") and is_thing(word) and not is_verb
    return noun if is_noun else None


def _is_of_range(read: Read, at: int) -> bool:
    """Return whether a number begins a range: "rows 1 to 20"."""
    behind = read.tokens[at + 1 : at + 3]
    return [one.text.casefold() for one in behind[:1]] == ["to"] and [one.kind for one in behind[1:]] == ["number"]


_MEASURES = roots_of("measures")


_GRAMMAR = words_of("grammar")


def _is_step(read: Read, at: int, value: str) -> bool:
    before = read.tokens[at - 1].text.casefold() if at else ""
    return before in ("step", "steps") and any(str(one.event.position) == value for one in read.cited)


def _is_named(read: Read, at: int) -> bool:
    """Return whether a number is part of a name that a cited event has: "hall 9" of `hall-9`."""
    value, back = read.tokens[at].text, at - 1
    while back > 0 and read.tokens[back].text.casefold() in _NUMBERED:
        back -= 1  # "guest number 9"
    before = read.tokens[back].text.casefold() if at else ""
    return bool(before) and any(one.names(f"{before}{mark}{value}") for one in read.cited for mark in ("-", "_", ""))


_NUMBERED = words_of("numbered")


def _is_date(read: Read, at: int) -> bool:
    """Return whether a number is part of a date that a cited event has: `9 March 2026`."""
    words = [one.text.casefold() for one in read.tokens]
    if words[at - 1 : at] and words[at - 1] in MONTHS and len(words[at]) == _YEAR:
        told = " ".join(words[max(0, at - 2) : at + 1])
        return any(
            told in one.days or f"{words[at]}-{MONTHS.index(words[at - 1]) + 1:02}" in one.text for one in read.cited
        )
    near = " ".join(words[max(0, at - 2) : at + 3])
    return any(day in near for one in read.cited for day in one.days)


_YEAR = 4
"""Digits of a year."""


def _is_of_month(read: Read, at: int) -> bool:
    """Return whether a number before a month is a day of it that a cited event has; true for any other number."""
    following = read.tokens[at + 1].text.casefold() if at + 1 < len(read.tokens) else ""
    if following not in MONTHS or (following == "may" and read.tokens[at + 1].text.islower()):
        return True
    day, month = str(int(read.tokens[at].text)) if read.tokens[at].text.isdecimal() else "", following[:3]
    written = re.compile(rf"\b0?{day}(?:st|nd|rd|th)?\.? (?:of )?{month}|\b{month}[a-z]*\.? 0?{day}\b")
    return any(f"{day} {following}" in one.days or bool(written.search(one.plain)) for one in read.cited)


_ADDING = roots_of("adding")


def is_computed(read: Read, told: str) -> bool:
    """Return whether a sentence compares, and a number is the sum or the difference of two that cited events have."""
    if not _ADDING & {root(one.text) for one in read.tokens} or not _plain(told):
        return False
    value = float(told)
    there = sorted(
        {
            float(one.replace(",", "."))
            for ground in read.cited
            for one in ground.numbers
            if one.replace(".", "").isdecimal() and one.count(".") < 2
        }
    )[:40]
    return any(
        abs(value - one) < _ROUNDED
        for first, second in combinations(there, 2)
        for one in (first + second, second - first)
    )


_ROUNDED = 0.001


def of_ports(read: Read) -> Iterator[Refusal]:
    """Refuse the number of a port beside an address that has other ports in the cited events."""
    for clause in read.clauses:
        for at, token in enumerate(clause.tokens):
            if token.kind != "number" or not at or clause.tokens[at - 1].text.casefold() != "port":
                continue
            named = "|".join(re.escape(one.text) for one in clause.tokens if _ADDRESS.fullmatch(one.text))
            ports = {
                port
                for one in read.cited
                if named
                for port in re.findall(rf"(?:{named})\]?:(\d+)", one.text.casefold())
            }
            if ports and token.text not in ports:
                yield Refusal("number", f"what stands beside port {token.text} has another port")


_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|[\w-]+(?:\.[\w-]+)+")


def of_comparisons(read: Read) -> Iterator[Refusal]:
    """Refuse "9, two more than the other", where the other is 11."""
    words = [one.text.casefold() for one in read.tokens]
    for at, word in enumerate(words):
        more = word in words_of("exceeding")
        if word not in words_of("exceeding") | words_of("undercutting") or not (
            words[at + 1 : at + 2] == ["than"] or word in _BEYOND
        ):
            continue
        before = [_amount(one) for one in words[max(0, at - 3) : at]]
        apart = next((one for one in reversed(before) if one is not None), None)
        told = [
            float(one)
            for one in (number(each.text) for each in read.tokens[:at] if each.kind == "number")
            if _plain(one)
        ]
        there = {float(one) for ground in read.cited for one in ground.numbers if _plain(one)}
        if apart is None:
            continue
        signs = {
            one > other
            for one in told
            for other in there
            if one in there and one != apart and abs(abs(one - other) - apart) < _ROUNDED
        }
        if len(signs) == 1 and more not in signs:
            yield Refusal("number", f"“{word}” is the wrong way round")


_BEYOND = frozenset(("above", "over", "below", "under"))


def _plain(text: str) -> bool:
    return re.fullmatch(r"\d+(?:\.\d+)?", text) is not None


def _amount(word: str) -> float | None:
    """Return what a word counts, `None` if it does not; "one more" is one more."""
    if word == "one":
        return 1.0
    return float(number(word)) if _plain(number(word)) else NUMBERS.get(word)


def _is_ratio(read: Read, at: int) -> bool | None:
    """Return whether one of two values of the evidence is as many times the other as a number says, `None` where it does not.

    "Three times as long as"; the values are numbers, or lengths of time between two events.
    """
    words = [one.text.casefold() for one in read.tokens]
    amount = (
        (words[at] == "twice" and 2) or NUMBERS.get(words[at]) or (int(words[at]) if words[at].isdecimal() else None)
    )
    behind = at + 1 + (words[at] != "twice")
    if amount is None or (words[at] != "twice" and words[at + 1 : at + 2] != ["times"]):
        return None
    if not (
        set(words[behind : behind + 1]) & {"as", "the"} or (words[behind : behind + 1] and words[behind].endswith("er"))
    ):
        return None
    values = {float(one) for ground in read.cited for one in ground.numbers if _plain(one)}
    times = {float(abs(last - first)) for first, last in spans(read)}
    ratios = [high / low for some in (values, times) for low in some for high in some if 0 < low < high]
    bound = " ".join(words[max(0, at - 2) : at])
    if bound in _OVER:
        return any(amount < one < amount + 1 for one in ratios)
    if bound in _UNDER or words[at - 1 : at] == ["almost"] or words[at - 1 : at] == ["nearly"]:
        return any(amount - 1 < one < amount for one in ratios)
    return any(abs(one - amount) < _ROUNDED for one in ratios)


def _begins(read: Read, at: int) -> bool:
    """Return whether "twice" says how often something was done: "Twice the agent asked"."""
    begins = not at or read.tokens[at].aside or read.tokens[at - 1].text.casefold() in ("and", "but")
    rest = [one.text.casefold() for one in read.tokens[at + 1 : at + 6]]
    return begins and rest[:1] == ["the"] and any(map(is_finite, rest[2:]))


_OVER, _UNDER = ("more than", "well over"), ("less than", "not quite")
