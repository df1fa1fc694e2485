import pytest
import torch
from mmcv.cnn import ConvModule
from mmpose.models.backbones import ResNet
from torch import nn

from mmpose_video.models.layers import HardMish, Mish, swap_activations


def test_hard_mish_by_hand():
    x = torch.tensor([-3., -2., -1., 0., 1., 5.])
    assert HardMish()(x).tolist() == [0., 0., -.5, 0., 1., 5.]


def test_hard_mish_gradient():
    x = torch.randn(50, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(HardMish(), x)


def test_greatest_distance_to_mish():
    x = torch.linspace(-6, 6, 2401)
    gap = (HardMish()(x) - Mish()(x)).abs()
    assert gap.max().item() == pytest.approx(.2525, abs=1e-3)
    assert x[gap.argmax()].item() == pytest.approx(-2, abs=0.02)


@pytest.mark.parametrize('name', ['Mish', 'HardMish'])
def test_conv_module_takes_them(name):
    module = ConvModule(2, 3, 1, act_cfg=dict(type=name))
    x = torch.randn(1, 2, 4, 4)
    expected = dict(Mish=Mish, HardMish=HardMish)[name]()(module.conv(x))
    assert torch.equal(module(x), expected)


def test_swap_keeps_keys_and_counts_shared_modules_once():
    model = ResNet(18)
    keys = list(model.state_dict())
    # one in the stem, one in each of eight blocks, used twice
    assert swap_activations(model, 'HardMish') == 9
    assert list(model.state_dict()) == keys
    assert not any(isinstance(m, nn.ReLU) for m in model.modules())
    assert swap_activations(model, dict(type='SiLU'), frm=HardMish) == 9


def test_unknown_activation():
    with pytest.raises(KeyError, match='NoSuchActivation'):
        swap_activations(nn.Sequential(nn.ReLU()), 'NoSuchActivation')
