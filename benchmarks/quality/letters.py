r"""Compares texts by letters and digits only, with a way back to the raw offsets.

Tool results escape and re-wrap what they carry: line ends become `\n` (once or twice escaped) or a folded line with
indentation, quotes are doubled, HTML has entities. What survives all of it is the order of letters and digits.
"""

import html
import re
import unicodedata
from dataclasses import dataclass

_UNIT = re.compile(
    r"""(?P<code>\\+(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}))
      | (?P<escape>\\+[nrtbfv])
      | (?P<entity>&(?:\#\d+|\#[xX][0-9a-fA-F]+|[a-zA-Z]{2,8});)
      | (?P<char>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Span:
    """Raw offsets of a piece of text, `end` exclusive."""

    start: int
    end: int


@dataclass(frozen=True)
class Folded:
    """The letters and digits of a text, case folded, and where each of them came from."""

    text: str
    spans: tuple[Span, ...]

    def raw(self, start: int, end: int) -> Span:
        """Return the raw span of the folded characters `start:end`."""
        return Span(self.spans[start].start, self.spans[end - 1].end)

    def find_all(self, wanted: str) -> list[Span]:
        """Return the raw spans of all occurrences that do not overlap."""
        found: list[Span] = []
        at = self.text.find(wanted) if wanted else -1
        while at >= 0:
            found.append(self.raw(at, at + len(wanted)))
            at = self.text.find(wanted, at + len(wanted))
        return found


def fold(text: str) -> Folded:
    """Return the letters and digits of `text`; escapes count as what they stand for."""
    kept: list[str] = []
    spans: list[Span] = []
    for match in _UNIT.finditer(text):
        for char in unicodedata.normalize("NFKC", _meaning(match)).casefold():
            if char.isalnum():
                kept.append(char)
                spans.append(Span(match.start(), match.end()))
    return Folded("".join(kept), tuple(spans))


def _meaning(match: re.Match[str]) -> str:
    if match["code"]:
        return chr(int(match["code"].lstrip("\\")[1:], 16))
    if match["escape"]:
        return " "
    return html.unescape(match[0]) if match["entity"] else match[0]


def letters(text: str) -> str:
    """Return only the folded letters and digits."""
    return fold(text).text


def occurrences(text: str, wanted: str) -> list[Span]:
    """Return the raw spans where `wanted` occurs as whole words, compared on letters and digits only."""
    return [span for span in fold(text).find_all(letters(wanted)) if _stands_alone(text, span)]


def _stands_alone(text: str, span: Span) -> bool:
    before = text[span.start - 1 : span.start]
    after = text[span.end : span.end + 1]
    escaped = before.isalnum() and re.search(r"\\[nrtbfv]$", text[: span.start]) is not None
    return (not before.isalnum() or escaped) and not after.isalnum()
