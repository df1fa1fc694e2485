import numpy as np
import pytest

from mmpose_video.datasets.transforms import RandomClippedBBoxTransform


def draw(transform, count=20_000):
    results = transform(dict(
        bbox_center=np.zeros((count, 2)), bbox_scale=np.ones((count, 2))))
    assert (results['bbox_center'] == 0).all()
    scale = results['bbox_scale']
    assert (scale[:, 0] == scale[:, 1]).all()
    return scale[:, 0], results['bbox_rotation']


def test_distribution():
    scale, angle = draw(RandomClippedBBoxTransform())
    # a normal distribution: 15.87 % lie above one standard deviation
    for bound in (0.65, 1.35):
        assert np.isclose(scale, bound).mean() == pytest.approx(.1587, abs=.01)
    assert scale.min() >= 0.65 and scale.max() <= 1.35
    inside = scale[(scale > 0.66) & (scale < 1.34)]
    assert np.mean(inside < 1.) == pytest.approx(.5, abs=.02)
    # 38.29 % lie within half of one
    assert np.mean(np.abs(scale - 1) < 0.175) == pytest.approx(.3829, abs=.015)

    turned = angle[angle != 0]
    assert len(turned) / len(angle) == pytest.approx(.6, abs=.015)
    # 2.275 % lie above two standard deviations, of 45 degrees
    for bound in (-90, 90):
        assert (turned == bound).mean() == pytest.approx(.02275, abs=.005)
    assert np.abs(turned).max() == 90
    assert np.mean(np.abs(turned) < 45) == pytest.approx(.6827, abs=.015)


def test_arguments():
    scale, angle = draw(RandomClippedBBoxTransform(.1, 10., 1.), 500)
    assert scale.min() == pytest.approx(.9) and scale.max() == pytest.approx(
        1.1)
    assert np.abs(angle).max() <= 20 and (angle != 0).all()
    still = draw(RandomClippedBBoxTransform(0., 0., 0.), 9)
    assert (still[0] == 1).all() and (still[1] == 0).all()


def test_one_seed_governs_the_draws():
    results = []
    for _ in range(2):
        np.random.seed(3)
        results.append(draw(RandomClippedBBoxTransform(), 50))
    np.testing.assert_array_equal(results[0], results[1])
