"""Draw samples of two random vectors from two feature maps."""
from typing import Tuple

import torch
from torch import Tensor, nn


class PairedSamples(nn.Module):
    """Draw samples of two random vectors from two feature maps.

    A sample is one position of one clip: the C channels of ``x`` there
    together with the C' channels of ``y``. Both are scaled to unit size, and
    white noise is added, for two reasons.

    * Two deterministic functions of one input, as features are, share
      infinitely much information. The noise makes the quantity finite: the
      information shared at a precision of ``noise_std`` of their own scale.
    * The scale is one number per tensor. Scaling each channel separately
      would hide the effect of a mask that attenuates a channel, from which
      the mask has to learn. Gradients flow through the scale: with a constant
      scale every step would shrink a map whose information is minimized, the
      next scaling would undo it, and the map would finally vanish.

    Args:
        num_samples (int): Maximum number of positions, drawn at random
            without replacement. Defaults to 1024 (package default, not the
            paper's).
        noise_std (float): Standard deviation of the noise, in units of the
            tensor's root mean square. Defaults to 0.3 (package default, not
            the paper's).
        outlier_scale (float): Values far beyond this many units are
            compressed logarithmically, which is invertible (it keeps the
            mutual information) and bounds the gradients. Defaults to 10.
        eps (float): Smallest unit. A flatter map drowns in the noise, and
            gradients grow by at most the inverse of this value. Defaults to
            0.01 (package default, not the paper's).
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
        """Return one row per sample."""
        return x if x.dim() == 2 else x.permute(0, 2, 3, 1).flatten(0, 2)

    def _to_unit_scale(self, x: Tensor) -> Tensor:
        """Center and scale, compress outliers, add noise."""
        x = x - x.mean(0)
        # clamp inside the root, whose slope at zero is infinite
        power = x.square().mean().clamp(min=self.eps**2)
        x = x / power.sqrt()
        x = self.outlier_scale * torch.asinh(x / self.outlier_scale)
        if self.noise_std:
            x = x + self.noise_std * torch.randn_like(x)
        return x
