"""Lengths of time in buckets, so that a count of each tells how they are spread."""

from __future__ import annotations

import math
from collections.abc import Mapping

LEAST_S = 0.001
# Buckets between a length and its double: what is told of one is off by at most a tenth.
STEPS = 4


def bucket_of(seconds: float) -> int:
    """The bucket of a length of time; 0 up to a millisecond."""
    return max(0, math.ceil(STEPS * math.log2(max(seconds, LEAST_S) / LEAST_S)))


def seconds_of(bucket: int) -> float:
    """The middle of a bucket."""
    return LEAST_S * math.pow(2, (bucket - 0.5) / STEPS)


def percentile(counts: Mapping[int, int], part: float) -> float | None:
    """The nearest-rank percentile in seconds, of a count for each bucket; None of none."""
    rank = math.ceil(part * sum(counts.values()))
    for bucket in sorted(counts):
        rank -= counts[bucket]
        if rank <= 0:
            return seconds_of(bucket)
    return None
