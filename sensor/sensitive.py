"""Files that hold credentials: which they are, and keyed shingles by which what was in them is found again where it leaves.

Nothing of a secret is kept but an HMAC of each of its pieces, under a key that lives as long as the sensor.
"""

import hmac
import os
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from sensor.decode import runs, views

MOST_PIECES = 20_000
"""Pieces that are remembered; beyond, those of later files are not."""
MOST_TEXT = 256 << 10
"""Characters of a text that are looked through."""
SHORTEST = 12
"""Characters of a piece that tells of a secret."""


@cache
def places() -> tuple[str, ...]:
    """Return parts of the paths of such files."""
    table = tomllib.loads(files("sensor").joinpath("data", "sensitive.toml").read_text("utf-8"))
    return tuple(map(str, table["credential"]))


def is_sensitive(path: str) -> bool:
    """Return whether a path is that of a file that holds credentials."""
    return any(place in path for place in places())


class Shingles:
    """What is remembered of sensitive files."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._pieces: dict[bytes, str] = {}
        """Keyed digest of a piece → the file that it is of."""

    def learn(self, text: str, path: str) -> None:
        """Remember what looks like a secret in the text of a file."""
        for piece in _pieces(text):
            if len(self._pieces) < MOST_PIECES:
                self._pieces.setdefault(self._digest(piece), path)

    def found(self, text: str) -> dict[str, int]:
        """Return the files of which pieces are in a text, as it stands or decoded, and how many of each."""
        if not self._pieces:
            return {}
        text = text[:MOST_TEXT]
        seen: dict[str, set[bytes]] = {}
        for reading in (text, *(view.text for view in views(text))):
            for piece in _pieces(reading):
                digest = self._digest(piece)
                if (path := self._pieces.get(digest)) is not None:
                    seen.setdefault(path, set()).add(digest)
        return {path: len(digests) for path, digests in seen.items()}

    def _digest(self, piece: str) -> bytes:
        return hmac.digest(self._key, piece.encode("utf-8", "surrogatepass"), "sha256")[:16]


def _pieces(text: str) -> Iterator[str]:
    """Yield the runs of a text that may be a secret: letters with digits; names of settings are none."""
    for start, end in runs(text):
        piece = text[start:end].strip("=-_./+")
        if len(piece) < SHORTEST:
            continue
        if any(map(_is_mixed, _WORDS.findall(piece))) or (
            len(piece) >= 2 * _LONG and _is_mixed(piece) and _is_cased(piece)
        ):
            yield piece


def _is_mixed(word: str) -> bool:
    return any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _is_cased(word: str) -> bool:
    return any(map(str.islower, word)) and any(map(str.isupper, word))


_LONG = 10
_WORDS = re.compile(rf"[A-Za-z0-9]{{{_LONG},}}")
"""Words of a piece that may be random; "eu-central-1" has none."""
