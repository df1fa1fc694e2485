import math

import pytest
import torch

from mmpose_video.models.layers.space_time_embedding import (
    SpaceTimeEmbedding,
    sine_cosine_embedding,
)


def test_formula():
    grid = sine_cosine_embedding(3, 5, 8)
    for row in range(3):
        for column in range(5):
            for i in range(2):
                frequency = 10000**(-i / 2)
                expected = [
                    math.sin(row * frequency), math.cos(row * frequency),
                    math.sin(column * frequency),
                    math.cos(column * frequency)]
                actual = grid[row, column, [i, 2 + i, 4 + i, 6 + i]]
                torch.testing.assert_close(actual, torch.tensor(expected))


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
