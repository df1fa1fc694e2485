"""MoveNet's codec for one person, against loops over the cells."""
import math

import numpy as np
import pytest
import torch
from mmpose.registry import KEYPOINT_CODECS

from mmpose_video.codecs import MoveNetLabel


def codec(**kwargs):
    return MoveNetLabel(input_size=(64, 48), heatmap_size=(16, 12), **kwargs)


def random_maps(rng, K=3, height=12, width=16):
    """Center, heatmaps, displacements and offsets of two images."""
    return (rng.random((2, 1, height, width)), rng.random(
        (2, K, height, width)), rng.normal(0, 3, (2, 2 * K, height, width)),
            rng.random((2, 2 * K, height, width)))


def decode_by_loops(center, heatmaps, displacements, offsets, bias=1.8):
    """The formula of the published graph, cell by cell."""
    K, height, width = heatmaps.shape
    cells = [(y, x) for y in range(height) for x in range(width)]

    def best(score):
        return max(cells, key=score)

    cy, cx = best(lambda c: center[0][c] / (math.hypot(
        c[0] - height / 2, c[1] - width / 2) + bias))
    points, scores = [], []
    for k in range(K):
        ry = cy + displacements[2 * k, cy, cx]
        rx = cx + displacements[2 * k + 1, cy, cx]
        near = [heatmaps[k][c] / (math.hypot(c[0] - ry, c[1] - rx) + bias)
                for c in cells]
        py, px = cells[near.index(max(near))]
        points.append((4 * (px + offsets[2 * k + 1, py, px]),
                       4 * (py + offsets[2 * k, py, px])))
        scores.append(heatmaps[k, py, px])
    return np.array(points), np.array(scores)


def test_decode_equals_the_loops(rng):
    maps = random_maps(rng)
    keypoints, scores = codec().batch_decode(*map(torch.as_tensor, maps))
    for i in range(2):
        points, values = decode_by_loops(*(one[i] for one in maps))
        assert keypoints[i].shape == (1, 3, 2) and scores[i].shape == (1, 3)
        np.testing.assert_allclose(keypoints[i][0], points, atol=1e-6)
        np.testing.assert_allclose(scores[i][0], values)


def test_decode_of_one_image_takes_arrays(rng):
    maps = random_maps(rng)
    points, values = decode_by_loops(*(one[1] for one in maps))
    keypoints, scores = codec().decode(tuple(one[1] for one in maps))
    np.testing.assert_allclose(keypoints[0], points, atol=1e-6)
    np.testing.assert_allclose(scores[0], values)


def maps_of(people, K=3, height=12, width=16):
    """Perfect maps of people, given as keypoints in cells, (K, 2) each."""
    center = np.zeros((1, height, width))
    heatmaps = np.zeros((K, height, width))
    displacements = np.zeros((2 * K, height, width))
    offsets = np.zeros((2 * K, height, width))
    for points in people:
        cx, cy = np.floor((points.min(0) + points.max(0)) / 2).astype(int)
        center[0, cy, cx] = 1
        for k, (x, y) in enumerate(points):
            px, py = int(x), int(y)
            heatmaps[k, py, px] = 1
            displacements[2 * k:2 * k + 2, cy, cx] = y - cy, x - cx
            offsets[2 * k:2 * k + 2, py, px] = y - py, x - px
    return center, heatmaps, displacements, offsets


def test_the_person_nearer_to_the_middle_wins():
    far = np.array([[1.25, 2.5], [2.75, 4.], [1.5, 6.25]])
    near = far + (6, 2)
    keypoints, scores = codec().decode(maps_of([far, near]))
    np.testing.assert_allclose(keypoints[0], 4 * near)
    assert scores.tolist() == [[1, 1, 1]]


def test_constant_heatmaps_give_the_displaced_center():
    points = np.array([[3.25, 2.75], [6.75, 4.], [5.75, 6.25]])
    center, heatmaps, displacements, offsets = maps_of([points])
    heatmaps[:] = 0.5
    keypoints, _ = codec().decode(
        (center, heatmaps, displacements, np.zeros_like(offsets)))
    # the nearest cells, as nothing else speaks for a cell
    np.testing.assert_allclose(keypoints[0], 4 * np.round(points))


def test_encode_then_decode_is_exact(rng):
    keypoints = rng.uniform((8, 8), (56, 40), (1, 3, 2))
    encoded = codec().encode(keypoints, np.ones((1, 3)))
    cells = encoded['keypoint_labels'][0]
    np.testing.assert_allclose(cells, keypoints[0] / 4, rtol=1e-6)
    # right in all cells: those that are found lie nearer to the middle and
    # to the guess than the maxima
    grid = np.mgrid[:12, :16]
    to_keypoint = np.concatenate(
        [point[::-1, None, None] - grid for point in cells])
    maps = (encoded['center_heatmap'], encoded['heatmaps'], to_keypoint,
            to_keypoint)
    decoded, scores = codec().decode(maps)
    np.testing.assert_allclose(decoded, keypoints, atol=1e-4)
    assert (scores > 0.8).all()


def test_targets_by_hand():
    keypoints = np.array([[[10., 9.], [30., 21.], [0., 0.]]])
    visible = np.array([[1., 2., 0.]])
    encoded = codec(sigma=1.5).encode(keypoints, visible)
    # the middle of the labeled two is (20, 15): cell (5, 3)
    assert encoded['center_cells'].tolist() == [[5, 3]]
    assert encoded['keypoint_weights'].tolist() == [[1, 1, 0]]
    heatmaps = encoded['heatmaps']
    assert heatmaps.dtype == np.float32 and heatmaps.shape == (3, 12, 16)
    assert not heatmaps[2].any()
    y, x = np.mgrid[:12, :16]
    # cells (2, 2) and (7, 5); MMPose cuts Gaussians off at three sigma
    for k, (cx, cy) in enumerate([(2, 2), (7, 5)]):
        expected = np.exp(-((x - cx)**2 + (y - cy)**2) / (2 * 1.5**2))
        near = (abs(x - cx) <= 4) & (abs(y - cy) <= 4)
        np.testing.assert_allclose(heatmaps[k][near], expected[near],
                                   rtol=1e-5)
        assert heatmaps[k].max() == heatmaps[k, cy, cx] == 1
    assert encoded['center_heatmap'][0, 3, 5] == 1


def test_what_lies_outside_has_no_heatmap():
    # the second keypoint is outside, and with it the center
    keypoints = np.array([[[60., 40.], [100., 40.], [70., 41.]]])
    encoded = codec().encode(keypoints)
    assert encoded['heatmaps'][0].max() == 1
    assert not encoded['heatmaps'][1:].any()
    assert encoded['center_cells'].tolist() == [[-1, -1]]
    assert not encoded['center_heatmap'].any()
    # displacements can be learnt for it nevertheless
    assert encoded['keypoint_weights'].tolist() == [[1, 1, 1]]


def test_no_person_and_no_label():
    empty = codec().encode(np.zeros((0, 3, 2)), np.zeros((0, 3)))
    assert empty['heatmaps'].shape == (3, 12, 16)
    assert not empty['heatmaps'].any() and not empty['center_heatmap'].any()
    unlabeled = codec().encode(np.ones((1, 3, 2)), np.zeros((1, 3)))
    assert unlabeled['center_cells'].tolist() == [[-1, -1]]
    assert not unlabeled['center_heatmap'].any()


def test_cell_size_scales_the_result():
    points = np.array([[3.25, 2.5], [6.75, 4.], [5.5, 6.75]])
    keypoints, _ = codec(cell_size=3.5).decode(maps_of([points]))
    np.testing.assert_allclose(keypoints[0], 3.5 * points)
    with pytest.raises(ValueError, match='cell_size'):
        codec(cell_size=0)


def test_registered():
    assert KEYPOINT_CODECS.get('MoveNetLabel') is MoveNetLabel
