"""Does it have the form of one plain sentence? Pure."""

import re
from collections.abc import Sequence

from correlator.verifying.grounds import Ground
from correlator.verifying.read import Refusal

LONGEST = 1_000
"""Characters of a sentence with what it quotes."""
_FEWEST = 2
"""Different words of a sentence."""


def form(sentence: str, cited: Sequence[Ground]) -> Refusal | None:
    """Return what is wrong with the form of a sentence, `None` if nothing is."""
    if not cited:
        return Refusal("citation", "it cites no event of this chain")
    if not sentence.strip() or len(sentence) > LONGEST:
        return Refusal("form", f"it is empty or longer than {LONGEST} characters")
    if len(set(re.findall(r"\w+", sentence.casefold()))) < _FEWEST:
        return Refusal("form", "it says nothing")
    # What is quoted is as it was observed; outputs escape it.
    words = re.sub(r"“[^”]*”|\"[^\"]*\"|(?<!\w)'[^']+'(?!\w)", "·", sentence)
    if not all(one.isprintable() for one in words):
        return Refusal("form", "it has a character that cannot be seen")
    if re.search(
        r"[<>`{}|*]|\]\(|[?!](?:\s|$)",
        _SHELL.sub(lambda one: "·" if _stands(one.group(), cited) else one.group(), words),
    ):
        return Refusal("form", "it has markup, or is no statement")
    if re.search(r"\b(?:[Tt]he|(?<![A-Z] )An?|a|an) (?:the|an?)\b(?![-./])", words):
        return Refusal("form", "it has two articles where one stands")
    if re.search(r"\b[a-z0-9]{3,}[.]\s+[A-Z]", words):
        return Refusal("form", "it is more than one sentence")
    return None


_SHELL = re.compile(r"\S+ (?:>>?|<|\||2>&1) \S*\w")
"""A part of a command line, which may be told without quotation marks."""


def _stands(text: str, cited: Sequence[Ground]) -> bool:
    return any(text.casefold() in one.plain for one in cited)
