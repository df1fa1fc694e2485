"""One scale of DiffPose's lookup-based feature interaction."""
from typing import NamedTuple

import torch
from torch import Tensor, nn

MODES = ('mask', 'concat')


class ScaleFeature(NamedTuple):
    """Features of an image at one scale, for all steps and hypotheses.

    Attributes:
        feature (Tensor): F^j, shape (N, C, h, w).
        mixed (Tensor): Its part of the fusing convolution, (N, C, h, w).
    """

    feature: Tensor
    mixed: Tensor


class LookupInteraction(nn.Module):
    r"""Let a noisy heatmap look up the features where keypoints may be.

    The refined noisy heatmap :math:`\tilde x` gives a mask :math:`A =
    \sigma(\max_c \tilde x)`, the mask indexes the features, :math:`\bar F =
    A F`, and the fused feature comes from :math:`[\bar F, F]` (DiffPose,
    ICCV 2023, lookup-based multi-scale feature interaction).

    A convolution over a concatenation is the sum of two convolutions. The one
    over F does not depend on the noise, so :meth:`prepare` does it once for
    all steps and hypotheses.

    Args:
        refine (nn.Module): Maps x^j, (B, K, h, w), to (B, R, h, w).
        refined_channels (int): R.
        channels (int): C, channels of F^j and of the output.
        post (nn.Module): Applied to the sum of the two convolutions.
        kernel_size (int): Kernel of the fusing convolution.
        lookup (str): 'mask', or 'concat' to fuse :math:`[\tilde x, F]`
            instead, of which the authors' notes say that it costs much
            accuracy; it is here for that ablation.
    """

    def __init__(self, refine: nn.Module, refined_channels: int, channels: int,
                 post: nn.Module, kernel_size: int, lookup: str) -> None:
        super().__init__()
        if lookup not in MODES:
            raise ValueError(f'`lookup` must be one of {MODES}, got '
                             f'{lookup!r}')
        self.lookup = lookup
        self.refine = refine
        self.post = post
        indexed = channels if lookup == 'mask' else refined_channels
        padding = kernel_size // 2
        self.mix_indexed = nn.Conv2d(
            indexed, channels, kernel_size, padding=padding, bias=False)
        self.mix_feature = nn.Conv2d(
            channels, channels, kernel_size, padding=padding)

    def prepare(self, feature: Tensor) -> ScaleFeature:
        """Compute what does not depend on the noise.

        Args:
            feature (Tensor): F^j, shape (N, C, h, w).
        """
        return ScaleFeature(feature, self.mix_feature(feature))

    def mask(self, x: Tensor) -> Tensor:
        """Return the mask of places to look at, from a noisy heatmap.

        Args:
            x (Tensor): Shape (B, K, h, w).

        Returns:
            Tensor: Shape (B, 1, h, w), in (0, 1).
        """
        return torch.sigmoid(self.refine(x).amax(dim=1, keepdim=True))

    def forward(self, x: Tensor, prepared: ScaleFeature) -> Tensor:
        """Fuse noisy heatmaps with the features of their images.

        Args:
            x (Tensor): x^j of P hypotheses for each of N images, shape
                (N * P, K, h, w), hypotheses of an image side by side.
            prepared (ScaleFeature): What :meth:`prepare` returned.

        Returns:
            Tensor: Shape (N * P, C, h, w).
        """
        num_images = prepared.feature.shape[0]
        if self.lookup == 'mask':
            mask = self.mask(x).unflatten(0, (num_images, -1))
            indexed = (mask * prepared.feature[:, None]).flatten(0, 1)
        else:
            indexed = self.refine(x)
        mixed = self.mix_indexed(indexed).unflatten(0, (num_images, -1))
        return self.post((mixed + prepared.mixed[:, None]).flatten(0, 1))
