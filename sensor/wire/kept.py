"""A body as far as it is kept."""

MOST_BODY = 16 << 20
"""Bytes of a body that are kept; the rest is counted."""


class Kept:
    """What came of a body."""

    __slots__ = ("_kept", "missing")

    def __init__(self) -> None:
        self._kept = bytearray()
        self.missing = 0
        """Bytes for which there was no room."""

    @property
    def held(self) -> int:
        """Return how many bytes are kept."""
        return len(self._kept)

    @property
    def size(self) -> int:
        """Return how many bytes came."""
        return len(self._kept) + self.missing

    def keep(self, data: bytes | bytearray) -> None:
        """Keep data as far as there is room."""
        room = MOST_BODY - len(self._kept)
        self._kept += data if len(data) <= room else data[: max(0, room)]
        self.missing += max(0, len(data) - max(0, room))

    def whole(self) -> bytes:
        """Return what was kept."""
        return bytes(self._kept)
