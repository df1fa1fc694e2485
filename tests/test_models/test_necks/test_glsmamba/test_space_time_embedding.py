import pytest
import torch

from mmpose_video.models.layers.sine_cosine_embedding import (
    sine_cosine_embedding,
)
from mmpose_video.models.necks.glsmamba.space_time_embedding import (
    SpaceTimeEmbedding,
)


def test_adds_space_and_time():
    module = SpaceTimeEmbedding(8, num_frames=2)
    x = torch.zeros(1, 2, 3, 5, 8)
    out = module(x)
    expected = sine_cosine_embedding(3, 5, 8) + module.temporal[1]
    torch.testing.assert_close(out[0, 1], expected)
    # another size after the first
    assert module(torch.zeros(1, 2, 4, 4, 8)).shape == (1, 2, 4, 4, 8)


def test_switches():
    x = torch.randn(1, 2, 3, 5, 8)
    off = SpaceTimeEmbedding(8, 2, spatial=False, temporal=False)
    assert torch.equal(off(x), x)
    assert not list(off.parameters())


def test_channels_must_divide():
    with pytest.raises(ValueError, match='multiple of 4 channels, got 6'):
        sine_cosine_embedding(2, 2, 6)
