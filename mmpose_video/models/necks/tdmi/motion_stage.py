"""TDMI's motion encoding of one backbone stage."""
import torch
from mmengine.model import BaseModule
from mmpose.utils.typing import ConfigType
from torch import Tensor

from ...layers.basic_block_chain import BasicBlockChain
from ...layers.deformable_alignment import DeformableAlignment


class MotionStage(BaseModule):
    """Encode how the frames of a clip change from one to the next.

    The T - 1 maps of changes are concatenated and pass residual blocks. A
    modulated deformable convolution, guided by the result and the key
    feature together, aligns them with the person in the key frame.

    Args:
        channels (int): C.
        num_changes (int): T - 1.
        num_blocks (int): Number of residual blocks.
        groups (int): Offset groups of the deformable convolution.
        norm_cfg (dict): Config of the normalization.
    """

    def __init__(self, channels: int, num_changes: int, num_blocks: int,
                 groups: int, norm_cfg: ConfigType) -> None:
        super().__init__()
        self.encode = BasicBlockChain(channels * num_changes, channels,
                                      num_blocks, norm_cfg)
        self.guide = BasicBlockChain(
            2 * channels, channels, norm_cfg=norm_cfg)
        # offsets are predicted at dilation 3, the sampling itself is dense
        self.modulate = DeformableAlignment(
            channels, groups=groups, dilation=1, guide_dilation=3)

    def forward(self, changes: Tensor, key: Tensor) -> Tensor:
        """Encode the motion.

        Args:
            changes (Tensor): Features of the change between each frame and
                the next, (N, T - 1, C, h, w).
            key (Tensor): The last-stage feature of the key frame,
                (N, C, h, w).

        Returns:
            Tensor: Shape (N, C, h, w).
        """
        motion = self.encode(changes.flatten(1, 2))
        guide = self.guide(torch.cat((key, motion), 1))
        return self.modulate(motion, guide)
