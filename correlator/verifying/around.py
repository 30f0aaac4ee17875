"""What stands behind a word that is barred, and which of it says something. Pure."""

import re

from correlator.verifying.read import Read
from correlator.verifying.wording import is_denial, root, table


def words_behind(read: Read, match: re.Match[str]) -> list[str]:
    """Return the words behind a match."""
    return re.findall(r"[a-z·]+|\d+", read.plain[match.end() :][:WINDOW])


WINDOW = 160
"""Letters around a word that are looked at."""


def is_neutral(word: str) -> bool:
    """Return whether a word says nothing by itself."""
    return word in table().neutral_words or root(word) in table().neutral or is_denial(word)
