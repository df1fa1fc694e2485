"""Chains of residual blocks."""
from mmcv.cnn import build_norm_layer
from mmengine.model import Sequential
from mmpose.models.backbones.resnet import BasicBlock
from mmpose.utils.typing import ConfigType
from torch import nn

from .conv_norm import DEFAULT_NORM


class BasicBlockChain(Sequential):
    """Residual blocks of two 3x3 convolutions each, at one resolution.

    The shortcut of the first block is always a 1x1 convolution with a
    normalization, also where the channels stay the same; the other shortcuts
    are identities. Used by FAMI-Pose and TDMI.

    Args:
        in_channels (int): Channels of the input (N, C, h, w).
        out_channels (int): Channels of the output (N, C', h, w).
        num_blocks (int): Number of blocks, at least 1. Defaults to 1.
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 num_blocks: int = 1,
                 norm_cfg: ConfigType = DEFAULT_NORM) -> None:
        if num_blocks < 1:
            raise ValueError(f'`num_blocks` must be >= 1, got {num_blocks}')
        shortcut = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, bias=False),
            build_norm_layer(norm_cfg, out_channels)[1])
        blocks = [
            BasicBlock(
                in_channels,
                out_channels,
                downsample=shortcut,
                norm_cfg=norm_cfg)
        ]
        blocks += [
            BasicBlock(out_channels, out_channels, norm_cfg=norm_cfg)
            for _ in range(num_blocks - 1)
        ]
        super().__init__(*blocks)
