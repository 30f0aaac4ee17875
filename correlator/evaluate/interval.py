"""How sure a share is."""

import math

_Z = 1.959964
"""Of the normal distribution, for 95 %."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the interval in which a share lies with 95 % (Wilson, JASA 22, 1927); from 0 to 1 where nothing was counted."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)
