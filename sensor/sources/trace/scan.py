"""One statement of the trace notation as a row of tokens; every failure knows its line and column."""

import json
import re
from dataclasses import dataclass
from typing import NoReturn

from pydantic import JsonValue

from sensor.errors import TraceError, UnreadableJsonError
from sensor.sources.bounded_json import loads

WORD = re.compile(r"[^\s\"'(){}\[\],:=|#@][^\s\"(){}\[\],:=|]*")
"""A name that needs no quotes: tool, call, session, product."""
ARGUMENT = re.compile(r"[^\s\"]*[^\s\":]")
"""A path, address or command argument that needs no quotes; a colon at its end begins the text of the statement."""
_SPACE = re.compile(r"[ \t]*")
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Statement:
    """A line, and the text of the indented block below it if the line ends in `|`."""

    number: int
    text: str
    block: str | None = None


class Scanner:
    """Takes tokens from the front of a statement."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.text = statement.text
        self.at = 0
        self._skip()

    def fail(self, expected: str) -> NoReturn:
        """Raise `TraceError` at the current place."""
        rest = self.text[self.at : self.at + 20]
        found = f"not {rest!r}" if rest else "but the line ends"
        raise TraceError(self.statement.number, self.at + 1, f"expected {expected}, {found}")

    def done(self) -> bool:
        """Return whether the statement has no more tokens."""
        return self.at >= len(self.text)

    def peek(self, mark: str) -> bool:
        """Return whether `mark` comes next."""
        return self.text.startswith(mark, self.at)

    def take(self, mark: str) -> bool:
        """Take `mark` if it comes next."""
        if self.peek(mark):
            self.at += len(mark)
            self._skip()
            return True
        return False

    def expect(self, mark: str) -> None:
        """Take `mark`."""
        if not self.take(mark):
            self.fail(repr(mark))

    def match(self, pattern: re.Pattern[str]) -> str | None:
        """Take what matches `pattern`, if it does."""
        found = pattern.match(self.text, self.at)
        if found is None or not found.group():
            return None
        self.at = found.end()
        self._skip()
        return found.group()

    def word(self, word: str) -> bool:
        """Take the bare word if it comes next, as a whole."""
        found = WORD.match(self.text, self.at)
        if found is None or found.group() != word:
            return False
        self.at = found.end()
        self._skip()
        return True

    def name(self, expected: str) -> str:
        """Take a bare word or a quoted string."""
        if self.peek('"'):
            return self.string()
        return self.match(WORD) or self.fail(expected)

    def argument(self, expected: str) -> str:
        """Take a path, address or command argument, bare or quoted."""
        if self.peek('"'):
            return self.string()
        return self.match(ARGUMENT) or self.fail(expected)

    def number(self, expected: str) -> int:
        """Take a whole number."""
        return int(self.match(re.compile(r"-?\d{1,18}(?!\w)")) or self.fail(expected))

    def string(self) -> str:
        """Take a quoted string."""
        value = self.json()
        return value if isinstance(value, str) else self.fail("a quoted string")

    def json(self) -> JsonValue:
        """Take a JSON value."""
        try:
            _, end = _DECODER.raw_decode(self.text, self.at)
            value = loads(self.text[self.at : end])
        except (ValueError, RecursionError, UnreadableJsonError):
            self.fail("a JSON value")
        self.at = end
        self._skip()
        return value

    def content(self) -> str:
        """Take the text after a colon: a block, a quoted string, or the rest of the line as it stands."""
        rest = self.text[self.at :]
        if self.statement.block is not None:
            self.at = len(self.text)
            return self.statement.block
        if rest.startswith('"'):
            return self.string()
        self.at = len(self.text)
        return rest.rstrip()

    def _skip(self) -> None:
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at


def statements(text: str) -> list[Statement]:
    """Return the statements of `text`. Empty lines and `#` lines are left out, except inside a block."""
    rows = [row.removesuffix("\r") for row in text.removeprefix("\ufeff").split("\n")]
    found: list[Statement] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        number = at + 1
        at += 1
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        if not re.search(r":[ \t]*\|[ \t]*$", row):
            found.append(Statement(number, row))
            continue
        block: list[str] = []
        while at < len(rows) and (not rows[at].strip() or rows[at][:1] in (" ", "\t")):
            block.append(rows[at])
            at += 1
        while block and not block[-1].strip():
            block.pop()
        found.append(Statement(number, row[: row.rindex("|")], _dedented(block)))
    return found


def _dedented(rows: list[str]) -> str:
    """Return the rows without the indentation of the first one."""
    indent = len(rows[0]) - len(rows[0].lstrip(" \t")) if rows else 0
    return "\n".join(row[indent:] if not row[:indent].strip() else row.lstrip(" \t") for row in rows)
