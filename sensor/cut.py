"""Texts that are kept in part: cut so that no credential loses what it is known by (`sensor.redact`) and is kept in the clear."""

LONGEST = 8_192
"""Characters of a word that is left out as a whole."""
_ENDS = " \t\r\n\"'<>"
"""What stands between words: no credential goes over it, but for private keys, which are known by how they begin."""


def cut(text: str, limit: int) -> str:
    """Return the first `limit` characters of a text, without the word that the cut would go through."""
    return text if len(text) <= limit else without_last_word(text[:limit])


def without_last_word(text: str) -> str:
    """Return a text that was cut off somewhere without the word that the cut went through."""
    tail = text[-LONGEST:]
    at = max(map(tail.rfind, _ENDS))
    return text[: len(text) - len(tail) + at + 1]
