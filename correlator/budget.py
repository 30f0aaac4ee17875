"""Conformal thresholds: "at most N stories in so many sessions", from what honest sessions scored.

With n honest sessions a rate of 1/(n+1) is the smallest that can be promised (split conformal prediction, Vovk et al. 2005);
from `MIN_SESSIONS` sessions of a workload on a budget replaces the shipped threshold, below that the attainable minimum is
stated. Tails of small workloads are pooled with the tenant's others.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

MIN_SESSIONS = 200


@dataclass(frozen=True)
class Budget:
    """What a budget comes to for one workload."""

    threshold: float
    attainable: float
    """Smallest rate of false stories per session that the data can promise."""
    conformal: bool
    """False while the shipped threshold holds."""


def budget(scores: Sequence[float], rate: float, shipped: float, pooled: Sequence[float] = ()) -> Budget:
    """Return the threshold that keeps stories of honest sessions at or below `rate` per session.

    `scores`: the highest alarming score of each closed honest session of the workload; `pooled`: those of the tenant's other
    workloads, used for the tail only. The threshold is never lowered below the shipped one by a lucky sample.
    """
    attainable = 1 / (len(scores) + 1)
    if len(scores) < MIN_SESSIONS:
        return Budget(shipped, attainable, conformal=False)
    tail = sorted((*scores, *(score for score in pooled if score > max(scores))))
    # The k-th smallest of n exchangeable scores is exceeded by a new one with probability at most 1 - k/(n+1).
    k = math.ceil((len(tail) + 1) * (1 - max(rate, 1 / (len(tail) + 1))))
    at = tail[min(k, len(tail)) - 1]
    return Budget(max(shipped, math.nextafter(at, math.inf)), attainable, conformal=True)
