"""Lines in a limited space, for programs that refuse long texts."""

from collections.abc import Callable, Sequence

_MORE = 40
"""Characters kept for the line that says that others were left out."""


def kept(lines: Sequence[str], room: int, more: str = "… and {} more") -> list[str]:
    """Return the first lines that have room; where others are left out, a last one says how many."""
    found: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if (room < _MORE and len(found) < len(lines) - 1) or room < 0:
            return [*found, more.format(len(lines) - len(found))]
        found.append(line)
    return found


def shown(safe: Callable[[str, int], str], text: str, room: int) -> str:
    """Return a text as `safe` shows it, so much of it that it has room: an escape may take ten characters for one."""
    limit = room
    while len(found := safe(text, limit)) > room and limit > 1:
        limit //= 2
    return found
