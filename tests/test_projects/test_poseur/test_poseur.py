"""Poseur: attention, groups, refinement, likelihood and configs."""
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from mmcv.ops.multi_scale_deform_attn import MultiScaleDeformableAttention
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from mmpose.models.utils.realnvp import RealNVP
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from mmpose.testing import get_packed_inputs

from mmpose_video.tools.get_flops import without_pretrained
from projects.poseur import PoseurHead, PoseurRLELoss
from projects.poseur.decoder_layer import PoseurDecoderLayer
from projects.poseur.poseur_head import likelihood
from projects.poseur.post_sampled_attention import PostSampledAttention

PROJECT = Path(__file__).parents[3] / 'projects' / 'poseur'
CONFIGS = sorted((PROJECT / 'configs').glob('*.py'))
CODEC = dict(type='RegressionLabel', input_size=(64, 96))
SHAPES = torch.tensor([[12, 8], [6, 4]])
STARTS = torch.tensor([0, 96])


def memory(num=2, channels=16):
    return dict(value=torch.randn(num, 120, channels), spatial_shapes=SHAPES,
                level_start_index=STARTS)


def randomize(module):
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return module.eval()


def test_projection_after_sampling_is_that_before():
    ours = randomize(PostSampledAttention(
        embed_dims=16, num_heads=4, num_levels=2, num_points=3))
    # close to the points, so that none lies outside of the image
    torch.nn.init.normal_(ours.sampling_offsets.weight, std=0.01)
    torch.nn.init.zeros_(ours.sampling_offsets.bias)
    usual = MultiScaleDeformableAttention(
        16, 4, 2, 3, batch_first=True).eval()
    usual.load_state_dict(ours.state_dict())
    query, position = torch.randn(2, 5, 16), torch.randn(5, 16)
    points = torch.rand(2, 5, 2) * 0.4 + 0.3
    given = memory()
    outputs, grads = [], []
    for module, places in ((ours, points),
                           (usual, points[:, :, None].repeat(1, 1, 2, 1))):
        value = given['value'].clone().requires_grad_()
        outputs.append(module(
            query, value=value, query_pos=position[None],
            reference_points=places, spatial_shapes=SHAPES,
            level_start_index=STARTS))
        outputs[-1].square().sum().backward()
        grads.append(value.grad)
    torch.testing.assert_close(*outputs, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(*grads, rtol=1e-4, atol=1e-4)


def test_groups_do_not_see_each_other():
    layer = randomize(PoseurDecoderLayer(16, 2, 4, 2, 32, 0.))
    query, position = torch.randn(2, 15, 16), torch.randn(15, 16)
    points = torch.rand(2, 15, 2)
    given = memory()
    with torch.no_grad():
        before = layer(query, position, 3, reference_points=points, **given)
        query[:, 5:10] += 1
        after = layer(query, position, 3, reference_points=points, **given)
    changed = (before - after).abs().amax(dim=(0, 2)) > 1e-6
    assert changed.tolist() == [False] * 5 + [True] * 5 + [False] * 5
    # one group alone gives what it gives among others
    with torch.no_grad():
        alone = layer(query[:, 10:], position[10:], 1,
                      reference_points=points[:, 10:], **given)
    torch.testing.assert_close(alone, after[:, 10:], rtol=1e-4, atol=1e-5)


@pytest.fixture
def head():
    init_default_scope('mmpose')
    return PoseurHead(
        16, 5, CODEC, num_levels=2, num_layers=2, num_noisy_groups=3,
        num_noisy_points=2,
        layer_cfg=dict(num_heads=4, ffn_channels=32, dropout=0.))


def levels(num=2):
    return torch.randn(num, 16, 12, 8), torch.randn(num, 16, 6, 4)


def test_zero_layers_give_the_points_back(head):
    first, *later = head.estimates(levels())
    assert len(later) == 2
    for estimate in later:
        assert estimate.coordinates.shape == (2, 5, 2)
        torch.testing.assert_close(
            estimate.coordinates, first.coordinates, rtol=1e-4, atol=1e-5)
    # and start in the middle
    assert (first.coordinates - 0.5).abs().max() < 0.1
    assert ((0 < first.sigmas) & (first.sigmas < 1)).all()


def test_refinement_is_in_logits_and_not_detached(head):
    move, beyond = torch.tensor([0.7, -0.3]), torch.tensor([0.2, 0.1])
    head.refine[0][-1].bias.data = move
    head.correct[0][-1].bias.data = beyond
    head.refine[1][-1].bias.data = move
    first, one, two = head.estimates(levels())
    logit = torch.logit(first.coordinates)
    torch.testing.assert_close(
        one.coordinates, (logit + move).sigmoid() + beyond)
    # the correction is not handed on
    torch.testing.assert_close(
        two.coordinates, (logit + 2 * move).sigmoid(), rtol=1e-4, atol=1e-5)
    two.coordinates.sum().backward()
    assert head.encoder.coordinates.weight.grad.abs().sum() > 0


def test_noise_moves_some_points_of_each_group(head):
    points = torch.rand(50, 5, 2)
    noisy = head._noisy(points).unflatten(1, (3, 5))
    moved = (noisy != points[:, None]).any(dim=-1)
    assert (moved.sum(dim=-1) == 2).all()
    # every keypoint has its turn
    assert (moved.float().mean(dim=(0, 1)) - 0.4).abs().max() < 0.15
    shift = (noisy - points[:, None])[moved]
    assert shift.abs().max() <= 1
    assert noisy.min() >= -0.7 and noisy.max() <= 1.7
    assert 0.15 < shift.var() < 0.23  # 0.2, cut off at one
    # training runs four groups, testing one
    assert head.estimates(levels(), noisy=True)[1].coordinates.shape == (
        2, 20, 2)
    torch.manual_seed(0)
    feats = levels()
    plain = head.estimates(feats)[-1].coordinates
    torch.testing.assert_close(
        head.estimates(feats, noisy=True)[-1].coordinates[:, :5], plain)


def test_loss_against_plain_formulas():
    loss = PoseurRLELoss(loss_weight=2.)
    for layer in loss.flow.modules():
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.normal_(layer.weight, std=0.1)
    plain = RealNVP()
    plain.load_state_dict(loss.flow.state_dict())
    pred = torch.rand(2, 3, 2, requires_grad=True)
    sigma = torch.rand(2, 3, 2) * 0.8 + 0.1
    target, weight = torch.rand(2, 3, 2), torch.tensor([[1., 1., 0.],
                                                        [1., 0., 1.]])
    expected = 0.
    for n in range(2):
        for k in range(3):
            error = ((pred - target) / sigma)[n, k]
            z, determinant = plain.backward_p(error[None])
            log_phi = (-((z - 0.5)**2).sum() / 2 - math.log(2 * math.pi) +
                       determinant).item()
            for axis in range(2):
                s, e = sigma[n, k, axis].item(), error[axis].item()
                expected += weight[n, k].item() * (
                    math.log(s) - log_phi +
                    math.log(s * math.sqrt(2 * math.pi)) +
                    abs(e) / math.sqrt(2))
    found = loss(pred, sigma, target, weight)
    assert found.item() == pytest.approx(2 * expected / 6, rel=1e-4)
    gradient, = torch.autograd.grad(found, pred)
    assert not gradient[weight == 0].any() and gradient[weight == 1].all()


def samples(num=2, num_joints=5):
    found = []
    for _ in range(num):
        sample = PoseDataSample(metainfo=dict(
            input_size=(64, 96), flip_indices=[0, 2, 1, 4, 3]))
        sample.gt_instance_labels = InstanceData(
            keypoint_labels=torch.rand(1, num_joints, 2),
            keypoint_weights=torch.ones(1, num_joints))
        found.append(sample)
    return found


def test_all_groups_and_layers_are_trained(head):
    randomize(head).train()
    losses = head.loss(levels(), samples())
    assert set(losses) == {'loss_encoder', 'loss_layer0', 'loss_layer1'}
    sum(losses.values()).backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all()
               for p in head.parameters())
    # the same flow for all layers, another one for the first guess
    assert head.encoder_loss is not head.decoder_loss


def test_scores_and_flip_fusion(head):
    randomize(head)
    assert likelihood(torch.tensor([0.1, 0.4])).item() == pytest.approx(
        0.7 * (1 - math.exp(-2)) * (1 - math.exp(-0.5)))
    a, b = levels(1), levels(1)
    data = samples(1)
    flip = data[0].metainfo['flip_indices']
    with torch.no_grad():
        result, = head.predict([a, b], data, dict(flip_test=True))
        plain, mirrored = head(a)[0], head(b)[0][flip]
    for k in range(5):
        p, q = (likelihood(x[k, 2:]).item() for x in (plain, mirrored))
        other = 1 - mirrored[k, 0].item() - 1 / 64
        x = (plain[k, 0].item() * p**5 + other * q**5) / (p**5 + q**5)
        assert result.keypoints[0, k, 0] == pytest.approx(64 * x, rel=1e-3,
                                                          abs=1e-2)
        assert result.keypoint_scores[0, k] == pytest.approx((p + q) / 2,
                                                             rel=1e-3)


def test_wrong_input(head):
    with pytest.raises(ValueError, match='takes 2 levels of features, got 1'):
        head(levels()[:1])
    with pytest.raises(ValueError, match='must be at most 3'):
        PoseurHead(16, 3, CODEC)


@pytest.mark.parametrize('path', [
    path if 'tiny' in path.name else pytest.param(path, marks=pytest.mark.slow)
    for path in CONFIGS], ids=lambda path: path.stem)
def test_configs_run_forward_and_backward(path):
    init_default_scope('mmpose')
    config = without_pretrained(Config.fromfile(path).model.to_dict())
    if config['backbone']['type'] == 'ResNet':
        config['backbone'].update(depth=18, norm_cfg=dict(type='BN'))
        config['neck']['in_channels'] = [64, 128, 256, 512]
    config['head']['decoder']['input_size'] = (64, 96)
    model = MODELS.build(config)
    for num_frames in (1, 3):
        data = get_packed_inputs(2, input_size=(64, 96), img_shape=(96, 64))
        data['inputs'] = list(torch.randint(
            0, 255, (2, num_frames, 3, 96, 64), dtype=torch.uint8))
        for sample in data['data_samples']:
            sample.set_metainfo(dict(
                frame_offsets=np.arange(num_frames) - num_frames // 2,
                frame_valid=np.ones(num_frames, bool),
                key_index=num_frames // 2))
        model.train()
        batch = model.data_preprocessor(data, True)
        losses = model(**batch, mode='loss')
        sum(losses.values()).backward()
        assert model.backbone.conv1.weight.grad.abs().sum() > 0
        model.eval()
        with torch.no_grad():
            found = model(**batch, mode='predict')[0].pred_instances
        assert found.keypoints.shape == (1, 17, 2)
        assert ((0 < found.keypoint_scores) &
                (found.keypoint_scores < 0.7)).all()
