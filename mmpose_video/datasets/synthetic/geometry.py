"""Outlines of capsules and tests of what covers what."""
import numpy as np

# vertices of each of the two arcs of an outline; seven keep the error of a
# circle's outline under 3 % of its radius
ARC = 7


def capsule_outlines(a: np.ndarray, b: np.ndarray, ra: np.ndarray,
                     rb: np.ndarray) -> np.ndarray:
    """Return the convex hulls of pairs of circles.

    Args:
        a (np.ndarray): ``(..., 2)`` centers of the first circles.
        b (np.ndarray): ``(..., 2)`` centers of the second ones.
        ra (np.ndarray): ``(...)`` radii of the first.
        rb (np.ndarray): ``(...)`` radii of the second.

    Returns:
        np.ndarray: ``(..., 2 * ARC, 2)`` vertices, in order.
    """
    axis = b - a
    length = np.hypot(axis[..., 0], axis[..., 1])
    safe = np.maximum(length, 1e-9)
    heading = np.arctan2(axis[..., 1], axis[..., 0])
    # a circle inside of the other one is left out
    a = np.where((rb - ra >= length)[..., None], b, a)
    b = np.where((ra - rb >= length)[..., None], a, b)
    ra, rb = (np.where(rb - ra >= length, rb, ra),
              np.where(ra - rb >= length, ra, rb))
    # angle from the axis at which a common tangent touches both circles
    contact = np.arccos(np.clip((ra - rb) / safe, -1, 1))
    step = np.linspace(-1, 1, ARC, dtype=a.dtype)
    arc_b = heading[..., None] + contact[..., None] * step
    pi = a.dtype.type(np.pi)
    arc_a = heading[..., None] + pi + (pi - contact)[..., None] * step
    out = np.empty(a.shape[:-1] + (2 * ARC, 2), a.dtype)
    for k, (arc, center, radius) in enumerate(((arc_b, b, rb),
                                               (arc_a, a, ra))):
        part = out[..., k * ARC:(k + 1) * ARC, :]
        part[..., 0] = center[..., 0, None] + radius[..., None] * np.cos(arc)
        part[..., 1] = center[..., 1, None] + radius[..., None] * np.sin(arc)
    return out


def capsules_cover(points: np.ndarray, a: np.ndarray, b: np.ndarray,
                   ra: np.ndarray, rb: np.ndarray) -> np.ndarray:
    """Return which capsules cover which points.

    Args:
        points (np.ndarray): ``(n, m, 2)``.
        a (np.ndarray): ``(n, p, 2)`` first ends.
        b (np.ndarray): ``(n, p, 2)`` second ends.
        ra (np.ndarray): ``(n, p)`` radii at the first ends.
        rb (np.ndarray): ``(n, p)`` radii at the second ends.

    Returns:
        np.ndarray: ``(n, m, p)`` bool.
    """
    # single precision: a ten-thousandth of a pixel, in half the time
    points, a, b, ra, rb = (v.astype(np.float32)
                            for v in (points, a, b, ra, rb))
    axis = (b - a)[:, None]
    rel = points[:, :, None] - a[:, None]
    square = np.maximum((axis**2).sum(-1), 1e-12)
    t = np.clip((rel * axis).sum(-1) / square, 0, 1)
    gap = rel - t[..., None] * axis
    radius = ra[:, None] + t * (rb - ra)[:, None]
    return (gap**2).sum(-1) <= radius**2


def polygons_cover(points: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """Return which convex polygons cover which points.

    Args:
        points (np.ndarray): ``(n, m, 2)``.
        polygons (np.ndarray): ``(n, q, v, 2)``, of either orientation.

    Returns:
        np.ndarray: ``(n, m, q)`` bool.
    """
    start = polygons[:, None]
    edge = np.roll(polygons, -1, axis=2)[:, None] - start
    rel = points[:, :, None, None] - start
    cross = edge[..., 0] * rel[..., 1] - edge[..., 1] * rel[..., 0]
    return (cross >= 0).all(-1) | (cross <= 0).all(-1)
