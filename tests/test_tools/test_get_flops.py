import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision.ops import deform_conv2d

from mmpose_video.ops import multi_directional_scan
from mmpose_video.tools import get_flops


def test_scans_count_four_multiply_adds_per_state():
    N, L, D, K, S, R = 2, 10, 3, 4, 5, 2
    counter = get_flops._counter()
    with counter:
        multi_directional_scan(
            torch.randn(N, L, D), torch.randn(N, L, 1, R), -torch.rand(D, S),
            torch.randn(N, L, 1, S), torch.randn(N, L, 1, S),
            reverse=[False] * K, dt_weight=torch.randn(D, R),
            D=torch.randn(D), delta_bias=torch.randn(D), backend='torch')
    assert counter.get_total_flops() == 2 * N * K * L * D * (4 * S + 1 + R)


def test_sampling_counts_four_multiply_adds_per_value():
    counter = get_flops._counter()
    with counter:
        torch.nn.functional.grid_sample(
            torch.randn(2, 3, 4, 5), torch.zeros(2, 6, 7, 2),
            align_corners=False)
    assert counter.get_total_flops() == 2 * 4 * 2 * 3 * 6 * 7


def test_deformable_convolution_is_counted_and_put_back():
    x, weight = torch.randn(1, 4, 5, 6), torch.randn(8, 4, 3, 3)
    offset = torch.randn(1, 18, 5, 6)
    real = deform_conv2d(x, offset, weight, padding=1)
    with get_flops.CountDeformConv() as deform:
        assert deform_conv2d(x, offset, weight,
                             padding=1).shape == real.shape
    products, sampling = 8 * 4 * 9 * 30, 4 * 4 * 9 * 30
    assert deform.flops == 2 * (products + sampling)
    torch.testing.assert_close(
        deform_conv2d(x, offset, weight, padding=1), real)


@pytest.mark.parametrize('name, frames', [
    ('baseline/td-hm_hrnet-tiny', 1), ('glsmamba/glsmamba_hrnet-tiny', 5),
    ('dcpose/dcpose_hrnet-tiny', 3), ('diffpose/diffpose_hrnet-tiny', 3)])
def test_a_clip_is_counted_whole(name, frames):
    config = f'configs/{name}_1xb16-4e_synthetic-96x64.py'
    row = get_flops.count(config)
    assert row['frames'] == frames
    baseline = get_flops.count(
        'configs/baseline/td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
    assert row['parts']['backbone'] == frames * baseline['parts']['backbone']
    assert row['macs'] == sum(row['parts'].values())
    assert f'{row["macs"] / 1e9:.2f}' in get_flops.table([row])


def test_products_agree_with_a_hand_count():
    row = get_flops.count(
        'configs/baseline/td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
    # 1x1 convolution of 16 channels to 17 key points at 24 x 16
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
