"""The residual steps block, step by step."""
import pytest
import torch
import torch.nn.functional as F

from mmpose_video.models.necks.dcpose.rsb_block import RSBBlock, RSBChain


def conv_norm(x, state, name, relu=True):
    weight = state[f'{name}.0.weight']
    x = F.conv2d(x, weight, state[f'{name}.0.bias'],
                 padding=weight.shape[-1] // 2)
    x = F.batch_norm(x, *(state[f'{name}.1.{key}'] for key in (
        'running_mean', 'running_var', 'weight', 'bias')))
    return x.relu() if relu else x


def rsb(x, state, project):
    def step(branch, depth, y):
        return conv_norm(y, state, f'branches.{branch - 1}.{depth - 1}')

    x1, x2, x3, x4 = conv_norm(x, state, 'expand').chunk(4, 1)
    o11 = step(1, 1, x1)
    o21 = step(2, 1, x2 + o11)
    o22 = step(2, 2, o21)
    o31 = step(3, 1, x3 + o21)
    o32 = step(3, 2, o31 + o22)
    o33 = step(3, 3, o32)
    o41 = step(4, 1, x4 + o31)
    o42 = step(4, 2, o41 + o32)
    o43 = step(4, 3, o42 + o33)
    o44 = step(4, 4, o43)
    out = conv_norm(torch.cat([o11, o22, o33, o44], 1), state, 'fuse', False)
    if project:
        x = conv_norm(x, state, 'shortcut', False)
    return (out + x).relu()


def randomize(module):
    for value in module.state_dict().values():
        if value.is_floating_point():
            value.copy_(torch.rand_like(value) - 0.2)
    for name, value in module.named_buffers():
        if name.endswith('running_var'):
            value.copy_(torch.rand_like(value) + 0.5)


@pytest.mark.parametrize('project', [False, True])
def test_value_and_gradient(project):
    block = RSBBlock(10, 6 if project else 10, project).double().eval()
    randomize(block)
    x = torch.randn(2, 10, 5, 4, dtype=torch.float64, requires_grad=True)
    out = block(x)
    expected = rsb(x, block.state_dict(), project)
    assert out.abs().max() > 0.1
    torch.testing.assert_close(out, expected)
    torch.testing.assert_close(
        torch.autograd.grad(out.sum(), x), torch.autograd.grad(
            expected.sum(), x))


@pytest.mark.parametrize('in_channels, width', [
    (51, 20), (64, 26), (68, 27), (34, 13)])
def test_published_widths(in_channels, width):
    block = RSBBlock(in_channels, in_channels)
    assert block.expand[0].out_channels == 4 * width


def test_chain():
    chain = RSBChain(5, 7, 2).double().eval()
    randomize(chain)
    x = torch.randn(1, 5, 3, 3, dtype=torch.float64)
    expected = rsb(
        rsb(x, chain[0].state_dict(), True), chain[1].state_dict(), False)
    torch.testing.assert_close(chain(x), expected)


@pytest.mark.parametrize('make, message', [
    (lambda: RSBBlock(2, 2), 'at least 3'),
    (lambda: RSBBlock(4, 5), 'keeps the channels'),
    (lambda: RSBChain(4, 4, 0), 'num_blocks'),
])
def test_bad_sizes(make, message):
    with pytest.raises(ValueError, match=message):
        make()
