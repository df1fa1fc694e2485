import math

import torch

from mmpose_video.models.layers.sine_cosine_embedding import (
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
