"""Stage features of MMPose's HRNet."""
import copy

import pytest
import torch
from mmpose.models.backbones import HRNet

from mmpose_video.models.backbones import HRNetStages

WIDTHS = (6, 12, 24, 48)


def extra(stage1_channels=16):
    def stage(number):
        return dict(num_modules=1, num_branches=number, block='BASIC',
                    num_blocks=(1, ) * number, num_channels=WIDTHS[:number])
    return dict(
        stage1=dict(num_modules=1, num_branches=1, block='BOTTLENECK',
                    num_blocks=(1, ), num_channels=(stage1_channels, )),
        stage2=stage(2), stage3=stage(3), stage4=stage(4))


@pytest.fixture
def models():
    host, ours = HRNet(extra()), HRNetStages(extra=extra())
    assert list(host.state_dict()) == list(ours.state_dict())
    ours.load_state_dict(host.state_dict())
    host.eval(), ours.eval()
    return host, ours


def by_parts(host, x):
    """The features, module by module."""
    x = host.relu(host.norm1(host.conv1(x)))
    x = host.layer1(host.relu(host.norm2(host.conv2(x))))
    x = [layer(x) for layer in host.transition1]
    out = [x[0]]
    x = host.stage2(list(x))
    out.append(x[0])
    x = host.stage3([x[0], x[1], host.transition2[2](x[-1])])
    out.append(x[0])
    x = host.stage4([x[0], x[1], x[2], host.transition3[3](x[-1])])
    return [*out, x[0]]


def test_values(models):
    host, ours = models
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        out, expected = ours(x), by_parts(host, x)
        assert len(out) == 4
        for have, want in zip(out, expected):
            assert have.shape == (2, 6, 16, 16)
            torch.testing.assert_close(have, want, atol=0, rtol=0)
        torch.testing.assert_close(out[-1], host(x)[0], atol=0, rtol=0)


def test_first_transition_may_be_absent():
    """Where stage 1 ends with stage 2's width, MMPose has no layer."""
    config = extra()
    config['stage1'].update(num_channels=(6, ), block='BASIC')
    ours = HRNetStages(extra=config)
    ours.eval()
    assert ours.transition1[0] is None
    assert [f.shape[1] for f in ours(torch.randn(1, 3, 32, 32))] == [6] * 4


def test_copies_are_independent(models):
    _, ours = models
    twin = copy.deepcopy(ours)
    with torch.no_grad():
        twin.stage4[0].fuse_layers[0][1][0].weight.add_(1)
        x = torch.randn(1, 3, 32, 32)
        mine, other = ours(x), twin(x)
    assert len(mine) == len(other) == 4
    torch.testing.assert_close(mine[2], other[2])
    assert not torch.equal(mine[3], other[3])
    assert not ours._stages and not twin._stages


def test_gradients_reach_all_stages(models):
    _, ours = models
    ours.train()
    sum(f.pow(2).mean() for f in ours(torch.randn(2, 3, 64, 64))).backward()
    for name in ('conv1', 'transition1', 'stage2', 'stage3', 'stage4'):
        grads = [p.grad for p in getattr(ours, name).parameters()]
        assert any(g is not None and g.abs().sum() > 0 for g in grads), name


@pytest.mark.slow
def test_compiles_as_one_graph(models):
    _, ours = models
    compiled = torch.compile(ours, backend='eager', fullgraph=True)
    x = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        for have, want in zip(compiled(x), ours(x)):
            torch.testing.assert_close(have, want)
