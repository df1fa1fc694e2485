"""From two feature maps to samples of two random vectors."""
from typing import Tuple

import torch
from torch import Tensor, nn


class PairedSamples(nn.Module):
    """Draws samples of two random vectors from two feature maps.

    A sample is one position of one clip: the C channels of ``x`` there
    together with the C' channels of ``y``. Both are brought to unit scale and
    get white noise, for two reasons.

    * Two deterministic functions of one input, as features are, share
      infinitely much information. The noise makes the question finite: how
      much do they share at a precision of ``noise_std`` of their own scale?
    * The scale is one number per tensor. Scaling every channel by itself
      would be blind to a mask that turns a channel down, and this is what a
      mask is to learn from. Gradients flow through the scale: were it taken
      as a constant, each step would find it worthwhile to shrink a map whose
      information is to be minimised, and find it undone by the next scaling,
      until the map has vanished.

    Args:
        num_samples (int): At most so many positions are drawn, at random and
            without repetition. Defaults to 1024 (package default, not the
            paper's).
        noise_std (float): Standard deviation of the noise, in units of the
            tensor's root mean square. Defaults to 0.3 (package default, not
            the paper's).
        outlier_scale (float): Values far beyond so many units grow only
            logarithmically, which is invertible (it keeps the mutual
            information) and bounds the gradients. Defaults to 10.
        eps (float): Smallest unit: a map that is flatter drowns in the noise,
            and gradients grow by no more than its inverse. Defaults to 0.01
            (package default, not the paper's).
    """

    def __init__(self,
                 num_samples: int = 1024,
                 noise_std: float = 0.3,
                 outlier_scale: float = 10.,
                 eps: float = 1e-2) -> None:
        super().__init__()
        if num_samples < 2:
            raise ValueError('`num_samples` must be at least 2, got '
                             f'{num_samples}')
        if noise_std < 0:
            raise ValueError(f'`noise_std` is negative: {noise_std}')
        self.num_samples = num_samples
        self.noise_std = noise_std
        self.outlier_scale = outlier_scale
        self.eps = eps

    def forward(self, x: Tensor, y: Tensor) -> Tuple[Tensor, Tensor]:
        """Draw the samples.

        Args:
            x (Tensor): Shape (N, C, h, w) or (M, C), float32.
            y (Tensor): Shape (N, C', h, w) or (M, C'), float32.

        Returns:
            tuple[Tensor]: Shapes (M, C) and (M, C').
        """
        x, y = self._as_matrix(x), self._as_matrix(y)
        if len(x) > self.num_samples:
            index = torch.randperm(
                len(x), device=x.device)[:self.num_samples]
            x, y = x[index], y[index]
        return self._to_unit_scale(x), self._to_unit_scale(y)

    @staticmethod
    def _as_matrix(x: Tensor) -> Tensor:
        """One row per sample."""
        return x if x.dim() == 2 else x.permute(0, 2, 3, 1).flatten(0, 2)

    def _to_unit_scale(self, x: Tensor) -> Tensor:
        """Centre, scale, squash outliers, add noise."""
        x = x - x.mean(0)
        # the bound goes inside the root, which has no slope at zero
        power = x.square().mean().clamp(min=self.eps**2)
        x = x / power.sqrt()
        x = self.outlier_scale * torch.asinh(x / self.outlier_scale)
        if self.noise_std:
            x = x + self.noise_std * torch.randn_like(x)
        return x
