"""`verbs`: every verb of the payload becomes a nonsense word, the same verb the same word within a record."""

import re

from benchmarks.quality.letters import Span
from benchmarks.quality.lexicon import nonsense, verb_forms
from benchmarks.quality.mutations.rewriting import Edit, edited, rewrite_payloads
from benchmarks.quality.payload import ENTITIES, Site, held, later_values
from benchmarks.quality.quoting import Quotes
from benchmarks.quality.records import Record

_WORD = re.compile(
    r"\\+[nrtbfv]|(?P<word>(?<![\w@/])[^\W\d_]+(?![\w@/]))|(?P<after>(?<=\\[nrtbfv])[^\W\d_]+(?![\w@/]))"
)

_AFTER_DETERMINER = re.compile(
    r"\b(?:an?|the|this|these|those|my|your|his|her|its|our|their|any|every|each|no)\s+\Z", re.IGNORECASE
)
"""What follows is used as a noun (the link, an issue) or as an adjective (the following)."""


def change(record: Record, sites: list[Site], seed: int) -> bool:
    """Replace the verbs outside of values (hosts, addresses, and whatever a later call holds)."""
    values = later_values(record, sites)

    def without_verbs(text: str, _: Quotes) -> str:
        kept = [item.span for item in held(text, values)] + [Span(*match.span()) for match in ENTITIES.finditer(text)]
        return edited(
            text,
            [
                Edit(Span(*match.span()), nonsense(match[0], seed))
                for match in _WORD.finditer(text)
                if (match["word"] or match["after"])
                and match[0].casefold() in verb_forms()
                and not _AFTER_DETERMINER.search(text, max(0, match.start() - 12), match.start())
                and not any(span.start < match.end() and match.start() < span.end for span in kept)
            ],
        )

    return rewrite_payloads(record, sites, without_verbs)
