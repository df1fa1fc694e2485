"""Measuring how much each frame moves the output."""
import pytest
import torch
from mmpose.registry import MODELS
from torch import nn

from mmpose_video.models import BaseVideoNeck
from mmpose_video.structures import ClipInfo
from mmpose_video.tools import temporal_influence
from mmpose_video.tools.frame_influence import (
    Influence,
    measure_influence,
    moving_texture,
    settle_batch_norm,
)

GLSMAMBA = 'configs/glsmamba/glsmamba_hrnet-tiny_1xb16-4e_synthetic-96x64.py'
BASELINE = 'configs/single_image/td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'


class WeightedSum(BaseVideoNeck):
    """A neck of known Jacobian: the frames times fixed weights, plus x0^2."""

    def __init__(self, weights, square=0.):
        super().__init__()
        self.weights = torch.tensor(weights)
        self.square = square

    def fuse(self, feats, clip):
        fused = torch.einsum('ntchw,t->nchw', feats[0], self.weights)
        return (fused + self.square * feats[0][:, 0]**2, ), {}


class Estimator(nn.Module):
    """What `measure_influence` needs of an estimator; frames as features."""

    is_video_model = True

    def __init__(self, neck):
        super().__init__()
        self.neck = neck
        self.head = nn.Module()
        self.head.forward = lambda feats: feats[-1]

    def extract_frame_feats(self, inputs):
        return (inputs, )


def measured(neck, inputs, **kwargs):
    clip = ClipInfo.centered(*inputs.shape[:2])
    return measure_influence(Estimator(neck), inputs, clip, **kwargs)


@pytest.mark.parametrize('weights', [(0.5, 2., -0.25), (1e-25, 1., 0.)])
def test_shares_of_a_linear_neck_are_its_weights(weights):
    inputs = torch.randn(2, 3, 4, 5, 6)
    found = measured(WeightedSum(weights), inputs, probes=200)
    assert found.offsets == (-1, 0, 1) and found.key_index == 1
    wanted = [abs(w) / abs(weights[1]) for w in weights]
    assert found.shares == pytest.approx(wanted, rel=1e-5)
    # |w| times the norm of an identity on 2 * 4 * 5 * 6 values
    size = 240**0.5
    assert found.norms == pytest.approx([abs(w) * size for w in weights],
                                        rel=0.02)
    key = inputs[:, 1] * sum(weights)
    output = sum(w * inputs[:, t] for t, w in enumerate(weights))
    change = (key - output).norm() / output.norm()
    assert found.still_change == pytest.approx(float(change), rel=1e-5)
    assert found.uses_time == (weights[0] > 1e-3)


def test_a_nonlinear_neck_against_the_whole_jacobian():
    inputs = torch.randn(1, 3, 2, 3, 3)
    neck = WeightedSum((0.3, 1., 0.7), square=0.8)
    found = measured(neck, inputs, probes=3000)

    def function(x):
        return neck((x, ))[0]

    jacobian = torch.autograd.functional.jacobian(function, inputs)
    squares = jacobian.pow(2).sum((0, 1, 2, 3, 4, 6, 7, 8))
    assert found.norms == pytest.approx(squares.sqrt().tolist(), rel=0.03)


def test_frames_are_named_by_their_distance_inside_of_a_video():
    inputs = torch.randn(2, 3, 1, 2, 2)
    offsets = torch.tensor([[0, 0, 1], [-2, 0, 2]])  # the first is at a start
    clip = ClipInfo(3, 1, offsets, torch.ones(2, 3, dtype=torch.bool))
    found = measure_influence(
        Estimator(WeightedSum((1., 1., 1.))), inputs, clip)
    assert found.offsets == (-2, 0, 2)


def test_an_output_of_nothing_is_no_use_of_time():
    found = measured(WeightedSum((0., 0., 0.)), torch.randn(1, 3, 1, 2, 2))
    assert found.shares == (0., 0., 0.) and found.still_change == 0
    assert not found.uses_time


def test_faults():
    inputs = torch.randn(1, 3, 1, 2, 2)
    with pytest.raises(ValueError, match='probes'):
        measured(WeightedSum((1., 1., 1.)), inputs, probes=0)
    with pytest.raises(ValueError, match='no video neck'):
        temporal_influence.influence_of(BASELINE)


def test_statistics_are_those_of_one_training_pass():
    model = MODELS.build(
        dict(
            type='TopdownVideoPoseEstimator',
            backbone=dict(
                type='ResNet', depth=18, base_channels=4, stem_channels=4),
            head=dict(type='HeatmapHead', in_channels=32, out_channels=3,
                      deconv_out_channels=None, deconv_kernel_sizes=None)))
    model.eval()
    inputs = 3 + 2 * torch.randn(2, 1, 3, 32, 32)
    settle_batch_norm(model, inputs)
    norm = model.backbone.bn1
    before = model.backbone.conv1(inputs[:, 0])
    torch.testing.assert_close(norm.running_mean, before.mean((0, 2, 3)))
    torch.testing.assert_close(norm.running_var, before.var((0, 2, 3)))
    assert not norm.training and norm.momentum == 0.1
    # a layer further on sees what passed the new statistics
    settled = model.backbone.layer1[0].bn1.running_var.clone()
    settle_batch_norm(model, inputs)
    torch.testing.assert_close(model.backbone.layer1[0].bn1.running_var,
                               settled)


def test_the_texture_moves():
    clips = moving_texture(2, (-2, 0, 1), (20, 30), speed=(1, 3))
    assert clips.shape == (2, 3, 3, 20, 30)
    assert clips.std() == pytest.approx(1, abs=0.2)
    key, after = clips[:, 1], clips[:, 2]
    torch.testing.assert_close(after[..., 1:, 3:], key[..., :-1, :-3])
    before = clips[:, 0]
    torch.testing.assert_close(key[..., 2:, 6:], before[..., :-2, :-6])


def test_table_and_warning():
    used = dict(config='a/x.py', influence=Influence(
        (-1, 0, 1), (0.5, 2., 1.), 1, 0.1))
    unused = dict(config='a/y.py', influence=Influence(
        (0, 2), (2., 1e-4), 0, 1e-5))
    text = temporal_influence.table([used, unused])
    assert text.splitlines() == [
        '| config | -1 | +1 | +2 | still clip |', '|---|---|---|---|---|',
        '| `x` | 0.25 | 0.5 | - | 0.1 |',
        '| `y` | - | - | 5e-05 | 1e-05 |'
    ]
    assert temporal_influence.warning(used) is None
    assert 'a/y.py: nothing' in temporal_influence.warning(unused)


@pytest.mark.slow
def test_command_line(tmp_path, capsys):
    plot, page = tmp_path / 'new/x.png', tmp_path / 'new/too/x.md'
    args = ['--clips', '1', '--probes', '1', '--cfg-options',
            'model.neck.block_cfg.temporal_kernel=1']
    temporal_influence.main([GLSMAMBA, *args, '--plot', str(plot),
                             '--table', str(page)])
    printed = capsys.readouterr().out
    assert plot.stat().st_size > 5000
    row = next(line for line in printed.splitlines() if 'hrnet-tiny' in line)
    assert row in page.read_text()
    assert '--cfg-options' in page.read_text()
    # as published, next to nothing of other frames reaches the key frame
    assert all(float(cell) < 0.02 for cell in row.split('|')[2:6])


@pytest.mark.parametrize('args, message', [
    ((GLSMAMBA, BASELINE, '--checkpoint', 'x.pth'), 'belongs to one config'),
    ((GLSMAMBA, '--checkpoint', 'absent.pth'), 'no checkpoint'),
    ((BASELINE, ), 'no video neck'),
    (('absent.py', ), 'no config'),
    # before anything is measured
    ((GLSMAMBA, '--plot', f'{__file__}/x.png'), 'File exists'),
    ((GLSMAMBA, '--table', f'{__file__}/x.md'), 'File exists')])
def test_a_fault_is_one_line(args, message, capsys):
    assert temporal_influence.main(list(args)) == 1
    assert message in capsys.readouterr().err.strip().splitlines()[-1]
