import cv2
import numpy as np
import pytest
import torch
from mmengine.dataset import Compose
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import TRANSFORMS

from mmpose_video.datasets.transforms import (
    PackClipInputs,
    topdown_clip_affine,
)

SIZE = (48, 64)


@pytest.fixture(scope='module')
def frames():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (5, 30, 41, 3), dtype=np.uint8)
    return [cv2.resize(frame, (163, 119)) for frame in noise]


def sample(frames, **changes):
    return dict(
        img=frames, key_index=2, frame_offsets=np.arange(-2, 3),
        bbox=np.array([[30, 20, 90, 100]], np.float32),
        bbox_score=np.ones(1, np.float32),
        keypoints=np.array([[[40, 50], [80, 90]]], np.float32),
        keypoints_visible=np.ones((1, 2), np.float32),
        flip_indices=[1, 0], **changes)


def run(affine, pack, frames, flip=None, use_udp=False):
    steps = [dict(type='LoadClip'),
             dict(type='GetBBoxCenterScale', padding=1.25),
             dict(type='RandomBBoxTransform', rotate_prob=1.),
             dict(type=affine, input_size=SIZE, use_udp=use_udp),
             dict(type=pack)]
    if flip:
        steps.insert(2, dict(type='RandomFlip', direction=flip, prob=1.))
    np.random.seed(3)
    return Compose([TRANSFORMS.build(step) for step in steps])(
        sample(list(frames)))


@pytest.mark.parametrize('flip', [None, 'horizontal', 'vertical', 'diagonal'])
@pytest.mark.parametrize('use_udp', [False, True])
@pytest.mark.parametrize('kernel', [True, False])
def test_is_mmposes_bit_for_bit(frames, flip, use_udp, kernel, monkeypatch):
    if not kernel:
        monkeypatch.setattr(topdown_clip_affine, 'crop_clip',
                            lambda *args: False)
    clip = frames[:2] + frames[:1] + frames[3:]  # one comes twice
    ours = run('TopdownClipAffine', 'PackClipInputs', clip, flip, use_udp)
    host = run('TopdownAffine', 'PackPoseInputs', clip, flip, use_udp)
    assert ours['inputs'].dtype == torch.uint8
    assert ours['inputs'].is_contiguous()
    assert torch.equal(ours['inputs'], host['inputs'])
    mine, theirs = (p['data_samples'] for p in (ours, host))
    for key in ('input_center', 'input_scale', 'input_size'):
        np.testing.assert_array_equal(mine.metainfo[key],
                                      theirs.metainfo[key])
    np.testing.assert_array_equal(mine.gt_instances.keypoints,
                                  theirs.gt_instances.keypoints)


def test_a_single_array_is_cropped_as_mmpose_does(frames):
    data = sample(frames[0], bbox_center=np.array([[60., 60.]]),
                  bbox_scale=np.array([[60., 80.]]))
    ours, host = (TRANSFORMS.build(dict(type=name, input_size=SIZE))(
        {**data}) for name in ('TopdownClipAffine', 'TopdownAffine'))
    np.testing.assert_array_equal(ours['img'], host['img'])


def test_frames_that_are_held_stay_as_they_are(frames):
    held = [frame.copy() for frame in frames]
    for frame in held:
        frame.flags.writeable = False
    data = sample(held, bbox_center=np.array([[60., 60.]]),
                  bbox_scale=np.array([[60., 80.]]))
    out = TRANSFORMS.build(dict(type='TopdownClipAffine', input_size=SIZE))(
        data)
    for crop in out['img']:
        crop[:] = 0  # crops may be written into
    for frame, original in zip(held, frames):
        np.testing.assert_array_equal(frame, original)


def test_packs_as_mmpose_does(frames):
    ours = PackClipInputs()(sample(frames))
    host = PackPoseInputs()(sample(frames))
    assert torch.equal(ours['inputs'], host['inputs'])
    assert ours['data_samples'].metainfo['key_index'] == 2


def test_packs_in_shared_memory_in_a_worker(frames, monkeypatch):
    from mmpose_video.datasets.loading import collate
    expected = PackClipInputs()(sample(frames))['inputs']
    assert not expected.is_shared()
    monkeypatch.setattr(collate, 'get_worker_info', object)
    packed = PackClipInputs()(sample(frames))['inputs']
    assert packed.is_shared() and torch.equal(packed, expected)


def test_browsing_packs_the_key_frame(frames):
    packed = PackClipInputs(pack_transformed=True)(
        sample(frames, transformed_keypoints=np.zeros((1, 2, 2))))
    assert torch.equal(packed['inputs'].permute(1, 2, 0),
                       torch.from_numpy(frames[2]))
    assert 'transformed_keypoints' in packed['data_samples'].gt_instances


def test_frames_of_two_sizes_are_refused(frames):
    with pytest.raises(ValueError, match='one size'):
        PackClipInputs()(sample(frames[:4] + [frames[4][:50]]))


def cropped(frames):
    return TRANSFORMS.build(dict(type='TopdownClipAffine', input_size=SIZE))(
        sample(frames, bbox_center=np.array([[60., 60.]]),
               bbox_scale=np.array([[60., 80.]])))


def test_crops_are_packed_without_a_copy(frames):
    data = cropped(frames)
    inputs = PackClipInputs()(data)['inputs']
    assert inputs.data_ptr() == data['img_planes'].data_ptr()
    for planes, image in zip(inputs, data['img']):
        np.testing.assert_array_equal(planes.permute(1, 2, 0), image)


@pytest.mark.parametrize('change', [
    lambda images: images[:1] + [images[1] * 2] + images[2:],
    lambda images: images[::-1],
    lambda images: images[:3]], ids=['brighter', 'reversed', 'fewer'])
def test_what_others_did_to_the_crops_is_packed(frames, change):
    data = cropped(frames)
    expected = [image.copy() for image in change(data['img'])]
    data['img'] = change(data['img'])
    inputs = PackClipInputs()(data)['inputs']
    np.testing.assert_array_equal(
        inputs.permute(0, 2, 3, 1), np.stack(expected))


def three_points(center, scale, rot, size):
    """DARK's matrix as released: from three points, float32."""
    angle = np.pi * rot / 180
    up = np.array([0, (scale[0] - 1) * -.5])
    turned = np.array([up[0] * np.cos(angle) - up[1] * np.sin(angle),
                       up[0] * np.sin(angle) + up[1] * np.cos(angle)])
    middle = np.array([(size[0] - 1) * .5, (size[1] - 1) * .5])
    points = []
    for start, arm in ((center, turned),
                       (middle, np.array([0, (size[0] - 1) * -.5]))):
        tip = start + arm
        points.append(np.float32(
            [start, tip, tip + [arm[1], -arm[0]]]))
    return cv2.getAffineTransform(*points)


@pytest.mark.parametrize('rot', [0., 30., -90., 171.])
def test_dark_matrix(rot, rng):
    for _ in range(10):
        center, width = rng.uniform(0, 1000, 2), rng.uniform(20, 400)
        scale = np.array([width, width * SIZE[1] / SIZE[0]])
        matrix = topdown_clip_affine.dark_warp_matrix(center, scale, rot, SIZE)
        np.testing.assert_allclose(
            matrix, three_points(center, scale, rot, SIZE), atol=5e-3,
            rtol=1e-4)
        np.testing.assert_allclose(
            matrix @ [*center, 1], [(SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2])


def test_crop_with_darks_matrix(frames):
    box = np.array([[30, 20, 77, 83]], np.float32)
    data = dict(sample(list(frames)), bbox=box)
    steps = [dict(type='LoadClip'),
             dict(type='GetBBoxCenterScale', padding=1.25),
             dict(type='TopdownClipAffine', input_size=SIZE, use_dark=True)]
    out = Compose([TRANSFORMS.build(step) for step in steps])(data)
    # the box is 47 x 63 pixels, 3 : 4 as the crop needs 58.75 x 78.75
    center, width = np.array([53.5, 51.5]), 63 * 1.25 * 3 / 4
    matrix = three_points(center, (width, 0), 0, SIZE)
    for crop, frame in zip(out['img'], frames):
        wanted = cv2.warpAffine(frame, matrix, SIZE).astype(int)
        assert np.abs(crop - wanted).max() <= 2
    zoom = (SIZE[0] - 1) / (width - 1)
    np.testing.assert_allclose(
        out['transformed_keypoints'][0],
        (data['keypoints'][0] - center) * zoom + [23.5, 31.5], rtol=1e-5)
    usual = TRANSFORMS.build(dict(steps[2], use_dark=False))
    assert not np.allclose(
        usual(dict(data, img=list(frames)))['transformed_keypoints'],
        out['transformed_keypoints'], atol=.1)


def test_dark_excludes_udp_and_images(frames):
    with pytest.raises(ValueError, match='exclude'):
        TRANSFORMS.build(dict(type='TopdownClipAffine', input_size=SIZE,
                              use_udp=True, use_dark=True))
    affine = TRANSFORMS.build(dict(type='TopdownClipAffine', input_size=SIZE,
                                   use_dark=True))
    with pytest.raises(TypeError, match='LoadClip'):
        affine(dict(img=frames[0]))
