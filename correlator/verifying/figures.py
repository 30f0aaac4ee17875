"""Numbers of a text, and the words that they stand beside. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from correlator.verifying.lengths import NUMBERS
from correlator.verifying.wording import root

_NEAR = 2
"""Words between a number and what it is a number of."""
_PIECE = re.compile(r"(?<![\w-])\d+(?:[.,]\d+)*(?![\w-])|[^\W\d_]+")


def number(text: str) -> str:
    """Return a number without marks between thousands, and without a fraction of zeros."""
    text = (
        text.rstrip("%").replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?%?", text) else text.rstrip("%")
    )
    return re.sub(r"^(\d+\.\d*?)0+$", r"\1", text).removesuffix(".")


def pieces(text: str) -> list[list[str]]:
    """Return the words and numbers of each line of a text that is case folded, all numbers in digits."""
    return [
        [number(one) if one[0].isdigit() else str(NUMBERS.get(one, one)) for one in _PIECE.findall(line)]
        for line in text.splitlines()
    ]


def near(lines: Iterable[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield the root of each word with each number that stands near it."""
    for words in lines:
        for at, word in enumerate(words):
            if not word[0].isdigit():
                around = words[max(0, at - _NEAR) : at + _NEAR + 1]
                yield from ((root(word), one) for one in around if one[0].isdigit())


def counted(lines: Iterable[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield the root of each word with the number right before it: of "2 of 3 doors" with both."""
    for words in lines:
        for at, word in enumerate(words[1:], 1):
            if words[at - 1][0].isdigit() and not word[0].isdigit():
                yield root(word), words[at - 1]
                if at > 2 and words[at - 2] == "of" and words[at - 3][0].isdigit():
                    yield root(word), words[at - 3]


def gathered(pairs: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    """Return all that goes with each first one of some pairs."""
    found = dict[str, set[str]]()
    for base, value in pairs:
        found.setdefault(base, set()).add(value)
    return {base: frozenset(values) for base, values in found.items()}
