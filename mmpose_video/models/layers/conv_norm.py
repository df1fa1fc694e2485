"""Convolution, normalization, activation."""
from mmcv.cnn import build_norm_layer
from mmpose.utils.typing import ConfigType
from torch import nn

DEFAULT_NORM: ConfigType = dict(type='BN')


class ConvNorm(nn.Sequential):
    """Convolution that keeps the size, a normalization and maybe a ReLU.

    Unlike MMCV's ``ConvModule`` it leaves the initialization to the module
    that owns it: ``ConvModule`` draws its weights again after its owner's
    ``init_cfg`` has been applied.

    Args:
        in_channels (int): Channels of the input.
        out_channels (int): Channels of the output.
        kernel_size (int): An odd number. Defaults to 3.
        stride (int): Defaults to 1.
        bias (bool): Whether the convolution has one. Defaults to True, as in
            the published code of DCPose and FAMI-Pose.
        relu (bool): Whether a ReLU follows. Defaults to True.
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 kernel_size: int = 3,
                 stride: int = 1,
                 bias: bool = True,
                 relu: bool = True,
                 norm_cfg: ConfigType = DEFAULT_NORM) -> None:
        layers = [
            nn.Conv2d(
                in_channels,
                out_channels,
                kernel_size,
                stride=stride,
                padding=kernel_size // 2,
                bias=bias),
            build_norm_layer(norm_cfg, out_channels)[1],
        ]
        if relu:
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)
