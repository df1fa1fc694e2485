"""DiffPose's decoder: the equations, the switches and the errors."""
import pytest
import torch
from torch.nn import functional as F

from mmpose_video.models.diffusion import PoseDenoiser
from mmpose_video.models.diffusion.lookup_interaction import LookupInteraction


def make(**kwargs):
    torch.manual_seed(0)
    kwargs = dict(channels=16, time_dims=8, num_heads=2) | kwargs
    return PoseDenoiser(12, 5, **kwargs).eval()


@pytest.mark.parametrize('lookup', ['mask', 'concat'])
@pytest.mark.parametrize('mode', ['scale', 'scale_shift', 'concat'])
def test_switches(lookup, mode):
    net = make(lookup=lookup, time_conditioning=mode)
    torch.nn.init.normal_(net.condition.project[1].weight)
    pyramid = net.encode(torch.randn(2, 12, 4, 3))
    x = torch.randn(2, 3, 5, 16, 12)
    t = torch.randint(1000, (2, 3))
    out = net(x, t, pyramid)
    assert out.shape == x.shape
    # the step and the noisy heatmap matter
    assert not torch.allclose(net(x, 999 - t, pyramid), out)
    assert not torch.allclose(net(-x, t, pyramid), out)
    out.square().mean().backward()
    without = [
        name for name, p in net.named_parameters()
        if p.grad is None or not p.grad.abs().sum() > 0
    ]
    assert without == []


@pytest.mark.parametrize('stride', [1, 2, 4, 8])
def test_feature_strides(stride):
    net = make(feature_stride=stride)
    feature = torch.randn(1, 12, 16 // stride, 8 // stride)
    pyramid = net.encode(feature)
    sizes = [tuple(level.feature.shape[1:]) for level in pyramid]
    assert sizes == [(16, 4, 2), (16, 8, 4), (16, 16, 8)]
    out = net(torch.randn(1, 1, 5, 16, 8), torch.zeros(1, 1).long(), pyramid)
    assert out.shape == (1, 1, 5, 16, 8)


def test_hypotheses_and_images_do_not_mix():
    net = make()
    feature = torch.randn(2, 12, 4, 3)
    x, t = torch.randn(2, 3, 5, 16, 12), torch.randint(1000, (2, 3))
    out = net(x, t, net.encode(feature))
    for n in range(2):
        pyramid = net.encode(feature[n:n + 1])
        for p in range(3):
            alone = net(x[n:n + 1, p:p + 1], t[n:n + 1, p:p + 1], pyramid)
            torch.testing.assert_close(
                alone[0, 0], out[n, p], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize('lookup', ['mask', 'concat'])
def test_lookup_is_a_convolution_over_the_concatenation(lookup):
    torch.manual_seed(0)
    C, K, R = 6, 3, 4
    refine = torch.nn.Conv2d(K, R, 3, padding=1)
    part = LookupInteraction(refine, R, C, torch.nn.ReLU(), 3, lookup)
    feature, x = torch.randn(2, C, 8, 8), torch.randn(2, K, 8, 8)
    got = part(x, part.prepare(feature))

    refined = refine(x)
    if lookup == 'mask':
        mask = torch.sigmoid(refined.max(dim=1, keepdim=True).values)
        both = torch.cat([mask * feature, feature], dim=1)
    else:
        both = torch.cat([refined, feature], dim=1)
    weight = torch.cat([part.mix_indexed.weight, part.mix_feature.weight], 1)
    wanted = F.conv2d(both, weight, part.mix_feature.bias, padding=1).relu()
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5)


def test_without_a_feature_under_the_mask_noise_has_no_effect():
    """With 'mask', the heatmap only reaches the output through features."""
    x = torch.randn(1, 2, 5, 16, 12)
    t = torch.full((1, 2), 500)
    for lookup, same in (('mask', True), ('concat', False)):
        net = make(lookup=lookup)
        pyramid = tuple(
            level._replace(feature=torch.zeros_like(level.feature))
            for level in net.encode(torch.randn(1, 12, 4, 3)))
        out = net(x, t, pyramid)
        assert torch.allclose(out[:, 0], out[:, 1]) is same


def test_untrained_output_is_near_zero():
    net = make()
    pyramid = net.encode(torch.randn(1, 12, 4, 3))
    out = net(torch.randn(1, 1, 5, 16, 12), torch.zeros(1, 1).long(), pyramid)
    assert out.abs().max() < 0.2


def test_bad_arguments():
    with pytest.raises(ValueError, match='scale_shift'):
        make(time_conditioning='film')
    with pytest.raises(ValueError, match='mask.*concat'):
        make(lookup='add')
    with pytest.raises(ValueError, match='power of two'):
        make(feature_stride=3)
    with pytest.raises(ValueError, match='must divide the width 16'):
        make(num_heads=3)
    with pytest.raises(ValueError, match='even'):
        make(time_dims=7)
    with pytest.raises(ValueError, match='multiples of 4'):
        make(feature_stride=1).encode(torch.randn(1, 12, 16, 10))
