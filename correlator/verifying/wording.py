"""A sentence of a report → its tokens and clauses, and what brings forms of one word together. Pure; English only.

No grammar is complete: what is not understood is to be refused by whoever asks (`correlator.verify`).
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Literal, cast

from correlator.spelling import stem
from correlator.verifying.lengths import length_at

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


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of a sentence that says one thing, and the word that joins it to the one before."""

    joint: str
    tokens: tuple[Token, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Return its words, case folded."""
        return tuple(token.text.casefold() for token in self.tokens if token.kind == "word")


_TOKEN = re.compile(
    r"(?P<quote>“[^”]*”|\"[^\"]*\"|‘[^’]*’|(?<![\w])'[^']+'(?!\w))"
    r"|(?P<entity>[A-Za-z][\w+.-]*://[^\s,;]*[^\s,;.?!)]|[\w.+-]+@[\w-]+(?:\.[\w-]+)*\w"
    r"|~?/[\w./~@+-]*[\w/]|\[[0-9A-Fa-f:]+\]:\d+"
    r"|[\w-]+(?:[./\\][\w-]+)+(?::\d+)?(?:/[\w./-]*\w)?)"
    r"|(?P<time>\b\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,9})?\b)"
    r"|(?P<mixed>(?=[\w-]*[\d_])\w+(?:-\w+)*(?:[.,]\d+)*%?)"
    r"|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?(?:-[^\W\d_]+)*)"
)
_SIZED = re.compile(r"(\d+)-([a-z]+)", re.IGNORECASE)
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
        if kind == "entity" and (sized := _SIZED.fullmatch(text)) and sized[2].casefold() in words_of("sizes"):
            # "an 88-byte request": a number and its unit.
            found.append(Token("number", sized[1], match.start(), aside))
            found.append(Token("word", sized[2], match.start() + sized.start(2)))
            continue
        found.append(Token(cast("TokenKind", kind), text, match.start(), aside))
    return tuple(found)


_SUBJECTS = frozenset(("agent", "assistant"))


def clauses(sentence: str) -> tuple[Clause, ...]:
    """Return the clauses of a sentence in their order: each begins at a joint, a semicolon, or a comma before one."""
    found, joint, held = list[Clause](), "", list[Token]()
    last, fronted, inserted = 0, False, False
    for token, mark in _marked(tokens(sentence)):
        between = sentence[last : token.start]
        last = token.start + len(token.text)
        word = token.text.casefold() if token.kind == "word" else ""
        if fronted and held and ("," in between or _is_agent_next(word, held)):
            # "Before B, A": what follows the first comma is the main clause, and the first one is told by its joint.
            article = [] if "," in between else [held.pop()]
            found.append(Clause(joint, tuple(held)))
            joint, held, fronted = "", article, False
        if inserted and held and "," in between and is_finite(word):
            # "A, which B, C": C goes on with A.
            head = found.pop()
            found.append(Clause(joint, tuple(held)))
            joint, held, inserted = head.joint, [*head.tokens], False
        if not found and (
            (mark in words_of("fronting") and len(held) <= 3)
            or (not held and not mark and word.endswith(("ed", "ing")) and len(word) > 4)
        ):
            fronted = True  # "Before B, A", "Asked for B, A"
        begins = bool(mark) and not (mark == "that" and held and _points(held[-1]))
        first_told = "," in between and bool(held) and held[-1].text.casefold() == "first"  # "A came first, B second"
        if ";" in between or begins or first_told:
            if held:
                found.append(Clause(joint, tuple(held)))
                joint, held = "", []
            if begins:
                inserted = mark in ("which", "who", "whose") and "," in between and bool(found)
                joint = f"{joint} {mark}".strip()
                continue
            joint = joint or ";"
        held.append(token)
    if held or {"before", "after"} & set(joint.split()):
        found.append(Clause(joint, tuple(held)))
    return tuple(found)


def is_finite(word: str) -> bool:
    """Return whether a word is a verb that can be that of a clause, as far as its form tells."""
    return word in words_of("be") | words_of("have") or word.endswith("ed") or word in table().irregular


def _is_agent_next(word: str, held: Sequence[Token]) -> bool:
    """Return whether "the agent" begins a main clause: "before the call the agent …", not "before the word of the agent"."""
    before = [one.text.casefold() for one in held[-2:]]
    return word in _SUBJECTS and len(before) == 2 and before[1] == "the" and before[0] not in words_of("prepositions")


def _marked(held: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    """Yield each token with the joint that it is, empty for none; several words that make one joint are one token."""
    at = 0
    while at < len(held):
        if (behind := _interrupted(held, at)) is not None:
            # "A was followed two seconds later by B": the length is told behind the joint.
            joint = "before" if held[at].text.casefold() == "followed" else "after"
            yield Token("word", f"{held[at].text} by", held[at].start, held[at].aside), joint
            yield from ((one, "") for one in held[at + 1 : behind - 1])
            at = behind
            continue
        if (found := length_at([one.text for one in held], at)) is not None:
            yield from ((one, "") for one in held[at : found.end])  # no "and" of a length joins clauses
            at = found.end
            continue
        for length in (3, 2, 1):
            some = held[at : at + length]
            words = " ".join(one.text.casefold() if one.kind == "word" else "·" for one in some)
            if len(some) == length and words in table().phrases:
                yield (
                    Token("word", " ".join(one.text for one in some), some[0].start, some[0].aside),
                    table().phrases[words],
                )
                at += length
                break
        else:
            word = held[at].text.casefold()
            fronts = word == "following" and (not at or held[at].aside)
            if word in ("after", "before") and is_length(held, at + 1):
                word = ""  # "it failed after 30 seconds"
            yield (
                held[at],
                "after" if fronts else word if held[at].kind == "word" and word in words_of("joints") else "",
            )
            at += 1


def _interrupted(held: Sequence[Token], at: int) -> int | None:
    """Return the place behind "followed … by" and "preceded … by" with a length of time or "later" between, `None` for others."""
    if held[at].text.casefold() not in ("followed", "preceded"):
        return None
    found = length_at([one.text for one in held], at + 1)
    behind = found.end if found is not None else at + 1
    adverbs = ("later", "after", "afterwards") if held[at].text.casefold() == "followed" else ("earlier", "before")
    if held[behind : behind + 1] and held[behind].text.casefold() in ("shortly", "immediately", "soon", *adverbs):
        behind += 1
    by = [one.text.casefold() for one in held[behind : behind + 1]]
    return behind + 1 if behind > at + 1 and by == ["by"] else None


def is_length(held: Sequence[Token], at: int) -> bool:
    """Return whether a length of time stands here by itself: behind it is neither "of" nor what it lay before or after."""
    found = length_at([one.text for one in held], at)
    if found is None:
        return False
    behind = [one.text.casefold() for one in held[found.end : found.end + 1]]
    return behind not in (["of"], ["after"], ["before"], ["later"], ["earlier"]) or held[found.end].aside


def _points(before: Token) -> bool:
    """Return whether a "that" behind this word points at a thing, as in "mailed that file": no clause begins with it."""
    word = before.text.casefold()
    if before.kind != "word" or root(word) in table().reporting:
        return False
    return word.endswith("ed") or word in (
        "of",
        "to",
        "in",
        "on",
        "at",
        "for",
        "from",
        "with",
        "by",
        "after",
        "before",
        "and",
    )


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
        self.alike = {name: tuple(words) for name, words in found["alike"].items()}
        self.phrases = {
            phrase: name if name != "none" else "" for name, phrases in found["phrases"].items() for phrase in phrases
        }
        self.implies = found["implies"]
        self.kinds = {name: tuple(words) for name, words in found["kinds"].items()}
        self.barred = {
            name: re.compile(r"\b(?:" + "|".join(patterns) + r")", re.IGNORECASE)
            for name, patterns in found["barred"].items()
        }
        self.pairs = cast("Sequence[tuple[str, str]]", found["opposite"]["pairs"])
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
        listed = word in self.common_words if len(word) < _LEFT else stem(self.irregular.get(word, word)) in self.common
        return listed and not self.knows(root(word))

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
    "ation", "ition", "tion", "sion", "ment", "ness", "ance", "ence", "anc", "enc", "ion", "als", "al", "ly", "er", "or",
    "ure", "ive", "able", "ible", "ity", "y",
)  # fmt: skip
_LEFT = 4
"""Letters that an ending leaves."""


@lru_cache(maxsize=65536)
def root(word: str) -> str:
    """Return what forms of one word have in common, as far as spelling tells: `sent`, `sends` → `send`; `approval` → `approv`."""
    word = word.casefold().replace("’", "'").removesuffix("'s").removesuffix("'")
    word = table().irregular.get(word, word) if word in _irregular() else word
    found = word if word.endswith("eed") else stem(word)
    for ending in _ENDINGS:
        if found.endswith(ending) and len(found) - len(ending) >= _LEFT:
            return found[: -len(ending)]
    return found


@cache
def _irregular() -> frozenset[str]:
    return frozenset(table().irregular)


_COMMON = 5


def akin(first: str, second: str) -> bool:
    """Return whether two roots are forms of one word: one begins with the other, or they differ in their endings only."""
    if first == second:
        return True
    if first[:_LEFT] != second[:_LEFT]:
        return False
    short, long = (first, second) if len(first) <= len(second) else (second, first)
    if len(short) < _LEFT:
        return False
    if long.startswith(short):
        return len(long) - len(short) <= (3 if len(short) == _LEFT else 4)
    common = next((at for at, (one, other) in enumerate(zip(first, second, strict=False)) if one != other), len(short))
    return common >= _COMMON and len(short) - common <= 2 and len(long) - common <= 5
