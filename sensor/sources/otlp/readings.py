"""Spans that came last, with what each was read as, so that a bundle that grows is not read again as a whole."""

from collections import OrderedDict
from collections.abc import Callable

from sensor.sources.otlp.read import Reading, read
from sensor.sources.otlp.span import Span

Read = tuple[Span, Reading | None]


class Readings:
    """The spans that were asked for last."""

    def __init__(self, most: int) -> None:
        """`most`: bytes of spans, as they are kept, that are remembered."""
        self._most = most
        self._size = 0
        self._held: OrderedDict[bytes, tuple[Read, int]] = OrderedDict()

    def of(self, digest: bytes, size: int, span: Callable[[], Span]) -> Read:
        """Return a span and what it is read as; `digest` and `size` are those of its bytes, `span` is called if it is unknown."""
        held = self._held.get(digest)
        if held is not None:
            self._held.move_to_end(digest)
            return held[0]
        made = span()
        found = made, read(made)
        self._held[digest] = found, size
        self._size += size
        while self._size > self._most:
            _, (_, forgotten) = self._held.popitem(last=False)
            self._size -= forgotten
        return found
