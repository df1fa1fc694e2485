"""Depthwise separable convolution as MoveNet uses it."""
from typing import Optional

from mmcv.cnn import ConvModule
from torch import Tensor, nn


class SeparableConv(nn.Module):
    """Depthwise 3x3 and a pointwise convolution, then ReLU.

    Nothing stands between the two convolutions: no bias, no normalization and
    no activation (mmcv's ``DepthwiseSeparableConvModule`` gives the depthwise
    one a bias where it has no normalization).

    Args:
        in_channels (int): Input channels.
        out_channels (int): Output channels.
        norm_cfg (dict, optional): Config of the normalization after the
            pointwise convolution. Defaults to None: a bias instead.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 norm_cfg: Optional[dict] = None) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels,
            in_channels,
            3,
            padding=1,
            groups=in_channels,
            bias=False)
        self.pointwise = ConvModule(
            in_channels, out_channels, 1, norm_cfg=norm_cfg)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, h, w) to (N, C', h, w)."""
        return self.pointwise(self.depthwise(x))
