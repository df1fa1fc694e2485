import numpy as np
import pytest

from mmpose_video.datasets.synthetic.motion import (
    ACTIONS,
    CHANNELS,
    sample_motion,
)
from mmpose_video.datasets.synthetic.skeleton import (
    INDEX,
    Build,
    forward_kinematics,
)


def joints(motion, step, count=400):
    time = np.arange(count) * step
    return forward_kinematics(Build(), motion.angles(time))


@pytest.mark.parametrize('action', sorted(ACTIONS))
def test_motion_is_smooth(action):
    motion = sample_motion(np.random.default_rng(3), action, 0.5)
    coarse = joints(motion, 0.004)
    fine = joints(motion, 0.002, 800)
    # A jump does not shrink with the step; a smooth path halves its steps
    # and quarters its bends.
    first = [np.abs(np.diff(p, axis=0)).max() for p in (coarse, fine)]
    second = [np.abs(np.diff(p, 2, axis=0)).max() for p in (coarse, fine)]
    assert first[1] == pytest.approx(first[0] / 2, rel=0.05)
    assert second[1] < 0.3 * second[0]
    # nothing on a body exceeds 15 metres per second
    assert first[0] / 0.004 < 15


@pytest.mark.parametrize('action', sorted(ACTIONS))
def test_angles_are_possible(action):
    for seed in range(5):
        motion = sample_motion(np.random.default_rng(seed), action, 0.)
        angles = motion.angles(np.arange(0, 4, 0.02))
        assert set(angles) == set(CHANNELS)
        for side in ('left', 'right'):
            assert (angles[f'{side}_knee'] >= 0).all()
            assert (angles[f'{side}_elbow'] >= 0).all()
            assert (angles[f'{side}_knee'] < 2.7).all()
        assert (angles['lift'] >= 0).all()


def test_actions_do_what_they_say():
    time = np.arange(0, 4, 0.02)

    def body(action):
        motion = sample_motion(np.random.default_rng(1), action, 0.)
        return forward_kinematics(Build(), motion.angles(time))

    # walking: the feet swing against each other along the body's front
    walk = body('walk')
    left, right = (walk[:, INDEX[f'{s}_ankle'], 2] for s in ('left',
                                                           'right'))
    assert np.corrcoef(left, right)[0, 1] < -0.8
    # squatting: the hips sink by a good part of the leg
    hips = body('squat')[:, INDEX['left_hip'], 1]
    assert np.ptp(hips) > 0.25
    # jumping: both feet leave the ground
    feet = body('jump')[:, [INDEX['left_ankle'], INDEX['right_ankle']], 1]
    assert feet.max(1).min() < -0.2
    # waving: a wrist stays above its shoulder for most of the time
    wave = body('wave')
    up = max((wave[:, INDEX[f'{s}_wrist'], 1] <
              wave[:, INDEX[f'{s}_shoulder'], 1]).mean()
             for s in ('left', 'right'))
    assert up > 0.7


@pytest.mark.parametrize('action', sorted(ACTIONS))
def test_people_of_one_action_move_differently(action):
    rng, again = np.random.default_rng(0), np.random.default_rng(0)
    people = [joints(sample_motion(rng, action, 0.), 0.04, 50)
              for _ in range(6)]
    for i, person in enumerate(people):
        # the generator alone decides
        np.testing.assert_array_equal(
            person, joints(sample_motion(again, action, 0.), 0.04, 50))
        for other in people[:i]:
            # more than the width of a wrist, in metres
            assert np.abs(person - other).max() > 0.05
