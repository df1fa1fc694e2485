"""TAR-ViTPose against the order of its steps, sample by sample."""
import pytest
import torch
import torch.nn.functional as F
from mmpose.registry import MODELS

from mmpose_video.structures import ClipInfo

K, C, SIZE = 3, 8, (4, 3)
THRESHOLD = 0.75


def build(**kwargs):
    neck = MODELS.build({**dict(
        type='TARViTPoseNeck', num_keypoints=K, num_layers=2, num_heads=2,
        mask_threshold=THRESHOLD, rough_head=dict(
            in_channels=C, deconv_out_channels=(6, ),
            deconv_kernel_sizes=(4, ))), **kwargs})
    for parameter in neck.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.4)
    return neck.double()


def features(num_frames=5, num_clips=2):
    return (torch.randn(num_clips, num_frames, C, *SIZE,
                        dtype=torch.float64), )


def attend(layer, query, context, mask=None):
    """Post-norm attention of one sample; ``mask`` (Q, L), the same heads."""
    out, _ = layer.mha(query[None], context[None], context[None],
                       attn_mask=mask)
    return F.layer_norm((query[None] + out)[0], (C, ), layer.norm.weight,
                        layer.norm.bias)


def expected_of(neck, clip, key, layout):
    """The method for one clip (T, C, h, w), written out."""
    num_frames, places = len(clip), SIZE[0] * SIZE[1]
    heatmaps = neck.rough_head((clip, ))
    low = torch.zeros(num_frames, K, places, dtype=torch.bool)
    for t in range(num_frames):
        for k in range(K):
            heat = heatmaps[t, k]
            heat = (heat - heat.min()) / (heat.max() - heat.min() + 1e-6)
            small = F.interpolate(heat[None, None], SIZE, mode='bilinear')
            low[t, k] = small.flatten() < THRESHOLD
    if layout == 'sound':
        tokens = torch.stack([
            clip[t, :, i, j] for t in range(num_frames)
            for i in range(SIZE[0]) for j in range(SIZE[1])])
        mask = torch.stack([torch.cat([low[t, k] for t in range(num_frames)])
                            for k in range(K)])
    else:
        tokens = clip.reshape(num_frames * places, C)
        # query k, frame t: entry T·k + t of the list over (frame, keypoint)
        pairs = [low[(num_frames * k + t) // K, (num_frames * k + t) % K]
                 for k in range(K) for t in range(num_frames)]
        mask = torch.stack([
            torch.cat(pairs[num_frames * k:num_frames * (k + 1)])
            for k in range(K)])
    mask[mask.all(1)] = False
    queries = neck.query.weight + neck.query_position.weight
    for layer in neck.layers:
        queries = attend(layer.cross, queries, tokens, mask)
        queries = attend(layer.joints, queries, queries)
        queries = layer.ffn(queries)
    key_tokens = tokens.view(num_frames, places, C)[key]
    restored = attend(neck.restore, key_tokens, queries)
    if layout == 'sound':
        restored = restored.T.reshape(C, *SIZE)
    else:
        restored = restored.reshape(C, *SIZE)
    return neck.rough_head((restored[None], ))[0]


@pytest.mark.parametrize('layout', ['sound', 'published'])
def test_steps(layout):
    neck = build(layout=layout).eval()
    feats = features()
    clip = ClipInfo.centered(2, 5)
    with torch.no_grad():
        (out, ), context = neck.encode(feats, clip)
        for n in range(2):
            torch.testing.assert_close(
                out[n], expected_of(neck, feats[0][n], 2, layout))
    assert context['queries'].shape == (2, K, C)


def test_layouts_differ_and_masks_matter():
    torch.manual_seed(0)
    neck = build().eval()
    feats = features()
    masked = neck.attention_mask(feats[0]).double().mean()
    assert 0.1 < masked < 0.9
    outputs = []
    for changes in (dict(), dict(layout='published'), dict(use_mask=False)):
        for name, value in changes.items():
            setattr(neck, name, value)
        outputs.append(neck(feats)[0])
    assert not torch.allclose(outputs[0], outputs[1])
    assert not torch.allclose(outputs[1], outputs[2])


def test_a_query_that_may_look_nowhere_looks_everywhere():
    neck = build(mask_threshold=2.).eval()
    feats = features()
    assert not neck.attention_mask(feats[0]).any()
    out, = neck(feats)
    assert torch.isfinite(out).all()
    neck.use_mask = False
    torch.testing.assert_close(out, neck(feats)[0])


@pytest.mark.parametrize('num_frames', [1, 2, 3])
def test_any_length(num_frames):
    neck = build(layout='published').eval()
    feats = features(num_frames)
    with torch.no_grad():
        out, = neck(feats)
        expected = expected_of(neck, feats[0][1], num_frames // 2,
                               'published')
    torch.testing.assert_close(out[1], expected)


def test_gradients():
    neck = build(num_layers=1).train()
    feats = (features()[0].requires_grad_(), )
    (out, ), _ = neck.encode(feats, ClipInfo.centered(2, 5))
    out.square().mean().backward()
    for name, parameter in neck.named_parameters():
        assert parameter.grad.abs().sum() > 0, name
    assert feats[0].grad.abs().amin((2, 3, 4)).shape == (2, 5)
    # other frames reach the output by the queries
    assert (feats[0].grad.abs().sum((2, 3, 4)) > 0).all()


def test_numerical_gradient():
    neck = build(num_layers=1, use_mask=False).eval()
    x = torch.randn(1, 2, C, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda feats: neck((feats, ))[0], (x, ))


def test_sizes_of_the_released_code():
    neck = MODELS.build(dict(
        type='TARViTPoseNeck', rough_head=dict(
            in_channels=384, deconv_out_channels=(256, 256),
            deconv_kernel_sizes=(4, 4))))
    head = sum(p.numel() for p in neck.rough_head.parameters())
    # counted by running the official code
    assert sum(p.numel() for p in neck.parameters()) - head == 11261184
    assert all(p.requires_grad for p in neck.parameters())


def test_errors():
    with pytest.raises(ValueError, match='layout'):
        build(layout='scrambled')
    with pytest.raises(ValueError, match='3 heads do not divide 8'):
        build(num_heads=3)
    for use_mask in (True, False):
        with pytest.raises(ValueError, match='built for 8 channels.*gives 5'):
            build(use_mask=use_mask)((torch.randn(1, 5, 5, *SIZE), ))
