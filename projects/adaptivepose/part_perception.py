"""Parts of the body as points around the center."""
from typing import Sequence, Tuple

import torch
from mmcv.ops import ModulatedDeformConv2dPack
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn import functional as F

from mmpose_video.ops.deform_conv import deform_conv


def warp(features: Tensor, offsets: Tensor) -> Tensor:
    """Fetch at each cell the features of the cell that an offset points to.

    Args:
        features (Tensor): (N, C, h, w).
        offsets (Tensor): (N, 2, h, w), x and y in cells.

    Returns:
        Tensor: (N, C, h, w), interpolated bilinearly; beyond the edge the
        features of the edge.
    """
    height, width = features.shape[-2:]
    rows = torch.arange(height, device=offsets.device, dtype=offsets.dtype)
    columns = torch.arange(width, device=offsets.device, dtype=offsets.dtype)
    x = offsets[:, 0] + columns
    y = offsets[:, 1] + rows[:, None]
    # of a single row or column every place is the same
    grid = torch.stack([
        2 * x / max(width - 1, 1) - 1, 2 * y / max(height - 1, 1) - 1
    ], dim=-1)
    return F.grid_sample(
        features, grid, padding_mode='border', align_corners=True)


class AdaptedConv(ModulatedDeformConv2dPack):
    """A modulated deformable convolution (DCNv2) that is fast on a CPU.

    The same numbers up to rounding; see :func:`deform_conv`.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Convolve, (N, C, h, w) to (N, C', h, w)."""
        if x.is_cuda:
            return super().forward(x)
        offset, mask = self.conv_offset(x).split(
            [2 * self.conv_offset.out_channels // 3,
             self.conv_offset.out_channels // 3], dim=1)
        return deform_conv(
            x, offset, mask.sigmoid(), self.weight, self.bias)


class PartPerception(BaseModule):
    """Predict keypoints of a body part by way of its adaptive point.

    The features are reduced, their receptive field is adapted by a modulated
    deformable convolution, and they are fetched at the adaptive point, whence
    a second hop leads to the keypoints.

    Args:
        in_channels (int): Channels of the features.
        num_joints (int): Keypoints of the part.
        channels (int): Width inside. Defaults to 64.
    """

    def __init__(self, in_channels: int, num_joints: int,
                 channels: int = 64) -> None:
        super().__init__()
        self.reduce = nn.Sequential(
            nn.Conv2d(in_channels, channels, 1), nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True))
        self.adapt = AdaptedConv(channels, channels, 3, padding=1)
        self.second_hop = nn.Conv2d(channels, 2 * num_joints, 1)

    def forward(self, features: Tensor, first_hop: Tensor) -> Tensor:
        """Return the joints' offsets from each cell.

        Args:
            features (Tensor): (N, C, h, w).
            first_hop (Tensor): (N, 2, h, w) from the cell to the adaptive
                point.

        Returns:
            Tensor: (N, J, 2, h, w), x and y in cells.
        """
        adapted = self.adapt(self.reduce(features))
        second = self.second_hop(warp(adapted, first_hop))
        return first_hop[:, None] + second.unflatten(1, (-1, 2))


#: Keypoints of each part, of the 17 of COCO and PoseTrack: face or head,
#: shoulders, arms, hips, legs.
BODY_PARTS: Tuple[Tuple[int, ...], ...] = (
    (0, 1, 2, 3, 4), (5, 6), (7, 9), (8, 10), (11, 12), (13, 15), (14, 16))


def check_parts(parts: Sequence[Sequence[int]], num_keypoints: int) -> None:
    """Raise a ValueError unless each keypoint is in exactly one part."""
    if sorted(i for part in parts for i in part) != list(range(num_keypoints)):
        raise ValueError(
            f'`parts` must hold each of the {num_keypoints} keypoints once, '
            f'got {parts}')
