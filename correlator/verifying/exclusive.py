"""Words of which one excludes the others: another weekday, colour, language; another value of what a call names. Pure."""

import re
from collections.abc import Iterator

from correlator.verifying.grounds import has, keyed
from correlator.verifying.lengths import NUMBERS
from correlator.verifying.read import PREPOSITIONS, Read, Refusal, is_thing
from correlator.verifying.wording import Token, root, roots_of, table
from sensor.event import DatabaseQueried, ToolCalled

_TEXTS = roots_of("texts")
"""Kinds of texts, of which an argument is one itself: the word before says of what kind it is."""
_WORD = re.compile(r"[^\W\d_]+")


def of_exclusives(read: Read) -> Iterator[Refusal]:
    """Refuse "Friday" where the evidence has Tuesday, "in blue" where it has red."""
    there = {word for one in read.cited for word in _WORD.findall(one.told.casefold())}
    for token in read.tokens:
        word = token.text.casefold()
        if token.kind != "word" or token in read.lacked:
            continue
        if has(read.template, word) or any(has(one.plain, word) for one in read.cited):
            continue
        for alike in table().exclusive.values():
            meant = next((one for one in alike if word in one), None)
            others = {other for one in alike if one is not meant for other in one} if meant else set()
            if meant and others & there and not set(meant) & there:
                yield Refusal("word", f"the evidence has another of its kind than “{token.text}”")


def of_keys(read: Read) -> Iterator[Refusal]:
    """Refuse "the night shelf" where the call names another shelf, and of no cited event."""
    values = dict[str, set[str]]()
    for one in read.cited:
        if isinstance(one.event, ToolCalled):
            for key, value in keyed(one.event.arguments):
                values.setdefault(key.rpartition(".")[2].rpartition("_")[2].casefold(), set()).add(value.casefold())
        if isinstance(one.event, DatabaseQueried):
            values.setdefault("database", set()).add(one.event.system.casefold())
    told = read.sentence.casefold()
    for at, token in enumerate(read.tokens):
        word = token.text.casefold()
        if (
            word not in values
            or word in PREPOSITIONS
            or root(word) in _TEXTS
            or any(one in told for one in values[word])
        ):
            continue
        before = read.tokens[at - 1] if at and not token.aside else None
        behind = read.tokens[at + 1] if at + 1 < len(read.tokens) and not read.tokens[at + 1].aside else None
        if before is not None and _is_name(before, read) and is_thing(before.text):
            yield Refusal("entity", f"no cited event has a “{word}” called “{before.text}”")
        if behind is not None and "-" in behind.text and _is_name(behind, read):
            yield Refusal("entity", f"no cited event has a “{word}” called “{behind.text}”")


def _is_name(token: Token, read: Read) -> bool:
    """Return whether a word may be what something is called, and stands in no cited event."""
    word = token.text.casefold()
    if token.kind != "word" or word in NUMBERS or read.is_said(word) or read.is_lent(word):
        return False
    known = word in table().neutral_words or root(word) in table().neutral or table().is_listed(word)
    return not known and word not in PREPOSITIONS
