"""DSTA against the order of its steps, keypoint by keypoint."""
import math

import pytest
import torch
import torch.nn.functional as F
from mmpose.registry import MODELS

from mmpose_video.structures import ClipInfo

C, D, SIZE = 5, 8, (4, 3)
#: Two groups of two tokens, one token outside; six keypoints.
SETTINGS = dict(
    type='DSTANeck', in_channels=C, num_tokens=5, group_size=2, num_groups=2,
    joint_tokens=(1, 0, 3, 3, 2, 4), token_channels=D, depth=2, num_heads=2)


def build(**kwargs):
    neck = MODELS.build({**SETTINGS, **kwargs})
    # the published start makes tokens of next to nothing
    for parameter in neck.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return neck.double()


def features(num_frames=3, num_clips=2):
    return (torch.randn(num_clips, num_frames, C, *SIZE,
                        dtype=torch.float64), )


def transform(layers, norm, x):
    """Pre-norm layers on one sequence (L, D), head by head."""
    for layer in layers:
        y = F.layer_norm(x, (D, ), layer.norm1.weight, layer.norm1.bias, 1e-6)
        attn = layer.self_attn
        q, k, v = (y @ attn.in_proj_weight.T + attn.in_proj_bias).chunk(3, -1)
        heads = []
        for part in (slice(0, D // 2), slice(D // 2, D)):
            scores = q[:, part] @ k[:, part].T / math.sqrt(D // 2)
            heads.append(scores.softmax(-1) @ v[:, part])
        x = x + attn.out_proj(torch.cat(heads, -1))
        y = F.layer_norm(x, (D, ), layer.norm2.weight, layer.norm2.bias, 1e-6)
        x = x + layer.linear2(F.gelu(layer.linear1(y)))
    return F.layer_norm(x, (D, ), norm.weight, norm.bias, 1e-6)


def expected_of(neck, clip, key):
    """The method for one clip (T, C, h, w): tokens (K, D)."""
    tokens = []
    for frame in clip:
        mean = frame.mean((1, 2))
        made = neck.embed.weight @ mean / mean.norm() + neck.embed.bias
        tokens.append(made.view(5, D))
    spatial = list(tokens[key])
    for group in ((0, 1), (2, 3)):
        sequence = torch.stack([tokens[key][j] for j in group])
        out = transform(neck.spatial_layers, neck.spatial_norm,
                        sequence + neck.spatial_embed)
        for j, value in zip(group, out):
            spatial[j] = value
    temporal = []
    for j in range(5):
        sequence = torch.stack([frame[j] for frame in tokens])
        out = transform(neck.temporal_layers, neck.temporal_norm,
                        sequence + neck.temporal_embed[0])
        temporal.append(out[key])
    w_time, w_space = neck.mix.weight.flatten()
    return torch.stack([
        w_time * temporal[j] + w_space * spatial[j] + neck.mix.bias
        for j in (1, 0, 3, 3, 2, 4)])


@pytest.mark.parametrize('num_frames, key', [(3, 1), (5, 2)])
def test_steps(num_frames, key):
    neck = build(num_frames=num_frames).eval()
    feats = features(num_frames)
    with torch.no_grad():
        out, = neck(feats)
        assert out.shape == (2, D, 6, 1)
        for n in range(2):
            torch.testing.assert_close(
                out[n, :, :, 0].T, expected_of(neck, feats[0][n], key))


def test_with_gradients_the_same():
    neck = build().eval()
    feats = features()
    with torch.no_grad():
        expected = neck(feats)[0]
    torch.testing.assert_close(neck(feats)[0], expected)


def test_gradients():
    neck = build(depth=1).eval()
    x = torch.randn(1, 3, C, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda f: neck((f, ))[0], (x, ))
    neck.train()
    neck.encode((x, ), ClipInfo.centered(1, 3))[0][0].square().sum().backward()
    for name, parameter in neck.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name


def test_a_single_image_is_a_still_clip():
    neck = build().eval()
    feats = features(1)
    torch.testing.assert_close(
        neck(feats)[0], neck((feats[0].expand(-1, 3, -1, -1, -1), ))[0])


def test_cells_keep_places():
    neck = build(pool_size=(3, 2)).eval()
    assert neck.embed.in_features == 6 * C
    x = torch.zeros(2, 3, C, *SIZE).double()
    x[0, :, :, :2] = 1  # above
    x[1, :, :, 2:] = 1  # below
    above, below = neck((x, ))[0]
    assert not torch.allclose(above, below)
    mean = build().eval()
    torch.testing.assert_close(*mean((x, ))[0])


def test_tokens_of_posetrack():
    neck = MODELS.build(dict(type='DSTANeck', in_channels=2048))
    # groups of three: head, left arm, right arm, left leg, right leg
    group = [token // 3 for token in neck.joint_tokens]
    assert group == [0] * 5 + [1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4]
    # counted by running the official code
    own = sum(p.numel() for p in neck.parameters())
    assert own == 1114656 + 68352 + (3 + 3) * 32 + 2 * 64 + 3
    assert [layer.dropout2.drop_prob for layer in neck.temporal_layers[1:]
            ] == pytest.approx([0.1 / 3, 0.2 / 3, 0.1])


@pytest.mark.parametrize('changes, message', [
    (dict(joint_tokens=(0, 5)), '`joint_tokens` must be 0 to 4'),
    (dict(joint_tokens=(-1, 2)), '`joint_tokens` must be 0 to 4'),
    (dict(num_groups=3), '3 groups of 2 tokens are more than the 5'),
])
def test_bad_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)


def test_wrong_features():
    with pytest.raises(ValueError, match='built for 5 channels.*gives 4'):
        build()((features()[0][:, :, :4], ))
    with pytest.raises(ValueError, match='takes clips of 3 frames, got 5'):
        build()(features(5))
