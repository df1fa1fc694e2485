import cv2
import numpy as np
import pytest

from mmpose_video.datasets.loading import clip_crop
from mmpose_video.datasets.loading.clip_crop import crop_clip, is_available
from mmpose_video.ops.cpp_compiler import KernelUnavailableError

needs_kernel = pytest.mark.skipif(
    not is_available(), reason='no compiler, or no vector instructions')


def images(count, height, width, seed=0):
    rng = np.random.default_rng(seed)
    return list(rng.integers(0, 256, (count, height, width, 3), np.uint8))


def crops(frames, matrix, width=36, height=48):
    out = np.full((len(frames), 3, height, width), 77, np.uint8)
    return out if crop_clip(frames, matrix, out) else None


def by_opencv(frames, matrix, width=36, height=48):
    return np.stack([
        cv2.warpAffine(np.ascontiguousarray(frame), matrix, (width, height)
                       ).transpose(2, 0, 1) for frame in frames])


def matrices(count, seed=0):
    """Scales of 1/20 to 20, half of them turned, many beyond the border."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        yield np.array([[1., 0, rng.uniform(-80, 80)],
                        [0, 1, rng.uniform(-80, 80)]]) + np.pad(
            cv2.getRotationMatrix2D(
                (0, 0), i % 2 * rng.uniform(-180, 180),
                np.exp(rng.uniform(-3, 3)))[:, :2] - np.eye(2),
            ((0, 0), (0, 1)))


@needs_kernel
@pytest.mark.parametrize('height, width', [
    (1, 1), (1, 9), (2, 2), (2, 3), (7, 3), (41, 57), (300, 200)])
def test_equals_opencv(height, width):
    frames = images(2, height, width)
    for matrix in matrices(60):
        np.testing.assert_array_equal(crops(frames, matrix),
                                      by_opencv(frames, matrix))


@needs_kernel
def test_equals_the_formula():
    """Weights in 1/32 pixels, exact sums, rounded half up."""
    frame, = images(1, 9, 8)
    # all places are whole in 1/1024 pixels
    inverse = np.array([[389, 61, 2100], [-37, 330, -900]]) / 1024
    matrix = cv2.invertAffineTransform(inverse)
    padded = np.pad(frame.astype(int), ((40, 40), (40, 40), (0, 0)))
    expected = np.empty((3, 6, 5), int)
    for j in range(6):
        for i in range(5):
            x, y = np.floor(inverse @ (i, j, 1) * 32 + 0.5).astype(int)
            left, top, fx, fy = x // 32 + 40, y // 32 + 40, x % 32, y % 32
            square = padded[top:top + 2, left:left + 2]
            weights = np.outer((32 - fy, fy), (32 - fx, fx))
            total = (square * weights[..., None]).sum(axis=(0, 1))
            expected[:, j, i] = (total + 512) // 1024
    np.testing.assert_array_equal(crops([frame], matrix, 5, 6)[0], expected)


@needs_kernel
def test_frames_may_be_parts_of_larger_ones():
    frames = [frame[3:40, 5:50] for frame in images(3, 60, 70)]
    matrix = np.array([[0.8, 0, -4.], [0, 0.9, 2.]])
    np.testing.assert_array_equal(crops(frames, matrix),
                                  by_opencv(frames, matrix))


GOOD = np.array([[1., 0, 3], [0, 1, 5]])


@pytest.mark.parametrize('frames, matrix', [
    ([frame.astype(np.float32) for frame in images(1, 9, 9)], GOOD),
    ([images(1, 9, 9)[0][..., 0]], GOOD),
    ([images(1, 9, 9)[0][:, ::-1]], GOOD),
    (images(1, 9, 9) + images(1, 9, 8), GOOD),
    (images(1, 9, 9), GOOD * [[1], [0]]),
    (images(1, 9, 9), GOOD * np.nan),
    (images(1, 9, 9), GOOD * 1e-9)],
    ids=['float', 'grey', 'mirrored', 'sizes', 'flat', 'nan', 'far'])
def test_leaves_to_opencv_what_it_cannot_do(frames, matrix):
    out = np.full((len(frames), 3, 4, 4), 77, np.uint8)
    assert not crop_clip(frames, matrix, out)
    assert (out == 77).all()


@pytest.fixture
def fresh():
    """Forget the kernel before and after the test."""
    clip_crop._kernel.cache_clear()
    yield
    clip_crop._kernel.cache_clear()


def test_without_a_kernel_one_line_says_why(monkeypatch, fresh):
    def refuse(**kwargs):
        raise KernelUnavailableError('no C++ compiler was found')

    said = []
    monkeypatch.setattr(clip_crop, 'best_isa', lambda: 'avx2')
    monkeypatch.setattr(clip_crop, 'load_kernel', refuse)
    monkeypatch.setattr(clip_crop, 'print_log',
                        lambda text, logger: said.append(text))
    for _ in range(2):
        assert crops(images(1, 9, 9), GOOD) is None
    assert len(said) == 1 and 'no C++ compiler' in said[0]


@needs_kernel
def test_a_kernel_that_disagrees_with_opencv_is_not_used(monkeypatch, fresh):
    real = cv2.warpAffine

    def other(*args, **kwargs):
        out = real(*args, **kwargs)
        out[-1, -1] ^= 1
        return out

    monkeypatch.setattr(clip_crop.cv2, 'warpAffine', other)
    assert not is_available()
