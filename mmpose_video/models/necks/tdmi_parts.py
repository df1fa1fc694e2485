"""What TDMI is made of; see :mod:`mmpose_video.models.necks.tdmi`.

Shape shorthand: N samples, T frames, C channels, h w feature size.
"""
import torch
from mmengine.model import BaseModule
from mmpose.utils.typing import ConfigType
from torch import Tensor, nn

from ..layers.basic_block_chain import BasicBlockChain
from ..layers.deformable_alignment import DeformableAlignment
from ..layers.stagewise_alignment import StagewiseAlignment


class DifferenceStage(BaseModule):
    """Motion that one stage of the backbone shows.

    The T - 1 differences of neighbouring frames are concatenated and go
    through residual blocks; a modulated deformable convolution, steered by
    them and the key feature together, moves them to where the key frame has
    the person.

    Args:
        channels (int): C of the features.
        num_differences (int): T - 1.
        num_blocks (int): Residual blocks.
        groups (int): Offset groups of the deformable convolution.
        norm_cfg (dict): Config of the normalization.
    """

    def __init__(self, channels: int, num_differences: int, num_blocks: int,
                 groups: int, norm_cfg: ConfigType) -> None:
        super().__init__()
        self.encode = BasicBlockChain(channels * num_differences, channels,
                                      num_blocks, norm_cfg)
        self.guide = BasicBlockChain(
            2 * channels, channels, norm_cfg=norm_cfg)
        # offsets are read at dilation 3, the sampling itself is dense
        self.modulate = DeformableAlignment(
            channels, groups=groups, dilation=1, guide_dilation=3)

    def forward(self, frames: Tensor, key: Tensor) -> Tensor:
        """Extract the motion.

        Args:
            frames (Tensor): Features of this stage, (N, T, C, h, w).
            key (Tensor): The key frame's last feature, (N, C, h, w).

        Returns:
            Tensor: Shape (N, C, h, w).
        """
        differences = frames[:, 1:] - frames[:, :-1]
        motion = self.encode(differences.flatten(1, 2))
        guide = self.guide(torch.cat((key, motion), 1))
        return self.modulate(motion, guide)


class ChannelMask(nn.Module):
    """Selects channels of a map by what it shows as a whole.

    ``sigmoid(MLP(GAP(x))) * x``, one half of the representation
    disentanglement module.

    Args:
        channels (int): C.
        hidden_channels (int): Width of the hidden layer.
    """

    def __init__(self, channels: int, hidden_channels: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(channels, hidden_channels), nn.ReLU(inplace=True),
            nn.Linear(hidden_channels, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """Mask a map of shape (N, C, h, w)."""
        return self.mlp(x.mean((2, 3)))[:, :, None, None] * x


class AppearanceBranch(BaseModule):
    """What the key frame's neighbours look like, aligned with it.

    The supports are merged by two residual blocks and aligned as in
    FAMI-Pose, without its global transform; three residual blocks fuse the
    result with the key feature.

    Args:
        channels (int): C.
        num_supports (int): T - 1.
        groups (int): Offset groups of the deformable convolutions.
        norm_cfg (dict): Config of the normalization.
    """

    def __init__(self, channels: int, num_supports: int, groups: int,
                 norm_cfg: ConfigType) -> None:
        super().__init__()
        self.merge = BasicBlockChain(channels * num_supports, channels, 2,
                                     norm_cfg)
        # package default; see FAMINeck on what happens otherwise
        self.align = StagewiseAlignment(
            channels, groups, norm_cfg, unit_modulation=True)
        self.aggregate = BasicBlockChain(2 * channels, channels, 3, norm_cfg)

    def forward(self, frames: Tensor, key_index: int) -> Tensor:
        """Align the supports.

        Args:
            frames (Tensor): The last features, (N, T, C, h, w).
            key_index (int): Position of the key frame.

        Returns:
            Tensor: Shape (N, C, h, w).
        """
        key = frames[:, key_index]
        supports = torch.cat(
            (frames[:, :key_index], frames[:, key_index + 1:]), 1)
        aligned = self.align(self.merge(supports.flatten(1, 2)), key)
        return self.aggregate(torch.cat((key, aligned), 1))
