"""What a language model says of one or several sentences of a story, and whether it is taken. Pure.

First what it said, with handles in it: each once, in the order of the sentence, no word lost that says how it ended, no name and no
number of its own. Then, with its handles filled in, against the cited events (`correlator.verify`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from correlator.handles import HANDLE, Handles, broken, handles_in
from correlator.story import Citation, Sentence, Slot
from correlator.verify import refusals
from correlator.verifying.grounds import Ground
from correlator.verifying.wording import root, words_of


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
    if lost := _lost(masked, said):
        return None, f"the word “{lost}” is missing"
    if any(mark in said and mark not in masked for mark in _MARKS):
        return None, "there is a quotation mark or markup in it"
    if _names_something(masked, said):
        return None, "there is a name or a number in it that the sentence does not have"
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


_MARKS = "“”\"'`<>[]|*_#"


def _lost(masked: str, said: str) -> str:
    """Return a word that says how it ended, or how well it is proven, and that is in one of both sentences only."""
    there, here = ({root(word.strip(".,;:")) for word in text.split()} for text in (masked, said))
    return next((word for word in sorted(words_of("kept")) if (root(word) in there) != (root(word) in here)), "")


def _names_something(masked: str, said: str) -> bool:
    """Return whether there is a word with a digit or a capital that was not there: what has a name or a number has a handle.

    The evidence may have it: what was planted there would bear itself out.
    """
    known = set(_bare(HANDLE.sub(" ", masked)))
    begins = 0 if HANDLE.match(said) else 1
    found = _bare(HANDLE.sub(" ", said))
    return any(
        word not in known and (any(char.isdigit() for char in word) or (number >= begins and word != word.lower()))
        for number, word in enumerate(found)
    )


def _bare(text: str) -> list[str]:
    return [word.strip(".,;:()") for word in text.split()]
