import numpy as np
import pytest

from mmpose_video.datasets.synthetic.motion import CHANNELS
from mmpose_video.datasets.synthetic.skeleton import (
    INDEX,
    JOINTS,
    Build,
    forward_kinematics,
)


def pose(**angles):
    out = {name: np.zeros(1) for name in CHANNELS}
    out.update({k: np.full(1, v) for k, v in angles.items()})
    body = forward_kinematics(Build(height=2., leg=0.52), out)[0]
    return {name: body[INDEX[name]] for name in JOINTS}


def test_standing_body_faces_the_camera():
    p = pose()
    # their left is the right of the picture, the nose points at the camera
    assert p['left_shoulder'][0] > 0 > p['right_shoulder'][0]
    assert p['nose'][2] < p['head_center'][2]
    order = ['head_top', 'head_bottom', 'left_hip', 'left_knee',
             'left_ankle']
    heights = [p[name][1] for name in order]
    assert heights == sorted(heights)
    # about as tall as asked for, standing on y = 0
    assert p['head_top'][1] == pytest.approx(-2., abs=0.08)
    assert -0.15 < p['left_ankle'][1] < 0
    # hanging straight down: upper arm 0.168 and forearm 0.150 of the height
    np.testing.assert_allclose(p['left_elbow'] - p['left_shoulder'],
                               [0, 0.336, 0], atol=1e-12)
    np.testing.assert_allclose(p['left_wrist'] - p['left_elbow'],
                               [0, 0.300, 0], atol=1e-12)


def test_yaw_turns_to_the_right_of_the_picture():
    p = pose(yaw=np.pi / 2)
    assert p['nose'][0] - p['head_center'][0] > 0.1
    # facing right, their left side is the far one
    assert p['left_hip'][2] > p['right_hip'][2]


def test_angles_move_limbs_the_right_way():
    p = pose(left_shoulder_flex=np.pi / 2)
    np.testing.assert_allclose(p['left_elbow'] - p['left_shoulder'],
                               [0, 0, -0.336], atol=1e-12)  # to the front
    p = pose(right_shoulder_abd=np.pi / 2)
    np.testing.assert_allclose(p['right_elbow'] - p['right_shoulder'],
                               [-0.336, 0, 0], atol=1e-12)  # to the side
    p = pose(left_elbow=np.pi / 2)
    np.testing.assert_allclose(p['left_wrist'] - p['left_elbow'],
                               [0, 0, -0.3], atol=1e-12)  # bends forwards
    p = pose(left_knee=np.pi / 2)
    assert (p['left_ankle'] - p['left_knee'])[2] > 0.4  # bends backwards
    p = pose(left_shoulder_abd=np.pi / 2, left_elbow=np.pi / 2,
             left_elbow_twist=np.pi / 2)
    np.testing.assert_allclose(p['left_wrist'] - p['left_elbow'],
                               [0, -0.3, 0], atol=1e-12)  # waving, hand up


def test_bones_keep_their_length():
    rng = np.random.default_rng(0)
    angles = {name: rng.uniform(-1, 1, 50) for name in CHANNELS}
    body = forward_kinematics(Build(height=1.8, bulk=1.2), angles)
    for side in ('left', 'right'):
        for a, b in (('shoulder', 'elbow'), ('elbow', 'wrist'),
                     ('hip', 'knee'), ('knee', 'ankle')):
            bone = (body[:, INDEX[f'{side}_{a}']] -
                    body[:, INDEX[f'{side}_{b}']])
            length = np.linalg.norm(bone, axis=-1)
            np.testing.assert_allclose(length, length[0], rtol=1e-9)
    for a, b in (('head_bottom', 'head_top'), ('pelvis', 'chest')):
        length = np.linalg.norm(body[:, INDEX[a]] - body[:, INDEX[b]],
                                axis=-1)
        np.testing.assert_allclose(length, length[0], rtol=1e-9)


def test_lift_raises_the_whole_body():
    low, high = pose(), pose(lift=0.3)
    for name in JOINTS:
        np.testing.assert_allclose(low[name] - high[name], [0, 0.3, 0],
                                   atol=1e-12)
