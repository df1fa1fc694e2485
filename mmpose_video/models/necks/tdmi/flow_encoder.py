"""Features of optical flow at the resolution of a backbone's stage."""
import torch.nn.functional as F
from mmengine.model import Sequential
from mmpose.utils.typing import ConfigType
from torch import Tensor, nn

from ...layers.conv_norm import ConvNorm


class FlowEncoder(Sequential):
    """Turn flow fields into C channels at the size of a feature map.

    The layers are those of the authors' flow variant: normalization, and two
    3x3 convolutions, which there reduce the size by four. Here the flow is
    averaged to the size of the feature map first, so that backbones of any
    stride are served, and the convolutions keep the size.

    Args:
        channels (int): C.
        norm_cfg (dict): Config of the normalization.
    """

    def __init__(self, channels: int, norm_cfg: ConfigType) -> None:
        super().__init__(
            nn.BatchNorm2d(2),
            ConvNorm(2, channels, norm_cfg=norm_cfg),
            nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, flow: Tensor, size: tuple) -> Tensor:
        """Encode the flow of T - 1 pairs of frames.

        Args:
            flow (Tensor): Shape (N, T - 1, 2, H, W).
            size (tuple[int, int]): (h, w).

        Returns:
            Tensor: Shape (N, T - 1, C, h, w).
        """
        x = F.adaptive_avg_pool2d(flow.flatten(0, 1), size)
        for layer in self:
            x = layer(x)
        return x.unflatten(0, flow.shape[:2])
