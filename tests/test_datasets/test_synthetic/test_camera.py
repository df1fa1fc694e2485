import numpy as np
import pytest

from mmpose_video.datasets.synthetic.camera import Camera, apply, sample_camera


def still(**changes):
    parts = dict(size=(640, 360), focal=400., eye=1.5, horizon=140.,
                 pan=np.zeros((0, 4)), tremble=np.zeros((0, 4)),
                 jolts=np.zeros((0, 5)), roll=np.zeros(3), zoom=np.zeros(3))
    parts.update(changes)
    return Camera(**parts)


def test_projection():
    # 1 m to the right, on the ground, 4 m away
    got = still().project(np.zeros((1, 1, 3)), np.ones(1), np.full(1, 4.))
    np.testing.assert_allclose(got[0, 0], [319.5 + 100, 140 + 150])
    # eye height projects to the horizon at any distance
    head = np.array([[[0., -1.5, 0.]]])
    for depth in (2., 9.):
        got = still().project(head, np.zeros(1), np.full(1, depth))
        np.testing.assert_allclose(got[0, 0], [319.5, 140])


def test_still_camera_changes_nothing():
    matrix = still().matrices(np.array([0., 3.]))
    np.testing.assert_allclose(matrix, [[[1, 0, 0], [0, 1, 0]]] * 2,
                               atol=1e-12)


def test_movement():
    pan = np.array([[10., 4., 0.25, 0.]])
    matrix = still(pan=pan).matrices(np.array([1.]))[0]  # a quarter period
    np.testing.assert_allclose(matrix[:, 2], [10, 0], atol=1e-12)
    turn = still(roll=np.array([0.1, 0.25, 0.])).matrices(np.array([1.]))
    middle = apply(turn, np.array([[[319.5, 179.5]]]))
    np.testing.assert_allclose(middle[0, 0], [319.5, 179.5])
    zoom = still(zoom=np.array([np.log(2), 0.25, 0.])).matrices(
        np.array([1.]))
    got = apply(zoom, np.array([[[329.5, 179.5]]]))
    np.testing.assert_allclose(got[0, 0], [339.5, 179.5])


def test_jolt_is_fast_but_centered():
    # at its peak the camera is in place and moves at amp * 2 pi f
    jolts = np.array([[1., 0.03, 8., 0., 6.]])
    shift = still(jolts=jolts).matrices(
        np.array([1 - 1e-4, 1., 1 + 1e-4, 1.4]))[:, 0, 2]
    assert shift[1] == pytest.approx(0, abs=1e-9)
    assert (shift[2] - shift[0]) / 2e-4 == pytest.approx(
        8 * 2 * np.pi * 6, rel=1e-3)
    assert abs(shift[3]) < 1e-6  # over soon


def test_sampled_camera_stays_on_the_canvas():
    for seed in range(20):
        camera = sample_camera(
            np.random.default_rng(seed), (640, 360), 0.05, 1.,
            np.zeros((0, 5)))
        corners = np.array([[[0., 0], [639, 0], [0, 359], [639, 359]]])
        time = np.arange(0, 10, 0.1)
        moved = apply(camera.matrices(time),
                      np.repeat(corners, len(time), 0))
        assert np.abs(moved - corners).max() < 0.14 * 640
