"""Ids of people who move, cross, vanish and come back."""
import itertools

import numpy as np
import pytest

from mmpose_video.tracking import CropAnchors, PoseTracker, box_iou, oks

SIGMAS = np.full(4, 0.05)


def box_at(x, y=0., size=40.):
    return np.array([x, y, x + size, y + 2 * size])


def pose_at(x, y=0., lean=0.):
    return np.array([[x + 20, y + 5], [x + 10 + lean, y + 40],
                     [x + 30 + lean, y + 40], [x + 20 + lean, y + 75]])


def test_iou_by_counting_pixels(rng):
    boxes = np.sort(rng.integers(0, 30, (6, 2, 2)), axis=1).reshape(6, 4)
    y, x = np.mgrid[:30, :30]
    masks = [(x >= b[0]) & (x < b[2]) & (y >= b[1]) & (y < b[3])
             for b in boxes]
    found = box_iou(boxes, boxes)
    for i, j in itertools.product(range(6), repeat=2):
        union = (masks[i] | masks[j]).sum()
        wanted = (masks[i] & masks[j]).sum() / union if union else 0
        assert found[i, j] == pytest.approx(wanted)


def test_oks_by_hand():
    a = np.zeros((2, 3, 2))
    b = a.copy()
    b[0, 0] = [3, 4]  # 5 pixels
    valid = np.array([[1, 1, 0], [0, 0, 0]], dtype=bool)
    found = oks(a, b, np.array([100., 100.]), np.array([0.25, 1, 1]), valid)
    assert found[0] == pytest.approx((np.exp(-25 / (2 * 100 * 0.25)) + 1) / 2)
    assert np.isnan(found[1])


def test_ids_follow_whatever_the_order():
    tracker = PoseTracker(SIGMAS)
    for t in range(20):
        xs = np.array([0 + 5 * t, 200 - 3 * t, 400.])
        order = np.roll([0, 1, 2], t)
        boxes = np.stack([box_at(x) for x in xs])[order]
        poses = np.stack([pose_at(x) for x in xs])[order]
        ids = tracker.update(boxes, poses, np.ones((3, 4)))
        assert ids == order.tolist()


def test_pairs_have_the_largest_sum(rng):
    """The Hungarian algorithm, not a greedy choice."""
    before, after = (np.stack([box_at(x) for x in rng.uniform(0, 60, 5)])
                     for _ in range(2))
    tracker = PoseTracker(min_similarity=0.)
    tracker.update(before)
    ids = tracker.update(after)
    alike = box_iou(after, before)
    best = max(sum(alike[i, p] for i, p in enumerate(perm))
               for perm in itertools.permutations(range(5)))
    assert sum(alike[i, k] for i, k in enumerate(ids)) == pytest.approx(best)


def test_poses_tell_apart_what_boxes_do_not():
    """Two people in one place, one upright and one leaning."""
    box = np.stack([box_at(0), box_at(0)])
    poses = np.stack([pose_at(0), pose_at(0, lean=15)])
    tracker = PoseTracker(SIGMAS)
    assert tracker.update(box, poses, np.ones((2, 4))) == [0, 1]
    assert tracker.update(box, poses[::-1], np.ones((2, 4))) == [1, 0]
    # unreliable keypoints do not count: boxes decide, and all are alike
    unsure = tracker.update(box, poses, np.zeros((2, 4)))
    assert sorted(unsure) == [0, 1]


def keeps_id(similarity, before, after, **kwargs):
    """Return whether a track goes on just below and above a similarity."""
    found = []
    for share in (0.99, 1.01):
        tracker = PoseTracker(
            SIGMAS, min_similarity=share * similarity, **kwargs)
        tracker.update(*before)
        found.append(tracker.update(*after) == [0])
    return found


@pytest.mark.parametrize('weight', [0., 0.3, 1.])
def test_similarity_by_hand(weight):
    """Of two boxes of other sizes, with a keypoint that was unsure before."""
    old, new = box_at(0)[None], box_at(4, size=60.)[None]
    poses = pose_at(0)[None], pose_at(0, lean=6)[None]
    scores = np.ones((1, 4)), np.ones((1, 4))
    scores[0][0, 3] = 0.1
    inner = 36 * 80
    iou = inner / (40 * 80 + 60 * 120 - inner)
    area = (40 * 80 + 60 * 120) / 2
    far = np.exp(-6**2 / (2 * area * (2 * 0.05)**2))
    pose = (1 + far + far) / 3  # the fourth does not count
    similarity = weight * pose + (1 - weight) * iou
    assert keeps_id(similarity, (old, poses[0], scores[0]),
                    (new, poses[1], scores[1]),
                    oks_weight=weight) == [True, False]


@pytest.mark.parametrize('gap, near', [(30, True), (38, True), (42, False)])
def test_poses_count_within_half_a_box_on_either_side(gap, near):
    pose, scores = pose_at(0)[None], np.ones((1, 4))
    before = box_at(0)[None], pose, scores
    after = box_at(40 + gap)[None], pose, scores
    assert keeps_id(0.5, before, after) == [near, False]


def test_lost_and_found():
    tracker = PoseTracker(max_lost=2)
    none = np.zeros((0, 4))
    assert tracker.update(box_at(0)[None]) == [0]
    assert tracker.update(none) == tracker.update(none) == []
    assert tracker.update(box_at(2)[None]) == [0]
    for _ in range(3):
        tracker.update(none)
    assert tracker.update(box_at(2)[None]) == [1]
    assert tracker.update(box_at(300)[None]) == [2]
    tracker.reset()
    assert tracker.update(box_at(300)[None]) == [0]


def test_a_thousand_people(rng):
    """In bounded memory: poses of near pairs alone."""
    grid = np.stack(np.meshgrid(np.arange(40), np.arange(25)), -1)
    places = grid.reshape(-1, 2) * [50., 100.]
    tracker = PoseTracker(SIGMAS)
    for _ in range(2):
        moved = places + rng.uniform(-3, 3, places.shape)
        ids = tracker.update(np.stack([box_at(*p) for p in moved]),
                             np.stack([pose_at(*p) for p in moved]),
                             np.ones((1000, 4)))
        assert ids == list(range(1000))


@pytest.mark.parametrize('kwargs', [dict(oks_weight=2), dict(max_lost=-1)])
def test_refuses(kwargs):
    with pytest.raises(ValueError):
        PoseTracker(**kwargs)


def test_anchors_hold_for_a_run_and_while_they_overlap():
    anchors = CropAnchors(run_length=3, min_iou=0.5)
    tracks, crops = zip(*(anchors.update(box_at(x)[None])
                          for x in [0, 1, 2, 3, 4, 30]))
    assert [t[0] for t in tracks] == [0, 0, 0, 0, 0, 0]
    np.testing.assert_array_equal(
        np.concatenate(crops)[:, 0], [0, 0, 0, 3, 3, 30])
    tracks, crops = anchors.update(np.zeros((0, 4)))
    assert tracks == [] and crops.shape == (0, 4)
    # a person who was away for a frame is a new track
    assert anchors.update(box_at(30)[None])[0] == [1]
