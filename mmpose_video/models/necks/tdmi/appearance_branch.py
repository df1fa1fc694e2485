"""TDMI's alignment of the supporting frames' appearance."""
import torch
from mmengine.model import BaseModule
from mmpose.utils.typing import ConfigType
from torch import Tensor

from ...layers.basic_block_chain import BasicBlockChain
from ...layers.stagewise_alignment import StagewiseAlignment


class AppearanceBranch(BaseModule):
    """Align the supports with the key frame and fuse them with it.

    Two residual blocks merge the supports, which are then aligned as in
    FAMI-Pose, without its global transform. Three residual blocks fuse the
    result with the key feature.

    Args:
        channels (int): C.
        num_supports (int): T - 1.
        groups (int): Offset groups of the deformable convolutions.
        norm_cfg (dict): Config of the normalization.
        unit_modulation (bool): See :class:`DeformableAlignment`.
    """

    def __init__(self, channels: int, num_supports: int, groups: int,
                 norm_cfg: ConfigType, unit_modulation: bool) -> None:
        super().__init__()
        self.merge = BasicBlockChain(channels * num_supports, channels, 2,
                                     norm_cfg)
        self.align = StagewiseAlignment(
            channels, groups, norm_cfg, unit_modulation=unit_modulation)
        self.aggregate = BasicBlockChain(2 * channels, channels, 3, norm_cfg)

    def forward(self, frames: Tensor, key_index: int) -> Tensor:
        """Align and fuse.

        Args:
            frames (Tensor): Last-stage features, (N, T, C, h, w).
            key_index (int): Position of the key frame.

        Returns:
            Tensor: Shape (N, C, h, w).
        """
        key = frames[:, key_index]
        supports = torch.cat(
            (frames[:, :key_index], frames[:, key_index + 1:]), 1)
        aligned = self.align(self.merge(supports.flatten(1, 2)), key)
        return self.aggregate(torch.cat((key, aligned), 1))
