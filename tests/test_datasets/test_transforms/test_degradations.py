import numpy as np
import pytest

from mmpose_video.datasets.transforms import (
    ClipConsistent,
    DegradeResolution,
    PseudoInfrared,
)


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (48, 36, 3), np.uint8)


def test_factor_one_is_the_identity(image):
    assert DegradeResolution(1)(dict(img=image))['img'] is image


@pytest.mark.parametrize('factor', [2, 3.5, 100])
def test_a_constant_image_stays(factor):
    image = np.full((30, 20, 3), 77, np.uint8)
    out = DegradeResolution(factor)(dict(img=image))['img']
    assert (out == 77).all() and out.shape == image.shape


def test_means_of_blocks_survive(image):
    out = DegradeResolution(4)(dict(img=image.astype(np.float32)))['img']
    means = image.reshape(12, 4, 9, 4, 3).mean((1, 3))
    # the middle of each block lies between its four central pixels
    center = np.stack([out[i::4, j::4] for i in (1, 2) for j in (1, 2)])
    np.testing.assert_allclose(
        center.mean(0)[1:-1, 1:-1],
        0.875**2 * means[1:-1, 1:-1] +
        0.875 * 0.0625 * (means[:-2, 1:-1] + means[2:, 1:-1] +
                          means[1:-1, :-2] + means[1:-1, 2:]) +
        0.0625**2 * (means[:-2, :-2] + means[2:, :-2] + means[:-2, 2:] +
                     means[2:, 2:]), atol=1e-2)


def test_factor_below_one():
    with pytest.raises(ValueError, match='at least 1'):
        DegradeResolution(0.5)


def test_infrared_by_formula(image):
    out = PseudoInfrared(gamma=0.7, vignette=0.5, noise=0)(
        dict(img=image))['img']
    for y, x in [(0, 0), (20, 10), (47, 35)]:
        b, g, r = image[y, x] / 255
        gray = (.114 * b + .587 * g + .299 * r)**0.7
        u, v = 2 * x / 35 - 1, 2 * y / 47 - 1
        gray *= 1 - 0.5 * (u * u + v * v) / 2
        assert np.abs(out[y, x] - 255 * gray).max() <= 0.5 + 1e-9
        assert len(set(out[y, x])) == 1


def test_inverted_and_noisy(image):
    plain = PseudoInfrared(noise=0)(dict(img=image))['img'].astype(int)
    inverse = PseudoInfrared(noise=0, invert=True)(
        dict(img=image))['img'].astype(int)
    assert np.abs(plain + inverse - 255).max() <= 1
    noisy = [PseudoInfrared(noise=6, seed=1)(dict(img=image))['img']
             for _ in range(2)]
    assert (noisy[0] == noisy[1]).all()
    inside = (plain > 30) & (plain < 225)
    assert (noisy[0] - plain)[inside].std() == pytest.approx(6, rel=0.1)


def test_clips_get_one_noise(image):
    clip = dict(img=[image, image.copy()])
    out = ClipConsistent(dict(type='PseudoInfrared'))(clip)['img']
    assert (out[0] == out[1]).all()
