"""What only an event of its kind tells: a hand-over, a note in memory. Pure."""

import re
from collections.abc import Iterator

from correlator.verifying.read import Read, Refusal

_KINDS = (
    (re.compile(r"\bhand(?:s|ed|ing)? (?:[\w·./-]+ ){0,4}?over to\b|\bhand-?overs?\b"), ("hand",), ("agent_handed_over",)),
    (
        re.compile(r"\b(?:in|to|into) (?:its |the agent's |long-term )?memory\b|\bremembered\b|\bmemori[sz]ed\b|\brecalled\b"),
        ("memor", "remember", "recall"),
        ("memory_written", "document_retrieved"),
    ),
)  # fmt: skip
"""Words of a sentence; how they begin where a text says them itself; kinds of events, of which one must be cited."""


def of_kinds(read: Read) -> Iterator[Refusal]:
    """Refuse "the shift was handed over to B" where no hand-over is cited, and no text speaks of one."""
    for pattern, said, kinds in _KINDS:
        match = pattern.search(read.plain)
        if (
            match is None
            or match.group() in read.template
            or any(one.event.kind in kinds or any(word in one.plain for word in said) for one in read.cited)
        ):
            continue
        yield Refusal("word", f"nothing cited is such as “{match.group()}” tells")
