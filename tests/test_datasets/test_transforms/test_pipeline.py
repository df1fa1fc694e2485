"""MMPose's geometric transforms on a clip, from frames to the tensor."""
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, TRANSFORMS

from mmpose_video.datasets.body import PoseTrack18ClipDataset

from ...conftest import annotation

CONFIGS = Path(__file__).parents[3] / 'configs'
CODEC = dict(
    type='MSRAHeatmap', input_size=(48, 64), heatmap_size=(12, 16), sigma=2)


def pipeline(*middle):
    return Compose([
        TRANSFORMS.build(cfg) for cfg in (
            dict(type='LoadClip'),
            dict(type='GetBBoxCenterScale', padding=1.25),
            *middle,
            dict(type='TopdownAffine', input_size=(48, 64)),
            dict(type='GenerateTarget', encoder=CODEC),
            dict(type='PackClipInputs'))
    ])


def sample(frames, key_index):
    meta = PoseTrack18ClipDataset(lazy_init=True).metainfo
    keypoints = np.random.default_rng(0).uniform(20, 60, (1, 17, 2))
    return dict(
        img=frames,
        key_index=key_index,
        frame_offsets=np.arange(len(frames)) - key_index,
        bbox=np.array([[15, 10, 65, 70]], np.float32),
        bbox_score=np.ones(1, np.float32),
        keypoints=keypoints.astype(np.float32),
        keypoints_visible=np.ones((1, 17), np.float32),
        upper_body_ids=meta['upper_body_ids'],
        lower_body_ids=meta['lower_body_ids'],
        flip_indices=meta['flip_indices'],
        dataset_keypoint_weights=meta['dataset_keypoint_weights'])


@pytest.mark.parametrize('num_frames', [1, 2, 3, 5])
def test_all_frames_get_one_matrix(num_frames):
    rng = np.random.default_rng(1)
    frame = rng.integers(0, 255, (80, 80, 3), dtype=np.uint8)
    run = pipeline(
        dict(type='RandomFlip', direction='horizontal', prob=0.5),
        dict(type='RandomHalfBody', prob=1.),
        dict(type='RandomBBoxTransform', rotate_prob=1.))
    packed = run(sample([frame] * num_frames, num_frames // 2))
    inputs = packed['inputs']
    assert inputs.shape == (num_frames, 3, 64, 48)
    assert inputs.dtype == torch.uint8
    for other in inputs[1:]:
        assert torch.equal(inputs[0], other)


def test_frames_keep_their_order_and_the_crop_is_the_key_boxes():
    frames = [np.full((80, 80, 3), 50 * n, np.uint8) for n in range(5)]
    for n, frame in enumerate(frames):
        frame[..., 0] = n  # blue, in the first channel
    packed = pipeline()(sample(frames, 2))
    middle = packed['inputs'][:, :, 32, 24]
    assert middle[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert middle[:, 2].tolist() == [0, 50, 100, 150, 200]
    meta = packed['data_samples'].metainfo
    assert meta['key_index'] == 2
    assert meta['frame_offsets'].tolist() == [-2, -1, 0, 1, 2]
    # the box (50 x 60), enlarged by 1.25, at the input's 3:4
    np.testing.assert_allclose(meta['input_scale'], [62.5, 62.5 / .75])


def test_keypoints_and_pixels_move_together():
    """A dot drawn at a keypoint is found where the target says."""
    frame = np.zeros((80, 80, 3), np.uint8)
    data = sample([frame.copy(), frame.copy()], 1)
    x, y = data['keypoints'][0, 0] = (40, 38)
    for img in data['img']:
        cv2.circle(img, (int(x), int(y)), 2, (255, 255, 255), -1)
    packed = pipeline(
        dict(type='RandomBBoxTransform', rotate_prob=1.,
             shift_prob=0.))(data)
    target = packed['data_samples'].gt_fields.heatmaps[0]
    row, column = divmod(int(target.argmax()), 12)
    for crop in packed['inputs'].float().mean(1):
        rows, columns = torch.meshgrid(
            torch.arange(64.), torch.arange(48.), indexing='ij')
        found = [(crop * grid).sum() / crop.sum() for grid in (columns, rows)]
        assert abs(found[0] / 4 - column) < 1
        assert abs(found[1] / 4 - row) < 1


@pytest.mark.parametrize('name', [
    'dcpose/dcpose-published_hrnet-w48_2xb32-20e_posetrack17-384x288.py',
    'fami/fami-published_hrnet-w48_1xb48-21e_posetrack17-384x288.py',
    'tdmi/tdmi-published_hrnet-w48_1xb24-20e_posetrack17-384x288.py'])
def test_published_configs_on_frames(tmp_path, make_video, make_annotations,
                                     name):
    """From a box that begins outside to targets, by the written formulas."""
    init_default_scope('mmpose')
    make_video()
    people = [annotation(1, 1000, bbox=(-10, 4, 30, 40))]
    people[0]['keypoints'][:3] = [-30, 20, 1]  # leaves the crop
    ann_file = make_annotations(annotations=people)
    cfg = Config.fromfile(CONFIGS / name)
    cfg = cfg.train_dataloader.dataset
    cfg.update(type='PoseTrack18ClipDataset', data_root=str(tmp_path),
               ann_file=ann_file.name)
    # no draws
    for step in cfg.pipeline:
        if step.type in ('RandomFlip', 'RandomHalfBody'):
            step.prob = 0.
        elif step.type == 'RandomClippedBBoxTransform':
            step.update(scale_factor=0., rotate_prob=0.)
    dataset = DATASETS.build(cfg)
    packed = dataset[0]

    # x, y, w, h after clipping; then the aspect ratio and the margin
    left, top, width, height = 0, 4, 29, 39
    width = max(width, height * 288 / 384) * 1.25
    center = np.array([left + 29 / 2, top + 39 / 2])
    is_dark = 'dcpose' not in name
    zoom = 287 / (width - 1) if is_dark else 288 / width
    middle = [143.5, 191.5] if is_dark else [144, 192]
    points = np.reshape(people[0]['keypoints'], (17, 3))[:, :2]
    wanted = (points - center) * zoom + middle
    sample = packed['data_samples']
    weights = sample.gt_instance_labels.keypoint_weights[0].tolist()
    assert weights == [0, 1, 1, 0, 0] + [1] * 12
    for k in np.flatnonzero(weights):
        x, y = (wanted[k] / 4 + .5).astype(int)
        heatmap = sample.gt_fields.heatmaps[k]
        assert heatmap[y, x] == heatmap.max() == 1
    if is_dark:
        # the first frame of a video
        assert sample.frame_offsets.tolist() == [0, 0, 0, 1, 2]
        assert packed['inputs'].shape == (5, 3, 384, 288)
