"""DCPose against its formulas, its ablations, its edges."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from mmpose_video.structures import ClipInfo

K = 3


def build(frozen=True, **kwargs):
    kwargs.setdefault('rough_head', dict(in_channels=4, frozen=frozen))
    neck = MODELS.build(dict(
        type='DCPoseNeck', num_keypoints=K, dilations=(1, 2),
        guide_channels=8, **kwargs))
    # the published start is almost zero: too small to compare anything
    for parameter in neck.parameters():
        if parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter)
    return neck.double()


def clip_of(*offsets, key_index=1):
    offsets = torch.tensor(offsets)
    return ClipInfo(offsets.shape[1], key_index, offsets, offsets == offsets)


def features(num_frames=3):
    return (torch.randn(2, num_frames, 4, 6, 5, dtype=torch.float64), )


def samples(num=2):
    result = []
    for _ in range(num):
        sample = PoseDataSample()
        sample.gt_fields = PixelData(heatmaps=torch.rand(K, 6, 5).double())
        sample.gt_instance_labels = InstanceData(
            keypoint_weights=torch.ones(1, K).double())
        result.append(sample)
    return result


def test_formula():
    neck = build().eval()
    feats = features()
    # distances 1 and 3 for the first clip, 2 and 1 for the second
    clip = clip_of((-1, 0, 3), (-2, 0, 1))
    (out, ), context = neck.encode(feats, clip)

    head = neck.rough_head.final_layer
    previous, key, following = (
        F.conv2d(feats[0][:, t], head.weight, head.bias) for t in range(3))
    w_p, w_n = torch.tensor([[3 / 4, 1 / 3], [1 / 4, 2 / 3]],
                            dtype=torch.float64).view(2, 2, 1, 1)
    merged, residual = [], []
    for k in range(K):
        merged += [key[:, k], w_p * previous[:, k], w_n * following[:, k]]
        a, b = key[:, k] - previous[:, k], key[:, k] - following[:, k]
        residual += [a, w_p * a, b, w_n * b]
    support = neck.merge(torch.stack(merged, 1))
    guide = neck.guide(
        torch.cat([neck.residual(torch.stack(residual, 1)), support], 1))
    expected = (neck.corrections[0](support, guide) +
                neck.corrections[1](support, guide)) / 2

    assert out.std() > 1e-2
    torch.testing.assert_close(out, expected)
    torch.testing.assert_close(context['rough'], key)


def test_sizes_of_the_paper():
    """As many parameters as the published model, backbone aside."""
    neck = MODELS.build(
        dict(type='DCPoseNeck', rough_head=dict(in_channels=48)))
    rough = 48 * 17 + 17
    # counted by running the official code
    assert sum(p.numel() for p in neck.parameters()) - rough == 1603053
    assert [c.deform_conv.dilation for c in neck.corrections] == [
        (d, d) for d in (3, 6, 9, 12, 15)]


def test_start():
    neck = MODELS.build(
        dict(type='DCPoseNeck', rough_head=dict(in_channels=4)))
    neck.init_weights()
    assert 5e-4 < neck.guide[0].expand[0].weight.std() < 2e-3
    for correction in neck.corrections:
        assert 5e-4 < correction.mask_conv.weight.std() < 2e-3
        weight = correction.deform_conv.weight
        torch.testing.assert_close(weight[:, :, 1, 1], torch.eye(17))
        assert weight.sum() == 17


@pytest.mark.parametrize('offsets, expected', [
    ((-1, 0, 1), (0.5, 0.5)),
    ((-1, 0, 3), (0.75, 0.25)),
    ((0, 0, 2), (2 / 3, 1 / 3)),  # no previous frame
    ((-4, 0, 0), (0.2, 0.8)),  # no next frame
    ((0, 0, 0), (0.5, 0.5)),  # a video of one frame
])
def test_frame_weights(offsets, expected):
    neck = build()
    weights = neck.frame_weights(clip_of(offsets), torch.float64)
    np.testing.assert_allclose([w.item() for w in weights], expected)


def test_duplicated_edge_frames_are_finite():
    neck = build(frozen=False)
    feats = features()
    feats = (feats[0][:, [1, 1, 1]].requires_grad_(), )
    (out, ), _ = neck.encode(feats, clip_of((0, 0, 0), (0, 0, 0)))
    out.sum().backward()
    assert torch.isfinite(out).all()
    assert torch.isfinite(feats[0].grad).all()


def test_single_frame_is_a_still():
    neck = build().eval()
    feats = features(1)
    out = neck(feats, ClipInfo.centered(2, 1))[0]
    still = neck((feats[0].expand(-1, 3, -1, -1, -1), ),
                 clip_of((0, 0, 0), (0, 0, 0)))[0]
    torch.testing.assert_close(out, still)


@pytest.mark.parametrize('num_frames', [2, 5])
def test_other_clip_lengths(num_frames):
    with pytest.raises(ValueError, match='DCPoseNeck takes clips of 1 or 3'):
        build()(features(num_frames))


def test_channels_of_another_backbone():
    with pytest.raises(ValueError, match='4 channels.*gives 6'):
        build()((torch.rand(1, 3, 6, 6, 5).double(), ))


def test_without_merger():
    neck = build(use_ptm=False)
    _, context = neck.encode(features())
    assert neck.merge is None
    assert context['support'] is context['rough']


def test_without_residual_fusion():
    """The frames then matter through the merged heatmaps alone."""
    neck = build(use_prf=False, use_ptm=False).eval()
    feats = features()
    other = torch.randn_like(feats[0])
    other[:, 1] = feats[0][:, 1]
    torch.testing.assert_close(neck(feats)[0], neck((other, ))[0])
    with_prf = build(use_ptm=False).eval()
    assert not torch.allclose(with_prf(feats)[0], with_prf((other, ))[0])


def test_without_correction():
    neck = build(use_pcn=False)
    (out, ), context = neck.encode(features())
    assert out is context['support']
    assert neck.residual is None and not hasattr(neck, 'corrections')


def test_nothing_left():
    with pytest.raises(ValueError, match='use_ptm'):
        build(use_ptm=False, use_pcn=False)


@pytest.mark.parametrize('switch', ['use_ptm', 'use_prf', 'use_pcn'])
def test_ablations_have_no_idle_parameters(switch):
    neck = build(**{switch: False})
    neck.train()
    (out, ), context = neck.encode(features())
    out.pow(2).sum().backward()
    idle = [name for name, p in neck.named_parameters()
            if p.requires_grad and p.grad is None]
    assert not idle


def test_rough_heatmap_is_supervised_where_it_can_learn():
    data = samples()
    frozen = build()
    (_, ), context = frozen.encode(features())
    assert frozen.loss(context, data) == {}
    # a trained backbone
    (_, ), context = frozen.encode((features()[0].requires_grad_(), ))
    losses = frozen.loss(context, data)
    # a trained head
    trained = build(frozen=False)
    (_, ), context = trained.encode(features())
    losses = trained.loss(context, data)
    target = torch.stack([s.gt_fields.heatmaps for s in data])
    expected = (context['rough'] - target).pow(2).mean()
    assert list(losses) == ['loss_rough']
    torch.testing.assert_close(losses['loss_rough'], expected)
    losses['loss_rough'].backward()
    assert trained.rough_head.final_layer.weight.grad.abs().sum() > 0
