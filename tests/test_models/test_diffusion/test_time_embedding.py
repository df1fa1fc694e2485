import math

import pytest
import torch

from mmpose_video.models.diffusion.time_embedding import (
    TimeEmbedding,
    sinusoidal_embedding,
)


def test_sinusoidal_embedding():
    t = torch.tensor([0, 3, 999])
    got = sinusoidal_embedding(t, 6)
    for i, step in enumerate([0, 3, 999]):
        for j in range(3):
            angle = step / 10000**(j / 3)
            assert got[i, j].item() == pytest.approx(
                math.sin(angle), abs=1e-4)
            assert got[i, 3 + j].item() == pytest.approx(
                math.cos(angle), abs=1e-4)


def test_time_embedding():
    torch.manual_seed(0)
    embed = TimeEmbedding(8)
    out = embed(torch.arange(5))
    assert out.shape == (5, 32) and embed.out_dims == 32
    # all steps differ
    assert (torch.cdist(out, out) + torch.eye(5) > 1e-4).all()
    assert embed.half()(torch.arange(2)).dtype == torch.half
    with pytest.raises(ValueError, match='even'):
        TimeEmbedding(3)
