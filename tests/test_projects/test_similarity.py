"""The example project: its module and its config."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.structures import ClipInfo

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / 'projects' / 'similarity'


@pytest.fixture
def model(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    cfg = Config.fromfile(next((PROJECT / 'configs').glob('*.py')))
    init_default_scope('mmpose')
    torch.manual_seed(0)
    return MODELS.build(cfg.model)


def test_weights_are_a_softmax_over_the_frames_that_are_there(model):
    neck = model.neck
    feats = torch.randn(1, 3, 16, 2, 2)
    clip = ClipInfo(3, 1, torch.tensor([[-1, 0, 0]]),
                    torch.tensor([[True, True, False]]))
    (out, ), context = neck.encode((feats, ), clip)
    query = neck.query(feats[:, 1])
    for row in range(2):
        for column in range(2):
            x = feats[0, :, :, row, column]
            score = x[:2] @ query[0, :, row, column] / 4
            weight = score.exp() / score.exp().sum()
            found = context['weight'][0, :, 0, row, column]
            torch.testing.assert_close(found[:2], weight)
            assert found[2] == 0
            torch.testing.assert_close(
                out[0, :, row, column], x[1] + weight @ x[:2])


def test_entropy_of_equal_weights(model):
    weight = torch.full((2, 4, 1, 3, 3), 0.25)
    loss = model.neck.loss(dict(weight=weight), [])['loss_entropy']
    torch.testing.assert_close(loss, 1e-4 * torch.tensor(4.).log())


def test_runs_on_clips_of_any_length(model):
    for num_frames in (1, 3, 5):
        model.zero_grad()
        heatmaps = model(torch.randn(2, num_frames, 3, 96, 64), None)
        assert heatmaps.shape == (2, 17, 24, 16)
        heatmaps.sum().backward()
        if num_frames > 1:
            assert model.neck.query.weight.grad.abs().sum() > 0
