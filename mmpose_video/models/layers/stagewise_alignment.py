"""Alignment in four deformable stages."""
import torch
from mmengine.model import BaseModule, ModuleList
from mmpose.utils.typing import ConfigType
from torch import Tensor

from .basic_block_chain import BasicBlockChain
from .conv_norm import DEFAULT_NORM
from .deformable_alignment import DeformableAlignment


class StagewiseAlignment(BaseModule):
    """Align merged supports with the key feature by four deformable stages.

    The first two stages refine u, a combination of the supports a and the key
    feature; u is its own guide. The other two stages sample a, guided first
    by the refined u and then by the result.

    Source: the code of FAMI-Pose (CVPR 2022), whose sizes are the defaults.
    TDMI's appearance branch has the same stages.

    Args:
        channels (int): C.
        groups (int): Groups of channels with offsets of their own. Defaults
            to 12.
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
        unit_modulation (bool): See :class:`DeformableAlignment`. Defaults to
            False.
    """

    def __init__(self, channels: int, groups: int = 12,
                 norm_cfg: ConfigType = DEFAULT_NORM,
                 unit_modulation: bool = False) -> None:
        super().__init__()
        self.combine = BasicBlockChain(2 * channels, channels,
                                       norm_cfg=norm_cfg)
        # mmengine's list, which passes `init_weights` on
        self.stages = ModuleList(
            DeformableAlignment(
                channels, groups=groups, unit_modulation=unit_modulation)
            for _ in range(4))

    def forward(self, support: Tensor, key: Tensor) -> Tensor:
        """Align supports with the key feature, all (N, C, h, w)."""
        guide = self.combine(torch.cat([support, key], 1))
        guide = self.stages[0](guide, guide)
        guide = self.stages[1](guide, guide)
        aligned = self.stages[2](support, guide)
        return self.stages[3](aligned, aligned)
