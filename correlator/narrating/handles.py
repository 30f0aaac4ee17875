"""Handles: what a language model sees instead of what was observed, and back again. Pure.

`At step 3, read_ticket brought third-party text that says: “…”.` is, to a model, `At {S1}, {T1} brought third-party text that
says: {Q1}.` One text of one kind has one handle in a story, whichever sentence it stands in.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from correlator.story import Headline, Sentence, SlotKind

_LETTERS: dict[SlotKind, str] = {
    "argument": "A", "process": "P", "quote": "Q", "session": "N", "step": "S", "tool": "T",
}  # fmt: skip
HANDLE = re.compile(r"\{([A-Z]\d{1,6})\}")
_NEARLY = re.compile(r"[{}]")


@dataclass(slots=True)
class Handles:
    """The handles of one story."""

    texts: dict[str, str] = field(default_factory=dict)
    """Handle → what it stands for, with quotation marks where it is a quotation."""
    kinds: dict[str, SlotKind] = field(default_factory=dict)
    _known: dict[tuple[SlotKind, str], str] = field(default_factory=dict)

    def masked(self, sentence: Sentence | Headline) -> str:
        """Return the sentence with a handle in place of each of its slots."""
        return "".join(self._pieces(sentence))

    def _pieces(self, sentence: Sentence | Headline) -> list[str]:
        found, at = list[str](), 0
        for slot in sentence.slots:
            found += [
                _braceless(sentence.text[at : slot.start]),
                self._handle(slot.kind, sentence.text[slot.start : slot.end]),
            ]
            at = slot.end
        return [*found, _braceless(sentence.text[at:])]

    def _handle(self, kind: SlotKind, text: str) -> str:
        known = self._known.get((kind, text))
        if known is None:
            number = sum(1 for other, _ in self._known if other == kind) + 1
            known = self._known[kind, text] = f"{_LETTERS[kind]}{number}"
            self.texts[known], self.kinds[known] = text, kind
        return f"{{{known}}}"


def _braceless(text: str) -> str:
    """Return words of ours; none of them has a brace, which would read as a handle."""
    return _NEARLY.sub("", text)


def handles_in(text: str) -> tuple[str, ...]:
    """Return the handles of a text in their order."""
    return tuple(HANDLE.findall(text))


def braced(text: str, wanted: Sequence[str]) -> str:
    """Return a text with braces around the handles that a model has written without, and without the quotation marks around any.

    What is filled in brings its own.
    """
    bare = "|".join(sorted(set(wanted), key=len, reverse=True))
    if not bare:
        return text
    text = re.sub(rf"(?<![\w{{])({bare})(?![\w}}])", r"{\1}", text)
    return re.sub(rf"([\"'`“‘]?)(\{{(?:{bare})\}})([\"'`”’]?)(?!\w)", _unquoted, text)


def _unquoted(found: re.Match[str]) -> str:
    return found[2] if found[1] and found[3] else found[0]


def broken(text: str, wanted: Sequence[str]) -> str:
    """Return what is wrong with the handles of a text, empty if nothing is: those wanted must be there, in their order."""
    found = handles_in(text)
    if unknown := sorted(set(found) - set(wanted)):
        return f"{{{unknown[0]}}} is no handle of it"
    if _NEARLY.search(HANDLE.sub("", text)):
        return "a brace that is part of no handle"
    if missing := next((one for one in wanted if one not in found), None):
        return f"{{{missing}}} is missing"
    return "" if found == tuple(wanted) else "the handles are not in the order of the sentence, each once"


def filled(text: str, texts: Mapping[str, str]) -> str:
    """Return a text with its handles filled in, in one pass: what is filled in is not looked through again."""
    return HANDLE.sub(lambda found: texts.get(found[1], found[0]), text)
