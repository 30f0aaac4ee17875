"""What spans were read as, remembered as far as there is room, so that a bundle that grows is not read again as a whole."""

from collections import OrderedDict

from sensor.sources.otlp.read import Reading, read
from sensor.sources.otlp.span import Span


class Readings:
    """The readings of the spans that were asked for last."""

    def __init__(self, most: int) -> None:
        """`most`: bytes of spans, as they are kept, whose readings are remembered."""
        self._most = most
        self._size = 0
        self._held: OrderedDict[bytes, tuple[Reading | None, int]] = OrderedDict()

    def of(self, span: Span, digest: bytes, size: int) -> Reading | None:
        """Return what a span is read as; `digest` and `size` are those of its bytes."""
        held = self._held.get(digest)
        if held is not None:
            self._held.move_to_end(digest)
            return held[0]
        reading = read(span)
        self._held[digest] = (reading, size)
        self._size += size
        while self._size > self._most:
            _, (_, forgotten) = self._held.popitem(last=False)
            self._size -= forgotten
        return reading
