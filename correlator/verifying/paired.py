"""Which value belongs to which name, where a text has several of both: "red 3, blue 5" tells that blue is 5. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from correlator.verifying.grounds import Ground, has, number
from correlator.verifying.read import Read, Refusal
from correlator.verifying.wording import Token
from sensor.event import DocumentRetrieved, ToolReturned

_MOST = 4_000
"""Characters of a text that are looked at."""
_SPLIT = re.compile(r"[;\n|]|,(?=\s)|\band\b|[{}\[\]]")
_DIGITS = re.compile(r"(?<![\w.-])\d+(?:[.,]\d+)*(?![\w-])")


def of_pairs(read: Read) -> Iterator[Refusal]:
    """Refuse two names whose values are exchanged: "blue has 3, and red 5" of a text that has "red 3, blue 5"."""
    for one in read.cited:
        pieces = _pieces(one)
        told = _told(read, pieces)
        if len(told) < len(("name", "value")) * 2 or len(told) % 2:
            continue
        pairs = [told[at : at + 2] for at in range(0, len(told), 2)]
        kinds = {tuple(is_name for _, is_name, _ in pair) for pair in pairs}
        if len(kinds) != 1 or kinds & {(True, True), (False, False)}:
            continue
        if _is_together(told, read):
            continue
        if all(first[2] != second[2] for first, second in pairs):
            texts = [token.text for token, is_name, _ in told if is_name]
            yield Refusal("roles", f"what it says of “{texts[0]}” a cited text says of another one")


def _is_together(told: Sequence[tuple[Token, bool, int]], read: Read) -> bool:
    """Return whether a name and a number of one piece stand side by side: "17 in row 4"."""
    places = {token: at for at, token in enumerate(read.tokens)}
    return any(places[two[0]] - places[one[0]] == 1 and one[2] == two[2] for one, two in pairwise(told))


def _pieces(ground: Ground) -> Sequence[str]:
    """Return the pieces of a text, each of which has one name and what belongs to it."""
    if not isinstance(ground.event, ToolReturned | DocumentRetrieved):
        return ()
    return [piece.casefold() for piece in _records(ground.event.text[:_MOST]) if piece.strip()]


def _records(text: str) -> list[str]:
    """Return the objects of a JSON text, and else what commas and lines separate."""
    objects = re.findall(r"\{[^{}]*\}", text)
    return objects if len(objects) > 1 else _SPLIT.split(text)


def _told(read: Read, pieces: Sequence[str]) -> list[tuple[Token, bool, int]]:
    """Return the names and numbers of a sentence that stand in one piece alone, each with whether it is a name, and its piece."""
    if len(pieces) <= 1:
        return []
    found = list[tuple[Token, bool, int]]()
    for token in read.tokens:
        if token.kind == "number":
            value = number(token.text)
            places = [at for at, piece in enumerate(pieces) if value in {number(one) for one in _DIGITS.findall(piece)}]
        elif token.kind in ("entity", "quote") or token.text[:1].isupper():
            places = [at for at, piece in enumerate(pieces) if has(piece, token.text.casefold())]
        else:
            places = [at for at, piece in enumerate(pieces) if _is_noun_of(token.text.casefold(), piece)]
        if len(places) == 1:
            is_name = token.kind != "number"
            if found and found[-1][1] and is_name and found[-1][2] == places[0]:
                continue  # a name of two words
            found.append((token, is_name, places[0]))
    return found


def _is_noun_of(word: str, piece: str) -> bool:
    """Return whether a word begins or ends a piece: "herring 30 kg"."""
    words = re.findall(r"[^\W\d_]+", piece)
    return len(word) > len("kilo") and word in (*words[:1], *words[-1:])
