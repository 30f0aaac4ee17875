"""Edits of the texts that payloads stand in; every kind of mutation writes through these functions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from benchmarks.quality.letters import Span
from benchmarks.quality.payload import Site
from benchmarks.quality.quoting import Quotes, quotes_at
from benchmarks.quality.records import Record, write


@dataclass(frozen=True)
class Edit:
    """A new text for a span; an empty span means an insertion."""

    span: Span
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with all edits applied; spans do not overlap."""
    for edit in sorted(edits, key=lambda item: (item.span.start, item.span.end), reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def write_edits(record: Record, edits: Iterable[tuple[Site, Edit]]) -> None:
    """Apply the edits to the tool results of their sites."""
    by_place = sorted(edits, key=lambda item: (item[0].passage.message, item[0].passage.part or 0))
    for _, group in groupby(by_place, key=lambda item: (item[0].passage.message, item[0].passage.part)):
        members = list(group)
        passage = members[0][0].passage
        write(record, passage, edited(passage.text, [edit for _, edit in members]))


def rewrite_payloads(record: Record, sites: Iterable[Site], change: Callable[[str, Quotes], str]) -> bool:
    """Rewrite every payload, in the results and in `injections`; tell whether any of the shown ones changed."""
    sites = list(sites)
    edits = [
        (site, Edit(site.span, change(site.text, quotes_at(site.passage.text, site.span.start)))) for site in sites
    ]
    if all(edit.text == site.text for site, edit in edits):
        return False
    write_edits(record, edits)
    rewrite_planted(record, sites, change)
    return True


def rewrite_planted(record: Record, sites: Iterable[Site], change: Callable[[str, Quotes], str]) -> None:
    """Rewrite the planted texts of these sites in `injections`, so that they can still be found in the results."""
    for name in {site.name for site in sites}:
        planted = record["injections"][name]
        record["injections"][name] = change(planted, Quotes("plain", 0))
