"""What is sensitive: files, tables and variables by their names, and keyed shingles by which what was in them is found again.

Nothing of a secret is kept but keyed hashes of its pieces and of their ends, under a key that lives as long as the sensor.
"""

import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from functools import cache, cached_property
from hashlib import blake2b
from importlib.resources import files
from itertools import islice
from typing import Literal, NamedTuple

from sensor.decode import Places, runs, views
from sensor.redact import LABELLED, placeholder, redacted, replaced

MOST_PIECES = 20_000
"""Pieces that are remembered."""
MOST_OF_ONE = 4_000
"""Pieces of one file, table or variable: a large one must leave room for others."""
MOST_TEXT = 256 << 10
"""Characters of a text that was sent that are looked through."""
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
    models: tuple[str, ...] = ()
    """Hosts of models, with their port if it is not the usual one, to which anything may be told."""

    def with_more(
        self, *, files: Iterable[str], tables: Iterable[str], variables: Iterable[str], models: Iterable[str] = ()
    ) -> "Labels":
        """Return these labels and others."""
        return Labels(
            (*self.files, *files), (*self.tables, *tables), (*self.variables, *variables), (*self.models, *models)
        )

    def is_file(self, path: str) -> bool:
        """Return whether a path is that of a sensitive file."""
        if "//" in path or "/./" in path:
            path = _SAME.sub("/", path)
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


_SAME = re.compile(r"/(?:\.?/)+")
"""What is one slash in a path (path_resolution(7))."""
_WILD = re.compile(r"[*?[]")


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    together = "|".join(map(translate, patterns))
    return re.compile(together) if together else None


@cache
def built_in() -> Labels:
    """Return what is sensitive wherever it is."""
    table = tomllib.loads(files("sensor").joinpath("data", "sensitive.toml").read_text("utf-8"))
    return Labels().with_more(**{name: map(str, table[name]) for name in ("files", "tables", "variables", "models")})


class Source(NamedTuple):
    """What a piece is of."""

    what: Literal["file", "table", "variable"]
    name: str
    server: str = ""
    """Of a table: the database server that it was read from."""


class _End(NamedTuple):
    """Where a window stands in a piece."""

    length: int
    """Characters of the piece."""
    behind: int
    """Characters of it that are behind the window."""


class Shingles:
    """What is remembered of what is sensitive.

    A piece is known again wherever it stands in a run of a text, whatever is beside it. Of the last characters of each piece, so
    many windows are known that a text need be looked at only every `_STEP` characters.
    """

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._prefix = self._key.hex()
        self._sources: dict[int, Source] = {}
        """Keyed hash of a piece → what it is of, as it was read first."""
        self._of: dict[Source, dict[int, tuple[int, tuple[int, ...]]]] = {}
        """The same the other way, those first that were read first, with length and windows."""
        self._windows: dict[int, tuple[_End, ...]] = {}
        """Keyed hash of a window → where it stands in the pieces that have it, each once."""
        self._again: Counter[tuple[int, _End]] = Counter()
        """How many more pieces have a window there."""
        self._free: set[bytes] = set()
        """Digests of texts in which nothing was found: conversations repeat theirs."""
        self._learned = 0
        """Pieces that were ever remembered."""
        self.unlearned = 0
        """Pieces for which there was no room, or that gave theirs to others."""

    def __bool__(self) -> bool:
        """Return whether anything is known."""
        return bool(self._sources)

    def learn(self, text: str, source: Source) -> None:
        """Remember what looks like a secret in a text. What has no room takes that of the oldest pieces of the largest source."""
        pieces = dict.fromkeys(_pieces(text))
        if source.what == "table":
            pieces = {piece: None for piece in pieces if not _COMMON.fullmatch(piece)}
        self.unlearned += max(0, len(pieces) - MOST_OF_ONE)
        largest: Source | None = None
        for piece in islice(pieces, MOST_OF_ONE):
            if (mark := self._hash(piece)) in self._sources:
                continue
            own = self._of.get(source, {})
            if len(own) >= MOST_OF_ONE:
                self._drop(source)
            elif len(self._sources) >= MOST_PIECES:
                if largest is None or len(self._of.get(largest, ())) <= len(own):
                    largest = max(self._of, key=lambda one: len(self._of[one]))
                self._drop(largest)
            self._keep(piece, mark, source)
            # In this order: who looks through a text in another thread knows then that what he did not find may be there.
            self._learned += 1
            self._free.clear()

    def found(self, *texts: str) -> dict[Source, int]:
        """Return of what there are pieces in texts, as they stand or decoded, and how many of each."""
        seen: dict[Source, set[int]] = {}
        for text in texts if self._sources else ():
            for mark in self._found(text[:MOST_TEXT]):
                seen.setdefault(self._sources[mark], set()).add(mark)
        return {source: len(marks) for source, marks in seen.items()}

    def without(self, text: str) -> str:
        """Return a text with a placeholder for each piece, as `sensor.redact` makes them, also in what is encoded.

        What that knows by its form is left to it: its placeholder is the same where no piece is known.
        """
        return replaced(text, self._covered) if self._sources and self._found(text) else text

    def _found(self, text: str) -> set[int]:
        if len(text) < SHORTEST or self._is_free(text):
            return set()
        seen, learned = set[int](), self._learned
        for reading in (text, *(view.text for view in views(text))):
            plain = _plain(reading)
            seen.update(mark for _, _, mark in self._places(plain, runs(plain)))
        if not seen and learned == self._learned:
            self._remember_free(text)
        return seen

    def _covered(self, text: str, found: Places, via: tuple[str, ...]) -> str:
        plain = _plain(text)
        if not (places := list(self._places(plain, found if plain == text else runs(plain)))):
            return text
        formless = redacted(plain, self._key)
        parts, done = list[str](), 0
        for start, end, _ in sorted(places, key=lambda place: (place[0], -place[1])):
            piece = plain[start:end]
            if start >= done and piece in formless:
                parts += (plain[done:start], placeholder(LABELLED, piece, self._key, via))
                done = end
        return "".join((*parts, plain[done:])) if parts else text

    def _places(self, text: str, found: Places) -> Iterator[tuple[int, int, int]]:
        """Yield where pieces stand in a text, begin and end, and their hashes."""
        prefix, windows = self._prefix, self._windows
        for start, end in found:
            if end - start < SHORTEST or not _may_be_secret(text[start:end]):
                continue
            for at in range(start, end - _WINDOW + 1, _STEP):
                if (known := windows.get(hash(prefix + text[at : at + _WINDOW]))) is None:
                    continue
                for length, behind in known:
                    stop = at + _WINDOW + behind
                    if start <= stop - length and stop <= end:
                        mark = self._hash(text[stop - length : stop])
                        if mark in self._sources:
                            yield stop - length, stop, mark

    def _keep(self, piece: str, mark: int, source: Source) -> None:
        ends = range(len(piece), len(piece) - _STEP, -1)
        windows = tuple(self._hash(piece[end - _WINDOW : end]) for end in ends)
        places = [(window, _End(len(piece), behind)) for behind, window in enumerate(windows)]
        if any(len(known := self._windows.get(window, ())) >= _ENDS and end not in known for window, end in places):
            self.unlearned += 1
            return
        for window, end in places:
            known = self._windows.get(window, ())
            if end in known:
                self._again[window, end] += 1
            else:
                self._windows[window] = (*known, end)
        self._sources[mark] = source
        self._of.setdefault(source, {})[mark] = (len(piece), windows)

    def _drop(self, source: Source) -> None:
        own = self._of[source]
        mark = next(iter(own))
        length, windows = own.pop(mark)
        if not own:
            del self._of[source]
        del self._sources[mark]
        for behind, window in enumerate(windows):
            end = _End(length, behind)
            if self._again[window, end] > 0:
                self._again[window, end] -= 1
                continue
            del self._again[window, end]
            left = tuple(other for other in self._windows[window] if other != end)
            if left:
                self._windows[window] = left
            else:
                del self._windows[window]
        self.unlearned += 1

    def _hash(self, text: str) -> int:
        # SipHash, under the key of the interpreter and behind ours: that of the interpreter may be set from outside.
        return hash(self._prefix + text)

    def _is_free(self, text: str) -> bool:
        return bool(self._free) and _digest(text) in self._free

    def _remember_free(self, text: str) -> None:
        if len(self._free) >= _REMEMBERED:
            self._free.clear()
        self._free.add(_digest(text))


_WINDOW, _STEP = 8, 5
"""Characters of a window, and from one that is looked at in a text to the next: of `_STEP` windows of a piece, one is met."""
_ENDS = 8
"""Places that one window may have: a text may repeat it, and each of them is looked at."""
_REMEMBERED = 20_000
_SLASH = re.compile(r"\\+/")
"""JSON may write a slash so (RFC 8259, 7), also within JSON."""


def _plain(text: str) -> str:
    return _SLASH.sub("/", text) if "\\" in text else text


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _pieces(text: str) -> Iterator[str]:
    """Yield the runs of a text that may be a secret."""
    for start, end in runs(text):
        piece = text[start:end].strip(_EDGES)
        if _may_be_secret(piece) and not (piece.startswith(_JSON) and text.startswith(".", end)):
            yield piece


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


_JSON = "eyJ"
"""How JSON begins in base64. With a dot behind, it is the head of a token, which others share, or what that says (RFC 7519)."""
_EDGES = "=-_./+"
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
