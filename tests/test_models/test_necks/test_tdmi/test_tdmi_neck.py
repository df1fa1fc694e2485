"""TDMI: the fusion against plain formulas, ablations, bad input."""
import pytest
import torch
from mmengine.structures import PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from mmpose_video.models.necks.tdmi.channel_mask import ChannelMask
from mmpose_video.models.necks.tdmi.motion_stage import MotionStage

from .tdmi_case import MI, build, features


def test_motion_stage_is_guided_by_key_and_motion():
    torch.manual_seed(0)
    stage = MotionStage(4, 2, 2, groups=2, norm_cfg=dict(type='BN')).eval()
    changes, key = torch.randn(2, 2, 4, 6, 5), torch.randn(2, 4, 6, 5)
    torch.nn.init.zeros_(stage.modulate.offset_conv.weight)
    torch.nn.init.zeros_(stage.modulate.offset_conv.bias)
    # without offsets it is a plain convolution of the modulated motion
    motion = stage.encode(changes.flatten(1, 2))
    mask = stage.modulate.mask_conv(stage.guide(torch.cat((key, motion), 1)))
    padded = torch.nn.functional.pad(motion, (1, 1, 1, 1))
    weight = stage.modulate.deform_conv.weight
    expected = torch.zeros_like(motion)
    for tap in range(9):
        y, x = divmod(tap, 3)
        factor = mask[:, [tap, tap, 9 + tap, 9 + tap]]
        expected += torch.einsum('nchw,dc->ndhw',
                                 factor * padded[:, :, y:y + 6, x:x + 5],
                                 weight[:, :, y, x])
    torch.testing.assert_close(stage(changes, key), expected)
    assert stage.modulate.offset_conv.dilation == (3, 3)
    assert len(stage.encode) == 2


def test_channel_mask():
    """Against the formula, in float64 and by loops."""
    torch.manual_seed(0)
    mask = ChannelMask(3, 7).double()
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    first, _, second, _ = mask.mlp
    for n in range(2):
        pooled = torch.stack([x[n, c].sum() / 20 for c in range(3)])
        hidden = (first.weight @ pooled + first.bias).clamp(min=0)
        weights = 1 / (1 + torch.exp(-second.weight @ hidden - second.bias))
        torch.testing.assert_close(
            mask(x)[n], weights[:, None, None] * x[n])


@pytest.mark.parametrize('appearance', [False, True])
@pytest.mark.parametrize('fuse_first', [False, True])
def test_fusion(appearance, fuse_first):
    """Equations of the class's docstring, step by step."""
    neck = build(appearance=appearance, fuse_first=fuse_first).eval()
    feats = features()
    (got, ), context = neck.encode(feats)
    key = feats[3][:, 2]
    D = [stage(x[:, 1:] - x[:, :-1], key)
         for stage, x in zip(neck.motion_stages, feats)]
    M = neck.fusions[0](D[0]) if fuse_first else D[0]
    for s in (1, 2, 3):
        M = neck.fusions[s](M + D[s])
    useful, noisy = neck.useful_mask(M), neck.noisy_mask(M)
    static = key
    if appearance:
        branch = neck.appearance
        supports = [feats[3][:, t] for t in (0, 1, 3, 4)]
        aligned = branch.align(branch.merge(torch.cat(supports, 1)), key)
        static = branch.aggregate(torch.cat((key, aligned), 1))
        torch.testing.assert_close(context['appearance'], static)
    fused = neck.aggregate(torch.cat((useful, static), 1))
    torch.testing.assert_close(got, fused)
    torch.testing.assert_close(neck(feats)[0], fused)
    for name, wanted in dict(
            key=key, motion=M, useful=useful, noisy=noisy,
            fused=fused).items():
        torch.testing.assert_close(context[name], wanted)
    assert ('appearance' in context) is appearance


def test_parameters_of_the_published_size():
    """Widths of HRNet-W48, counted by hand from the description."""

    def block(cin, cout, num):
        """Residual blocks with a 1x1 shortcut in the first."""
        first = 9 * cin * cout + 9 * cout**2 + cin * cout + 6 * cout
        return first + (num - 1) * (18 * cout**2 + 4 * cout)

    C = 48
    guide = 3 * 12 * 9 * (9 * C + 1)  # offsets and masks
    deform = guide + 9 * C * C + C
    stage = block(4 * C, C, 2) + block(2 * C, C, 1) + deform
    mask = 2 * C * 128 + C + 128
    total = 4 * stage + 3 * block(C, C, 1) + 2 * mask + block(2 * C, C, 3)
    neck = MODELS.build(dict(type='TDMINeck'))
    assert sum(p.numel() for p in neck.parameters()) == total
    appearance = (
        block(4 * C, C, 2) + block(2 * C, C, 1) + 4 * deform +
        block(2 * C, C, 3))
    neck = MODELS.build(dict(type='TDMINeck', appearance=True))
    assert sum(p.numel() for p in neck.parameters()) == total + appearance


def test_figure_design():
    neck = build(num_blocks=(3, 3, 2, 2), fuse_first=True)
    assert [len(d.encode) for d in neck.motion_stages] == [3, 3, 2, 2]
    assert neck(features())[0].shape == (2, 8, 6, 5)


def test_supports_pass_the_alignment_from_the_start():
    torch.manual_seed(0)
    neck = MODELS.build(dict(type='TDMINeck', appearance=True)).eval()
    neck.init_weights()
    support, key = torch.randn(2, 1, 48, 24, 18)
    aligned = neck.appearance.align(support, key)
    # two deformable stages, each of variance 1/3 inside of the map
    assert 0.2 < aligned[..., 6:-6, 6:-6].std() < 0.5


@pytest.mark.parametrize('num_frames', [3, 5, 7])
def test_clip_lengths(num_frames):
    neck = build(num_frames=num_frames)
    assert neck(features(num_frames=num_frames))[0].shape == (2, 8, 6, 5)
    with pytest.raises(ValueError, match=f'1 or {num_frames} frames, got 2'):
        neck(features(num_frames=2))


@pytest.mark.parametrize('appearance', [False, True])
def test_single_frame_is_a_still(appearance):
    neck = build(appearance=appearance).eval()
    single = features(num_frames=1)
    still = tuple(x.expand(-1, 5, -1, -1, -1) for x in single)
    torch.testing.assert_close(neck(single)[0], neck(still)[0])
    # its differences are nothing but zero
    seen = []
    neck.motion_stages[0].encode.register_forward_pre_hook(
        lambda module, args: seen.append(args[0]))
    neck(single)
    assert seen[0].shape == (2, 32, 6, 5) and (seen[0] == 0).all()


def test_motion_sees_neighbors_only_through_differences():
    """A constant on all frames of a stage that is not the last is unseen."""
    neck = build().eval()
    feats = features()
    shifted = (feats[0] + 3., *feats[1:])
    torch.testing.assert_close(
        neck(shifted)[0], neck(feats)[0], rtol=1e-4, atol=1e-5)
    moved = feats[0].clone()
    moved[:, 4] += 3.
    assert (neck((moved, *feats[1:]))[0] - neck(feats)[0]).abs().max() > 1e-3


@pytest.mark.parametrize('stages', [(3, ), (-1, ), (0, 2)])
def test_ablation_stages(stages):
    neck = build(stages=stages, num_blocks=1).eval()
    assert len(neck.motion_stages) == len(stages)
    feats = features()
    out = neck(feats)[0]
    for i in range(3):  # the last level always shows the key frame
        used = i in stages
        other = tuple(
            x * 2 if k == i else x for k, x in enumerate(feats))
        changed = not torch.equal(neck(other)[0], out)
        assert changed == used


def test_low_resolution_backbone():
    """One level with its own channels, lifted by deconvolutions."""
    neck = build(in_channels=(20, ), deconv_out_channels=(12, 12))
    assert not hasattr(neck.projections, '1')
    x = torch.randn(2, 5, 20, 3, 2)
    assert neck((x, ))[0].shape == (2, 8, 12, 8)
    assert neck((x[:, :1], ))[0].shape == (2, 8, 12, 8)


def test_deconvolutions_of_a_checkpoint(tmp_path):
    """They load from a single-frame head, the rest starts as published."""
    head = MODELS.build(
        dict(
            type='HeatmapHead',
            in_channels=20,
            out_channels=3,
            deconv_out_channels=(12, 12),
            deconv_kernel_sizes=(4, 4)))
    path = tmp_path / 'vitpose.pth'
    torch.save({
        'state_dict': {f'head.{k}': v
                       for k, v in head.state_dict().items()}
    }, path)
    neck = build(
        in_channels=(20, ),
        deconv_out_channels=(12, 12),
        deconv_init_cfg=dict(
            type='Pretrained',
            checkpoint=str(path),
            prefix='head.deconv_layers.'))
    neck.init_weights()
    lift = neck.projections['0'][0]
    for name, wanted in head.deconv_layers.state_dict().items():
        torch.testing.assert_close(lift.state_dict()[name], wanted)
    block = neck.aggregate[0]
    assert block.conv1.weight.std().item() == pytest.approx(1e-3, rel=0.1)
    assert neck.motion_stages[0].modulate.mask_conv.weight.abs().max() < 0.01


def test_projection_of_other_widths():
    neck = build(in_channels=(8, 16))
    assert len(neck.projections['0']) == 0
    feats = (torch.randn(2, 5, 8, 6, 5), torch.randn(2, 5, 16, 6, 5))
    assert neck(feats)[0].shape == (2, 8, 6, 5)


def test_key_position():
    """The key frame may stand anywhere in the clip."""
    from mmpose_video.structures import ClipInfo
    neck = build().eval()
    feats = features()
    clip = ClipInfo.centered(2, 5)
    clip = ClipInfo(5, 4, clip.offsets - 2, clip.valid)
    _, context = neck.encode(feats, clip)
    torch.testing.assert_close(context['key'], feats[3][:, 4])


@pytest.mark.parametrize('kwargs,message', [
    (dict(num_frames=2), 'odd and at least 3'),
    (dict(num_frames=1), 'odd and at least 3'),
    (dict(stages=()), 'stages'),
    (dict(stages=(4, )), 'stages'),
    (dict(num_blocks=(2, 2)), '2 entries for 4 stages'),
    (dict(offset_groups=3), 'groups'),
    (dict(mi=dict(terms=[dict(x='useful', y='nothing', goal='min')])),
     "'nothing'"),
])
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(**kwargs)


def test_bad_features():
    neck = build()
    with pytest.raises(ValueError, match='HRNetStages'):
        neck(features(levels=1))
    feats = features()[:3] + (torch.randn(2, 5, 8, 3, 3), )
    with pytest.raises(ValueError, match='one resolution'):
        neck(feats)
    with pytest.raises(ValueError, match='codec'):
        neck = build(mi=MI)
        neck.loss(neck.encode(features())[1], [PoseDataSample()])


@pytest.mark.parametrize('name', ['tdmi', 'tdmi-st'])
def test_small_config_trains(name):
    """As the estimator of its config: losses by name, all gradients."""
    from pathlib import Path

    import numpy as np
    from mmengine.config import Config
    from mmengine.registry import init_default_scope
    from mmengine.structures import InstanceData
    init_default_scope('mmpose')
    folder = Path(__file__).parents[4] / 'configs' / 'tdmi'
    cfg = Config.fromfile(
        folder / f'{name}_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    model.init_weights()
    model.train()
    data_samples = []
    for _ in range(2):
        sample = PoseDataSample()
        sample.gt_fields = PixelData(heatmaps=torch.rand(17, 24, 16))
        sample.gt_instance_labels = InstanceData(
            keypoint_weights=torch.ones(1, 17))
        sample.set_metainfo(
            dict(
                frame_offsets=np.arange(-2, 3),
                frame_valid=np.ones(5, dtype=bool),
                key_index=2))
        data_samples.append(sample)
    losses = model.loss(torch.randn(2, 5, 3, 96, 64), data_samples)
    assert {
        'loss_kpt', 'loss_mi_fit', 'loss_mi_useful_noisy',
        'loss_mi_useful_target', 'mi_useful_noisy', 'mi_useful_target'
    } <= set(losses)
    total, _ = model.parse_losses(losses)
    total.backward()
    waiting = [
        name for name, p in model.named_parameters()
        if p.requires_grad and p.grad is None
    ]
    assert waiting == []
    assert model.neck.mi_loss.warmup.iteration == 1
