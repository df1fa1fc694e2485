"""Residual chains against the formula, written out."""
import pytest
import torch
import torch.nn.functional as F

from mmpose_video.models.layers import BasicBlockChain


def normalize(x, state, name):
    mean, var, weight, bias = (
        state[f'{name}.{key}'].view(1, -1, 1, 1)
        for key in ('running_mean', 'running_var', 'weight', 'bias'))
    return (x - mean) / (var + 1e-5).sqrt() * weight + bias


def block(x, state, name):
    y = F.conv2d(x, state[f'{name}.conv1.weight'], padding=1)
    y = normalize(y, state, f'{name}.bn1').relu()
    y = F.conv2d(y, state[f'{name}.conv2.weight'], padding=1)
    y = normalize(y, state, f'{name}.bn2')
    if f'{name}.downsample.0.weight' in state:
        x = F.conv2d(x, state[f'{name}.downsample.0.weight'])
        x = normalize(x, state, f'{name}.downsample.1')
    return (x + y).relu()


@pytest.mark.parametrize('in_channels', [5, 3])
def test_value(in_channels):
    chain = BasicBlockChain(in_channels, 3, 3).double()
    for value in chain.state_dict().values():
        if value.is_floating_point():
            value.copy_(torch.rand_like(value) + 0.1)
    chain.eval()
    x = torch.randn(2, in_channels, 4, 6, dtype=torch.float64)
    state = chain.state_dict()
    # the first block alone has a projection, also for equal channels
    assert [key for key in state if key.endswith('downsample.0.weight')
            ] == ['0.downsample.0.weight']
    expected = x
    for i in range(3):
        expected = block(expected, state, str(i))
    torch.testing.assert_close(chain(x), expected)


def test_no_block():
    with pytest.raises(ValueError, match='num_blocks'):
        BasicBlockChain(3, 3, 0)
