"""The network of SmoothNet."""
from typing import List, Mapping

import torch
from torch import Tensor, nn


class _ResidualBlock(nn.Module):
    """Two fully connected layers beside the identity."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(width, hidden)
        self.linear2 = nn.Linear(hidden, width)
        self.activation = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.activation(self.linear1(x))
        return x + self.activation(self.linear2(hidden))


class WindowNetwork(nn.Module):
    """Map the W values of a coordinate in a window to smoothed ones.

    Zeng et al., "SmoothNet: A Plug-and-Play Network for Refining Human Poses
    in Videos", ECCV 2022, section 3: a fully connected encoder, residual
    blocks, a fully connected decoder, all along time; each coordinate of each
    keypoint is processed separately. Names of parameters are those of MMPose
    0.x and of the authors' code, without its dropout, as the network is not
    trained here.

    Args:
        window (int): W.
        width (int): Width between the blocks.
        hidden (Sequence[int]): Width within each block.
    """

    def __init__(self, window: int, width: int, hidden: List[int]) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(window, width), nn.LeakyReLU(0.1))
        self.res_blocks = nn.Sequential(
            *(_ResidualBlock(width, size) for size in hidden))
        self.decoder = nn.Linear(width, window)

    @classmethod
    def from_weights(cls, weights: Mapping[str, Tensor],
                     source: str) -> 'WindowNetwork':
        """Build the network that weights belong to.

        Args:
            weights (Mapping[str, Tensor]): By name.
            source (str): Name of the file, for messages.

        Raises:
            ValueError: If they are not those of a SmoothNet, or its windows
                of input and output differ.
        """
        try:
            width, window = weights['encoder.0.weight'].shape
            output = len(weights['decoder.weight'])
        except (KeyError, ValueError) as error:
            raise ValueError(
                f'{source} holds no SmoothNet: there is no matrix '
                f"'encoder.0.weight' and 'decoder.weight' among "
                f'{list(weights)[:4]}') from error
        if output != window:
            raise ValueError(
                f'{source}: the network makes {output} of {window} frames; '
                'only networks that smooth their whole window are supported')
        hidden: List[int] = []
        while f'res_blocks.{len(hidden)}.linear1.weight' in weights:
            hidden.append(
                len(weights[f'res_blocks.{len(hidden)}.linear1.weight']))
        network = cls(window, width, hidden)
        try:
            network.load_state_dict(dict(weights))
        except RuntimeError as error:
            raise ValueError(f'{source} holds no SmoothNet: {error}') from None
        return network.eval().requires_grad_(False)

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """Smooth windows of shape (..., W)."""
        return self.decoder(self.res_blocks(self.encoder(x)))
