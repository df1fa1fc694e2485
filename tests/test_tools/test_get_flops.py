import math

import pytest
import torch
from mmpose.registry import MODELS
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.ops import DeformConv2d, deform_conv2d

from mmpose_video.ops import multi_directional_scan
from mmpose_video.tools import get_flops
from mmpose_video.tools.flop_counters import CountDeformConv, flop_counter
from mmpose_video.tools.model_speed import clips_per_second


def tiny(kind):
    return f'configs/{kind}_hrnet-tiny_1xb16-4e_synthetic-96x64.py'


def test_scans_count_four_multiply_adds_per_state():
    N, L, D, K, S, R = 2, 10, 3, 4, 5, 2
    counter = flop_counter()
    with counter:
        multi_directional_scan(
            torch.randn(N, L, D), torch.randn(N, L, 1, R), -torch.rand(D, S),
            torch.randn(N, L, 1, S), torch.randn(N, L, 1, S),
            reverse=[False] * K, dt_weight=torch.randn(D, R),
            D=torch.randn(D), delta_bias=torch.randn(D), backend='torch')
    assert counter.get_total_flops() == 2 * N * K * L * D * (4 * S + 1 + R)


def test_sampling_counts_four_multiply_adds_per_value():
    counter = flop_counter()
    with counter:
        torch.nn.functional.grid_sample(
            torch.randn(2, 3, 4, 5), torch.zeros(2, 6, 7, 2),
            align_corners=False)
    assert counter.get_total_flops() == 2 * 4 * 2 * 3 * 6 * 7


def test_deformable_convolution_is_counted_and_put_back():
    x, weight = torch.randn(1, 4, 5, 6), torch.randn(8, 4, 3, 3)
    offset = torch.randn(1, 18, 5, 6)
    real = deform_conv2d(x, offset, weight, padding=1)
    with CountDeformConv() as deform:
        assert deform_conv2d(x, offset, weight,
                             padding=1).shape == real.shape
    products, sampling = 8 * 4 * 9 * 30, 4 * 4 * 9 * 30
    assert deform.flops == 2 * (products + sampling)
    torch.testing.assert_close(
        deform_conv2d(x, offset, weight, padding=1), real)


@pytest.mark.parametrize('name, frames', [
    ('single_image/td-hm', 1), ('glsmamba/glsmamba', 5), ('dcpose/dcpose', 3),
    ('diffpose/diffpose', 3)])
def test_a_clip_is_counted_whole(name, frames):
    row = get_flops.count(tiny(name))
    assert row['frames'] == frames
    baseline = get_flops.count(tiny('single_image/td-hm'))
    assert row['parts']['backbone'] == frames * baseline['parts']['backbone']
    assert row['macs'] == sum(row['parts'].values())
    assert f'{row["macs"] / 1e9:.2f}' in get_flops.table([row])


def test_products_agree_with_a_hand_count():
    row = get_flops.count(tiny('single_image/td-hm'))
    # 1x1 convolution of 16 channels to 17 keypoints at 24 x 16
    assert row['parts']['head'] == 16 * 17 * 24 * 16
    counter = FlopCounterMode(display=False)
    with counter:
        torch.nn.Conv2d(16, 17, 1)(torch.zeros(1, 16, 24, 16))
    assert counter.get_total_flops() == 2 * row['parts']['head']


def test_only_files_are_dropped_from_a_config():
    cfg = dict(
        backbone=dict(init_cfg=dict(type='Pretrained', checkpoint='x')),
        neck=dict(init_cfg=dict(type='Normal', layer='Conv2d'),
                  upsample_init_cfg=dict(type='Pretrained', checkpoint='y')))
    assert get_flops.without_pretrained(cfg) == dict(
        backbone=dict(), neck=dict(init_cfg=dict(type='Normal',
                                                 layer='Conv2d')))


def counted_by_hand(model, clip):
    """Multiply-adds of all convolutions, from the shapes they see."""
    found = []

    def convolution(module, inputs, output):
        taps = math.prod(module.kernel_size)
        outputs, channels = output.numel(), inputs[0].shape[1]
        found.append(outputs * channels // module.groups * taps)
        if isinstance(module, DeformConv2d):
            places = output[0, 0].numel() * len(output)
            found.append(4 * channels * taps * places)

    for module in model.modules():
        if isinstance(module, (nn.Conv2d, DeformConv2d)):
            module.register_forward_hook(convolution)
    with torch.no_grad():
        model.head.forward(model.extract_feat(clip))
    return sum(found)


@pytest.mark.slow
@pytest.mark.parametrize('name', ['single_image/td-hm', 'dcpose/dcpose'])
def test_a_whole_model_agrees_with_a_count_by_layers(name):
    row = get_flops.count(tiny(name))
    model_cfg, shape = get_flops.model_and_shape(tiny(name))
    model = MODELS.build(model_cfg).eval()
    frames = shape[0] if model.is_video_model else 1
    clip = torch.zeros(1, frames, *shape[1:])
    assert row['macs'] == counted_by_hand(model, clip)
    assert row['size'] == (64, 96)
    sizes = [p.numel() for p in model.parameters()]
    assert row['params'] == row['trainable'] == sum(sizes)


@pytest.mark.slow
def test_models_of_images(tmp_path):
    """MMPose's own estimator, on a dataset of images."""
    video = tiny('single_image/td-hm')
    config = tmp_path / 'image.py'
    config.write_text(
        f"_base_ = '{get_flops.Path(video).resolve()}'\n"
        "model = dict(type='TopdownPoseEstimator')\n"
        'train_dataloader = dict(dataset=dict(clip_sampler=None))\n')
    row, known = map(get_flops.count, (str(config), video))
    assert row['parts'] == known['parts'] and row['frames'] == 1
    model = MODELS.build(get_flops.model_and_shape(str(config))[0])
    assert clips_per_second(model, (1, 1, 3, 96, 64), passes=1) > 0


@pytest.mark.slow
def test_frozen_parameters_are_not_trainable(tmp_path):
    config = tmp_path / 'frozen.py'
    config.write_text(
        f"_base_ = '{get_flops.Path(tiny('dcpose/dcpose')).resolve()}'\n"
        'model = dict(freeze_backbone=True)\n')
    row, free = map(get_flops.count, (str(config), tiny('dcpose/dcpose')))
    model = MODELS.build(get_flops.model_and_shape(str(config))[0])
    backbone = sum(p.numel() for p in model.backbone.parameters())
    assert row['params'] == free['params']
    assert row['trainable'] == free['trainable'] - backbone


def test_speed_is_clips_over_the_median_time(monkeypatch):
    """Three passes of 2 clips take 1, 10 and 3 seconds; warm-up is slow."""
    ticks = iter([0., 99., 100., 101., 110., 120., 130., 133.])
    monkeypatch.setattr('mmpose_video.tools.model_speed._now',
                        lambda device: next(ticks))
    cfg, _ = get_flops.model_and_shape(tiny('single_image/td-hm'))
    model = MODELS.build(cfg)
    seen = []
    model.backbone.register_forward_hook(lambda m, x, y: seen.append(x[0]))
    speed = clips_per_second(model, (2, 1, 3, 96, 64), passes=3, warm_up=1)
    assert speed == 2 / 3
    assert [x.shape for x in seen] == [(2, 3, 96, 64)] * 4
    with pytest.raises(ValueError, match='passes'):
        clips_per_second(model, (2, 1, 3, 96, 64), passes=0)


@pytest.mark.slow
def test_a_page_of_all_configs_of_a_folder(tmp_path, monkeypatch, capsys):
    timed = []
    monkeypatch.setattr(
        get_flops, 'clips_per_second',
        lambda model, shape, *args: timed.append(shape) or 12.345)
    base = get_flops.Path(tiny('single_image/td-hm')).resolve()
    large = get_flops.Path(tiny('dcpose/dcpose')).resolve()
    (tmp_path / '_base_').mkdir()
    (tmp_path / '_base_' / 'no.py').write_text('no config')
    for name, parent in (('a', base), ('b', base), ('c', large)):
        (tmp_path / f'{name}.py').write_text(f"_base_ = '{parent}'\n")
    out = tmp_path / 'sizes.md'
    get_flops.main([str(tmp_path), '--max-gmac', '0.1', '--batch-size', '4',
                    '--device', 'cpu', '--table', str(out)])
    text = out.read_text()
    rows = [line for line in text.split('\n') if line.startswith('| `')]
    assert [row[3] for row in rows] == ['a', 'b', 'c']
    # equal models once, large ones not at all
    assert timed == [(4, 1, 3, 96, 64)]
    assert [row.split('|')[-2].strip() for row in rows] == [
        '12.3', '12.3', '-']
    assert f'mmpose-video flops {tmp_path} --max-gmac 0.1' in text
    assert torch.__version__ in text and '4 clips' in text
    get_flops.main([str(tmp_path / 'a.py'), '--no-speed'])
    assert 'clips/s:' not in capsys.readouterr().out
    assert get_flops.main([str(tmp_path / 'nowhere')]) == 1
    assert 'nowhere' in capsys.readouterr().err
