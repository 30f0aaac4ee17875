"""Tables in plain text: rows of cells with a common delimiter (RFC 4180 commas, semicolons, tabs, Markdown pipes).

A sentence with commas is no row: rows come at least two at a time, have the same number of cells, and commas and semicolons
need a line of column names above them or three rows.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

_DELIMITERS = {"|": 2, "\t": 2, ";": 3, ",": 3}
"""Delimiter → cells that a row has at least."""
_NAME = re.compile(r"[A-Za-z_](?:[\w .()/%#\-]{0,40}[\w)%#])?")
_MAX_LINE = 10_000


@dataclass(frozen=True, slots=True)
class Table:
    """One table, with its place in the text."""

    start: int
    end: int
    labels: tuple[str, ...]
    """Names of the columns; empty where no line tells them."""
    rows: tuple[tuple[str, ...], ...]
    """Cells of each row, the line of names included: its words are content too."""


def tables(text: str) -> Iterator[Table]:
    """Yield the tables of `text` in order."""
    lines = _lines(text)
    at = 0
    while at < len(lines):
        found = next((table for delimiter in _DELIMITERS if (table := _table(lines, at, delimiter))), None)
        if found is None:
            at += 1
            continue
        yield found
        at += sum(1 for _, end, _ in lines[at:] if end <= found.end)


_Line = tuple[int, int, str]


def _lines(text: str) -> list[_Line]:
    found, start = [], 0
    for line in text.split("\n"):
        found.append((start, start + len(line), line))
        start += len(line) + 1
    return found


def _table(lines: list[_Line], at: int, delimiter: str) -> Table | None:
    rows: list[tuple[str, ...]] = []
    for _, _, line in lines[at:]:
        row = _cells(line, delimiter)
        if len(row) < _DELIMITERS[delimiter] or (rows and len(row) != len(rows[0])):
            break
        rows.append(row)
    named = bool(rows) and all(_NAME.fullmatch(cell) and len(cell.split()) <= 3 for cell in rows[0])
    least = 2 if named or delimiter in "|\t" else 3
    if len(rows) < least:
        return None
    return Table(lines[at][0], lines[at + len(rows) - 1][1], rows[0] if named else (), tuple(rows))


def _cells(line: str, delimiter: str) -> tuple[str, ...]:
    if delimiter not in line or len(line) > _MAX_LINE:
        return ()
    if delimiter == "|":
        line = line.strip().removeprefix("|").removesuffix("|")
    try:
        (row,) = csv.reader([line], delimiter=delimiter, skipinitialspace=True)
    except (csv.Error, ValueError):  # an unclosed quotation mark
        return ()
    return tuple(cell.strip() for cell in row)
