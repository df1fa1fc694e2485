"""FAMI-Pose: both designs against their formulas, ablations, objective."""
import math

import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from mmpose_video.models.necks.fami.affine_warp import affine_warp, translate
from mmpose_video.structures import ClipInfo

C, K = 4, 3


def build(**kwargs):
    neck = MODELS.build({
        'type': 'FAMINeck', 'in_channels': C, 'num_keypoints': K,
        'offset_groups': 2, **kwargs})
    # the published start is almost zero: too small to compare anything
    for parameter in neck.parameters():
        if parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter)
    return neck.double()


def features(num_frames=5, channels=C):
    return (torch.randn(2, num_frames, channels, 8, 6).double(), )


def samples(num=2):
    result = []
    for _ in range(num):
        sample = PoseDataSample()
        sample.gt_fields = PixelData(heatmaps=torch.rand(K, 8, 6).double())
        result.append(sample)
    return result


def test_code_design():
    neck = build().eval()
    x = features()[0]
    (out, ), context = neck.encode((x, ))
    key = x[:, 2]
    warped = [
        translate(x[:, t], neck.transform(x[:, t] - key))
        for t in (0, 1, 3, 4)
    ]
    merged = neck.merge(torch.cat(warped, 1))
    aligned = neck.calibrate(merged, key)
    expected = neck.aggregate(torch.cat([key, aligned], 1))
    assert out.std() > 1e-2
    torch.testing.assert_close(out, expected)
    torch.testing.assert_close(context['key'], key)
    torch.testing.assert_close(context['support'], merged)
    assert context['aligned'] is out


def test_paper_design():
    neck = build(design='paper').eval()
    x = features()[0]
    (out, ), context = neck.encode((x, ))
    key = x[:, 2]
    aligned = []
    for t in (0, 1, 3, 4):
        delta = neck.transform(torch.cat([x[:, t], key], 1)).view(2, 2, 3)
        theta = torch.eye(2, 3).double() + delta
        warped = affine_warp(x[:, t], theta)
        guide = neck.calibrate.combine(torch.cat([warped, key], 1))
        aligned.append(neck.calibrate.stage(warped, guide))
    expected = neck.aggregate(torch.cat([key, *aligned], 1))
    assert out.std() > 1e-2
    torch.testing.assert_close(out, expected)
    # one pair per clip and support, in the same order
    stacked = torch.stack(aligned, 1).flatten(0, 1)
    torch.testing.assert_close(context['aligned'], stacked)
    torch.testing.assert_close(
        context['support'], x[:, [0, 1, 3, 4]].flatten(0, 1))
    torch.testing.assert_close(context['key'][4:], key[1:].expand(4, -1, -1,
                                                                  -1))


def test_paper_design_starts_without_a_warp():
    neck = MODELS.build(dict(
        type='FAMINeck', in_channels=C, offset_groups=2, design='paper',
        use_local=False))
    neck.init_weights()
    x = features()[0].float()
    (_, ), context = neck.eval().encode((x, ))
    torch.testing.assert_close(
        context['aligned'], context['support'], atol=1e-4, rtol=1e-4)


def test_global_transform():
    """Five strided convolutions and three linear layers, written out."""
    transform = build().transform.eval()
    x = torch.randn(1, C, 96, 72).double()
    y = transform.block(x)
    for conv, norm, _ in transform.convs[:5]:
        y = F.conv2d(y, conv.weight, conv.bias, stride=2, padding=1)
        y = F.batch_norm(y, norm.running_mean, norm.running_var, norm.weight,
                         norm.bias).relu()
    assert y.shape == (1, 16, 3, 3)
    y = y.reshape(1, 144)
    for linear in transform.mlp:
        y = y @ linear.weight.T + linear.bias
    torch.testing.assert_close(transform(x), y)


def test_sizes_of_the_code():
    """As many parameters as the published model, backbone and head aside."""
    neck = MODELS.build(dict(type='FAMINeck', in_channels=48))
    # counted by running the official code, less the 3x3 head
    assert sum(p.numel() for p in neck.parameters()) == 1059459 - 7361


def test_supports_are_all_frames_but_the_key():
    """A key frame that is not in the middle, as at the end of a stream."""
    neck = build(num_frames=3, use_global=False, use_local=False).eval()
    x = features(3)[0]
    clip = ClipInfo(3, 2, torch.tensor([[-2, -1, 0]] * 2),
                    torch.ones(2, 3, dtype=torch.bool))
    expected = neck.aggregate(
        torch.cat([x[:, 2], neck.merge(x[:, :2].flatten(1, 2))], 1))
    torch.testing.assert_close(neck((x, ), clip)[0], expected)


@pytest.mark.parametrize('design', ['code', 'paper'])
def test_single_frame_is_a_still(design):
    neck = build(design=design).eval()
    x = features(1)[0]
    still = neck((x.expand(-1, 5, -1, -1, -1), ))[0]
    torch.testing.assert_close(neck((x, ))[0], still)


@pytest.mark.parametrize('design', ['code', 'paper'])
@pytest.mark.parametrize('switch', [
    {}, dict(use_global=False), dict(use_local=False)])
def test_ablations_have_no_idle_parameters(design, switch):
    neck = build(design=design, **switch).train()
    (out, ), _ = neck.encode(features())
    out.pow(2).sum().backward()
    missing = dict(use_global='transform', use_local='calibrate')
    for name in switch:
        assert getattr(neck, missing[name]) is None
    idle = [name for name, p in neck.named_parameters() if p.grad is None]
    assert not idle


def test_without_alignment_the_supports_are_merged_as_they_are():
    neck = build(use_global=False, use_local=False).eval()
    x = features()[0]
    (_, ), context = neck.encode((x, ))
    torch.testing.assert_close(
        context['support'], neck.merge(x[:, [0, 1, 3, 4]].flatten(1, 2)))


def test_lifted_features():
    neck = build(deconv_out_channels=(6, 4))
    assert neck(features())[0].shape == (2, 4, 32, 24)


def divergence(x, y):
    """The published 'mutual information', by its authors' formula."""
    p = (x.flatten(2) / 0.05).softmax(2)
    q = (y.flatten(2) / 0.05).softmax(2)
    # torch's kl_div wants log p; what it gets is p
    return (q * (q.log() - p)).mean()


def test_published_objective():
    neck = build(mi=dict(mode='published')).double().train()
    assert neck.uses_heatmaps
    probe = neck.mi_loss.label_layer
    # flat maps: nothing underflows, so the formula holds as it stands
    context = {name: 0.3 * torch.rand(2, C, 8, 6).double()
               for name in ('aligned', 'key', 'support')}
    heatmaps = 0.3 * torch.rand(2, K, 8, 6).double()
    losses = neck.loss(context, samples(), heatmaps)

    z, key, support = (context[n] for n in ('aligned', 'key', 'support'))
    y = heatmaps
    value = 0.5 * (-0.1 * divergence(probe(z), y) + 0.1 * divergence(key, z) +
                   divergence(probe(support), y) - divergence(support, z) +
                   divergence(probe(key), y) - divergence(key, z))
    total = sum(v for k, v in losses.items() if 'loss' in k)
    assert value.abs() > 1e-5 and total.dtype == torch.float64
    torch.testing.assert_close(total, value, rtol=1e-10, atol=0)


@pytest.mark.parametrize('design', ['code', 'paper'])
def test_default_objective(design):
    neck = build(design=design, mi=dict(warmup_iters=0)).float().train()
    assert not neck.uses_heatmaps
    (_, ), context = neck.encode((features()[0].float(), ))
    data = samples()
    for sample in data:
        sample.gt_fields.heatmaps = sample.gt_fields.heatmaps.float()
    losses = neck.loss(context, data)
    terms = {'aligned_target', 'support_aligned', 'key_aligned'}
    assert {k for k in losses if k.startswith('loss_mi_')} == {
        f'loss_mi_{name}' for name in terms} | {'loss_mi_fit'}
    assert all(math.isfinite(value.item()) for value in losses.values())
    for name in terms:
        loss = losses[f'loss_mi_{name}']
        grad, = torch.autograd.grad(
            loss, context['aligned'], retain_graph=True)
        assert grad.abs().sum() > 0
    # what the frames know is given: it must not be unlearned
    assert not context['key'].requires_grad
    weights = torch.stack([losses[f'loss_mi_{name}'] / losses[f'mi_{name}']
                           for name in ('aligned_target', 'support_aligned',
                                        'key_aligned')])
    torch.testing.assert_close(
        weights, -neck.mi_loss.loss_weight * torch.tensor([0.1, 1., 0.9]))


def test_without_objective():
    neck = build()
    (_, ), context = neck.encode(features())
    assert neck.loss(context, samples()) == {}


@pytest.mark.parametrize('kwargs, message', [
    (dict(design='both'), 'design'),
    (dict(num_frames=1), 'at least 2'),
    (dict(offset_groups=3), '3 groups'),
])
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(**kwargs)


def test_other_clip_lengths():
    with pytest.raises(ValueError, match='FAMINeck takes clips of 1 or 5'):
        build()(features(3))


def test_channels_of_another_backbone():
    with pytest.raises(ValueError, match='4 channels.*gives 6'):
        build()(features(channels=6))


@pytest.mark.parametrize('design', ['code', 'paper'])
def test_unit_modulation_lets_the_supports_through(design):
    """Published weights are so small that the alignment passes nothing on."""
    share = {}
    for unit in (False, True):
        torch.manual_seed(0)
        neck = MODELS.build(dict(
            type='FAMINeck', in_channels=16, offset_groups=4, design=design,
            unit_modulation=unit))
        neck.init_weights()
        support, key = torch.randn(2, 4, 16, 24, 16)
        share[unit] = (neck.calibrate(support, key).std() /
                       support.std()).item()
    # stages with factors of 1 are plain convolutions with PyTorch's start,
    # which keep 1 / sqrt(3) of the standard deviation inside of the border
    stages = 2 if design == 'code' else 1
    assert share[True] == pytest.approx(3**(-stages / 2), rel=0.25)
    assert share[False] < 0.1**(2 * stages) * share[True]
