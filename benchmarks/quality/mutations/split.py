"""`split`: each value leaves its sentence, which keeps a reference, and stands in a sentence right after it."""

import re

from benchmarks.quality.letters import Span, letters
from benchmarks.quality.mutations.rewriting import Edit, edited, rewrite_payloads
from benchmarks.quality.payload import Held, Site, held, steered_values
from benchmarks.quality.quoting import Quotes
from benchmarks.quality.records import Record

_REFERENCES = ("the one below", "the other one below", "the third one below", "the fourth one below")
_END = r"(?P<stop>[.!?][\"')\]]*(?=\s|<|\\|$))|\s*(?:\n\s*\n|\\+n|</|\Z)"
_END_OF_LINE_TOO = rf"{_END}|\s*\n"


def change(record: Record, sites: list[Site], seed: int) -> bool:  # noqa: ARG001  nothing is chosen
    """Move the values; a value that is most of its sentence already is left."""
    values = steered_values(record, sites)

    def with_values_apart(text: str, quotes: Quotes) -> str:
        edits: list[Edit] = []
        after: dict[Span, list[str]] = {}
        for item in held(text, values):
            end = sentence_end(text, item.span.end, wraps=quotes.kind != "plain")
            follow = after.setdefault(end, [])
            if _alone(text, item, end) or len(follow) == len(_REFERENCES):
                continue
            reference = _REFERENCES[len(follow)]
            edits.append(Edit(item.span, reference))
            follow.append(f"{reference.capitalize()} is {text[item.span.start : item.span.end]}.")
        stops = {end: "" if text[end.start : end.end].strip() else "." for end in after}
        edits += [
            Edit(Span(end.end, end.end), f"{stops[end]} {' '.join(moved)}") for end, moved in after.items() if moved
        ]
        return edited(text, edits)

    return rewrite_payloads(record, sites, with_values_apart)


def sentence_end(text: str, place: int, *, wraps: bool) -> Span:
    """Return the mark that ends the sentence at `place`, or the empty span where a line or the text ends without one.

    `wraps`: a single line end is only wrapping, as in quoted YAML.
    """
    match = re.compile(_END if wraps else _END_OF_LINE_TOO).search(text, place)
    if match is None:
        return Span(len(text), len(text))
    return Span(match.start(), match.end()) if match["stop"] else Span(match.start(), match.start())


def _alone(text: str, item: Held, end: Span) -> bool:
    start = max((match.end() for match in re.finditer(r"[.!?]\s|\n|\\+n|>", text[: item.span.start])), default=0)
    return len(letters(text[item.span.start : item.span.end])) >= 0.8 * len(letters(text[start : end.start]))
