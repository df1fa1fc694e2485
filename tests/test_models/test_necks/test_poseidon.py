"""Poseidon against the order of its steps, clip by clip."""
import pytest
import torch
import torch.nn.functional as F
from mmpose.registry import MODELS

from mmpose_video.models.necks.poseidon import (
    FrameWeighting,
    LevelAttention,
    PyramidFusion,
)
from mmpose_video.structures import ClipInfo

C, SIZE, T = 8, (6, 7), 3


def build(**kwargs):
    neck = MODELS.build({**dict(
        type='PoseidonNeck', channels=C, feature_size=SIZE[::-1],
        num_heads=2, num_frames=T, num_levels=2), **kwargs})
    for parameter in neck.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return neck.double()


def features(num_clips=2, num_frames=T, levels=2):
    return tuple(
        torch.randn(num_clips, num_frames, C, *SIZE, dtype=torch.float64)
        for _ in range(levels))


def tokens_of(maps, layout):
    """(C, h, w) to (P, C)."""
    if layout == 'published':
        return maps.reshape(-1, C)
    return torch.stack([maps[:, i, j] for i in range(SIZE[0])
                        for j in range(SIZE[1])])


def maps_of(tokens, layout):
    if layout == 'published':
        return tokens.reshape(C, *SIZE)
    return tokens.T.reshape(C, *SIZE)


def attend(mha, query, context):
    return mha(query[None], context[None], context[None])[0][0]


def fused_frame(neck, levels, layout):
    """Multi-scale fusion of one frame, levels (C, h, w)."""
    maps = []
    for level, norm in zip(levels[:-1], neck.level_norms):
        tokens = F.layer_norm(tokens_of(level, 'sound'), (C, ), norm.weight,
                              norm.bias)
        maps.append(maps_of(tokens, layout))
    maps.append(levels[-1])
    sequence = torch.cat([
        tokens_of(neck.pyramid(x[None])[0], layout) for x in maps])
    layer = neck.level_attention
    sequence = layer.norm(
        sequence + attend(layer.attention, sequence, sequence))
    mean = sum(sequence.split(SIZE[0] * SIZE[1])) / len(levels)
    return maps_of(layer.proj(mean), layout)


def expected_of(neck, levels, key, layout):
    """The method for one clip, levels (T, C, h, w)."""
    frames = [fused_frame(neck, [level[t] for level in levels], layout)
              for t in range(T)]
    scores = []
    for frame in frames:
        hidden = neck.weighting.conv(frame[None]).relu().mean((2, 3))
        scores.append(neck.weighting.score(hidden)[0, 0])
    weights = torch.stack(scores).softmax(0)
    frames = [frame * weight for frame, weight in zip(frames, weights)]
    supports = [tokens_of(frames[t], 'sound') for t in range(T) if t != key]
    supports = [attend(neck.support_attention, s, s) for s in supports]
    fused = attend(neck.key_attention, tokens_of(frames[key], 'sound'),
                   torch.cat(supports))
    fused = F.layer_norm(maps_of(fused, 'sound'), (C, *SIZE),
                         neck.norm.weight, neck.norm.bias)
    return fused + frames[key], weights


@pytest.mark.parametrize('layout', ['sound', 'published'])
def test_steps(layout):
    neck = build(layout=layout).eval()
    feats = features()
    with torch.no_grad():
        (out, ), context = neck.encode(feats, ClipInfo.centered(2, T))
        for n in range(2):
            expected, weights = expected_of(
                neck, [level[n] for level in feats], 1, layout)
            torch.testing.assert_close(out[n], expected)
            torch.testing.assert_close(context['frame_weights'][n], weights)
    assert weights.max() - weights.min() > 0.01


def test_pyramid():
    layer = PyramidFusion(C).double().eval()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    x = torch.randn(2, C, *SIZE, dtype=torch.float64)
    scales = [x]
    for path, cells in zip(layer.paths, (1, 2, 3, 6)):
        pooled = F.adaptive_avg_pool2d(x, cells)
        pooled = F.conv2d(pooled, path[1].weight)
        assert pooled.shape[1] == C // 4
        pooled = (pooled / (1 + 1e-5)**0.5 * path[2].weight.view(1, -1, 1, 1)
                  + path[2].bias.view(1, -1, 1, 1)).relu()
        scales.append(F.interpolate(pooled, SIZE, mode='bilinear',
                                    align_corners=True))
    out = F.conv2d(torch.cat(scales, 1), layer.conv.weight, padding=1)
    out = (out / (1 + 1e-5)**0.5 * layer.norm.weight.view(1, -1, 1, 1)
           + layer.norm.bias.view(1, -1, 1, 1)).relu()
    torch.testing.assert_close(layer(x), out)


def test_levels_count_equally():
    layer = LevelAttention(C, 2, 'sound').double()
    a, b = torch.randn(2, 1, C, *SIZE, dtype=torch.float64)
    torch.testing.assert_close(layer([a, b]), layer([b, a]))


def test_frame_weights_sum_to_one():
    weights = FrameWeighting(C)(torch.randn(3, 4, C, *SIZE))
    assert weights.shape == (3, 4)
    torch.testing.assert_close(weights.sum(1), torch.ones(3))


def test_clips_of_a_batch_do_not_see_each_other():
    neck = build().eval()
    feats = features(4)
    whole, = neck(feats)
    alone, = neck(tuple(level[2:3] for level in feats))
    torch.testing.assert_close(whole[2:3], alone)


def test_a_single_image_is_a_still_clip():
    neck = build().eval()
    feats = features(num_frames=1)
    out, = neck(feats)
    torch.testing.assert_close(
        out, neck(tuple(level.expand(-1, T, -1, -1, -1)
                        for level in feats))[0])


def test_gradients():
    neck = build().train()
    feats = tuple(level.requires_grad_() for level in features())
    (out, ), _ = neck.encode(feats, ClipInfo.centered(2, T))
    out.square().mean().backward()
    for name, parameter in neck.named_parameters():
        assert parameter.grad is not None and torch.isfinite(
            parameter.grad).all(), name
    for level in feats:
        assert (level.grad.abs().sum((2, 3, 4)) > 0).all()


def test_sizes_of_the_released_code():
    neck = MODELS.build(dict(
        type='PoseidonNeck', channels=384, feature_size=(18, 24)))
    # counted by running the official code
    assert sum(p.numel() for p in neck.parameters()) == 5280513


@pytest.mark.parametrize('changes, message', [
    (dict(layout='views'), 'layout'),
    (dict(num_heads=3), 'must divide the channels'),
    (dict(num_frames=1), 'num_frames=1'),
])
def test_bad_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)


def test_wrong_features():
    neck = build()
    with pytest.raises(ValueError, match='takes 2 levels of .8, 6, 7.*out_in'):
        neck(features(levels=3))
    with pytest.raises(ValueError, match='got .* .8, 5, 7.'):
        neck(tuple(level[..., :5, :] for level in features()))
