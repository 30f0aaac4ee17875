"""The beginning of what was written into a stream, by one process or several, in pieces."""

import codecs
from dataclasses import dataclass, field

from sensor.cut import without_last_word
from sensor.probes.streams.passed import Passed, Process

MOST_KEPT = 64 << 10
"""Bytes of a stream that are kept; the rest is counted."""
MOST_WRITERS = 256
"""Writers that are known of a stream; of one that was forgotten, and of one beyond, what he wrote before is not counted."""
_GAP = "\ufffd".encode()


@dataclass(slots=True)
class Kept:
    """What came so far."""

    kept: bytearray = field(default_factory=bytearray)
    size: int = 0
    at_ns: int = 0
    """When it was last written to."""
    came: dict[Process, int] = field(default_factory=dict)
    """Writer → where his bytes end that came."""
    ends: dict[Process, int] = field(default_factory=dict)
    """Writer → where the bytes of his calls end, whether they came or not."""

    def take(self, writer: Process, passed: Passed, at_ns: int) -> int:
        """Take what somebody wrote; return how many bytes more are kept."""
        self.at_ns = at_ns
        before = len(self.kept)
        call = passed.offset - passed.at
        # A flow that the kernel forgot begins again at 0.
        if writer not in self.ends and len(self.ends) >= MOST_WRITERS:
            gone = next(iter(self.ends))
            del self.ends[gone]
            self.came.pop(gone, None)
            self.ends[writer] = self.came[writer] = call
        end = min(self.ends.get(writer, 0), call) if passed.at == 0 and call == 0 else self.ends.get(writer, 0)
        self.size += max(0, call + passed.total - end)
        self.ends[writer] = max(end, call + passed.total)
        if passed.offset > self.came.get(writer, 0) and len(self.kept) < MOST_KEPT and not self.kept.endswith(_GAP):
            self.kept += _GAP
        self.kept += passed.data[: max(0, MOST_KEPT - len(self.kept))]
        self.came[writer] = passed.offset + len(passed.data)
        return len(self.kept) - before

    def text(self) -> str:
        """Return it without the word at which it was cut."""
        whole = len(self.kept) == self.size
        text = codecs.getincrementaldecoder("utf-8")("replace").decode(bytes(self.kept), whole)
        return text if len(self.kept) < MOST_KEPT else without_last_word(text)
