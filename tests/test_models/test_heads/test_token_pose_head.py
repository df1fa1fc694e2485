import pytest
import torch

from mmpose_video.models.heads import TokenPoseHead
from mmpose_video.models.heads.token_pose_head import TokenPoseLayer

SMALL = dict(in_channels=3, out_channels=5, feature_size=(8, 12),
             heatmap_size=(16, 24), patch_size=(3, 2), embed_dims=16,
             depth=2, num_heads=4)


def build(**changes):
    head = TokenPoseHead(**{**SMALL, **changes}).eval()
    torch.nn.init.normal_(head.keypoint_tokens)
    return head


def test_layer_by_formula():
    layer = TokenPoseLayer(8, 2, 3., 0.3).double()
    x = torch.randn(1, 5, 8, dtype=torch.float64)
    y = layer.norm1(x)
    q, k, v = (y @ layer.qkv.weight.T).split(8, dim=-1)
    heads = []
    for part in (slice(0, 4), slice(4, 8)):
        weights = (0.3 * q[..., part] @ k[..., part].mT).softmax(-1)
        heads.append(weights @ v[..., part])
    out = x + layer.proj(torch.cat(heads, -1))
    out = out + layer.ffn(layer.norm2(out))
    torch.testing.assert_close(layer(x), out)
    assert layer.ffn[0].out_features == 24 and layer.qkv.bias is None


def test_without_layers_maps_do_not_depend_on_the_image():
    head = build(depth=0)
    a, b = (head((torch.randn(1, 3, 12, 8), )) for _ in range(2))
    assert a.shape == (1, 5, 24, 16) and torch.equal(a, b)


def test_keypoint_tokens_alone_are_read():
    head = build()
    x = torch.randn(2, 3, 12, 8, requires_grad=True)
    head((x, ))[:, 1].sum().backward()
    assert (x.grad != 0).any()
    # keypoint tokens have no positions: a swap swaps the maps
    before = head((x, ))
    order = torch.tensor([4, 1, 2, 3, 0])
    head.keypoint_tokens.data = head.keypoint_tokens.data[:, order]
    torch.testing.assert_close(head((x, )), before[:, order])


def test_order_of_visual_tokens_does_not_matter():
    """Patches permuted together with their positions."""
    head = build()
    x = torch.randn(1, 3, 12, 8)
    before = head((x, ))
    patches = x.reshape(1, 3, 4, 3, 4, 2).permute(0, 2, 4, 1, 3, 5)
    order = torch.randperm(16)
    shuffled = patches.flatten(1, 2)[:, order].unflatten(1, (4, 4))
    head.positions = head.positions[order]
    torch.testing.assert_close(
        head((shuffled.permute(0, 3, 1, 4, 2, 5).reshape(1, 3, 12, 8), )),
        before, rtol=1e-4, atol=1e-5)


def test_read_outs_are_concatenated():
    head = build(depth=3, read_outs=(1, 3))
    x = torch.randn(1, 3, 12, 8)
    tokens = torch.cat([
        head.keypoint_tokens,
        head.to_tokens(x).flatten(2).transpose(1, 2)], 1)
    read = []
    for i, layer in enumerate(head.layers):
        tokens = tokens.clone()
        tokens[:, 5:] += head.positions
        tokens = layer(tokens)
        if i in (0, 2):
            read.append(tokens[:, :5])
    expected = head.to_heatmaps(torch.cat(read, -1)).reshape(1, 5, 24, 16)
    torch.testing.assert_close(head((x, )), expected)


def test_scales():
    assert build().layers[0].scale == 0.5
    assert build(attn_scale='token').layers[0].scale == 0.25


@pytest.mark.parametrize('dims, layers', [(16, 4), (32, 2)])
def test_narrow_tokens_get_two_layers(dims, layers):
    """16 x 24 / 8 = 48 hidden channels, twice the width or less."""
    head = TokenPoseHead(**{**SMALL, 'embed_dims': dims})
    assert len(head.to_heatmaps) == layers


def test_variant_b_has_the_published_size():
    head = TokenPoseHead(
        32, 17, feature_size=(48, 64), heatmap_size=(48, 64),
        patch_size=(4, 3))
    total = sum(p.numel() for p in head.parameters())
    # with 7.83 M of the backbone: 13.5 M in the paper's table
    assert (total + 7.83e6) / 1e6 == pytest.approx(13.5, abs=0.3)


@pytest.mark.parametrize('changes, message', [
    (dict(patch_size=(5, 2)), 'divide'), (dict(num_heads=3), 'multiple'),
    (dict(read_outs=(3, )), 'depth'), (dict(attn_scale='none'), 'token')])
def test_bad_settings_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)


def test_the_start_shows_the_image():
    """MMPose's initialization of heatmap heads made visual tokens ~0."""
    torch.manual_seed(0)
    head = TokenPoseHead(**SMALL)
    head.init_weights()
    x = torch.randn(4, 3, 12, 8)
    tokens = head.to_tokens(x)
    # of features with a standard deviation of 1; it was 0.004
    assert 0.3 < tokens.std(dim=0).mean() < 1
    assert head((x, )).std() < 0.02
    assert head.keypoint_tokens.std() > 0.01
