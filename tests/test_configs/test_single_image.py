"""Single-image systems in the video estimator, against MMPose's own."""
import copy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from mmpose.models.pose_estimators import TopdownPoseEstimator
from mmpose.registry import MODELS, TRANSFORMS
from mmpose.structures import PoseDataSample
from mmpose.testing import get_packed_inputs

from mmpose_video.models.losses.loss_terms import split_loss_terms
from mmpose_video.tools.get_flops import without_pretrained

ROOT = Path(__file__).parents[2] / 'configs'
SMALL = sorted(
    path.relative_to(ROOT).as_posix()
    for path in ROOT.glob('single_image/*-tiny_*_synthetic-*.py')
    # MMPose's preprocessor has no luminance
    if not path.name.startswith('one-channel_'))
LARGE = sorted(
    path.relative_to(ROOT).as_posix()
    for path in ROOT.glob('single_image/*_posetrack18-*.py'))
#: Systems whose tests are not slow: heatmaps, SimCC and regression.
FAST = ('td-hm', 'rtmpose', 'rle')
#: In pixels, of a network that is perfect: MSRA's heatmaps are read to a
#: quarter of a cell, and lie a quarter of a cell from those of the mirror
#: image; SimCC's bins are half a pixel. A wrong shift costs at least 0.5 more.
LARGEST_ERROR = {
    'td-hm': 2.1, 'dark': 0.55, 'udp': 0.1, 'simcc': 0.3, 'rtmpose': 0.3,
    'rle': 1e-3, 'dsnt': 1e-3, 'simcc-gau': 0.3, 'tokenpose-b': 0.55,
    'tokenpose-l': 0.55,
}


def few_are_fast(names):
    """The names as parameters; all but the first of each of FAST are slow."""
    kinds, params = set(FAST), []
    for name in names:
        kind = Path(name).name.split('_')[0]
        params.append(name if kind in kinds else
                      pytest.param(name, marks=pytest.mark.slow))
        kinds.discard(kind)
    return params


def load(name):
    init_default_scope('mmpose')
    return Config.fromfile(ROOT / name)


def batch(width, height):
    data = get_packed_inputs(
        2, input_size=(width, height), img_shape=(height, width),
        heatmap_size=(width // 4, height // 4))
    for sample in data['data_samples']:
        sample.gt_instance_labels.keypoint_weights[0, 3] = 0.
    return data


def as_clips(data):
    data = copy.deepcopy(data)
    data['inputs'] = [image[None] for image in data['inputs']]
    for sample in data['data_samples']:
        sample.set_metainfo(dict(
            frame_offsets=np.zeros(1, int), frame_valid=np.ones(1, bool),
            key_index=0))
    return data


def two_models(name, flip_test):
    """Build this package's model of a config and MMPose's, equal weights."""
    model_cfg = without_pretrained(load(name).model.to_dict())
    model_cfg['test_cfg'].update(flip_test=flip_test)
    ours = MODELS.build(copy.deepcopy(model_cfg))
    model_cfg['type'] = 'TopdownPoseEstimator'
    model_cfg.pop('loss_weighting', None)
    model_cfg['data_preprocessor']['type'] = 'PoseDataPreprocessor'
    host = MODELS.build(model_cfg)
    host.load_state_dict({
        name: value for name, value in ours.state_dict().items()
        if not name.startswith('loss_weighting.')})
    return ours, host


@pytest.mark.parametrize('flip_test', [False, True])
@pytest.mark.parametrize('name', few_are_fast(SMALL))
def test_poses_and_losses_equal_mmposes(name, flip_test):
    ours, host = two_models(name, flip_test)
    data = batch(*load(name).codec.input_size)
    results = []
    for model, given in ((ours, as_clips(data)), (host, data)):
        model.eval()
        given = model.data_preprocessor(copy.deepcopy(given))
        with torch.no_grad():
            losses = model(**given, mode='loss')
            samples = model(**given, mode='predict')
        results.append((losses, [s.pred_instances for s in samples]))
    (our_losses, our_poses), (host_losses, host_poses) = results
    # MMPose's estimator keeps the terms of a loss in one list, unweighted
    host_losses = split_loss_terms(host_losses)
    if ours.loss_weighting is not None:
        host_losses = ours.loss_weighting(host_losses)
    assert our_losses.keys() == host_losses.keys()
    for key, value in our_losses.items():
        assert torch.isfinite(value)
        torch.testing.assert_close(value, host_losses[key])
    for our, other in zip(our_poses, host_poses):
        np.testing.assert_allclose(our.keypoints, other.keypoints, atol=1e-3)
        np.testing.assert_allclose(
            our.keypoint_scores, other.keypoint_scores, rtol=1e-4, atol=1e-5)


def perfect_output(head, joints):
    """Return the output of a network that has learned the keypoints."""
    labels = {
        key: torch.from_numpy(np.asarray(value, np.float32))
        for key, value in head.decoder.encode(
            joints[None], np.ones((1, len(joints)), np.float32)).items()
    }
    kind = type(head).__name__
    if kind in ('SimCCHead', 'RTMCCHead', 'JointTokenSimCCHead'):
        return labels['keypoint_x_labels'], labels['keypoint_y_labels']
    if kind == 'RLEHead':
        coordinates = labels['keypoint_labels']
        return torch.cat([coordinates, torch.zeros_like(coordinates)], -1)
    if kind == 'DSNTHead':
        return labels['keypoint_labels'], labels['heatmaps'][None]
    return labels['heatmaps'][None]


@pytest.mark.parametrize('name', few_are_fast(LARGE))
def test_keypoints_come_back_from_crop_and_mirror_image(name, rng):
    """Crop, codec and shift of the flip test fit together, as in UDP."""
    cfg = load(name)
    assert cfg.model.test_cfg.flip_test
    head = MODELS.build(cfg.model.head)
    width, height = cfg.codec.input_size
    crop = TRANSFORMS.build(cfg.val_pipeline[2])
    image = np.zeros((height + 40, width + 40, 3), np.uint8)
    joints = rng.uniform(50, [width - 20, height - 20], (1, 17, 2))
    results = crop(dict(
        img=[image], img_shape=image.shape[:2], keypoints=joints,
        keypoints_visible=np.ones((1, 17)),
        bbox_center=np.array([[width / 2 + 15, height / 2 + 13]]),
        bbox_scale=np.array([[width, height]], float)))

    flip_indices = [0, 1, 2] + [i + 1 if i % 2 else i - 1
                                for i in range(3, 17)]
    seen = results['transformed_keypoints'][0]
    mirrored = seen[flip_indices]
    mirrored[:, 0] = width - 1 - mirrored[:, 0]
    outputs = [perfect_output(head, seen), perfect_output(head, mirrored)]
    head.forward = lambda which: outputs[which]
    sample = PoseDataSample(
        metainfo=dict(
            flip_indices=flip_indices,
            **{k: results[k]
               for k in ('input_size', 'input_center', 'input_scale')}),
        gt_instances=InstanceData(bboxes=np.zeros((1, 4)),
                                  bbox_scores=np.ones(1)))
    with torch.no_grad():
        poses = head.predict([0, 1], [sample], test_cfg=cfg.model.test_cfg)
    TopdownPoseEstimator.add_pred_to_datasample(
        SimpleNamespace(test_cfg=cfg.model.test_cfg), poses, None, [sample])
    error = np.abs(sample.pred_instances.keypoints - joints).max()
    assert error < LARGEST_ERROR[Path(name).name.split('_')[0]]


def test_cspnext_is_the_one_of_mmdet():
    """MMPose's configs take it from there, with the published weights."""
    from mmdet.models.backbones import CSPNeXt

    cfg = load('_base_/models/rtmpose-m.py').model.backbone
    cfg.update(widen_factor=0.125, deepen_factor=0.33)
    model = MODELS.build(cfg)
    other = CSPNeXt(**{k: v for k, v in cfg.items() if k != 'type'})
    other.load_state_dict(model.state_dict())
    image = torch.randn(1, 3, 64, 64)
    for backbone in (model, other):
        backbone.eval()  # returns nothing
    with torch.no_grad():
        for ours, theirs in zip(model(image), other(image)):
            assert torch.equal(ours, theirs)
