"""What a text denies, by its own words of denial: "no longer valid", "unreadable", "approval is missing". Pure."""

import re

from correlator.verifying.wording import root

_NEGATED = re.compile(
    r"\b(?:no|not|never|cannot|can't|can’t|without|nothing|none|nobody|neither|nor|\w+n't)\b((?: [\w'’-]+){0,5})"
)
_WANTING = re.compile(
    r"\b(?:missing|lack(?:s|ed|ing)?|needs?|requires?|only|without)\b((?: [\w'’-]+){1,4})"
    r"|(?<![\w'’-])((?:[\w'’-]++ ){1,5})(?:(?:is|are|was|were) )?(?:missing|absent|lacking|required|needed|unavailable)\b"
)
"""What a failure names as missing."""
_PREFIXED = re.compile(
    r"\b(?:un(?=\w{4})|in(?=complete|valid|correct|access|suffic|secur|visib|consist|adequa|compat|eligib)"
    r"|im(?=possib|mutab|proper))(\w+)"
)
"""A word that denies by how it begins: "unreadable"."""


def denied(text: str) -> frozenset[str]:
    """Return the roots of the words that stand in a text near its own negations, or are denied by how they begin."""
    near = [*_NEGATED.findall(text), *_PREFIXED.findall(text)]
    return frozenset(root(word) for words in near for word in words.split())


def wanting(text: str) -> frozenset[str]:
    """Return the roots of the words for what a failure names as missing: "needs a reason"."""
    return frozenset(root(word) for some in _WANTING.findall(text) for words in some for word in words.split())
