"""Points inside polygons, exactly and many at a time."""
from fractions import Fraction
from typing import List, Tuple

import numpy as np

from .chunks import split_by_sum

# Shewchuk's bound for the 2-D orientation test in float64: a determinant
# larger than this times the sum of its terms' magnitudes has a sure sign.
_ORIENTATION_BOUND = (3.0 + 16.0 * 2.0**-53) * 2.0**-53
_MAX_EDGES = 1 << 18  # edges looked at in one go: bounds the memory


def _ragged_arange(counts: np.ndarray) -> np.ndarray:
    """Return ``[0..counts[0]-1, 0..counts[1]-1, ...]`` as one array."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) - np.repeat(ends - counts, counts)


def _orientation(a: np.ndarray, b: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the sign of the turn a -> b -> p, exact for float64 input.

    Args:
        a (np.ndarray): (E, 2) starts.
        b (np.ndarray): (E, 2) ends.
        p (np.ndarray): (E, 2) points looked at.

    Returns:
        np.ndarray: (E,) int64: 1 where p lies to the left of a -> b, -1
        to the right, 0 on the line.
    """
    left = (b[:, 0] - a[:, 0]) * (p[:, 1] - a[:, 1])
    right = (b[:, 1] - a[:, 1]) * (p[:, 0] - a[:, 0])
    sign = np.sign(left - right).astype(np.int64)
    bound = _ORIENTATION_BOUND * (np.abs(left) + np.abs(right))
    # Few points lie that close to an edge, so the exact test may be slow.
    for i in np.flatnonzero(np.abs(left - right) <= bound):
        (ax, ay), (bx, by), (px, py) = (
            map(Fraction, map(float, point)) for point in (a[i], b[i], p[i]))
        turn = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
        sign[i] = (turn > 0) - (turn < 0)
    return sign


def _pairs(point_frame: np.ndarray, region_frame: np.ndarray,
           ) -> Tuple[np.ndarray, np.ndarray]:
    """Return all (point, region) pairs of a frame; points are sorted."""
    first = np.searchsorted(point_frame, region_frame, side='left')
    last = np.searchsorted(point_frame, region_frame, side='right')
    counts = last - first
    region = np.repeat(np.arange(len(region_frame)), counts)
    return np.repeat(first, counts) + _ragged_arange(counts), region


def points_in_regions(points: np.ndarray, frame: np.ndarray,
                      regions: List[Tuple[int, np.ndarray]]) -> np.ndarray:
    """Find the points strictly inside of an ignore region of their frame.

    A point on an edge or a corner is outside. Polygons that cross
    themselves follow the even-odd rule; one with fewer than three corners
    has no inside. The test is exact: the sign of each orientation is
    computed with rational numbers wherever float64 leaves it open.

    Args:
        points (np.ndarray): (Q, 2) float64, pixels.
        frame (np.ndarray): (Q,) int64, ascending: each point's frame.
        regions (list[tuple[int, np.ndarray]]): Frame and corners (E, 2)
            of each polygon; the last corner joins the first.

    Returns:
        np.ndarray: (Q,) bool.
    """
    inside = np.zeros(len(points), dtype=bool)
    regions = [item for item in regions if len(item[1]) >= 3]
    if not regions or not len(points):
        return inside
    corners = np.concatenate([polygon for _, polygon in regions])
    num_edges = np.array([len(polygon) for _, polygon in regions])
    first_edge = np.cumsum(num_edges) - num_edges
    nexts = np.roll(corners, -1, axis=0)
    nexts[first_edge + num_edges - 1] = corners[first_edge]
    low = np.minimum.reduceat(corners, first_edge)
    high = np.maximum.reduceat(corners, first_edge)
    edge_low = np.minimum(corners[:, 1], nexts[:, 1])
    edge_high = np.maximum(corners[:, 1], nexts[:, 1])

    point, region = _pairs(frame, np.array([item[0] for item in regions]))
    near = ((points[point] > low[region]) &
            (points[point] < high[region])).all(axis=1)
    point, region = point[near], region[near]

    for part in split_by_sum(num_edges[region], _MAX_EDGES):
        counts = num_edges[region[part]]
        pair = np.repeat(np.arange(len(counts)), counts)
        edge = (np.repeat(first_edge[region[part]], counts) +
                _ragged_arange(counts))
        # Only edges at the point's height can be crossed or touched.
        y = np.repeat(points[point[part], 1], counts)
        level = np.flatnonzero((edge_low[edge] <= y) & (y <= edge_high[edge]))
        pair, edge = pair[level], edge[level]
        a, b, p = corners[edge], nexts[edge], points[point[part][pair]]
        sign = _orientation(a, b, p)
        # A ray to the right, edges half open at their upper end.
        upward = (a[:, 1] <= p[:, 1]) & (p[:, 1] < b[:, 1])
        downward = (b[:, 1] <= p[:, 1]) & (p[:, 1] < a[:, 1])
        crossed = (upward & (sign > 0)) | (downward & (sign < 0))
        touched = ((sign == 0) &
                   (np.minimum(a[:, 0], b[:, 0]) <= p[:, 0]) &
                   (p[:, 0] <= np.maximum(a[:, 0], b[:, 0])))
        odd = np.bincount(pair[crossed], minlength=len(counts)) % 2 == 1
        on_edge = np.bincount(pair[touched], minlength=len(counts)) > 0
        inside[point[part][odd & ~on_edge]] = True
    return inside
