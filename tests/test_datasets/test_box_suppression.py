import numpy as np

from mmpose_video.datasets.box_suppression import suppress


def greedy(boxes, scores, groups, threshold):
    """Suppression in plain loops."""
    kept = []
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        for j in kept:
            low = np.maximum(boxes[i][:2], boxes[j][:2])
            high = np.minimum(boxes[i][2:], boxes[j][2:])
            inner = np.prod(np.maximum(high - low, 0))
            area = [np.prod(boxes[k][2:] - boxes[k][:2]) for k in (i, j)]
            if groups[i] == groups[j] and inner / (sum(area) -
                                                   inner) > threshold:
                break
        else:
            kept.append(i)
    return sorted(kept)


def test_suppression_against_loops(rng):
    corners = rng.uniform(0, 40, (60, 2))
    boxes = np.concatenate(
        [corners, corners + rng.uniform(10, 40, (60, 2))], axis=1)
    scores, groups = rng.permutation(60) / 60, rng.integers(0, 3, 60)
    kept = suppress(boxes, scores, groups, .4)
    assert kept == greedy(boxes, scores, groups, .4)
    assert 3 < len(kept) < 60
