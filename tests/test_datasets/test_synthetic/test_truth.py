from dataclasses import replace

import numpy as np
import pytest

from mmpose_video.datasets.synthetic.clip import Clip
from mmpose_video.datasets.synthetic.config import (
    DIFFICULTIES,
    SyntheticConfig,
)
from mmpose_video.datasets.synthetic.truth import long_runs


def test_long_runs():
    rng = np.random.default_rng(0)
    hidden = rng.random((60, 3)) < 0.6
    for limit in (0, 2, 4):
        got = long_runs(hidden, limit)
        for column in range(3):
            want = np.zeros(60, bool)
            start = None
            for i in range(61):
                on = i < 60 and hidden[i, column]
                if on and start is None:
                    start = i
                elif not on and start is not None:
                    want[start:i] = i - start > limit
                    start = None
            np.testing.assert_array_equal(got[:, column], want)


def near(values, pick):
    """Best value in the two frames before and the two after, by ``pick``."""
    frames = len(values)
    return np.stack([
        pick([values[i + d] for d in (-2, -1, 1, 2) if 0 <= i + d < frames],
             0) for i in range(frames)
    ])


@pytest.fixture(scope='module')
def hard():
    return [Clip(SyntheticConfig(), seed).truth for seed in range(16)]


def test_hidden_joints_show_in_neighbors(hard):
    hidden = found = labeled = 0
    for truth in hard:
        lost = truth.labeled & truth.occluded
        seen = truth.inside & ~truth.occluded
        hidden += lost.sum()
        found += (lost & near(seen, np.any)).sum()
        labeled += truth.labeled.sum()
    assert 0.08 < hidden / labeled < 0.3
    assert found / hidden > 0.8


def test_blurred_joints_are_sharp_in_neighbors(hard):
    blurred = sharp = labeled = 0
    for truth in hard:
        lost = truth.labeled & (truth.blur > 6)
        blurred += lost.sum()
        sharp += (lost & (near(truth.blur, np.min) < 0.5 * truth.blur)).sum()
        labeled += truth.labeled.sum()
    assert blurred / labeled > 0.03
    assert sharp / blurred > 0.8


def test_hard_people_move_smoothly(hard):
    for truth in hard:
        bend = np.abs(np.diff(truth.keypoints, 2, axis=0)).max(-1)
        height = 2 * truth.head_radius.mean() / 0.145
        # pixels per frame and frame, against the height of a person
        assert np.median(bend) < 0.04 * height
        assert bend.max() < 0.35 * height


def test_easy_split_hides_nearly_nothing():
    truths = [Clip(SyntheticConfig(difficulty='easy'), seed).truth
              for seed in range(8)]
    labeled = sum(t.labeled.sum() for t in truths)
    assert sum((t.labeled & t.occluded).sum() for t in truths) < (
        0.01 * labeled)
    assert sum((t.labeled & (t.blur > 6)).sum() for t in truths) < (
        0.01 * labeled)
    inside = np.mean([t.inside.mean() for t in truths])
    assert inside > 0.98


def test_blur_is_the_way_during_the_exposure():
    # With the shutter open for a whole interval, the exposures join: the
    # way of each is the distance of the points half a frame before and
    # after. Rendering at twice the frame rate gives just those points.
    effects = replace(DIFFICULTIES['easy'], shutter=1.)
    slow = Clip(SyntheticConfig(frames=8, fps=25., effects=effects), 3).truth
    fast = Clip(SyntheticConfig(frames=16, fps=50., effects=effects),
                3).truth
    np.testing.assert_allclose(fast.keypoints[::2], slow.keypoints,
                               atol=1e-9)
    way = np.linalg.norm(fast.keypoints[3::2] - fast.keypoints[1:-1:2],
                         axis=-1)
    np.testing.assert_allclose(slow.blur[1:], way, atol=1e-9)


def test_labels_follow_the_rules(hard):
    for truth in hard[:4]:
        assert not truth.labeled[..., 3:5].any()
        assert not (truth.labeled & ~truth.inside).any()
        run = long_runs(truth.occluded, SyntheticConfig().max_hidden)
        assert not (truth.labeled & run).any()
        want = truth.inside & ~run
        want[..., 3:5] = False
        np.testing.assert_array_equal(truth.labeled, want)
