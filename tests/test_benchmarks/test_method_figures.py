"""The pictures of the methods."""
import method_figures as figures
import numpy as np
import pytest
import torch
from torch import nn

from mmpose_video.models.necks import BaseVideoNeck
from mmpose_video.structures import ClipInfo


class FixedMix(BaseVideoNeck):
    """Weighs the frames by fixed numbers, and keeps the mean."""

    def fuse(self, feats, clip):
        weights = torch.tensor([2., 1., 0.]).view(1, 3, 1, 1, 1)
        return ((feats[-1] * weights).sum(1), ), {'mean': feats[-1].mean(1)}


class Model:
    """The backbone halves the size; the head is the identity."""

    def __init__(self):
        self.neck = FixedMix()
        self.head = nn.Module()
        self.head.forward = lambda feats: feats[-1]

    def extract_frame_feats(self, inputs):
        return (inputs[..., ::2, ::2], )


def test_influence_is_the_norm_of_the_jacobian():
    """Of a mix with weights 2, 1 and 0: the probes are the same for all."""
    clip = ClipInfo.centered(1, 3, 'cpu')
    inputs = torch.rand(1, 3, 3, 8, 6)
    maps, context, output = figures.influence_maps(Model(), inputs, clip)
    assert maps.shape == (3, 4, 3) and output.shape == (1, 3, 4, 3)
    np.testing.assert_allclose(maps[0], 2 * maps[1], rtol=1e-5)
    assert (maps[1] > 0).all() and not maps[2].any()
    # the sum over 8 probes of squares of 3 channels is about 24
    assert np.mean(maps[1]**2) == pytest.approx(24, rel=0.4)
    (name, kept), = figures.context_maps(context, (4, 3))
    assert name == 'mean'
    np.testing.assert_allclose(
        kept, inputs[0, :, :, ::2, ::2].mean((0, 1)), rtol=1e-5)


def test_maps_are_drawn_where_they_are_large():
    frame = np.full((20, 10, 3), 100, np.uint8)
    values = np.zeros((20, 10))
    values[:, 5:] = 1
    drawn = figures.overlay(frame, values, 1.)
    assert drawn.shape == frame.shape
    assert drawn[:, 7:].sum() > 3 * drawn[:, :3].sum()


@pytest.mark.slow
@pytest.mark.parametrize('method', ['dcpose', 'dsta'])
def test_a_method_has_a_picture(method, tmp_path):
    """DSTA regresses: it has no heatmaps to show."""
    figures.render(str(tmp_path))
    drawn = figures.picture(*figures.load(method, str(tmp_path), None))
    rows = {'dcpose': 3, 'dsta': 2}[method]
    assert drawn.shape[0] == rows * (132 + 8)
    assert drawn.shape[1] >= 3 * (88 + 8)  # of three frames
    assert drawn.std() > 10
