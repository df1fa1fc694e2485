import cv2
import numpy as np
import pytest

from mmpose_video.datasets.synthetic.geometry import (
    capsule_outlines,
    capsules_cover,
    polygons_cover,
)


def in_hull(point, a, b, ra, rb):
    """Inside any of many circles between the two: the plain definition."""
    t = np.linspace(0, 1, 2001)[:, None]
    centers = a + t * (b - a)
    radii = ra + t[:, 0] * (rb - ra)
    return (np.linalg.norm(point - centers, axis=1) <= radii).any()


@pytest.mark.parametrize('a, b, ra, rb', [
    ((10., 10.), (40., 20.), 5., 5.),
    ((10., 10.), (40., 20.), 8., 3.),
    ((10., 10.), (10., 10.), 6., 6.),
    ((10., 10.), (12., 10.), 9., 2.),
])
def test_capsule_outline(a, b, ra, rb):
    args = [np.array(v) for v in (a, b, ra, rb)]
    outline = capsule_outlines(*args)
    # every vertex lies on one of the circles and outside of none
    to_a = np.linalg.norm(outline - args[0], axis=1) - ra
    to_b = np.linalg.norm(outline - args[1], axis=1) - rb
    near = np.minimum(np.abs(to_a), np.abs(to_b))
    np.testing.assert_allclose(near, 0, atol=1e-9)
    assert min(to_a.min(), to_b.min()) > -1e-9
    # convex, in one direction of turning
    edge = np.roll(outline, -1, 0) - outline
    turn = (edge[:, 0] * np.roll(edge, -1, 0)[:, 1] -
            edge[:, 1] * np.roll(edge, -1, 0)[:, 0])
    assert (turn > -1e-9).all()
    # the area misses little of the true hull
    hull = cv2.contourArea(outline.astype(np.float32))
    length = np.linalg.norm(args[1] - args[0])
    if ra == rb:
        exact = np.pi * ra**2 + 2 * ra * length
        assert 0.94 * exact < hull <= exact + 1e-3


def test_capsules_cover():
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 50, (2, 40, 2))
    a, b = rng.uniform(10, 40, (2, 2, 5, 2))
    ra = rng.uniform(4, 8, (2, 5))
    cover = capsules_cover(points, a, b, ra, ra)
    assert 0.05 < cover.mean() < 0.95
    for n in range(2):
        for m in range(40):
            for p in range(5):
                assert cover[n, m, p] == in_hull(points[n, m], a[n, p],
                                                 b[n, p], ra[n, p], ra[n, p])


def test_polygons_cover():
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 50, (1, 60, 2))
    shapes = []
    for k in range(4):
        hull = cv2.convexHull(
            rng.uniform(5, 45, (30, 2)).astype(np.float32))[:, 0][:5]
        shapes.append(hull if k % 2 else hull[::-1])
    cover = polygons_cover(points, np.stack(shapes)[None].astype(float))
    for m in range(60):
        for q, shape in enumerate(shapes):
            x, y = points[0, m].tolist()
            want = cv2.pointPolygonTest(np.ascontiguousarray(shape), (x, y),
                                        False) >= 0
            assert cover[0, m, q] == want
    assert 0.05 < cover.mean() < 0.95
