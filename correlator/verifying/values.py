"""Entities, numbers, times: each stands in a cited event, beside what it is a number of. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from correlator.verifying.clocks import is_clock
from correlator.verifying.counts import counts, is_span, is_whole, ranged, spans, unit_behind
from correlator.verifying.figures import number
from correlator.verifying.grounds import has
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
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip


def of_numbers(read: Read) -> Iterator[Refusal]:
    """Refuse a number, a length or time that no cited event has and that counts nothing."""
    for at, token in enumerate(read.tokens):
        if token in read.lacked:
            continue
        ratio = _is_ratio(read, at)
        if ratio is not None and not _begins(read, at):
            if not ratio:
                yield Refusal("number", f"nothing is “{token.text}” as much as another")
        elif token.kind == "time" and not (any(holds(one, token) for one in read.cited) or is_span(token.text, read)):
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
                and not _is_scaled(read, at)
                and not _is_near(read, at, value)
                and not _is_within(value, read)
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


def _is_scaled(read: Read, at: int) -> bool:
    """Return whether a number goes on in a word, and is held there: "48 thousand"."""
    return number_at([one.text for one in read.tokens], at) is not None


def _ends_range(read: Read, at: int, value: str) -> bool:
    """Return whether a number of things is the last of them in a cited event: 12 of "rows 5 to 12"."""
    behind = read.tokens[at + 1].text.casefold() if at + 1 < len(read.tokens) and not read.tokens[at + 1].aside else ""
    ends = [last for one in read.cited for first, last in _RANGE.findall(one.plain) if int(first) > 1]
    there = re.compile(rf"(?<![\w.:]){value}(?![\w:]|\.\d)")
    is_end = value in ends and ends.count(value) == sum(len(there.findall(one.plain)) for one in read.cited)
    return is_end and behind.endswith("s") and is_thing(behind)


def _is_within(value: str, read: Read) -> bool:
    """Return whether a number lies in a range of which a sentence lists all: 6 of "rows 5, 6 and 7" for "rows 5 to 7"."""
    found = (ends for one in read.cited for ends in _RANGE.findall(one.plain))
    told = {one.text for one in read.tokens if one.kind == "number"}
    return value.isdecimal() and any(
        int(first) < int(value) < int(last) and {first, last} <= told for first, last in found
    )


_RANGE = re.compile(r"(?<![\w.:/-])(\d{1,6}) ?(?:to|-|–|through|thru|until|up to) ?(\d{1,6})(?![\w:/-]|\.\d)")


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
    is_apart = (bool(behind) and set(behind) <= _APART) or before in _TAKING
    return (is_apart or is_alone) and not counts(read, at, 1)


_ONE = ("half", "a", "an", "one")
_MINUTE = 30
"""Seconds from which one of a unit is a length of its own, and no little while."""


_APART = words_of("apart") | words_of("passing") - {"over", "up"}
_TAKING = frozenset(("took", "almost", "nearly", "roughly", "exactly", "lasted"))


def _written_out(read: Read, at: int) -> Iterator[Refusal]:
    """Refuse a number in words that nothing says and that counts nothing: "two", "three hundred and forty"."""
    words = [one.text for one in read.tokens]
    found = _number_that_ends(read, at)
    if found is None:
        return  # it is told at its last word
    amount, start = int(found[0]), found[1]
    text = " ".join(words[start : at + 1])
    is_half = [one.casefold() for one in words[at + 1 : at + 4]] == ["and", "a", "half"]
    told = f"{amount}.5" if is_half else str(amount)
    said = _says_number(text, amount, read) or any(told in one.numbers for one in read.cited)
    if unit_behind(read, at) is not None or _ends_range(read, at, told):
        said = False  # a length of time is to be right, whatever else has this number
    if not (
        said
        or (is_computed(read, str(amount)) and not _is_part(read, at))
        or counts(read, at, amount)
        or _is_near(read, start, str(amount))
        or is_clock(read, at)
        or is_whole(read, at, amount)
    ):
        yield Refusal("number", f"“{text}” is counted nowhere")


def _is_near(read: Read, at: int, value: str) -> bool:
    """Return whether a number at a place is told as about one that a cited event has: "nearly 5 thousand" of 4,987."""
    bound = " ".join(one.text.casefold() for one in read.tokens[max(0, at - 2) : at])
    above, below = bound.endswith(_ABOVE), bound.endswith(_BELOW)
    if not (above or below or bound.endswith(_ABOUT)) or not value.isdecimal() or not int(value):
        return False
    amount, step = int(value), 1
    while not amount % (step * 10):
        step *= 10
    least, most = (0, step) if above else (-step, 0) if below else (-step / 2, step / 2)
    return step > 1 and any(
        least <= float(one) - amount < most for ground in read.cited for one in ground.numbers if _plain(one)
    )


_ABOVE = ("more than", "over", "above", "past", "exceeding", "upwards of")
_BELOW = ("less than", "under", "below", "nearly", "almost", "fewer than", "close to", "just short")
_ABOUT = ("about", "around", "some", "roughly", "approximately", "circa")


def _is_part(read: Read, at: int) -> bool:
    """Return whether a number is told to be so many of others: "nine of the twelve"."""
    behind = [one.text.casefold() for one in read.tokens[at + 1 : at + 4] if one.text.casefold() != "the"]
    return behind[:1] == ["of"] and any(one in NUMBERS or one.isdecimal() for one in behind[1:2])


def _says_number(text: str, amount: int, read: Read) -> bool:
    """Return whether a cited event has a number in words: these, or others for as much, as "twelve" for "a dozen"."""
    said = [text.casefold(), *(word for word, value in NUMBERS.items() if value == amount and word != "twice")]
    padded = re.compile(rf"(?<![\d:.])0+{amount}(?![\d:]|\.\d)")  # "sheet-03.txt"
    if any(padded.search(one.told) for one in read.cited):
        return True
    for scale, short in _SHORT:
        if not amount % scale:  # "3 million", "48k"
            said += [f"{amount // scale}{mark}" for mark in short]
    return any(has(one.plain, word) for one in read.cited for word in said) or has(read.template, text.casefold())


_SHORT = ((1_000, ("k", " k", " thousand")), (1_000_000, ("m", " m", "mn", " mn", " million")))


def of_bindings(read: Read) -> Iterator[Refusal]:
    """Refuse a number beside a word that has other numbers beside it in the evidence: "row 7" of "column 7, row 3"."""
    for at, token in enumerate(read.tokens):
        found = _number_that_ends(read, at)
        if found is None or _is_named(read, at) or token in read.lacked or token.text.casefold() == "twice":
            continue
        value, start = found
        behind = read.tokens[at + 1] if at + 1 < len(read.tokens) and not read.tokens[at + 1].aside else None
        if behind is not None and unit_behind(read, at) is None and _is_counted(behind):
            base, amount = root(behind.text), int(value) if value.isdecimal() else None
            is_counted = any(one.counted.get(base) for one in read.cited)
            is_told = amount is not None and (
                amount in ranged(read, base) or _is_near(read, start, value) or is_whole(read, at, amount)
            )
            is_told |= not is_counted and (token.kind == "word" or counts(read, at, amount))
            if not is_told and _is_other(behind.text, value, read):
                yield Refusal("number", f"beside “{behind.text}” stands another number than {token.text}")
        noun = _named_by(read, at) if token.kind == "number" else None
        if noun is not None and not _stands_alone(token.text, read) and _is_other(noun.text, value, read):
            yield Refusal("number", f"beside “{noun.text}” stands another number than {token.text}")


def _number_that_ends(read: Read, at: int) -> tuple[str, int] | None:
    """Return the number of which a token is all, or the last word, and where it begins."""
    token, words = read.tokens[at], [one.text for one in read.tokens]
    if token.kind == "number":
        return number(token.text), at
    if token.text.casefold() not in NUMBERS:
        return None
    for start in range(max(0, at - LONGEST), at + 1):
        found = number_at(words, start)
        if found is not None and found[1] > at:
            return (str(found[0]), start) if found[1] == at + 1 else None
    return None


def _is_other(noun: str, value: str, read: Read) -> bool:
    """Return whether numbers stand beside a word in the evidence, and a value is none of them nor made of two of them."""
    near = frozenset[str]().union(*(one.numbers_beside(root(noun)) for one in read.cited))
    return len(noun) > _SHORTEST and bool(near) and value not in near and not is_computed(read, value)


_SHORTEST = 2


def _stands_alone(text: str, read: Read) -> bool:
    """Return whether a number is the subject of what a cited event says, without a noun: "8 is open, 9 was closed"."""
    alone = re.compile(rf"(?:^|[,;.:] |\band ){re.escape(text)} (\w+)", re.MULTILINE)
    return any(is_finite(word) for one in read.cited for word in alone.findall(one.told.casefold()))


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
    if back == 2 and word.endswith("s"):
        return None  # "six crates of 24 jars each"
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
    """Return whether a number is part of a date that a cited event has: `9 March 2026`, `March 9`."""
    words = [one.text.casefold() for one in read.tokens]
    if words[at - 1 : at] and words[at - 1] in MONTHS:
        told = " ".join(words[max(0, at - 2) : at + 1])
        month = MONTHS.index(words[at - 1]) + 1
        return any(
            told in one.days
            or f"{words[at]}-{month:02}" in one.text
            or any((day.month, str(day.day)) == (month, words[at]) for day in one.dates)
            for one in read.cited
        )
    near = " ".join(words[max(0, at - 2) : at + 3])
    return any(day in near and read.tokens[at].text in day.split() for one in read.cited for day in one.days)


def _is_of_month(read: Read, at: int) -> bool:
    """Return whether a number before a month is a day of it that a cited event has; true for any other number."""
    following = read.tokens[at + 1].text.casefold() if at + 1 < len(read.tokens) else ""
    if following not in MONTHS or (following == "may" and read.tokens[at + 1].text.islower()):
        return True
    day, month = str(int(read.tokens[at].text)) if read.tokens[at].text.isdecimal() else "", following[:3]
    written = re.compile(rf"\b0?{day}(?:st|nd|rd|th)?\.? (?:of )?{month}|\b{month}[a-z]*\.? 0?{day}\b")
    return any(f"{day} {following}" in one.days or bool(written.search(one.plain)) for one in read.cited)


def is_computed(read: Read, told: str) -> bool:
    """Return whether a number is the sum or the difference of two that cited events have."""
    if not _plain(told):
        return False
    value = float(told)
    words = [one.text.casefold() for one in read.tokens]
    its = [at for at, one in enumerate(words) if told == (number(one) if one[:1].isdigit() else str(NUMBERS.get(one)))]
    near = words[max(0, its[0] - _REACH) : its[-1] + _REACH + 1] if its else words
    bases = {root(one) for one in near}
    adds = _ADDING & bases or any(has(read.plain, one) for one in words_of("altogether"))
    parts = _MOVING & bases or any(one == "by" and _is_value(words, at + 1) for at, one in enumerate(words))
    if not adds and not parts:
        return False
    there = sorted(float(one) for ground in read.cited for one in ground.numbers if _plain(one))[:_MOST]
    return any(
        abs(value - one) < _ROUNDED
        for first, second in combinations(there, 2)
        for one in ((first + second, second - first) if adds else (second - first,))
    )


def _is_value(words: Sequence[str], at: int) -> bool:
    """Return whether a number stands at a place: behind "by" it tells how far two of them are apart."""
    return number_at(words, at) is not None or (at < len(words) and words[at][:1].isdecimal())


_ADDING = roots_of("adding")
_MOVING = (roots_of("raising") | roots_of("lowering")) - {root("raise")}
_ROUNDED = 0.001
_MOST = 40
_REACH = 6


def _plain(text: str) -> bool:
    return re.fullmatch(r"\d+(?:\.\d+)?", text) is not None


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
    times = set(map(float, spans(read)))
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
    rest = [one.text.casefold() for one in read.tokens[at + 1 : at + _SUBJECT]]
    return begins and rest[:1] == ["the"] and any(map(is_finite, rest[2:]))


_SUBJECT = 9
"""Words of a subject with its verb."""
_OVER, _UNDER = ("more than", "well over"), ("less than", "not quite")
