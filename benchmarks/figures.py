"""What many measurements come to: percentiles, and counters read between two times."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """How measurements are spread.

    Attributes:
        count: how many there are.
        p50: the median.
        p90: nine in ten are no larger.
        p99: ninety-nine in a hundred are no larger.
        max: the largest.
    """

    count: int
    p50: float
    p90: float
    p99: float
    max: float


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest measurement that at least this share of all do not exceed (nearest rank).

    Args:
        ordered: the measurements, smallest first; at least one.
        share: above 0 and up to 1.
    """
    if not ordered or not 0 < share <= 1:
        raise ValueError("expected a measurement, and a share above 0 and up to 1")
    return ordered[math.ceil(round(share * len(ordered), 9)) - 1]


def spread(measurements: Sequence[float]) -> Spread | None:
    """Return the spread, None of nothing."""
    if not measurements:
        return None
    ordered = sorted(measurements)
    p50, p90, p99 = (percentile(ordered, share) for share in (0.5, 0.9, 0.99))
    return Spread(len(ordered), p50, p90, p99, ordered[-1])


def at_time(times: Sequence[float], counts: Sequence[float], time: float) -> float:
    """Return what a counter stood at, on the straight line between the two readings around a time.

    Args:
        times: of the readings, in order; at least one.
        counts: what was read.
        time: outside the readings, the nearest one counts.
    """
    after = bisect_left(times, time)
    if after == 0:
        return counts[0]
    if after == len(times):
        return counts[-1]
    share = (time - times[after - 1]) / (times[after] - times[after - 1])
    return counts[after - 1] + share * (counts[after] - counts[after - 1])
