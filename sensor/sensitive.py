"""What is sensitive: files, tables and variables by their names, and keyed shingles by which what was in them is found again.

Nothing of a secret is kept but an HMAC of each of its pieces, under a key that lives as long as the sensor.
"""

import hmac
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal, NamedTuple

from sensor.decode import runs, views

MOST_PIECES = 20_000
"""Pieces that are remembered; beyond, those of what is read later are not."""
MOST_OF_ONE = 4_000
"""Pieces of one file, table or variable: a large one must leave room for others."""
MOST_TEXT = 256 << 10
"""Characters of a text that are looked through."""
SHORTEST = 12
"""Characters of a piece that tells of a secret."""


@dataclass(frozen=True)
class Labels:
    """The names of what is sensitive."""

    files: tuple[str, ...] = ()
    """Parts of paths; with `*`, `?` or `[`, patterns (fnmatch) of whole ones."""
    tables: tuple[str, ...] = ()
    """Names of tables and views, with or without that of their schema. Case does not matter."""
    variables: tuple[str, ...] = ()
    """Patterns (fnmatch) of names of environment variables."""

    def with_more(self, *, files: Iterable[str], tables: Iterable[str], variables: Iterable[str]) -> "Labels":
        """Return these labels and others."""
        return Labels((*self.files, *files), (*self.tables, *tables), (*self.variables, *variables))

    def is_file(self, path: str) -> bool:
        """Return whether a path is that of a sensitive file."""
        parts, pattern = self._paths
        return any(part in path for part in parts) or (pattern is not None and pattern.match(path) is not None)

    def is_variable(self, name: str) -> bool:
        """Return whether a variable of this name is sensitive."""
        return self._variable is not None and self._variable.match(name) is not None

    def table(self, statement: str) -> str | None:
        """Return the first of the sensitive tables that an SQL statement names, as it is labelled."""
        lower = statement.lower()
        if not any(last in lower for _, _, last in self._tables):
            return None
        named = set(_names(lower))
        return next((label for label, path, _ in self._tables if any(_is_same(path, name) for name in named)), None)

    @cached_property
    def _paths(self) -> tuple[tuple[str, ...], re.Pattern[str] | None]:
        patterns = [one for one in self.files if _WILD.search(one)]
        return tuple(one for one in self.files if one not in patterns), _any_of(patterns)

    @cached_property
    def _variable(self) -> re.Pattern[str] | None:
        return _any_of(self.variables)

    @cached_property
    def _tables(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        """Label, its parts, and the last of these."""
        parted = [(label, tuple(label.lower().replace('"', "").split("."))) for label in self.tables]
        return tuple((label, path, path[-1]) for label, path in parted)


_WILD = re.compile(r"[*?[]")


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    together = "|".join(map(translate, patterns))
    return re.compile(together) if together else None


@cache
def built_in() -> Labels:
    """Return what is sensitive wherever it is."""
    table = tomllib.loads(files("sensor").joinpath("data", "sensitive.toml").read_text("utf-8"))
    return Labels().with_more(**{name: map(str, table[name]) for name in ("files", "tables", "variables")})


class Source(NamedTuple):
    """What a piece is of."""

    what: Literal["file", "table", "variable"]
    name: str
    server: str = ""
    """Of a table: the database server that it was read from."""


class Shingles:
    """What is remembered of what is sensitive."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._pieces: dict[bytes, Source] = {}
        """Keyed digest of a piece → what it is of, as it was read first."""
        self._sizes: Counter[Source] = Counter()
        self.unlearned = 0
        """Pieces for which there was no room."""

    def learn(self, text: str, source: Source) -> None:
        """Remember what looks like a secret in a text."""
        for piece in _pieces(text):
            if source.what == "table" and _COMMON.fullmatch(piece):
                continue
            digest = self._digest(piece)
            if digest in self._pieces:
                continue
            if len(self._pieces) >= MOST_PIECES or self._sizes[source] >= MOST_OF_ONE:
                self.unlearned += 1
                continue
            self._pieces[digest] = source
            self._sizes[source] += 1

    def found(self, text: str) -> dict[Source, int]:
        """Return of what there are pieces in a text, as it stands or decoded, and how many of each."""
        if not self._pieces:
            return {}
        text = text[:MOST_TEXT]
        seen: dict[Source, set[bytes]] = {}
        for reading in (text, *(view.text for view in views(text))):
            # A text within JSON: what begins a line stands behind the n of an escape.
            for piece in _with_steps(_pieces(_ESCAPE.sub(" ", reading) if "\\" in reading else reading)):
                digest = self._digest(piece)
                if (source := self._pieces.get(digest)) is not None:
                    seen.setdefault(source, set()).add(digest)
        return {source: len(digests) for source, digests in seen.items()}

    def _digest(self, piece: str) -> bytes:
        return hmac.digest(self._key, piece.encode("utf-8", "surrogatepass"), "sha256")[:16]


def _pieces(text: str) -> Iterator[str]:
    """Yield the runs of a text that may be a secret."""
    for start, end in runs(text):
        piece = text[start:end].strip(_EDGES)
        if _may_be_secret(piece):
            yield piece


def _with_steps(pieces: Iterable[str]) -> Iterator[str]:
    """Yield pieces, and the steps of those that may be paths of a URL."""
    for piece in pieces:
        yield piece
        if "/" in piece:
            yield from filter(_may_be_secret, (part.strip(_EDGES) for part in piece.split("/")))


def _may_be_secret(piece: str) -> bool:
    """Return whether a piece has letters with digits, as names of settings have not."""
    return len(piece) >= SHORTEST and (
        any(map(_is_mixed, _WORDS.findall(piece)))
        or (len(piece) >= 2 * _LONG and _is_mixed(piece) and _is_cased(piece))
    )


def _is_mixed(word: str) -> bool:
    return any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _is_cased(word: str) -> bool:
    return any(map(str.islower, word)) and any(map(str.isupper, word))


_EDGES = "=-_./+"
_ESCAPE = re.compile(r'\\+[nrtbf"]')
_LONG = 10
_WORDS = re.compile(rf"[A-Za-z0-9]{{{_LONG},}}")
"""Words of a piece that may be random; "eu-central-1" has none."""
_COMMON = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{8}T\d{4,6}Z?", re.IGNORECASE)
"""What stands in most tables and tells of no secret: UUIDs (RFC 9562), by which rows are named, and times in short (ISO 8601)."""

_SQL = re.compile(
    r"""--[^\n]* | /\*.*?(?:\*/|\Z) | [eE]'(?:[^'\\]|\\.|'')*(?:'|\Z) | '(?:[^']|'')*(?:'|\Z)
    | (?P<name>(?:[^\W\d][\w$]*|"(?:[^"]|"")*")(?:\s*\.\s*(?:[^\W\d][\w$]*|"(?:[^"]|"")*"))*)""",
    re.VERBOSE | re.DOTALL,
)
"""Comments, texts, and names with dots (PostgreSQL's documentation, 4.1). What stands between dollar signs is most often SQL."""
_PART = re.compile(r'"(?:[^"]|"")*"|[^\W\d][\w$]*')


def _names(statement: str) -> Iterator[tuple[str, ...]]:
    """Yield the names in an SQL statement, each as its parts."""
    for match in _SQL.finditer(statement):
        if name := match["name"]:
            yield tuple(part.strip('"').replace('""', '"') for part in _PART.findall(name))


def _is_same(path: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """Return whether two names may be those of one table: that of the schema need not be said."""
    shorter = min(len(path), len(name))
    return path[-shorter:] == name[-shorter:]
