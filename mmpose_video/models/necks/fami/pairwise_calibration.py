"""The local alignment that FAMI-Pose's paper describes."""
import torch
from mmengine.model import BaseModule
from mmpose.utils.typing import ConfigType
from torch import Tensor

from ...layers.basic_block_chain import BasicBlockChain
from ...layers.deformable_alignment import DeformableAlignment


class PairwiseCalibration(BaseModule):
    """Align one support with the key feature in one deformable stage.

    Args:
        channels (int): C.
        groups (int): Number of channel groups with offsets of their own.
        norm_cfg (dict): Config of the normalization.
        unit_modulation (bool): See :class:`DeformableAlignment`.
    """

    def __init__(self, channels: int, groups: int, norm_cfg: ConfigType,
                 unit_modulation: bool) -> None:
        super().__init__()
        self.combine = BasicBlockChain(2 * channels, channels,
                                       norm_cfg=norm_cfg)
        self.stage = DeformableAlignment(
            channels, groups=groups, unit_modulation=unit_modulation)

    def forward(self, support: Tensor, key: Tensor) -> Tensor:
        """Align a support with the key feature, all (N, C, h, w)."""
        return self.stage(support, self.combine(torch.cat([support, key], 1)))
