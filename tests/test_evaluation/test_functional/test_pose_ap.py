"""Average precision of poses, on tables."""
import math

import numpy as np
import pytest

from mmpose_video.evaluation.functional.pose_ap import (
    average_precision,
    joint_labels,
    match_people,
    pose_average_precision,
)
from mmpose_video.formats.pose_table import PoseTable


def table(frame, joints, num_frames, scores=None, size=10.0):
    """A table in which all keypoints are present."""
    joints = np.asarray(joints, dtype=np.float64)
    frame = np.asarray(frame, dtype=np.int64)
    occupied = np.zeros(num_frames, dtype=bool)
    occupied[frame] = True
    if scores is None:
        scores = np.zeros(joints.shape[:2])
    return PoseTable(num_frames, frame, joints,
                     np.ones(joints.shape[:2], dtype=bool),
                     np.asarray(scores, dtype=np.float64),
                     np.full(len(frame), size), occupied)


@pytest.mark.parametrize('labels, positives, expected', [
    ([1, 1], 2, 1.0),
    ([0, 0], 2, 0.0),
    ([1, 0], 2, 0.5),
    ([0, 1], 2, 0.25),
    ([0, 1, 1], 2, 2 / 3),
    ([1, 0, 0, 1], 2, 0.5 + 0.25),
    ([1, 1], 4, 0.5),
])
def test_average_precision(labels, positives, expected):
    scores = -np.arange(len(labels), dtype=float)
    shuffled = np.random.permutation(len(labels))
    value = average_precision(scores[shuffled],
                              np.array(labels, dtype=bool)[shuffled],
                              positives)
    assert value == pytest.approx(expected)


def test_average_precision_without_detections_or_positives():
    nothing = np.zeros(0)
    assert average_precision(nothing, nothing.astype(bool), 3) == 0
    assert average_precision(nothing, nothing.astype(bool), 0) == 0
    assert math.isnan(average_precision(np.ones(1), np.zeros(1, bool), 0))


def test_match_people_by_hand():
    # Frame 0: two people, three guesses. Frame 1: nobody. Frame 2: one.
    gt = table([0, 0, 2], [[[0, 0], [50, 0]], [[100, 0], [150, 0]],
                           [[0, 0], [50, 0]]], 3)
    pred = table([0, 0, 0, 1, 2], [
        [[0, 1], [90, 0]],  # half of the first
        [[0, 2], [50, 2]],  # all of the first: takes it
        [[900, 0], [151, 0]],  # half of the second
        [[0, 0], [50, 0]],
        [[0, 9], [50, 9]],  # too far
    ], 3)
    given = match_people(gt, pred, 0.5)
    assert given.tolist() == [-1, 0, 1, -1, -1]
    assert joint_labels(gt, pred, given, 0.5).tolist() == [
        [False, False], [True, True], [False, True], [False, False],
        [False, False]]


def test_threshold_scales_with_size_and_thr():
    gt = table([0], [[[0, 0]]], 1, size=10.0)
    for distance, thr, expected in ((5, 0.5, 100), (5.1, 0.5, 0),
                                    (8.9, 0.9, 100), (9.1, 0.9, 0)):
        pred = table([0], [[[0, distance]]], 1)
        assert pose_average_precision(gt, pred, thr).tolist() == [expected]


def test_numbers_of_frames_must_agree():
    with pytest.raises(ValueError, match='has 1 frames, .* have 2'):
        pose_average_precision(table([0], [[[0, 0]]], 1),
                               table([0], [[[0, 0]]], 2), 0.5)


def test_concat_and_in_frames():
    first = table([0, 1], [[[1, 1]], [[2, 2]]], 3)
    first.regions = [(2, np.zeros((3, 2)))]
    second = table([0], [[[3, 3]]], 1)
    second.regions = [(0, np.ones((3, 2)))]
    both = PoseTable.concat([first, second])
    assert both.num_frames == 4
    assert both.frame.tolist() == [0, 1, 3]
    assert both.occupied.tolist() == [True, True, False, True]
    assert [frame for frame, _ in both.regions] == [2, 3]
    kept = both.in_frames(np.array([False, True, False, True]))
    assert kept.frame.tolist() == [1, 3]
    assert kept.joints[:, 0, 0].tolist() == [2, 3]
    assert kept.occupied.tolist() == [False, True, False, True]
    assert [frame for frame, _ in kept.regions] == [3]
    assert len(kept) == 2 and kept.num_frames == 4
