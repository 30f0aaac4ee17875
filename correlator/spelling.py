"""One spelling for many: the forms in which texts are compared.

An identifier reaches a tool call respelled: spaces in an account number, "dot" for a full stop, look-alike letters, other
case. Comparison is done on letters and digits only, after Unicode NFKC and a fold of look-alikes.
"""

import re
from functools import lru_cache

from sensor.lookalikes import plain_letters

_DOT = re.compile(r"\s*[\[({]\s*(?:dot|\.)\s*[\])}]\s*|\s+dot\s+", re.IGNORECASE)
_AT = re.compile(r"\s*[\[({]\s*(?:at|@)\s*[\])}]\s*|(?<=\w)\s+at\s+(?=[\w.\-]+\.\w)", re.IGNORECASE)
_NOT_ALNUM = re.compile(r"[\W_]+")
_ADDRESS_NOISE = re.compile(r"^(?:[a-z][a-z0-9+.\-]*://)?(?:www\.)?|/+$", re.IGNORECASE)


def plain(text: str) -> str:
    """Return `text` in NFKC with look-alike letters folded, zero-width characters gone and spelled-out dots restored."""
    text = plain_letters(text)
    if "dot" in text.lower() or "[" in text or "(" in text or "{" in text:
        text = _DOT.sub(".", text)
    if " at " in text.lower() or "[at]" in text.lower() or "(at)" in text.lower():
        text = _AT.sub("@", text)
    return text


@lru_cache(maxsize=65536)
def squash(text: str) -> str:
    """Return the letters and digits of `text`, case folded: equal for all spellings of one identifier."""
    return _NOT_ALNUM.sub("", plain(text)).casefold()


def address(text: str) -> str:
    """Return a URL or host without scheme, `www.` and trailing slash."""
    return _ADDRESS_NOISE.sub("", text.strip())


_SHORT = 1_000
"""Characters of texts of which the words are remembered."""
_WORD = re.compile(r"[^\W\d_]+(?:['’](?!s\b)[a-z]+)?|\d+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def words(text: str) -> list[str]:
    """Return the words and numbers of `text`, case folded; `snake_case`, `camelCase` and a possessive come apart."""
    # A session is judged again with each of its events, and most texts are short.
    return list(_short_words(text)) if len(text) <= _SHORT else _words(text)


@lru_cache(maxsize=8192)
def _short_words(text: str) -> tuple[str, ...]:
    return tuple(_words(text))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(_CAMEL.sub(" ", text).replace("_", " "))]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return a crude English stem: enough to bring plural, past and -ing forms together (S-stemmer, Harman 1991, extended)."""
    if word.endswith("ss"):
        return word
    for ending, minimum, put in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= minimum:
            base = word[: -len(ending)] + put
            if put == "" and len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
                base = base[:-1]
            return base.removesuffix("e") if len(base) > 3 else base
    return word.removesuffix("e") if len(word) > 3 else word


_ENDINGS = (
    ("ies", 2, "y"),
    ("sses", 2, "ss"),
    ("ing", 3, ""),
    ("ied", 2, "y"),
    ("ed", 3, ""),
    ("es", 3, ""),
    ("s", 3, ""),
)


QUOTE = 280
"""Characters of a quotation; what is cut is marked."""


def quoted(text: str, limit: int = QUOTE) -> str:
    """Return the head of a text, cut at `limit` characters with a mark."""
    text = text.strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"
