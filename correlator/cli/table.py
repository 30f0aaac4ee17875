"""Rows → columns of text, for lists on a terminal and in a pipe."""

import unicodedata
from collections.abc import Sequence

from correlator.render.escape import terminal as safe

Row = Sequence[str]


def table(headings: Row, rows: Sequence[Row], width: int) -> str:
    """Return aligned columns, each text escaped; the last column is cut at `width`."""
    shown = [[safe(cell, 200) for cell in row] for row in (headings, *rows)]
    widths = [max(_columns(row[number]) for row in shown) for number in range(len(headings))]
    lines = []
    for row in shown:
        cells = [cell + " " * (size - _columns(cell)) for cell, size in zip(row, widths, strict=True)]
        lines.append(_cut("  ".join(cells).rstrip(), width))
    return "\n".join(lines) + "\n"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _cut(text: str, width: int) -> str:
    if _columns(text) <= width:
        return text
    kept = ""
    for one in text:
        if _columns(kept) + _columns(one) > width - 1:
            break
        kept += one
    return f"{kept}…"
