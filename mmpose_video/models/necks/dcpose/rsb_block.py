"""DCPose's version of the residual steps block."""
from typing import List

import torch
from mmengine.model import BaseModule, Sequential
from mmpose.utils.typing import ConfigType
from torch import Tensor, nn

from ...layers.conv_norm import DEFAULT_NORM, ConvNorm


class RSBBlock(BaseModule):
    r"""Residual steps block: four branches of growing depth.

    A 1x1 convolution produces four groups of b channels, x_1 .. x_4. Branch i
    has i 3x3 convolutions; each takes the previous output of its own branch
    plus the output of the same depth one branch above:

    .. math::
        o_{i,1} = c_{i,1}(x_i + o_{i-1,1}), \quad
        o_{i,j} = c_{i,j}(o_{i,j-1} + o_{i-1,j}),

    without the second summand where branch i-1 has no step j. The last
    outputs of the four branches are concatenated, fused by a 1x1 convolution
    and added to the shortcut.

    Source: "Learning Delicate Local Representations for Multi-Person Pose
    Estimation" (ECCV 2020); b = 26/64 of the input channels and the biases
    are those of DCPose (CVPR 2021).

    Args:
        in_channels (int): Channels of the input (N, C, h, w), at least 3.
        out_channels (int): Channels of the output (N, C', h, w).
        project (bool): Whether the shortcut is a 1x1 convolution with
            normalization instead of the identity. Defaults to False.
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
    """

    num_branches = 4

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 project: bool = False,
                 norm_cfg: ConfigType = DEFAULT_NORM) -> None:
        super().__init__()
        width = in_channels * 26 // 64
        if width < 1:
            raise ValueError('a residual steps block needs at least 3 input '
                             f'channels, got {in_channels}')
        if not project and in_channels != out_channels:
            raise ValueError('an identity shortcut keeps the channels, got '
                             f'{in_channels} -> {out_channels}')
        self.expand = ConvNorm(
            in_channels, self.num_branches * width, 1, norm_cfg=norm_cfg)
        self.branches = nn.ModuleList(
            nn.ModuleList(
                ConvNorm(width, width, 3, norm_cfg=norm_cfg)
                for _ in range(depth + 1))
            for depth in range(self.num_branches))
        self.fuse = ConvNorm(
            self.num_branches * width,
            out_channels,
            1,
            relu=False,
            norm_cfg=norm_cfg)
        self.shortcut = ConvNorm(
            in_channels, out_channels, 1, relu=False,
            norm_cfg=norm_cfg) if project else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, h, w) to (N, C', h, w)."""
        above: List[Tensor] = []
        last = []
        groups = self.expand(x).chunk(self.num_branches, dim=1)
        for depth, y in enumerate(groups):
            outputs: List[Tensor] = []
            for step, conv in enumerate(self.branches[depth].children()):
                y = conv(y + above[step] if step < len(above) else y)
                outputs.append(y)
            last.append(y)
            above = outputs
        return torch.relu(self.fuse(torch.cat(last, 1)) + self.shortcut(x))


class RSBChain(Sequential):
    """Residual steps blocks in a row; the first one projects its shortcut.

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
        super().__init__(
            RSBBlock(in_channels, out_channels, True, norm_cfg),
            *(RSBBlock(out_channels, out_channels, False, norm_cfg)
              for _ in range(num_blocks - 1)))
