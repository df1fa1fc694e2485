"""Split work into parts, so that memory is bounded."""
from typing import Iterator

import numpy as np


def split_by_sum(counts: np.ndarray, limit: int) -> Iterator[slice]:
    """Yield runs of items whose counts sum to at most a limit.

    Args:
        counts (np.ndarray): Non-negative integers, (N, ).
        limit (int): Largest sum; an item with a larger count is alone.

    Yields:
        slice: The items of a run; all runs together are all items in order.
    """
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = ends[start - 1] if start else 0
        stop = int(np.searchsorted(ends, before + limit, side='right'))
        stop = max(stop, start + 1)
        yield slice(start, stop)
        start = stop
