"""What a language model says of one or several sentences of a story, and whether it is taken. Pure.

First what it said, with handles in it: each once, in the order of the sentence, no word lost that says how it ended, and no word of
its own but those that say the same as the template's (`correlator/data/rewording.toml`). Then, with its handles filled in, against
the cited events (`correlator.verify`).
"""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from correlator.handles import HANDLE, Handles, broken, handles_in
from correlator.story import Citation, Sentence, Slot
from correlator.verify import refusals
from correlator.verifying.grounds import Ground
from correlator.verifying.wording import root, table, words_of


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a model says, with all that it is held against."""

    said: str
    sentences: tuple[Sentence, ...]
    """Those that it words in one."""
    masked: tuple[str, ...]
    """The same as the model saw them."""
    handles: Handles
    cited: Sequence[Ground]
    run: Sequence[Ground]


Check = Callable[[Proposal], tuple[Sentence | None, str]]
"""Returns the sentence in the words of a proposal, or why it is not taken."""


def checked(proposal: Proposal) -> tuple[Sentence | None, str]:
    """Return the sentence if its evidence carries all of it; reasons name nothing that was observed."""
    said, masked = proposal.said, " ".join(proposal.masked)
    if wrong := broken(said, [handles_in(one) for one in proposal.masked]):
        return None, wrong
    if lost := _lost(masked, said, joined=len(proposal.masked) > 1):
        return None, f"the word “{lost}” is missing, or is not where it belongs"
    if any(mark in said and mark not in masked for mark in _MARKS):
        return None, "there is a quotation mark or markup in it"
    if added := _added(masked, said):
        # The model is told which word it was only where that is one of ours: it may be what somebody has planted.
        word = f"the word “{added}”" if root(added) in table().neutral else "a word"
        return None, f"{word} does not say the same as one of the sentence"
    if any(by not in masked for by in _BY.findall(said)):
        return None, "it says that something was done by what did not do it"
    worded = filled_in(proposal)
    template = " ".join(one.text for one in proposal.sentences)
    found = refusals(worded.text, proposal.cited, proposal.run, template=template)
    if found:
        return None, found[0].rule
    return worded, ""


def filled_in(proposal: Proposal) -> Sentence:
    """Return what was said as a sentence with its handles filled in, citing all that the sentences cite which it words."""
    text, slots, at = "", list[Slot](), 0
    for match in HANDLE.finditer(proposal.said):
        text += proposal.said[at : match.start()]
        observed = proposal.handles.texts[match[1]]
        slots.append(Slot(kind=proposal.handles.kinds[match[1]], start=len(text), end=len(text) + len(observed)))
        text, at = text + observed, match.end()
    quotes = (text[slot.start + 1 : slot.end - 1].removesuffix("…") for slot in slots if slot.kind == "quote")
    cites = dict[str, Citation]()
    for sentence in proposal.sentences:
        cites |= {cite.event: cite for cite in sentence.cites}
    return Sentence(
        text=text + proposal.said[at:], cites=tuple(cites.values()), quotes=tuple(quotes), slots=tuple(slots), worded=True
    )  # fmt: skip


_BY = re.compile(r"by \{[A-Z]\d{1,3}\}")
_MARKS = "“”\"'`<>[]|*_#"


def _lost(masked: str, said: str, *, joined: bool) -> str:
    """Return a word that says how it ended, or how well it is proven, and that one has more often than the other.

    In a sentence that joins several it must also stand between the same handles: a "no" that moves denies something else.
    """
    there, here = (Counter(_kept(text, placed=joined)) for text in (masked, said))
    return min(((there - here) + (here - there)), default=(0, ""))[1]


def _kept(text: str, *, placed: bool) -> Iterator[tuple[int, str]]:
    """Yield each word that must be kept, with how many different handles stand before it."""
    kept, seen = {root(word): word for word in words_of("kept")}, set[str]()
    for token in re.findall(r"\{\w+\}|[^\s{}]+", text):
        if HANDLE.fullmatch(token):
            seen.add(token)
        elif (word := kept.get(root(token.strip(".,;:").casefold()))) is not None:
            yield len(seen) if placed else 0, word


def _added(masked: str, said: str) -> str:
    """Return the first word that says something else than those of the sentence, empty if there is none.

    The evidence may have it: what was planted there would bear itself out.
    """
    known = {root(word) for word in _bare(masked)}
    same = _glue() | known | frozenset[str]().union(*(_same().get(word, frozenset()) for word in known))
    return next((word for word in _bare(said) if root(word) not in same), "")


def _bare(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\s.,;:()—–]+", HANDLE.sub(" ", text).casefold()) if word != "-"]


@cache
def _same() -> dict[str, frozenset[str]]:
    """Return root of a template's word → roots of the words that say the same."""
    return {root(word): frozenset(map(root, others)) for word, others in _table()["same"].items()}


@cache
def _glue() -> frozenset[str]:
    return frozenset(map(root, _table()["glue"]))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("correlator").joinpath("data", "rewording.toml").read_text("utf-8"))
