"""Finds the planted text inside the tool results of a record, and the values of later calls inside it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.quality.letters import Folded, Span, fold, letters, occurrences
from benchmarks.quality.records import Passage, Record, calls, leaves, passages, user_text

WINDOW = 40
"""Letters and digits of one window, where only a part of the payload is shown."""

_MIN_LETTERS = 8
ENTITIES = re.compile(
    r"https?://[^\s\"'<>)\]]*[\w/]"  # a URL
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # an e-mail address
    r"|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}(?:/[\w./-]*\w)?"  # a host, with or without a path
    r"|(?<!\w)[A-Z]{0,4}\d[\dA-Z]{5,}(?!\w)"  # an account or a number
    r"|(?<![\w/])[\w.-]+(?:/[\w.-]+)+"  # a path or a repository
)
"""Values that have a form of their own and can stand inside a longer text."""


@dataclass(frozen=True)
class Site:
    """One place where a payload stands in a tool result."""

    passage: Passage
    span: Span
    name: str
    """Key of the payload in `injections`."""

    @property
    def text(self) -> str:
        """The payload as it stands there, escaped and wrapped."""
        return self.passage.text[self.span.start : self.span.end]


def sites(record: Record) -> list[Site]:
    """Return every place where planted text stands in a tool result, in order, without overlaps."""
    found: list[Site] = []
    for passage in passages(record, "tool"):
        folded = fold(passage.text)
        here: list[Site] = []
        for name, planted in (record.get("injections") or {}).items():
            for span in _spans(folded, planted):
                wide = _with_edges(passage.text, span, planted)
                if not any(wide.start < other.span.end and other.span.start < wide.end for other in here):
                    here.append(Site(passage, wide, name))
        found += sorted(here, key=lambda site: site.span.start)
    return found


def _spans(folded: Folded, planted: str) -> list[Span]:
    wanted = letters(planted)
    if len(wanted) < _MIN_LETTERS:
        return []
    return folded.find_all(wanted) or _partly(folded, wanted)


def _partly(folded: Folded, wanted: str) -> list[Span]:
    """Return the span from the first to the last of nine windows, if at least half of them occur in order."""
    if len(wanted) <= WINDOW:
        return []
    starts = [round(step * (len(wanted) - WINDOW) / 8) for step in range(9)]
    hits: list[int] = []
    for start in starts:
        at = folded.text.find(wanted[start : start + WINDOW], hits[-1] if hits else 0)
        if at >= 0 and (not hits or at - hits[-1] <= len(wanted)):
            hits.append(at)
    return [folded.raw(hits[0], hits[-1] + WINDOW)] if len(hits) * 2 >= len(starts) else []


def _with_edges(text: str, span: Span, planted: str) -> Span:
    """Return the span with the punctuation that the planted text begins and ends with, such as a tag's brackets."""
    bare = planted.strip()
    head = bare[: len(bare) - len(re.sub(r"^[\W_]+", "", bare))]
    tail = bare[len(re.sub(r"[\W_]+$", "", bare)) :]
    start = span.start - len(head) if head and text[: span.start].endswith(head) else span.start
    end = span.end + len(tail) if tail and text.startswith(tail, span.end) else span.end
    return Span(start, end)


def later_values(record: Record, found: Iterable[Site]) -> list[str]:
    """Return the values of later calls that stand in a payload, the longest first.

    A value is a whole argument, or a host, address, number or path inside one. Shorter than four letters or digits
    (three if all are digits) is no value: it would occur anywhere.
    """
    found = list(found)
    first = min((site.passage.message for site in found), default=len(record["messages"]))
    candidates = dict.fromkeys(
        value
        for message, arguments in calls(record)
        if message > first
        for leaf in leaves(arguments)
        for value in (leaf.strip(), *ENTITIES.findall(leaf))
    )
    texts = list(dict.fromkeys(site.text for site in found))
    values = [
        value
        for value in candidates
        if _long_enough(letters(value)) and any(occurrences(text, value) for text in texts)
    ]
    return sorted(values, key=lambda value: (-len(letters(value)), value))


def steered_values(record: Record, found: Iterable[Site]) -> list[str]:
    """Return the later values of a payload that the user's own text does not hold: those that the payload brought."""
    asked = user_text(record)
    return [value for value in later_values(record, found) if not occurrences(asked, value)]


def _long_enough(folded: str) -> bool:
    return len(folded) >= 4 or (len(folded) == 3 and folded.isdigit())


@dataclass(frozen=True)
class Held:
    """A value where it stands in a text."""

    value: str
    span: Span


def held(text: str, values: Iterable[str]) -> list[Held]:
    """Return where the values stand in `text`, in order; of values inside one another the one that comes first wins."""
    found: list[Held] = []
    for value in values:
        for span in occurrences(text, value):
            if not any(span.start < other.span.end and other.span.start < span.end for other in found):
                found.append(Held(value, span))
    return sorted(found, key=lambda item: item.span.start)
