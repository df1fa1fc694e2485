"""YOLO-pose's loss, head, configs, and videos."""
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmengine.structures import InstanceData
from mmpose.models.losses import OKSLoss
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from mmpose_video.apis import VideoPoseInferencer
from mmpose_video.tools.get_flops import without_pretrained
from projects.yolopose import ResumedModeSwitchHook, YOLOPoseOKSLoss

PROJECT = Path(__file__).parents[3] / 'projects' / 'yolopose'
CONFIGS = sorted((PROJECT / 'configs').glob('*.py'))
META = 'configs/_base_/datasets/coco.py'


@pytest.fixture
def people(rng):
    target = torch.from_numpy(rng.uniform(0, 100, (4, 17, 2)))
    output = target + torch.from_numpy(rng.normal(0, 6, (4, 17, 2)))
    weight = torch.from_numpy(rng.integers(0, 2, (4, 17))).double()
    weight[3] = 0
    areas = torch.tensor([900., 400., 2500., 100.], dtype=torch.float64)
    return output.requires_grad_(), target, weight, areas


@pytest.mark.parametrize('exponent, scale', [('yolo', 4), ('coco', 8)])
@pytest.mark.parametrize('factor', [True, False])
def test_loss_against_a_loop(people, exponent, scale, factor):
    output, target, weight, areas = people
    loss = YOLOPoseOKSLoss(META, exponent, factor=factor, loss_weight=3.)
    found = loss(output, target, weight, areas)
    expected, gradient = 0., np.zeros((4, 17, 2))
    number = weight.sum().item() if factor else 4 * 17
    for i in range(4):
        for k in range(17):
            if not weight[i, k]:
                continue
            d = (output[i, k] - target[i, k]).detach().numpy()
            width = scale * areas[i].item() * loss.sigmas[k].item()**2
            similarity = np.exp(-(d**2).sum() / width)
            expected += 3 * (1 - similarity) / number
            gradient[i, k] = 3 * similarity * 2 * d / width / number
    assert found.item() == pytest.approx(expected)
    np.testing.assert_allclose(
        torch.autograd.grad(found, output)[0], gradient, rtol=1e-6,
        atol=1e-12)


def test_cocos_exponent_and_all_labeled_is_mmposes_loss(people):
    output, target, _, areas = people
    every = torch.ones(4, 17, dtype=torch.float64)
    theirs = OKSLoss(META, norm_target_weight=True)(
        output, target, every, areas)
    ours = YOLOPoseOKSLoss(META, 'coco')(output, target, every, areas)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(
        YOLOPoseOKSLoss(META, 'coco')(output, target, None, areas), theirs)


def test_people_without_labels_have_no_loss(people):
    output, target, weight, areas = people
    assert YOLOPoseOKSLoss(META)(output, target, 0 * weight, areas) == 0


def test_wrong_input(people):
    output, target, weight, areas = people
    with pytest.raises(ValueError, match='`exponent` must be one of'):
        YOLOPoseOKSLoss(META, 'ms-coco')
    with pytest.raises(ValueError, match='`area` must be one of'):
        YOLOPoseOKSLoss(META, area='pixels')
    with pytest.raises(ValueError, match='needs the areas'):
        YOLOPoseOKSLoss(META)(output, target, weight)
    with pytest.raises(ValueError, match='14 keypoints.* 17 sigmas'):
        YOLOPoseOKSLoss(META)(
            output[:, :14], target[:, :14], weight[:, :14], areas)


def build(path):
    init_default_scope('mmpose')
    config = without_pretrained(Config.fromfile(path).model.to_dict())
    config['data_preprocessor'].pop('batch_augments', None)
    model = MODELS.build(config)
    model.init_weights()
    return model


def batch(rng, num=2):
    samples = []
    for _ in range(num):
        sample = PoseDataSample(metainfo=dict(
            input_size=(128, 96), input_center=np.array([64., 48.]),
            input_scale=np.array([128., 96.]), img_shape=(96, 128),
            flip_indices=list(range(17))))
        points = torch.from_numpy(
            rng.uniform(20, 80, (2, 17, 2))).float()
        boxes = torch.cat([points.amin(dim=1), points.amax(dim=1)], dim=1)
        sample.gt_instance_labels = InstanceData(
            bboxes=boxes, labels=torch.zeros(2, dtype=torch.long),
            keypoints=points, keypoints_visible=torch.ones(2, 17),
            areas=torch.tensor([500., 700.]))
        sample.gt_instances = InstanceData()
        samples.append(sample)
    inputs = list(torch.randint(0, 255, (num, 3, 96, 128), dtype=torch.uint8))
    return dict(inputs=inputs, data_samples=samples)


@pytest.mark.slow
@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_configs_run_forward_and_backward(path, rng):
    model = build(path)
    data = model.data_preprocessor(batch(rng), True)
    losses = model(**data, mode='loss')
    assert torch.isfinite(losses['loss_kpt']).all()
    assert losses['loss_kpt'].mean() > 0
    sum(value.mean() for key, value in losses.items()
        if 'loss' in key).backward()
    assert next(model.backbone.parameters()).grad.abs().sum() > 0
    model.eval()
    model.test_cfg = dict(score_thr=0., nms_thr=0.65)
    with torch.no_grad():
        found = model(**data, mode='predict')[0].pred_instances
    assert found.keypoints.shape[1:] == (17, 2)
    assert len(found.bboxes) == len(found.keypoints) > 0


@pytest.mark.parametrize('area', ['box', 'segment'])
def test_the_head_hands_in_the_area_asked_for(area, rng):
    path = next(p for p in CONFIGS if p.stem.startswith('yolopose-pico'))
    model = build(path)
    model.head.loss_oks.area = area
    data = model.data_preprocessor(batch(rng), True)
    seen = {}
    forward = model.head.loss_oks.forward

    def watching(output, target, weight, areas):
        seen.update(target=target, areas=areas)
        return forward(output, target, weight, areas)

    model.head.loss_oks.forward = watching
    model(**data, mode='loss')
    for points, value in zip(seen['target'], seen['areas']):
        extent = points.amax(dim=0) - points.amin(dim=0)
        if area == 'box':
            torch.testing.assert_close(value, extent.prod())
        else:
            assert value in (500., 700.)


def test_targets_are_those_of_mmposes_head(rng):
    path = next(p for p in CONFIGS if p.stem.startswith('yoloxpose-pico'))
    model = build(path)
    theirs = MODELS.build(dict(
        Config.fromfile(path).model.head, type='YOLOXPoseHead'))
    theirs.load_state_dict(model.head.state_dict())
    data = model.data_preprocessor(batch(rng), True)
    # the same running statistics in both
    feats = model.eval().extract_feat(data['inputs'])
    ours, expected = (
        head.eval().loss(feats, data['data_samples'])
        for head in (model.head, theirs))
    assert {'loss_bbox_aux', 'loss_kpt_aux'} <= set(ours) == set(expected)
    for name, value in expected.items():
        torch.testing.assert_close(ours[name], value)


@pytest.mark.slow
@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
@pytest.mark.parametrize('people', ['none', 'outside'])
def test_a_batch_in_which_nobody_is_inside(path, people, rng):
    model = build(path)
    model.head.use_aux_loss = True
    data = batch(rng)
    for sample in data['data_samples']:
        labels = sample.gt_instance_labels
        if people == 'none':
            sample.gt_instance_labels = labels[:0]
        else:
            labels.bboxes += 4000
            labels.keypoints += 4000
    losses = model(**model.data_preprocessor(data, True), mode='loss')
    assert {name for name in losses if 'loss' in name} == {'loss_obj'}
    losses['loss_obj'].backward()
    assert next(model.backbone.parameters()).grad.abs().sum() > 0
    assert model.head.use_aux_loss


@pytest.mark.slow
@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_another_number_of_keypoints_is_refused(path, rng):
    model = build(path)
    data = batch(rng)
    for sample in data['data_samples']:
        labels = sample.gt_instance_labels
        sample.gt_instance_labels = InstanceData(
            bboxes=labels.bboxes, labels=labels.labels, areas=labels.areas,
            keypoints=labels.keypoints[:, :14],
            keypoints_visible=labels.keypoints_visible[:, :14])
    with pytest.raises(ValueError, match='has 14 keypoints, the head 17'):
        model(**model.data_preprocessor(data, True), mode='loss')


@pytest.mark.slow
def test_boxes_and_poses_in_the_video_inferencer(rng):
    path = next(p for p in CONFIGS if p.stem.startswith('yoloxpose-pico'))
    model = build(path)
    image = rng.integers(0, 255, (180, 320, 3), dtype=np.uint8)
    infer = VideoPoseInferencer(
        str(path), device='cpu', detector=dict(score_thr=0., nms_thr=0.1),
        cfg_options=dict(model=dict(test_cfg=dict(score_thr=0.))))
    infer.model.load_state_dict(model.state_dict())
    people, = next(iter(infer([image])))['predictions']
    assert len(people) > 0
    assert np.shape(people[0]['keypoints']) == (17, 2)
    infer.detector.detector.score_thr = 1.1
    assert next(iter(infer([image])))['predictions'] == [[]]


@pytest.mark.parametrize('epoch', range(5))
def test_a_resumed_training_is_in_the_mode_of_its_epoch(
        epoch, make_video, make_annotations):
    """Of five epochs the last three, the first of them as MMPose counts."""
    make_video()
    path = make_annotations()
    init_default_scope('mmpose')
    loader = dict(
        batch_size=1, num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(type='PoseTrack18Dataset', ann_file=str(path),
                     data_mode='bottomup', pipeline=[dict(type='LoadImage')]))
    runner = SimpleNamespace(
        epoch=epoch, max_epochs=5, cfg=Config(dict(train_dataloader=loader)),
        logger=MMLogger.get_current_instance(),
        train_loop=SimpleNamespace(dataloader=Runner.build_dataloader(loader)),
        model=SimpleNamespace(head=SimpleNamespace(use_aux_loss=False)))
    hook = ResumedModeSwitchHook(
        num_last_epochs=2, new_train_pipeline=[dict(type='RandomFlip')])
    hook.before_train(runner)
    hook.before_train_epoch(runner)
    switched = epoch >= 2
    step, = runner.train_loop.dataloader.dataset.pipeline.transforms
    assert (type(step).__name__ == 'RandomFlip') is switched
    assert runner.model.head.use_aux_loss is switched


def test_the_large_configs_resume_in_the_right_mode():
    path = next(p for p in CONFIGS if p.stem.startswith('yolopose-s'))
    types = [hook.type for hook in Config.fromfile(path).custom_hooks]
    assert 'ResumedModeSwitchHook' in types and len(types) == 3
    assert 'YOLOXPoseModeSwitchHook' not in types
