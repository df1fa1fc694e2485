"""Convert weights of a color model for a model with one input channel."""
from typing import Mapping, Sequence, Tuple

import torch
from torch import Tensor

from .converter import Converter, Weights

#: Normalization of ImageNet, RGB, as all configs of this package have it.
_MEAN = (123.675, 116.28, 103.53)
_STD = (58.395, 57.12, 57.375)
#: Normalization of the gray model: the luminance of the above.
GREY_MEAN = 117.04
GREY_STD = 57.53


class OneChannelConverter(Converter):
    r"""Fold the first convolution of a color model into one input channel.

    On an image g of three equal channels the first convolution w computes

    .. math::
        \sum_c w_c * \frac{g - m_c}{s_c}
        = \Big(\sum_c w_c \frac{s}{s_c}\Big) * \frac{g - m}{s}
        + \sum_c \frac{m - m_c}{s_c} \sum w_c

    with the means m and deviations s of the normalizations. The first term
    is a convolution of one channel. The second, a constant per channel, goes
    into the running mean of the batch normalization that follows (HRNet,
    ResNet), or into the bias (ViT). Both models are equal except at the
    border, where the convolution pads the normalized image with zeros.
    """

    source = 'this package or MMPose, RGB normalized as ImageNet'
    configs = 'configs/single_image/one-channel_*'
    rules = ((r'(backbone|head)', r'\1'), (r'neck', 'neck'))
    optional = (r'neck', )

    def check(self, weights: Mapping[str, Tensor]) -> None:
        """Refuse models whose first convolution does not have three channels.

        Args:
            weights (dict[str, Tensor]): Weights of the model for color.

        Raises:
            ValueError: If the first layer is none of those known, or has
                another number of channels.
        """
        convolution, _ = _first_layer(weights)
        channels = weights[convolution].shape[1]
        if channels != 3:
            raise ValueError(f'`{convolution}` reads {channels} channels, '
                             'expected the 3 of a model for color')

    def known_share(self, names: Sequence[str]) -> float:
        """Return 0: the names are those of every model of this package."""
        return 0.

    def finish(self, weights: Weights) -> Weights:
        """Fold the three channels into one."""
        convolution, shift = _first_layer(weights)
        kernel = weights[convolution].double()
        std = torch.tensor(_STD, dtype=torch.float64).view(1, 3, 1, 1)
        mean = torch.tensor(_MEAN, dtype=torch.float64).view(1, 3, 1, 1)
        constant = (kernel * (GREY_MEAN - mean) / std).sum((1, 2, 3))
        folded = (kernel * GREY_STD / std).sum(1, keepdim=True)
        # a running mean is subtracted, a bias is added
        sign = -1 if shift.endswith('running_mean') else 1
        return {
            **weights,
            convolution: folded.to(weights[convolution]),
            shift: _added(weights[shift], sign * constant),
        }


def _added(value: Tensor, constant: Tensor) -> Tensor:
    """Return the sum in the type of the first."""
    return (value.double() + constant).to(value)


def _first_layer(weights: Mapping[str, Tensor]) -> Tuple[str, str]:
    """Return the names of the first kernel and of what takes the shift."""
    for kernel, shift in (
        ('backbone.conv1.weight', 'backbone.bn1.running_mean'),
        ('backbone.patch_embed.projection.weight',
         'backbone.patch_embed.projection.bias'),
    ):
        if kernel in weights and shift in weights:
            return kernel, shift
    raise ValueError(
        'the first layer is not known: expected `backbone.conv1` and '
        '`backbone.bn1` (HRNet, ResNet) or '
        '`backbone.patch_embed.projection` (ViT)')
