"""Words of which one excludes the others: another weekday, colour, language; what only an event of its kind tells. Pure."""

import re
from collections.abc import Iterator

from correlator.verifying.grounds import has
from correlator.verifying.read import Read, Refusal
from correlator.verifying.wording import table

_WORD = re.compile(r"[^\W\d_]+")


def of_exclusives(read: Read) -> Iterator[Refusal]:
    """Refuse "Friday" where the evidence has Tuesday, "handed over" where no hand-over is cited and no text speaks of one."""
    for pattern, said, kinds in _KINDS:
        match = pattern.search(read.plain)
        if match is None or match.group() in read.template:
            continue
        if not any(one.event.kind in kinds or any(word in one.plain for word in said) for one in read.cited):
            yield Refusal("word", f"nothing cited is such as “{match.group()}” tells")
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


_KINDS = (
    (re.compile(r"\bhand(?:s|ed|ing)? (?:[\w·./-]+ ){0,4}?over to\b|\bhand-?overs?\b"), ("hand",), ("agent_handed_over",)),
    (
        re.compile(r"\b(?:in|to|into) (?:its |the agent's |long-term )?memory\b|\bremembered\b|\bmemori[sz]ed\b|\brecalled\b"),
        ("memor", "remember", "recall"),
        ("memory_written", "document_retrieved"),
    ),
)  # fmt: skip
"""Words of a sentence; how they begin where a text says them itself; kinds of events, of which one must be cited."""
