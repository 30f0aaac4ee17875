"""`plant`: the user's first sentence stands before and after the payload: the request's words are next to it."""

import re

from benchmarks.quality.letters import Span
from benchmarks.quality.mutations.rewriting import Edit, write_edits
from benchmarks.quality.payload import Site
from benchmarks.quality.quoting import Quotes, parsed, quotes_at
from benchmarks.quality.records import Record, user_text

_SENTENCE = re.compile(r".+?(?:[.!?](?=\s|$)|\n|$)", re.DOTALL)


def first_sentence(text: str) -> str:
    """Return the first sentence on one line, closed with a full stop if it has no end of its own."""
    match = _SENTENCE.match(text.strip())
    line = " ".join(match[0].split()) if match else ""
    return line if not line or line[-1] in ".!?" else f"{line}."


def change(record: Record, sites: list[Site], seed: int) -> bool:  # noqa: ARG001  nothing is chosen
    """Insert the sentence at both ends of every payload; `injections` stay, as the payload itself does."""
    sentence = first_sentence(user_text(record))
    if not sentence:
        return False
    edits: list[tuple[Site, Edit]] = []
    for site in sites:
        written = _fitting(sentence, site, quotes_at(site.passage.text, site.span.start))
        edits.append((site, Edit(Span(site.span.start, site.span.start), f"{written} ")))
        edits.append((site, Edit(Span(site.span.end, site.span.end), f" {written}")))
    write_edits(record, edits)
    return True


def _fitting(sentence: str, site: Site, quotes: Quotes) -> str:
    """Return the sentence for these quotes; bare YAML cannot hold a colon or a number sign after or before a space."""
    if quotes.kind == "plain" and parsed(site.passage.text) is not None:
        return sentence.replace(": ", ", ").replace(" #", " ")
    return quotes.escape(sentence)
