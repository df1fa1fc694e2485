"""PoseWarper against its formulas and against MMPose's unused neck."""
import pytest
import torch
import torch.nn.functional as F
from mmpose.models.necks.posewarper_neck import PoseWarperNeck
from mmpose.registry import MODELS

from mmpose_video.structures import ClipInfo

K = 3
SIZE = (7, 6)


def build(**kwargs):
    kwargs = {**dict(num_keypoints=K, dilations=(1, 2), channels=8,
                     num_blocks=2, rough_head=dict(in_channels=4)), **kwargs}
    neck = MODELS.build(dict(type='PoseWarpingNeck', **kwargs))
    # at the start all offsets are 0 and everything is the identity
    for parameter in neck.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.15)
    for layer in neck.warps:
        torch.nn.init.normal_(layer.offset_conv.weight, std=0.3)
    return neck.double()


def features(num_frames, num_clips=2, channels=4):
    return (torch.randn(num_clips, num_frames, channels, *SIZE,
                        dtype=torch.float64), )


def clip_of(num_clips, *offsets, key_index):
    offsets = torch.tensor(offsets).expand(num_clips, -1)
    return ClipInfo(offsets.shape[1], key_index, offsets, offsets == offsets)


def resample(x, offsets, weight, dilation):
    """Deformable convolution, offsets per channel, by loops; one sample."""
    height, width = x.shape[1:]
    out = torch.zeros_like(x)
    for i in range(height):
        for j in range(width):
            taps = torch.zeros(len(x), 9, dtype=x.dtype)
            for k in range(len(x)):
                for tap in range(9):
                    dy, dx = offsets[2 * (9 * k + tap):][:2, i, j].tolist()
                    y = i + (tap // 3 - 1) * dilation + dy
                    z = j + (tap % 3 - 1) * dilation + dx
                    for row in range(height):
                        for column in range(width):
                            near = (max(0., 1 - abs(y - row)) *
                                    max(0., 1 - abs(z - column)))
                            taps[k, tap] += near * x[k, row, column]
            out[:, i, j] = weight.flatten(1) @ taps.flatten()
    return out


def warped(neck, frame, key):
    """The formula for one sample: heatmaps (K, h, w) of both frames."""
    guide = neck.difference((key - frame)[None])
    total = torch.zeros_like(frame)
    for layer, dilation in zip(neck.warps, (1, 2)):
        offsets = F.conv2d(guide, layer.offset_conv.weight,
                           padding=dilation, dilation=dilation)[0]
        total += resample(frame, offsets, layer.deform_conv.weight, dilation)
    return total / 2


def rough_of(neck, feats):
    head = neck.rough_head.final_layer
    return torch.stack([F.conv2d(feats[0][:, t], head.weight, head.bias)
                        for t in range(feats[0].shape[1])], 1)


def test_aggregation_formula():
    neck = build(slot_weights=(0.2, 0.5, 0.3)).eval()
    feats = features(3, num_clips=1)
    with torch.no_grad():
        (out, ), context = neck.encode(feats)
        rough = rough_of(neck, feats)
        expected = sum(
            weight * warped(neck, rough[0, t], rough[0, 1])
            for t, weight in enumerate((0.2, 0.5, 0.3)))
    torch.testing.assert_close(out[0], expected)
    torch.testing.assert_close(context['rough'], rough)
    # the offsets matter
    assert (expected - torch.einsum(
        't,tkhw->khw', torch.tensor([0.2, 0.5, 0.3]).double(), rough[0])
    ).abs().max() > 0.1 * expected.std()


@pytest.mark.slow
@pytest.mark.parametrize('key_index', [0, 1])
def test_training_pair_is_the_warped_support(key_index):
    neck = build().eval()
    feats = features(2)
    offsets = (0, -1) if key_index == 0 else (-1, 0)
    with torch.no_grad():
        (out, ), _ = neck.encode(
            feats, clip_of(2, *offsets, key_index=key_index))
        rough = rough_of(neck, feats)
        expected = warped(neck, rough[1, 1 - key_index], rough[1, key_index])
    torch.testing.assert_close(out[1], expected)


@pytest.mark.slow
def test_a_single_image_is_warped_by_no_difference():
    neck = build().eval()
    feats = features(1)
    with torch.no_grad():
        (out, ), _ = neck.encode(feats)
        rough = rough_of(neck, feats)
        expected = warped(neck, rough[0, 0], rough[0, 0])
    torch.testing.assert_close(out[0], expected)


def test_start_is_the_weighted_sum():
    neck = MODELS.build(dict(
        type='PoseWarpingNeck', rough_head=dict(in_channels=4)))
    neck.init_weights()
    assert 5e-4 < neck.difference[3].conv1.weight.std() < 2e-3
    feats = (torch.randn(1, 5, 4, *SIZE), )
    rough = neck.rough_head.frame_heatmaps(feats)
    slots = torch.tensor([0.1, 0.25, 0.3, 0.25, 0.1])
    torch.testing.assert_close(
        neck.eval()(feats)[0], torch.einsum('t,ntkhw->nkhw', slots, rough))


def test_sizes_of_the_paper():
    neck = MODELS.build(dict(
        type='PoseWarpingNeck', rough_head=dict(in_channels=48)))
    assert sum(p.numel() for p in neck.parameters()) == 7558605 + 833
    trained = sum(p.numel() for p in neck.parameters() if p.requires_grad)
    assert trained == 7558605  # the single-frame head keeps its weights


def test_gradients():
    neck = build(dilations=(1, ), num_blocks=1).eval()
    heatmaps, difference = (
        torch.randn(1, K, 4, 4, dtype=torch.float64, requires_grad=True)
        for _ in range(2))
    assert torch.autograd.gradcheck(neck.warp, (heatmaps, difference))


def test_all_but_the_frozen_head_is_trained():
    neck = build().train()
    clip = clip_of(2, 0, 1, key_index=0)
    neck.encode(features(2), clip)[0][0].square().mean().backward()
    for name, parameter in neck.named_parameters():
        if name.startswith('rough_head'):
            assert parameter.grad is None
        else:
            assert parameter.grad.abs().sum() > 0, name


def test_key_difference_changes_batch_statistics_alone():
    feats, clip = features(2, num_clips=4), clip_of(4, 0, 1, key_index=0)
    outputs = {}
    for with_key in (False, True):
        torch.manual_seed(0)
        neck = build(with_key_difference=with_key).train()
        outputs[with_key] = neck.encode(feats, clip)[0][0]
    assert not torch.allclose(outputs[False], outputs[True])
    torch.manual_seed(0)
    neck = build(with_key_difference=True).eval()
    torch.manual_seed(0)
    plain = build().eval()
    torch.testing.assert_close(neck.encode(feats, clip)[0][0],
                               plain.encode(feats, clip)[0][0])


@pytest.mark.parametrize('weights', [(0.5, 0.5), (1, -1, 1), (0, 0, 0)])
def test_bad_slot_weights(weights):
    with pytest.raises(ValueError, match='slot_weights'):
        build(slot_weights=weights)


def test_wrong_features_and_lengths():
    neck = build()
    with pytest.raises(ValueError, match='built for 4 channels'):
        neck(features(5, channels=6))
    with pytest.raises(ValueError, match='1 or 2 or 5 frames, got 4'):
        neck(features(4))


def test_equal_to_the_neck_of_mmpose():
    """MMPose keeps the network of 0.x, which no model of it can call."""
    neck = build(num_blocks=3).eval()
    stock = PoseWarperNeck(
        in_channels=4, out_channels=K, inner_channels=8, deform_groups=K,
        dilations=(1, 2), res_blocks_cfg=dict(num_blocks=3)).double()
    stock.eval()  # returns None
    state = {}
    for name, value in neck.state_dict().items():
        for ours, theirs in (('rough_head.final_layer', 'trans_layer'),
                             ('difference', 'offset_feats')):
            name = name.replace(ours, theirs)
        if name.startswith('warps'):
            _, index, layer, leaf = name.split('.')
            layer = dict(offset_conv='offset_layers',
                         deform_conv='deform_conv_layers')[layer]
            name = f'{layer}.{index}.{leaf}'
        state[name] = value
    stock.load_state_dict(state)
    feats = features(5)
    # MMPose has the key frame first, then its neighbors in ascending time
    frames = [[feats[0][:, t]] for t in (2, 0, 1, 3, 4)]
    with torch.no_grad():
        expected = stock(frames, frame_weight=(0.3, 0.1, 0.25, 0.25, 0.1))
        torch.testing.assert_close(neck(feats)[0], expected)
