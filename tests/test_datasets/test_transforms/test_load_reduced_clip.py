import cv2
import numpy as np
import pytest
from mmengine.dataset import Compose
from mmpose.registry import TRANSFORMS

from mmpose_video.datasets.transforms import LoadReducedClip, PackClipInputs

SIZE = (48, 64)
DOT = (420, 296)  # in the file


def scene(shift=0):
    """A smooth picture with a large bright dot."""
    y, x = np.mgrid[0:480, 0:640].astype(np.float32)
    frame = np.stack([60 + 40 * np.sin(x / 90), 60 + 40 * np.cos(y / 70),
                      80 + 0 * x], -1)
    frame += 130 * np.exp(-((x - DOT[0] - shift)**2 +
                            (y - DOT[1])**2) / 2 / 30**2)[..., None]
    return frame.clip(0, 255).astype(np.uint8)


@pytest.fixture
def paths(tmp_path):
    names = [str(tmp_path / f'{n}.jpg') for n in range(3)]
    for number, name in enumerate(names):
        cv2.imwrite(name, scene(8 * number - 8),
                    [cv2.IMWRITE_JPEG_QUALITY, 98])
    return names


def sample(paths, box):
    return dict(
        img_path=paths[1], frame_paths=list(paths), key_index=1,
        frame_offsets=np.arange(-1, 2), frame_valid=np.ones(3, bool),
        bbox=np.array([box], np.float32), bbox_score=np.ones(1, np.float32),
        keypoints=np.array([[DOT, (300, 200)]], np.float32),
        keypoints_visible=np.ones((1, 2), np.float32), flip_indices=[1, 0])


LARGE = (200, 60, 520, 470)


@pytest.mark.parametrize('box, factor', [
    ((0, 0, 48, 64), 1), ((0, 0, 119, 60), 1), ((0, 0, 121, 60), 2),
    ((0, 0, 30, 161), 2), ((0, 0, 241, 100), 4), ((0, 0, 100, 319), 2),
    ((0, 0, 100, 321), 4), ((0, 0, 490, 300), 8)])
def test_factor_is_the_largest_that_the_box_exceeds(paths, box, factor):
    """0.8 times the box over 48 x 64, by hand."""
    out = LoadReducedClip(input_size=SIZE)(sample(paths, box))
    assert out['img_reduction'] == factor
    assert out['img'][0].shape == (480 // factor, 640 // factor, 3)
    assert out['img_shape'] == out['ori_shape'] == (480, 640)


def crop(paths, loader, flip, rotate, size):
    steps = [loader, dict(type='GetBBoxCenterScale', padding=1.25)]
    if flip:
        steps.append(dict(type='RandomFlip', prob=1.))
    data = Compose([TRANSFORMS.build(step) for step in steps])(
        sample(paths, (340, 200, 480, 400)))  # also turned within the frame
    data['bbox_rotation'] = np.array([rotate])
    assert data.get('img_reduction', 4) == 4
    return TRANSFORMS.build(
        dict(type='TopdownClipAffine', input_size=size))(data)


@pytest.mark.parametrize('flip', [False, True])
@pytest.mark.parametrize('rotate', [0., 35.])
def test_crop_and_keypoints_are_those_of_the_whole_frame(
        paths, flip, rotate):
    size = (24, 32)
    whole = crop(paths, dict(type='LoadClip'), flip, rotate, size)
    small = crop(paths, dict(type='LoadReducedClip', input_size=size), flip,
                 rotate, size)
    np.testing.assert_array_equal(whole['transformed_keypoints'],
                                  small['transformed_keypoints'])
    np.testing.assert_array_equal(whole['input_scale'], small['input_scale'])
    for a, b in zip(whole['img'], small['img']):
        # 1.5 pixels of the file off, which the centers of reduced pixels
        # are, would be four levels at the dot's slope; JPEG adds its noise
        difference = np.abs(a.astype(int) - b)
        assert difference.max() <= 3 and difference.mean() < 0.6
    # and the dot is at the keypoint
    gray = small['img'][1].astype(float).min(-1)
    row, column = np.unravel_index(gray.argmax(), gray.shape)
    np.testing.assert_allclose((column, row),
                               small['transformed_keypoints'][0, int(flip)],
                               atol=1)


def test_a_size_that_is_not_divisible_is_decoded_whole(tmp_path):
    path = str(tmp_path / '0.jpg')
    cv2.imwrite(path, scene()[:477, :638])  # 638 = 2 x 319, 477 is odd
    out = LoadReducedClip(input_size=SIZE)(
        sample([path] * 3, LARGE))
    assert out['img_reduction'] == 1 and out['img_shape'] == (477, 638)


def test_png_is_decoded_whole(tmp_path):
    path = str(tmp_path / '0.png')
    cv2.imwrite(path, scene())
    out = LoadReducedClip(input_size=SIZE)(sample([path] * 3, LARGE))
    assert out['img_reduction'] == 1
    np.testing.assert_array_equal(out['img'][0], scene())


def test_people_of_two_sizes_share_the_cache_but_not_the_frames(paths):
    load = LoadReducedClip(input_size=SIZE)
    for box, factor in ((LARGE, 4), ((0, 0, 48, 64), 1), (LARGE, 4)):
        assert load(sample(paths, box))['img_reduction'] == factor
    assert (load.reader.cache.misses, load.reader.cache.hits) == (6, 3)


def test_another_crop_is_refused(paths):
    data = LoadReducedClip(input_size=SIZE)(sample(paths, LARGE))
    with pytest.raises(ValueError, match='TopdownClipAffine'):
        PackClipInputs()(data)


def test_other_decoders_are_refused():
    with pytest.raises(ValueError, match='pillow'):
        LoadReducedClip(input_size=SIZE, imdecode_backend='pillow')


def test_missing_key_frame_is_named(paths):
    import os
    os.remove(paths[1])
    with pytest.raises(FileNotFoundError, match='1.jpg'):
        LoadReducedClip(input_size=SIZE)(sample(paths, LARGE))
