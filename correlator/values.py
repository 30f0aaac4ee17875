"""An argument leaf or a reply → the values in it that can be recognised elsewhere.

Typed entities first (address, account, path, identifier), then the leaf itself when it is short. What is too short or too
common to prove anything is marked weak: it supports, it never proves.
"""

import mimetypes
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from publicsuffixlist import PublicSuffixList

from correlator.spelling import address, plain, squash

ValueKind = Literal["url", "email", "host", "ip", "path", "account", "identifier", "number", "name", "text"]

MAX_VALUES = 60
"""Values taken from one leaf."""

# Order matters: an e-mail address contains a host, a URL contains a path.
_TYPED: tuple[tuple[ValueKind, re.Pattern[str]], ...] = (
    ("url", re.compile(r"\b[a-z][a-z0-9+.\-]{1,20}://[^\s<>\"'`\])}]+|\bwww\.[^\s<>\"'`\])}]+", re.IGNORECASE)),
    ("email", re.compile(r"[\w.+\-]{1,64}@(?:[\w\-]{1,63}\.){1,8}[a-z]{2,24}", re.IGNORECASE)),
    ("ip", re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\[[0-9a-f:]{3,45}\](?::\d+)?", re.IGNORECASE)),
    ("path", re.compile(r"(?<![\w.])(?:~|\.{1,2})?/(?:[\w.\-@+]+/)*[\w.\-@+]+/?|\b[A-Za-z]:\\[^\s\"']+")),
    (
        "host",
        re.compile(
            r"(?<![\w/.\-@])(?:[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}\b(?:/[^\s<>\"'`\])}]*)?",
            re.IGNORECASE,
        ),
    ),
    ("account", re.compile(r"\b[A-Z]{2}\d{2}(?:[ \-]?[A-Z0-9]{2,5}){3,8}\b|\b(?:\d[ \-]?){9,25}\d\b")),
    ("path", re.compile(r"\b[\w\-]{1,60}(?:/[\w.\-]{1,60})+")),
    (
        "identifier",
        re.compile(
            r"\b(?<![\w\-])(?=[\w\-]{0,128}\d)(?=[\w\-]{0,128}[A-Za-z])[\w\-]{5,128}\b|\b[A-Za-z]{1,64}(?:[_\-][A-Za-z0-9]{1,64}){1,16}\b|[@#][\w\-]{3,60}"
        ),
    ),
    ("number", re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?![\w])")),
)
DESTINATIONS: frozenset[ValueKind] = frozenset({"url", "email", "host", "ip", "account"})
"""Kinds that say where something goes whatever the argument is called."""
_STRONG = 5
"""Letters and digits that a value needs to prove a flow by itself."""
_SHORT = 80
"""Characters up to which a whole leaf is a value of its own."""


@dataclass(frozen=True, slots=True)
class Value:
    """Something in an argument or an answer that can be recognised elsewhere."""

    kind: ValueKind
    text: str
    key: str
    """Letters and digits only, without scheme or `www.`."""
    whole: bool
    """It is all of its leaf."""

    @property
    def weak(self) -> bool:
        """Return whether it is too short or too common to prove a flow."""
        return len(self.key) < _STRONG or (self.kind == "number" and len(self.key) < _STRONG + 2)


@lru_cache(maxsize=16384)
def values(text: str) -> tuple[Value, ...]:
    """Return the values in one leaf, the whole leaf first where it is short; at most `MAX_VALUES`."""
    cleaned = plain(text)
    found: list[Value] = []
    seen: set[str] = set()

    def add(kind: ValueKind, raw: str, whole: bool) -> None:
        key = squash(address(raw))
        if key and key not in seen and len(found) < MAX_VALUES:
            seen.add(key)
            found.append(Value(kind, raw, key, whole))

    typed = _typed(cleaned)
    stripped = cleaned.strip()
    if len(stripped) <= _SHORT and "\n" not in stripped:
        kind = next((kind for kind, start, end in typed if end - start >= 0.8 * len(stripped)), None)
        add(kind or ("name" if len(stripped.split()) <= 6 else "text"), stripped, True)
    for kind, start, end in typed:
        raw = cleaned[start:end].rstrip(".,;:!?'\"")
        add(kind, raw, False)
        # The host is a value of its own: a path or a query behind it may be made up, or carry data.
        if kind in ("url", "host"):
            add("host", _BEHIND_HOST.split(address(raw), maxsplit=1)[0], False)
    return tuple(found)


@lru_cache(maxsize=16384)
def is_host(text: str) -> bool:
    """Return whether a dotted name ends in a public suffix and is no file name; `text` may have a path behind it."""
    host = text.split("/", 1)[0]
    if host == text and (_FILE_TYPES.guess_type(host)[0] is not None or _FILE_NAME.fullmatch(host)):
        return False
    return _SPECIAL_USE.search(host) is not None or _suffixes().publicsuffix(host.lower()) is not None


_BEHIND_HOST = re.compile(r"[/?#]")
# Endings of files that are public suffixes too; a bare name of two parts with one of them is a file.
_FILE_NAME = re.compile(r"[^.]+\.(?:md|rs|cc|pl|sh|py|ps|mm|java)", re.IGNORECASE)
_FILE_TYPES = mimetypes.MimeTypes(filenames=())


# RFC 6761 and RFC 9476: names that no public list holds.
_SPECIAL_USE = re.compile(
    r"\.(?:example|test|invalid|localhost|local|internal|lan|home|corp|onion|alt)$", re.IGNORECASE
)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def _typed(text: str) -> list[tuple[ValueKind, int, int]]:
    taken = bytearray(len(text))
    found: list[tuple[ValueKind, int, int]] = []
    for kind, pattern in _TYPED:
        for match in pattern.finditer(text):
            if any(taken[match.start() : match.end()]):
                continue
            if kind == "host" and not is_host(match[0]):
                found.append(("identifier", match.start(), match.end()))
                taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
                continue
            taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
            found.append((kind, match.start(), match.end()))
    found.sort(key=lambda item: item[1])
    return found
