"""Codec, head, model and configs of PoseFix."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from mmpose.testing import get_packed_inputs

from mmpose_video.tools.get_flops import without_pretrained
from projects.posefix import OneHotHeatmap, PoseFixHead

PROJECT = Path(__file__).parents[3] / 'projects' / 'posefix'
CONFIGS = sorted((PROJECT / 'configs').glob('*.py'))
FLIP = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
SMALL = next(path for path in CONFIGS if path.name.startswith('posefix_hr'))


def test_one_hot_heatmaps_have_the_keypoint_as_expectation(rng):
    codec = OneHotHeatmap((64, 96), (16, 24))
    points = rng.uniform((0, 0), (59, 91), (1, 20, 2))
    points[0, 0] = 4 * 3, 4 * 5  # on a cell
    encoded = codec.encode(points)
    maps = encoded['heatmaps']
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), 1, rtol=1e-5)
    assert maps[0, 5, 3] == pytest.approx(1)
    rows, columns = np.mgrid[:24, :16]
    found = np.stack([(maps * columns).sum(axis=(1, 2)),
                      (maps * rows).sum(axis=(1, 2))], axis=1)
    np.testing.assert_allclose(found * 4, points[0], rtol=1e-4)
    decoded, _ = codec.decode(encoded['keypoint_labels'])
    np.testing.assert_allclose(decoded, points, rtol=1e-5)
    # the expectation of the softmax of its logarithm is the keypoint, too
    logits = torch.from_numpy(np.log(maps + 1e-30))
    probability = logits.flatten(1).softmax(dim=1).view_as(logits)
    np.testing.assert_allclose(probability, maps, atol=1e-6)


def test_one_hot_at_the_edge_and_where_there_is_no_label():
    codec = OneHotHeatmap((64, 96), (16, 24))
    points = np.array([[[63., 95.], [-1., 5.], [20., 20.]]])
    encoded = codec.encode(points, np.array([[1., 1., 0.]]))
    maps = encoded['heatmaps']
    assert maps[0, 23, 15] == 1
    assert not maps[1:].any()
    assert encoded['keypoint_weights'].tolist() == [[1, 0, 0]]
    with pytest.raises(ValueError, match='one person, got 2'):
        codec.encode(np.zeros((2, 3, 2)))


def test_loss_against_plain_formulas(rng):
    codec = OneHotHeatmap((64, 96), (16, 24))
    head = PoseFixHead(4, (16, 24), 3, deconv_out_channels=None,
                       final_layer=None,
                       decoder=dict(type='OneHotHeatmap', input_size=(64, 96),
                                    heatmap_size=(16, 24))).double()
    data = get_packed_inputs(
        2, num_keypoints=3, heatmap_size=(16, 24))['data_samples']
    points = rng.uniform(0, 60, (2, 3, 2))
    visible = np.array([[1., 1., 0.], [1., 1., 1.]])
    expected_ce, expected_l1 = 0., 0.
    logits = torch.randn(2, 3, 24, 16, dtype=torch.float64,
                         requires_grad=True)
    probability = logits.detach().flatten(2).softmax(dim=2).view_as(
        logits).numpy()
    for i, sample in enumerate(data):
        encoded = codec.encode(points[[i]], visible[[i]])
        sample.gt_fields.heatmaps = torch.from_numpy(encoded['heatmaps'])
        sample.gt_instance_labels.keypoint_labels = torch.from_numpy(
            encoded['keypoint_labels'])
        sample.gt_instance_labels.keypoint_weights = torch.from_numpy(
            encoded['keypoint_weights'])
        for k in range(3):
            if not visible[i, k]:
                continue
            p, t = probability[i, k], encoded['heatmaps'][k]
            expected_ce -= (t * np.log(p)).sum()
            x = (p.sum(axis=0) * np.arange(16)).sum()
            y = (p.sum(axis=1) * np.arange(24)).sum()
            expected_l1 += (abs(x - points[i, k, 0] / 4) +
                            abs(y - points[i, k, 1] / 4)) / 2
    losses = head.loss((logits, ), data)
    # absent keypoints count in the divisor
    assert losses['loss_heatmap'].item() == pytest.approx(expected_ce / 6)
    assert losses['loss_coord'].item() == pytest.approx(expected_l1 / 6)
    # the gradient of a cross entropy is p - t
    gradient, = torch.autograd.grad(losses['loss_heatmap'], logits)
    target = torch.stack([s.gt_fields.heatmaps for s in data])
    weight = torch.from_numpy(visible)[..., None, None]
    torch.testing.assert_close(
        gradient, (torch.from_numpy(probability) - target) * weight / 6)
    with pytest.raises(ValueError, match='debias'):
        PoseFixHead(4, (16, 24), 3, debias=True)


def build(path, size=None):
    init_default_scope('mmpose')
    cfg = Config.fromfile(path)
    model = without_pretrained(cfg.model.to_dict())
    return MODELS.build(model), cfg


def batch(num, size, key=None):
    width, height = size
    data = get_packed_inputs(
        num, input_size=size, heatmap_size=(width // 4, height // 4))
    frames = () if key is None else (3, )
    data['inputs'] = list(torch.randint(
        0, 255, (num, *frames, 3, height, width), dtype=torch.uint8))
    rng = np.random.default_rng(0)
    for sample in data['data_samples']:
        # the stock helper shuffles them
        sample.set_metainfo(dict(flip_indices=FLIP))
        sample.set_metainfo(dict(
            input_keypoints=rng.uniform(5, 60, (1, 17, 2)).astype('float32'),
            input_present=np.arange(17)[None] < 15,
            input_scores=rng.uniform(0, 1, (1, 17)).astype('float32')))
        if key is not None:
            sample.set_metainfo(dict(
                frame_offsets=np.array([-1, 0, 1]),
                frame_valid=np.ones(3, bool), key_index=key))
    return data


@pytest.mark.parametrize('path', [
    path if 'tiny' in path.name else pytest.param(path, marks=pytest.mark.slow)
    for path in CONFIGS], ids=lambda path: path.stem)
def test_configs_run_forward_and_backward(path):
    model, cfg = build(path)
    data = batch(2, cfg.model.head.decoder.input_size)
    losses = model(**model.data_preprocessor(data, True), mode='loss')
    sum(losses.values()).backward()
    first = next(m for m in model.backbone.modules()
                 if isinstance(m, torch.nn.Conv2d))
    assert first.weight.shape[1] == 20
    # absent keypoints give no gradient, all others do
    used = first.weight.grad.abs().sum(dim=(0, 2, 3)) > 0
    assert used.tolist() == [True] * 18 + [False] * 2
    model.eval()
    with torch.no_grad():
        result = model(**model.data_preprocessor(data), mode='predict')
    for sample in result:
        pred = sample.pred_instances
        assert pred.keypoints.shape == (1, 17, 2)
        np.testing.assert_array_equal(
            pred.keypoint_scores, sample.metainfo['input_scores'])


def test_pose_maps_and_key_frame():
    model, _ = build(SMALL)
    data = batch(2, (64, 96))
    samples = data['data_samples']
    maps = model.pose_maps(samples, (96, 64), torch.device('cpu'))
    assert maps.shape == (2, 17, 96, 64)
    x, y = samples[1].metainfo['input_keypoints'][0, 3]
    amplitude = 255 / np.mean([58.395, 57.12, 57.375])
    for row, column in ((20, 30), (60, 10)):
        expected = amplitude * np.exp(
            -((column - x)**2 + (row - y)**2) / (2 * 2.5**2))
        assert maps[1, 3, row, column].item() == pytest.approx(
            expected, rel=1e-4)
    assert not maps[:, 15:].any()
    model.eval()
    clip = batch(2, (64, 96), key=1)
    image = batch(2, (64, 96))
    image['inputs'] = [frames[1] for frames in clip['inputs']]
    for sample, other in zip(image['data_samples'], clip['data_samples']):
        sample.set_metainfo({key: other.metainfo[key] for key in (
            'input_keypoints', 'input_center', 'input_scale')})
    with torch.no_grad():
        a, b = (
            [s.pred_instances.keypoints
             for s in model(**model.data_preprocessor(x), mode='predict')]
            for x in (clip, image))
    np.testing.assert_array_equal(a, b)


def test_flip_test_of_a_mirrored_input_mirrors_the_output():
    model, _ = build(SMALL)
    model.eval()
    model.test_cfg = dict(flip_test=True)
    torch.nn.init.normal_(model.head.final_layer.weight, std=1)
    data = model.data_preprocessor(batch(1, (64, 96)))
    sample = data['data_samples'][0]
    flip = sample.metainfo['flip_indices']
    with torch.no_grad():
        a = model.predict(**data)[0].pred_instances.keypoints.copy()
        points = sample.metainfo['input_keypoints'].copy()
        points[..., 0] = 63 - points[..., 0]
        sample.set_metainfo(dict(
            input_keypoints=points[:, flip],
            input_present=sample.metainfo['input_present'][:, flip]))
        data['inputs'] = data['inputs'].flip(-1)
        b = model.predict(**data)[0].pred_instances.keypoints
    meta = sample.metainfo
    scale, center = (np.ravel(meta[key])[0]
                     for key in ('input_scale', 'input_center'))
    # back to pixels of the crop, then mirrored
    a = (a[..., 0] - center + scale / 2) / scale * 64
    b = (b[..., 0] - center + scale / 2) / scale * 64
    np.testing.assert_allclose(63 - b[:, flip], a, atol=1e-3)


def test_weights_for_images_fill_the_first_three_channels():
    model, _ = build(SMALL)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    image = torch.randn(64, 3, 3, 3)
    before = state['backbone.conv1.weight'].clone()
    model.load_state_dict(dict(state, **{'backbone.conv1.weight': image}))
    after = model.backbone.conv1.weight
    torch.testing.assert_close(after[:, :3], image)
    torch.testing.assert_close(after[:, 3:], before[:, 3:])
    model.load_state_dict(state)
    torch.testing.assert_close(model.backbone.conv1.weight, before)


def test_samples_without_input_pose_are_refused():
    model, _ = build(SMALL)
    data = get_packed_inputs(1, input_size=(64, 96), heatmap_size=(16, 24))
    with pytest.raises(ValueError, match='no `input_keypoints`'):
        model(**model.data_preprocessor(data, True), mode='loss')


def test_another_number_of_keypoints_is_refused():
    model, _ = build(SMALL)
    data = batch(1, (64, 96))
    for sample in data['data_samples']:
        sample.set_metainfo(dict(
            input_keypoints=np.zeros((1, 14, 2), np.float32),
            input_present=np.ones((1, 14), bool)))
    with pytest.raises(ValueError, match='have 14 keypoints.* room for 17'):
        model(**model.data_preprocessor(data), mode='predict')


def test_a_head_of_another_number_of_keypoints_is_refused():
    config = Config.fromfile(SMALL).model.to_dict()
    config['head']['num_joints'] = 14
    init_default_scope('mmpose')
    with pytest.raises(ValueError, match='predicts 14 .* room for 17'):
        MODELS.build(without_pretrained(config))
