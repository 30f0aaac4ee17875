"""Tables in plain text: rows of cells with a common delimiter (RFC 4180 commas, semicolons, tabs, Markdown pipes).

Writers choose the form of a text, so the form proves little. Rows come at least two at a time with the same number of cells; commas
and semicolons need a line of column names above them. A line that gives an order is a sentence, whatever stands between its words.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from correlator.lexicon import orders, reads_as_order

_DELIMITERS = {"|": 2, "\t": 2, ";": 3, ",": 3}
"""Delimiter → cells that a row has at least."""
_NAME = re.compile(r"[A-Za-z_](?:[\w .()/%#\-]{0,40}[\w)%#])?")
_SENTENCE = re.compile(r"\s*(?:(?:please|kindly)\b|(?:to|at|for|from|into|via|by|with)\s+\S)", re.IGNORECASE)
"""How a cell begins that is a piece of a sentence."""
_MAX_LINE = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row, with its place in the text."""

    start: int
    end: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    labels: tuple[str, ...]
    """Names of the columns; empty where no line tells them."""
    rows: tuple[Row, ...]
    """The line of names included: its words are content too. Lines that give an order are left out."""


def tables(text: str) -> Iterator[Table]:
    """Yield the tables of `text` in order. Time is linear in the size of the text."""
    lines = _lines(text)
    tried = dict.fromkeys(_DELIMITERS, 0)
    at = 0
    while at < len(lines):
        for delimiter in _DELIMITERS:
            if at < tried[delimiter]:
                continue
            run = _run(lines, at, delimiter)
            tried[delimiter] = at + len(run)
            if found := _table(run, delimiter):
                yield found
                at += len(run) - 1
                break
        at += 1


def _lines(text: str) -> list[tuple[int, str]]:
    found, start = [], 0
    for line in text.split("\n"):
        found.append((start, line))
        start += len(line) + 1
    return found


def _run(lines: list[tuple[int, str]], at: int, delimiter: str) -> list[Row]:
    """Return the rows from line `at` on that have the same number of cells."""
    run: list[Row] = []
    while at < len(lines):
        start, line = lines[at]
        cells = _cells(line, delimiter)
        if len(cells) < _DELIMITERS[delimiter] or (run and len(cells) != len(run[0].cells)):
            break
        run.append(Row(start, start + len(line), cells))
        at += 1
    return run


def _table(run: list[Row], delimiter: str) -> Table | None:
    if len(run) < 2:
        return None
    named = all(_NAME.fullmatch(cell) and len(cell.split()) <= 3 for cell in run[0].cells)
    if not named and delimiter in ",;":
        return None
    return Table(run[0].cells if named else (), tuple(row for row in run if not _orders(row)))


def _orders(row: Row) -> bool:
    """Return whether a row gives an order: a cell that begins like a piece of a sentence, or is a whole one."""
    return any(
        _SENTENCE.match(cell) or (len(cell.split()) >= 3 and (orders(cell) or reads_as_order(cell)))
        for cell in row.cells
    )


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
