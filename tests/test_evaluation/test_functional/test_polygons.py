"""Points in polygons."""
import numpy as np
import pytest

from mmpose_video.evaluation.functional import polygons
from mmpose_video.evaluation.functional.polygons import points_in_regions


def inside(point, polygon):
    """Even-odd rule, one edge after the other."""
    (x, y), odd = point, False
    for (ax, ay), (bx, by) in zip(polygon, np.roll(polygon, -1, axis=0)):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            odd = not odd
    return odd


@pytest.mark.parametrize('max_edges', [7, 1 << 18])
def test_random_polygons(rng, monkeypatch, max_edges):
    monkeypatch.setattr(polygons, '_MAX_EDGES', max_edges)
    frame = np.sort(rng.integers(0, 5, 300))
    points = rng.uniform(0, 100, (300, 2))
    regions = [(int(rng.integers(0, 6)),
                rng.uniform(-10, 110, (int(rng.integers(3, 12)), 2)))
               for _ in range(12)]
    expected = [
        any(f == g and inside(p, polygon) for g, polygon in regions)
        for p, f in zip(points, frame)
    ]
    got = points_in_regions(points, frame, regions)
    assert got.tolist() == expected
    assert 0 < sum(expected) < 300


def test_edges_and_corners_are_outside():
    triangle = np.array([[0., 0.], [6., 0.], [0., 3.]])
    points = np.array([[0, 0], [6, 0], [3, 0], [0, 1.5], [2, 2], [4, 1],
                       [1, 1], [2, 1.9]])
    frame = np.zeros(len(points), dtype=np.int64)
    assert points_in_regions(points, frame, [(0, triangle)]).tolist() == [
        False, False, False, False, False, False, True, True]


def test_a_hair_beside_a_slanted_edge():
    # The three points differ by one unit in the last place; float64 alone
    # cannot tell them apart.
    square = np.array([[0.1, 0.1], [0.7, 0.7], [0.1, 0.7]])
    y = 0.3
    points = np.array([[np.nextafter(y, 0), y], [y, y],
                       [np.nextafter(y, 1), y]])
    frame = np.zeros(3, dtype=np.int64)
    assert points_in_regions(points, frame, [(0, square)]).tolist() == [
        True, False, False]


def test_ray_through_a_corner_counts_once():
    diamond = np.array([[5., 0.], [10., 5.], [5., 10.], [0., 5.]])
    points = np.array([[-1., 5.], [1., 5.], [9., 5.], [11., 5.], [3., 10.],
                       [3., 0.]])
    frame = np.zeros(len(points), dtype=np.int64)
    assert points_in_regions(points, frame, [(0, diamond)]).tolist() == [
        False, True, True, False, False, False]


def test_closed_ring_and_open_ring_are_the_same(rng):
    polygon = rng.uniform(0, 10, (7, 2))
    closed = np.concatenate([polygon, polygon[:1]])
    points = rng.uniform(0, 10, (200, 2))
    frame = np.zeros(200, dtype=np.int64)
    first = points_in_regions(points, frame, [(0, polygon)])
    assert (first == points_in_regions(points, frame, [(0, closed)])).all()
    assert first.any()


def test_nothing_to_do():
    empty = np.zeros((0, 2))
    none = np.zeros(0, dtype=np.int64)
    polygon = np.array([[0., 0.], [1., 0.], [0., 1.]])
    assert points_in_regions(empty, none, [(0, polygon)]).shape == (0, )
    one = np.zeros((1, 2)) + 0.25
    zero = np.zeros(1, dtype=np.int64)
    assert not points_in_regions(one, zero, []).any()
    assert not points_in_regions(one, zero, [(0, polygon[:2])]).any()
    assert not points_in_regions(one, zero, [(3, polygon)]).any()
