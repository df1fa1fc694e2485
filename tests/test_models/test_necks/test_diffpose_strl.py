"""DiffPose's representation learner."""
import pytest
import torch
from torch.nn import functional as F

from mmpose_video.models.necks import SpatioTemporalRepresentationLearner
from mmpose_video.structures import ClipInfo


def make(**kwargs):
    torch.manual_seed(0)
    kwargs = dict(
        in_channels=6,
        feature_size=(3, 4),
        embed_dims=8,
        num_layers=1,
        num_heads=2) | kwargs
    return SpatioTemporalRepresentationLearner(**kwargs).eval()


@pytest.mark.parametrize('aggregation', ['linear', 'deconv'])
def test_against_the_equations(aggregation):
    """The equations with explicit loops over frames and tokens."""
    neck = make(aggregation=aggregation, num_layers=2)
    N, T, h, w, D = 2, 3, 4, 3, 8
    if aggregation == 'linear':
        torch.nn.init.normal_(neck.aggregate.weight)
    feat = torch.randn(N, T, 6, h, w)
    sequences = []
    for n in range(N):
        tokens = []
        for k in range(T):
            embedded = neck.patch_embed(feat[n, k][None])[0]
            for i in range(h):
                for j in range(w):
                    tokens.append(embedded[:, i, j] +
                                  neck.positions[k, :, i, j])
        sequences.append(torch.stack(tokens))
    x = torch.stack(sequences)
    for layer in neck.layers:
        y = layer.norm1(x)
        x = x + layer.self_attn(y, y, y)[0]
        x = x + layer.linear2(F.gelu(layer.linear1(layer.norm2(x))))
    x = neck.norm(x)
    if aggregation == 'linear':
        wanted = torch.zeros(N, D, h, w)
        for k in range(T):
            for i in range(h):
                for j in range(w):
                    wanted[:, :, i, j] += (
                        x[:, k * h * w + i * w + j] *
                        neck.aggregate.weight[0, k])
        wanted = wanted + neck.aggregate.bias
    else:
        maps = [
            x[:, k * h * w:(k + 1) * h * w].transpose(1, 2).reshape(
                N, D, h, w) for k in range(T)
        ]
        wanted = neck.aggregate(torch.cat(maps, dim=1))
        assert wanted.shape == (N, D, 2 * h, 2 * w)
    got, = neck((feat, ))
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5)


def test_frames_exchange_information():
    neck = make()
    feat = torch.randn(1, 3, 6, 4, 3, requires_grad=True)
    # not the sum over channels, which the normalization keeps constant
    cell = neck((feat, ))[0][0, 0, 0, 0]
    gradient, = torch.autograd.grad(cell, feat)
    # one cell of the output sees all cells of all frames
    assert (gradient.abs().sum(dim=2) > 0).all()


def test_starts_with_the_key_frame():
    neck = make(num_layers=0, key_index=2)
    feat = torch.randn(2, 3, 6, 4, 3)
    tokens = neck.patch_embed(feat[:, 2]) + neck.positions[2]
    wanted = neck.norm(tokens.movedim(1, -1)).movedim(-1, 1)
    clip = ClipInfo(3, 2, torch.tensor([[-2, -1, 0]] * 2),
                    torch.ones(2, 3, dtype=torch.bool))
    torch.testing.assert_close(neck((feat, ), clip)[0], wanted)


def test_short_clips_are_filled_up():
    neck = make(num_frames=5)
    torch.nn.init.normal_(neck.aggregate.weight)
    feat = torch.randn(2, 3, 6, 4, 3)
    wanted, = neck((feat[:, [0, 0, 1, 2, 2]], ))
    torch.testing.assert_close(neck((feat, ))[0], wanted)
    # a single image is a clip that stands still
    still, = neck((feat[:, [1] * 5], ))
    torch.testing.assert_close(neck((feat[:, 1:2], ))[0], still)
    # the key frame at the end
    clip = ClipInfo(3, 2, torch.tensor([[-2, -1, 0]] * 2),
                    torch.ones(2, 3, dtype=torch.bool))
    wanted, = neck((feat[:, [0, 1, 2, 2, 2]], ))
    torch.testing.assert_close(neck((feat, ), clip)[0], wanted)


@pytest.mark.parametrize('downsample', ['patch', 'pool'])
def test_patches(downsample):
    neck = make(feature_size=(12, 16), patch_size=4, downsample=downsample)
    feat = torch.randn(2, 3, 6, 16, 12)
    out, = neck((feat, ))
    assert out.shape == (2, 8, 4, 3)
    if downsample == 'pool':
        mean = feat[0, 0, :, 4:8, 0:4].mean(dim=(1, 2))
        wanted = neck.patch_embed[1](mean[:, None, None])[:, 0, 0]
        got = neck.patch_embed(feat[0])[0, :, 1, 0]
        torch.testing.assert_close(got, wanted)


def test_other_sizes_and_levels():
    neck = make(level=0)
    deep = torch.randn(1, 3, 99, 2, 2)
    out, = neck((torch.randn(1, 3, 6, 8, 5), deep))
    assert out.shape == (1, 8, 8, 5)


def test_keep_key_frame():
    neck = make(keep_key_frame=True)
    feat = torch.randn(2, 3, 6, 4, 3)
    key, fused = neck((feat, ))
    torch.testing.assert_close(key, feat[:, 1])
    torch.testing.assert_close(fused, make()((feat, ))[0])


@pytest.mark.parametrize('aggregation', ['linear', 'deconv'])
def test_all_parameters_learn(aggregation):
    neck = make(aggregation=aggregation)
    neck((torch.randn(1, 3, 6, 4, 3), ))[0].square().mean().backward()
    assert all(p.grad.abs().sum() > 0 for p in neck.parameters())


@pytest.mark.parametrize('kwargs, match', [
    (dict(aggregation='mean'), 'linear.*deconv'),
    (dict(downsample='stride'), 'patch.*pool'),
    (dict(num_frames=0), 'at least 1'),
    (dict(key_index=3), 'from 0 to 2'),
    (dict(num_heads=3), 'must divide the width 8'),
    (dict(patch_size=2), '3 wide and 4 high; it can be 1'),
    (dict(feature_size=(12, 16), patch_size=5), 'it can be 1, 2, 4'),
])
def test_bad_arguments(kwargs, match):
    with pytest.raises(ValueError, match=match):
        make(**kwargs)


def test_bad_inputs():
    neck = make(feature_size=(12, 16), patch_size=4)
    with pytest.raises(ValueError, match='it can be 1, 3, 9'):
        neck((torch.randn(1, 3, 6, 18, 9), ))
    with pytest.raises(ValueError, match='4'):
        neck((torch.randn(1, 4, 6, 16, 12), ))
    clip = ClipInfo(3, 0, torch.tensor([[0, 1, 2]]),
                    torch.ones(1, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match='key_index=0'):
        neck((torch.randn(1, 3, 6, 16, 12), ), clip)
