import pytest
import torch
import torch.nn.functional as F

from mmpose_video.models.necks import GLSMambaNeck
from mmpose_video.models.necks.glsmamba.channel_attention import (
    SequentialChannelAttention,
)
from mmpose_video.models.necks.glsmamba.frame_readout import FrameReadout
from mmpose_video.models.necks.glsmamba.modulated_merging import (
    ModulatedMerging,
)

SMALL = dict(
    in_channels=6,
    channels=8,
    num_global=1,
    num_local=1,
    upsample_channels=(),
    window=(2, 3),
    attention_ratio=4,
    scan_cfg=dict(d_state=3, backend='torch'))


def feats(num_frames=5, height=4, width=6, samples=2):
    return (torch.randn(samples, num_frames, 6, height, width), )


@pytest.mark.parametrize('num_frames', [1, 3, 5])
def test_shape_and_gradients(num_frames):
    neck = GLSMambaNeck(**SMALL, num_frames=num_frames)
    out, = neck(feats(num_frames))
    assert out.shape == (2, 8, 4, 6)
    out.square().mean().backward()
    without = [name for name, p in neck.named_parameters()
               if p.grad is None or not p.grad.abs().sum() > 0]
    assert not without


@pytest.mark.parametrize('changes', [
    dict(scan_types=('unified', )),
    dict(scan_types=('unified', 'spatial')),
    dict(unified_pair='vertical'),
    dict(modulated_merging=False),
    dict(channel_attention=False),
    dict(num_local=0),
    dict(num_global=0),
    dict(scan_cfg=dict(independent_windows=True)),
    dict(scan_cfg=dict(share_directions=False)),
    dict(scan_cfg=dict(normalize=('B', 'C', 'dt'))),
    dict(scan_cfg=dict(skip_init=0.)),
    dict(block_cfg=dict(temporal_kernel=1)),
    dict(block_cfg=dict(scan_norm=True, ffn_ratio=1., conv_kernel=5)),
    dict(embeddings=()),
    dict(readout='mean'),
    dict(readout='learned'),
    dict(mixer='attention', num_heads=2),
    dict(upsample_channels=(4, 4), window=(8, 6)),
], ids=str)
def test_each_ablation_is_one_argument(changes):
    """It alters the parameters, or what the same parameters give."""
    scan_cfg = {**SMALL['scan_cfg'], **changes.get('scan_cfg', {})}
    torch.manual_seed(0)
    neck = GLSMambaNeck(**{**SMALL, **changes, 'scan_cfg': scan_cfg}).eval()
    torch.manual_seed(0)
    whole = GLSMambaNeck(**SMALL).eval()
    x = feats()
    out, = neck(x)
    scale = 4 if 'upsample_channels' in changes else 1
    assert out.shape == (2, 8, 4 * scale, 6 * scale)
    if shapes(neck) == shapes(whole):
        assert not torch.allclose(out, whole(x)[0], atol=1e-5)
    out.sum().backward()


def shapes(module):
    return {name: p.shape for name, p in module.state_dict().items()}


def influence(**changes):
    """Norm of a key-frame output's gradient by frame, over the key's own."""
    torch.manual_seed(0)
    neck = GLSMambaNeck(**{**SMALL, **changes}).eval()
    x = feats(samples=1)[0].requires_grad_()
    # a plain sum over channels would be constant behind the last LayerNorm
    weights = torch.randn(8)
    out = torch.einsum('ndhw,d->nhw', neck((x, ))[0], weights)[0, 1, 2]
    grad, = torch.autograd.grad(out, x)
    norms = grad[0].flatten(1).norm(dim=1)
    return norms / norms[2]


def test_every_frame_reaches_the_key_frame_from_the_start():
    # two blocks reach two frames away
    assert (influence() > 0.02).all()
    published = influence(block_cfg=dict(temporal_kernel=1))
    assert (published > 0).all()
    assert (published[[0, 1, 3, 4]] < 0.02).all()


def test_frames_are_not_exchangeable():
    neck = GLSMambaNeck(**SMALL).eval()
    x = feats()[0]
    flipped = x.flip(1)  # the key frame stays in the middle
    assert not torch.allclose(neck((x, ))[0], neck((flipped, ))[0])


def test_a_still_clip_stands_for_an_image():
    neck = GLSMambaNeck(**SMALL).eval()
    image = feats(1)[0]
    still = image.expand(-1, 5, -1, -1, -1)
    torch.testing.assert_close(neck((image, ))[0], neck((still, ))[0])


def test_channel_attention_formula():
    sca = SequentialChannelAttention(channels=3, num_frames=2, ratio=1)
    x = torch.randn(2, 2, 4, 5, 3)
    out = sca(x)
    first, _, second, _ = sca.mlp
    for n in range(2):
        pooled = torch.cat([x[n, t].mean(dim=(0, 1)) for t in range(2)])
        hidden = (first.weight @ pooled + first.bias).clamp(min=0)
        weight = torch.sigmoid(second.weight @ hidden + second.bias)
        for t in range(2):
            torch.testing.assert_close(
                out[n, t], x[n, t] * weight[3 * t:3 * t + 3])


@pytest.mark.parametrize('mode', ['key', 'mean', 'learned'])
def test_readout(mode):
    readout = FrameReadout(3, mode)
    x = torch.randn(2, 3, 4, 5, 6)
    if mode == 'mean':
        torch.testing.assert_close(readout(x, 1),
                                   (x[:, 0] + x[:, 1] + x[:, 2]) / 3)
        return
    torch.testing.assert_close(readout(x, 1), x[:, 1])
    if mode == 'learned':
        readout.weights.data = torch.tensor([1., 0., -2.])
        torch.testing.assert_close(readout(x, 1),
                                   x[:, 1] + x[:, 0] - 2 * x[:, 2])


def test_merging_starts_as_the_sum_of_all_directions():
    merging = ModulatedMerging(4, ('unified', 'spatial', 'temporal'), True)
    y = torch.randn(2, 6, 3, 5, 4, 4)
    torch.testing.assert_close(merging(y), y.sum(dim=1))


def test_merging_moves_a_type_by_its_offsets():
    merging = ModulatedMerging(4, ('unified', 'spatial'), True)
    with torch.no_grad():
        # (dy, dx) = (0, 1) for the center tap of the 3x3 kernel
        merging.offsets['spatial'].bias[9] = 1.
    y = torch.randn(2, 4, 3, 5, 4, 4)
    spatial = y[:, 2] + y[:, 3]
    moved = F.pad(spatial[:, :, :, 1:], (0, 0, 0, 1))
    torch.testing.assert_close(merging(y), y[:, 0] + y[:, 1] + moved)


@pytest.mark.parametrize('changes, message', [
    (dict(readout='all'), 'readout.*key'),
    (dict(mixer='rnn'), 'mixer.*scan'),
    (dict(unified_pair='both'), 'unified_pair.*reverse'),
    (dict(scan_types=('diagonal', )), 'scan_types.*unified'),
    (dict(scan_types=()), 'at least one'),
    (dict(mixer='attention', num_heads=3), '3 heads do not divide 8'),
    (dict(embeddings=('time', )), 'embeddings.*temporal'),
    (dict(scan_cfg=dict(normalize=('A', ))), 'normalize.*B'),
    (dict(block_cfg=dict(temporal_kernel=2)), 'odd, got 2 and 3'),
])
def test_unknown_choices_name_the_known(changes, message):
    with pytest.raises(ValueError, match=message):
        GLSMambaNeck(**{**SMALL, **changes})


def test_clip_length_must_be_the_necks():
    with pytest.raises(ValueError, match='takes clips of 5 frames, got 3'):
        GLSMambaNeck(**SMALL)(feats(3))


def test_windows_must_tile():
    with pytest.raises(ValueError, match='3 x 3 do not tile a map of 4 x 6'):
        GLSMambaNeck(**{**SMALL, 'window': (3, 3)})(feats())


def test_paper_size_has_the_documented_parameters():
    """The numbers that configs/glsmamba/README.md compares to the paper."""
    totals = []
    for temporal_kernel in (1, 3):
        with torch.device('meta'):
            neck = GLSMambaNeck(
                in_channels=768,
                block_cfg=dict(temporal_kernel=temporal_kernel))
        count = {name: sum(p.numel() for p in part.parameters())
                 for name, part in neck.named_children()}
        assert count['upsample'] == 768 * 256 * 16 + 256**2 * 16 + 2 * 512
        totals.append(sum(count.values()))
    assert round(totals[0] / 1e6, 2) == 8.53
    # two more planes of 3x3 weights for 512 channels in six blocks
    assert totals[1] - totals[0] == 6 * 512 * 2 * 9


def test_normalized_tokens_and_larger_steps_let_other_frames_in():
    """What the state adds to the skip, before any training."""
    share = {}
    for norm, steps in ((False, (1e-3, 1e-1)), (True, (1e-1, 1.))):
        torch.manual_seed(0)
        neck = GLSMambaNeck(
            16, 32, num_global=1, num_local=1, upsample_channels=(),
            window=(4, 3), block_cfg=dict(scan_norm=norm, temporal_kernel=1),
            scan_cfg=dict(d_state=4, dt_range=steps, backend='torch'))
        shares = []
        for block in neck.blocks:
            def note(scan, inputs, output, shares=shares):
                skip = inputs[0][:, None] * scan.skip[0]
                shares.append(((output - skip).std() / skip.std()).item())
            block.mixer.register_forward_hook(note)
        neck((torch.randn(1, 5, 16, 8, 6), ))
        share[norm] = shares
    assert max(share[False]) < 0.05
    assert min(share[True]) > 0.2
