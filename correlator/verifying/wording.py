"""A sentence of a report → its tokens and clauses, and what brings forms of one word together. Pure; English only.

No grammar is complete: what is not understood is to be refused by whoever asks (`correlator.verify`).
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Literal, cast

from correlator.spelling import stem

TokenKind = Literal["word", "entity", "number", "time", "quote"]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a sentence."""

    kind: TokenKind
    text: str
    """As it stands there, a quotation without its marks."""
    start: int
    aside: bool = False
    """Whether a comma or a bracket stands before it."""


@dataclass(frozen=True)
class Clause:
    """A stretch of a sentence that says one thing, and the word that joins it to the one before."""

    joint: str
    tokens: tuple[Token, ...]
    fronts: bool = False
    """Whether what it is joined to stands behind it: "after B, A"."""

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Return its words, case folded."""
        return tuple(token.text.casefold() for token in self.tokens if token.kind == "word")


_TOKEN = re.compile(
    r"(?P<quote>“[^”]*”|\"[^\"]*\"|‘[^’]*’|(?<![\w])'[^']+'(?!\w))"
    r"|(?P<entity>[A-Za-z][\w+.-]*://[^\s,;]*[^\s,;.?!)]|[\w.+-]+@[\w-]+(?:\.[\w-]+)*\w"
    r"|~?(?<![\s(]\.)(?<!^\.)/[\w./~@+-]*[\w/]|(?<![^\s(])\.[A-Za-z][\w-]*(?:[./][\w-]+)*|\[[0-9A-Fa-f:]+\]:\d+"
    r"|[\w-]+(?:[./\\][\w-]+)+(?::\d+)?(?:/[\w./-]*\w)?)"
    r"|(?P<time>\b\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,9})?\b)"
    r"|(?P<mixed>(?=[\w-]*[\d_])\w+(?:-\w+)*(?:[.,]\d+)*%?)"
    r"|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?(?:-[^\W\d_]+)*)"
)
_SIZED = re.compile(r"(\d+)-([a-z]+)", re.IGNORECASE)
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?%?")


def tokens(sentence: str) -> tuple[Token, ...]:
    """Return the tokens of a sentence in their order."""
    found = []
    for match in _TOKEN.finditer(sentence):
        text, kind = match.group(), match.lastgroup or "word"
        aside = sentence[: match.start()].rstrip().endswith((",", "("))
        if kind == "quote":
            text = text[1:-1]
        elif kind in ("mixed", "entity"):
            kind = "number" if _NUMBER.fullmatch(text) else "entity"
        if kind == "entity" and (ordinal := _ORDINAL.fullmatch(text)):
            found.append(Token("number", ordinal[1], match.start(), aside))
            continue
        if kind == "entity" and (sized := _SIZED.fullmatch(text)) and sized[2].casefold() in words_of("sizes"):
            # "an 88-byte request": a number and its unit.
            found.append(Token("number", sized[1], match.start(), aside))
            found.append(Token("word", sized[2], match.start() + sized.start(2)))
            continue
        found.append(Token(cast("TokenKind", kind), text, match.start(), aside))
    return tuple(found)


def is_denial(word: str) -> bool:
    """Return whether a word denies: "not", "nobody", "didn't"."""
    return word in words_of("negations") or word.endswith(("n't", "n’t"))


def is_finite(word: str) -> bool:
    """Return whether a word is a verb that can be that of a clause, as far as its form tells."""
    return word in words_of("be") | words_of("have") or word.endswith("ed") or word in table().irregular


@cache
def table() -> "Table":
    """Return the lists of words (`correlator/data/wording.toml`)."""
    found = tomllib.loads(files("correlator").joinpath("data", "wording.toml").read_text("utf-8"))
    return Table(found)


class Table:
    """The lists of words, by root."""

    def __init__(self, found: dict[str, dict[str, list[str]]]) -> None:
        self.irregular = {form: base for base, forms in found["irregular"].items() for form in forms}
        self.neutral_words = frozenset(found["neutral"]["words"])
        self.common_words = frozenset(word for words in found["common"].values() for word in words)
        self.groups = {name: frozenset(words) for name, words in found["common"].items()}
        self.alike = {name: tuple(words) for name, words in found["alike"].items()}
        self.phrases = {
            phrase: name if name != "none" else "" for name, phrases in found["phrases"].items() for phrase in phrases
        }
        self.implies = found["implies"]
        self.expressions = {word: tuple(phrases) for word, phrases in found["expressions"].items()}
        self.kinds = {name: tuple(words) for name, words in found["kinds"].items()}
        self._fitting = {name: tuple(words) for name, words in found["fitting"].items()}
        self.barred = {
            name: re.compile(r"\b(?:" + "|".join(patterns) + r")", re.IGNORECASE)
            for name, patterns in found["barred"].items()
        }
        self.pairs = cast("Sequence[tuple[str, str]]", found["opposite"]["pairs"])
        self.exclusive = cast("Mapping[str, Sequence[Sequence[str]]]", found["exclusive"])
        self.sets = {name: frozenset(words) for name, words in found["sets"].items()}

    @cached_property
    def reporting(self) -> frozenset[str]:
        """Return the roots of verbs behind which "that" begins what is said."""
        return (
            self.group("ask")
            | self.group("say")
            | self.group("answer")
            | _roots(("name", "find", "see", "know", "show"))
        )

    @cached_property
    def neutral(self) -> frozenset[str]:
        """Return the roots of words that may stand anywhere."""
        return _roots(tuple(sorted(self.neutral_words)))

    @cached_property
    def common(self) -> frozenset[str]:
        """Return the stems of general words of a report; roots would bring too much together: `restored`, `rest`."""
        return frozenset(map(stem, self.common_words))

    def is_common(self, word: str) -> bool:
        """Return whether a word is a general one of reports, that is neither of two opposites."""
        return self.is_listed(word) and not self.knows(root(word))

    def is_listed(self, word: str) -> bool:
        """Return whether a word is a general one of reports, though it may have an opposite."""
        if len(word) < _LEFT:
            return word in self.common_words or self.irregular.get(word, word) in self.common_words
        return stem(self.irregular.get(word, word)) in self.common

    def fitting(self, kind: str) -> frozenset[str]:
        """Return the roots of what may be said of any event of a kind or outcome, though it tells none of them apart."""
        return _roots(self._fitting.get(kind, ()))

    def group(self, name: str) -> frozenset[str]:
        """Return the roots of the words that mean the same as that which the group is named after."""
        return _roots(self.alike.get(name, (name,)))

    def beside(self, base: str) -> frozenset[str]:
        """Return the roots of all words of which one, by its root, may be said: those that mean the same, or imply it."""
        return _siblings().get(base, frozenset())

    def knows(self, base: str) -> bool:
        """Return whether a word, by its root, is one of two opposites."""
        return base in _opposites()

    def opposites(self, base: str) -> frozenset[str]:
        """Return the roots of the words that mean the opposite."""
        return _opposites().get(base, frozenset())


@cache
def words_of(name: str) -> frozenset[str]:
    """Return a set of words by its name in the data file; `joints` are those at which something else begins to be said."""
    return table().sets[name]


@cache
def roots_of(name: str) -> frozenset[str]:
    """Return the roots of a set of words."""
    return frozenset(map(root, words_of(name)))


@lru_cache(maxsize=512)
def _roots(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(root(word) for word in words if " " not in word)


@cache
def _siblings() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for words in table().alike.values():
        roots = _roots(words)
        for one in roots:
            found[one] = found.get(one, frozenset()) | roots
    for word, implied in table().implies.items():
        for one in _roots(tuple(implied)):
            found[one] = found.get(one, frozenset()) | {root(word)}
    return found


@cache
def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for first, second in table().pairs:
        found.setdefault(root(first), set()).add(root(second))
        found.setdefault(root(second), set()).add(root(first))
    return {base: frozenset(others) for base, others in found.items()}


_ENDINGS = (
    "fully", "ful", "ation", "ition", "tion", "sion", "ment", "ness", "ance", "ence", "anc", "enc", "ion", "als", "al", "ly",
    "er", "or", "ure", "ive", "able", "ible", "ity", "y",
)  # fmt: skip
_LEFT = 4
"""Letters that an ending leaves."""


@lru_cache(maxsize=65536)
def root(word: str) -> str:
    """Return what forms of one word have in common, as far as spelling tells: `sent`, `sends` → `send`; `approval` → `approv`."""
    word = word.casefold().replace("’", "'").removesuffix("'s").removesuffix("'")
    word = table().irregular.get(word, word) if word in _irregular() else word
    word = word.removesuffix("s") if word.endswith("ees") else word
    found = word if word.endswith(("eed", "us")) else stem(word)
    found = found[:-1] if found.endswith("ll") and found[:-1] in _doubling() else found
    for ending in _ENDINGS:
        if found.endswith(ending) and len(found) - len(ending) >= _LEFT:
            return found[: -len(ending)]
    return found


@cache
def _irregular() -> frozenset[str]:
    return frozenset(table().irregular)


@cache
def _doubling() -> frozenset[str]:
    """Return the verbs whose last letter is written twice before an ending: "cancelled"."""
    return table().sets["doubling"]


_COMMON = 5


def akin(first: str, second: str) -> bool:
    """Return whether two roots are forms of one word: one begins with the other, or they differ in their endings only."""
    if first == second:
        return True
    if first[:_LEFT] != second[:_LEFT]:
        return False
    short, long = (first, second) if len(first) <= len(second) else (second, first)
    if long.startswith(short):
        return len(long) - len(short) <= (3 if len(short) == _LEFT else 4)
    common = next((at for at, (one, other) in enumerate(zip(first, second, strict=False)) if one != other), len(short))
    return common >= _COMMON and (short[common:], long[common:]) in _alternating()


@cache
def _alternating() -> frozenset[tuple[str, str]]:
    """Return the ends in which two forms of one word part: "conclud", "conclus"."""
    pairs = (pair.split("/") for pair in table().sets["alternating"])
    return frozenset(each for one, other in pairs for each in ((one, other), (other, one)))
