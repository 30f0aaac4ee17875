"""What a language model says for a sentence of a story, or for several that follow one another, and whether it is taken. Pure.

First what it said, with handles in it: word for word what the template says, in the same order and with the same marks. A word may
be another one that says the same (`correlator/data/rewording.toml`), and articles may come and go; that is all. Then, with its
handles filled in, against the cited events (`correlator.verify`). Of several that are joined each is held by itself.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from correlator.narrating.handles import HANDLE, Handles, broken, handles_in
from correlator.story import Sentence, Slot
from correlator.verify import refusals
from correlator.verifying.grounds import Ground
from correlator.verifying.wording import root, table


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a model says for one sentence, with all that it is held against."""

    said: str
    sentence: Sentence
    masked: str
    """The sentence as the model saw it."""
    handles: Handles
    cited: Sequence[Ground]
    run: Sequence[Ground]


Check = Callable[[Proposal], tuple[Sentence | None, str]]
"""Returns the sentence in the words of a proposal, or why it is not taken."""


def checked(proposal: Proposal) -> tuple[Sentence | None, str]:
    """Return the sentence if its evidence carries all of it; reasons name nothing that was observed."""
    said, masked = proposal.said, proposal.masked
    if wrong := broken(said, handles_in(masked)):
        return None, wrong
    if any(mark in said and mark not in masked for mark in _MARKS):
        return None, "there is a quotation mark or markup in it"
    if wrong := _otherwise(masked, said):
        return None, wrong
    worded = filled_in(proposal)
    found = refusals(worded.text, proposal.cited, proposal.run, template=proposal.sentence.text)
    if found:
        return None, found[0].rule
    return worded, ""


_JOINT = re.compile(r"; |, and ")


def parts_of(said: str, wanted: Sequence[Sequence[str]]) -> list[str] | None:
    """Return what a text that joins several sentences says for each, given their handles; `None` where that cannot be told.

    Between the last handle of one and the first of the next there must be one joint, a semicolon or ", and".
    """
    found, cuts, at = list(HANDLE.finditer(said)), [0], 0
    for one, after in pairwise(wanted):
        at += len(one)
        if not one or not after or at >= len(found):
            return None
        joints = list(_JOINT.finditer(said, found[at - 1].end(), found[at].start()))
        if len(joints) != 1:
            return None
        cuts += [joints[0].start(), joints[0].end()]
    cuts.append(len(said))
    return [said[begin:end] for begin, end in zip(cuts[::2], cuts[1::2], strict=True)]


def joined(sentences: Sequence[Sentence], said: str, parts: Sequence[str]) -> Sentence:
    """Return several sentences as the one that was said for them, given what was said for each."""
    text, slots, at = "", list[Slot](), 0
    for sentence, part in zip(sentences, parts, strict=True):
        begin = said.index(part, at)
        text, at = text + said[at:begin], begin + len(part)
        slots += [
            Slot(kind=slot.kind, start=slot.start + len(text), end=slot.end + len(text)) for slot in sentence.slots
        ]
        text += sentence.text
    cites = {cite.event: cite for sentence in sentences for cite in sentence.cites}
    return Sentence(
        text=text + said[at:], cites=tuple(cites.values()), slots=tuple(slots), worded=True,
        quotes=tuple(quote for sentence in sentences for quote in sentence.quotes),
    )  # fmt: skip


def filled_in(proposal: Proposal) -> Sentence:
    """Return what was said as a sentence with its handles filled in, citing what the sentence cites."""
    text, slots, at = "", list[Slot](), 0
    for match in HANDLE.finditer(proposal.said):
        text += proposal.said[at : match.start()]
        observed = proposal.handles.texts[match[1]]
        slots.append(Slot(kind=proposal.handles.kinds[match[1]], start=len(text), end=len(text) + len(observed)))
        text, at = text + observed, match.end()
    quotes = (text[slot.start + 1 : slot.end - 1].removesuffix("…") for slot in slots if slot.kind == "quote")
    return proposal.sentence.model_copy(update={
        "text": text + proposal.said[at:], "quotes": tuple(quotes), "slots": tuple(slots), "worded": True
    })  # fmt: skip


_MARKS = "“”‘’\"'`<>[]|*_#"
_TOKEN = re.compile(r"\{[A-Z]\d{1,6}\}|[^\s,;:().{}]+|[,;:()]")
_OPENS = 3
"""Tokens of "At {S1},": a comma behind that says nothing."""


def _otherwise(masked: str, said: str) -> str:
    """Return what is said otherwise than in a sentence, word for word, empty if nothing is.

    The evidence does not count: what was planted there would bear itself out.
    """
    there, here = _saying(masked), _saying(said)
    for old, new in zip(there, here, strict=False):
        if old != new and (not old[0].isalpha() or (root(new) != root(old) and root(new) not in _same().get(old, ()))):
            return f"there is something else where “{old}” was, or it is not there, or in another place"
    if len(here) > len(there):
        # The model's own word is told it again only where it is one of ours: it may be what somebody has planted.
        more = here[len(there)]
        known = root(more) in table().neutral
        return f"{f'the word “{more}”' if known else 'a word'} does not say the same as one of the sentence"
    return f"“{there[len(here)]}” is missing" if len(there) > len(here) else ""


def _saying(text: str) -> list[str]:
    """Return words, handles and marks in their order, but for articles and the comma that may follow an opening."""
    found = _TOKEN.findall(text)
    found = [one if HANDLE.fullmatch(one) else one.casefold() for one in found if one.casefold() not in _glue()]
    if len(found) >= _OPENS and HANDLE.fullmatch(found[1]) and found[2] == ",":
        del found[2]
    return found


@cache
def _same() -> dict[str, frozenset[str]]:
    """Return word of a template → roots of the words that say the same."""
    return {word: frozenset(map(root, others)) for word, others in _table()["same"].items()}


@cache
def _glue() -> frozenset[str]:
    return frozenset(_table()["glue"])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("correlator").joinpath("data", "rewording.toml").read_text("utf-8"))
