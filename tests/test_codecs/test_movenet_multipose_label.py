"""MoveNet's codec for several people, against loops over the cells."""
import math

import numpy as np
import pytest
import torch

from mmpose_video.codecs import MoveNetMultiPoseLabel

K, HEIGHT, WIDTH = 3, 12, 16


def codec(**kwargs):
    return MoveNetMultiPoseLabel(
        input_size=(64, 48), heatmap_size=(16, 12), **kwargs)


def random_maps(rng):
    return (rng.random((1, 1, HEIGHT, WIDTH)),
            rng.random((1, K, HEIGHT, WIDTH)),
            rng.normal(0, 2, (1, 2 * K, HEIGHT, WIDTH)),
            rng.random((1, 2 * K, HEIGHT, WIDTH)),
            rng.normal(5, 3, (1, 2, HEIGHT, WIDTH)),
            rng.random((1, 2, HEIGHT, WIDTH)))


def decode_by_loops(center, heatmaps, displacements, offsets, sizes,
                    box_offsets, max_people=6):
    """The published graph, cell by cell."""
    cells = [(y, x) for y in range(HEIGHT) for x in range(WIDTH)]

    def is_peak(cell):
        y, x = cell
        return center[0][cell] >= max(
            center[0, v, u]
            for v in range(max(0, y - 2), min(HEIGHT, y + 3))
            for u in range(max(0, x - 2), min(WIDTH, x + 3)))

    peaks = sorted((c for c in cells if is_peak(c)),
                   key=lambda c: -center[0][c])[:max_people]
    products, boxes = {}, []
    for person, (cy, cx) in enumerate(peaks):
        half = np.maximum(sizes[:, cy, cx], 0) / 2
        middle = np.array([cy, cx]) + box_offsets[:, cy, cx]
        low = np.clip(middle - half, 0, (HEIGHT, WIDTH))
        high = np.clip(middle + half, 0, (HEIGHT, WIDTH))
        boxes.append((low[1], low[0], high[1], high[0]))
        for k in range(K):
            ry = cy + displacements[2 * k, cy, cx]
            rx = cx + displacements[2 * k + 1, cy, cx]
            for y, x in cells:
                inside = (low[0] <= y < high[0]) and (low[1] <= x < high[1])
                products[person, k, y, x] = inside * heatmaps[
                    k, y, x] * math.exp(-((y - ry)**2 + (x - rx)**2) /
                                        (0.3 * min(HEIGHT, WIDTH)))
    points = np.zeros((len(peaks), K, 2))
    scores = np.zeros((len(peaks), K))
    for person in range(len(peaks)):
        for k in range(K):
            y, x = max(cells, key=lambda c: products[person, k, c[0], c[1]])
            points[person, k] = (4 * (x + offsets[2 * k + 1, y, x]),
                                 4 * (y + offsets[2 * k, y, x]))
            scores[person, k] = max(products[other, k, y, x]
                                    for other in range(len(peaks)))
    person_scores = []
    for cell, row in zip(peaks, scores):
        counted = row[row > 0.127]
        person_scores.append(center[0][cell] * counted.sum() /
                             max(1, len(counted)))
    return points, scores, 4 * np.array(boxes), np.array(person_scores)


@pytest.mark.parametrize('max_people', [1, 6])
def test_decode_equals_the_loops(rng, max_people):
    maps = random_maps(rng)
    expected = decode_by_loops(*(one[0] for one in maps),
                               max_people=max_people)
    found = codec(max_people=max_people).decode_people(
        *map(torch.as_tensor, maps))[0]
    assert len(found.keypoints) == len(expected[0]) > 0
    for ours, theirs in zip(found, expected):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_more_than_six_people():
    """The graph's limit is a constant of its decoding, not of the maps."""
    center = torch.zeros(1, 1, HEIGHT, WIDTH)
    places = [(y, x) for y in (2, 6, 10) for x in (2, 7, 12)]
    for y, x in places:
        center[0, 0, y, x] = 0.9
    maps = (center, torch.full((1, K, HEIGHT, WIDTH), 0.5),
            torch.zeros(1, 2 * K, HEIGHT, WIDTH),
            torch.zeros(1, 2 * K, HEIGHT, WIDTH),
            torch.full((1, 2, HEIGHT, WIDTH), 3.),
            torch.full((1, 2, HEIGHT, WIDTH), 0.5))
    six = codec().decode_people(*maps)[0]
    assert len(six.bboxes) == 6
    all_nine = codec(max_people=20, min_score=0.1).decode_people(*maps)[0]
    assert len(all_nine.bboxes) == 9
    found = {tuple(points[0]) for points in all_nine.keypoints.tolist()}
    assert found == {(4. * x, 4. * y) for y, x in places}
    # sizes of 3 cells around the middles of cells
    widths = all_nine.bboxes[:, 2] - all_nine.bboxes[:, 0]
    np.testing.assert_allclose(widths, 12)


def test_encode_adds_the_boxes():
    keypoints = np.array([[[10., 9.], [30., 21.], [12., 12.]]])
    bbox = np.array([[8., 4., 40., 28.]])
    encoded = codec().encode(keypoints, np.ones((1, 3)), bbox=bbox)
    assert encoded['box_labels'].tolist() == [[2, 1, 10, 7]]
    # the box's middle (24, 16), not the keypoints'
    assert encoded['center_cells'].tolist() == [[6, 4]]
    with pytest.raises(ValueError, match='bbox'):
        codec().encode(keypoints)
    with pytest.raises(ValueError, match='max_people'):
        codec(max_people=0)
