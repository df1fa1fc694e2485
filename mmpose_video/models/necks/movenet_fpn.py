"""The feature pyramid of MoveNet."""
from typing import Optional, Sequence, Tuple

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from mmpose.utils.typing import OptMultiConfig
from torch import Tensor, nn
from torch.nn.functional import interpolate

from mmpose_video.models.layers.separable_conv import SeparableConv


@MODELS.register_module()
class MoveNetFPN(BaseModule):
    """Merge four levels top-down into one map of stride 4.

    Unlike in MMPose's :class:`FPN` the levels differ in width: from the
    coarsest level on, the map is upsampled bilinearly by 2, the lateral 1x1
    convolution of the next finer level is added, and a separable convolution
    reduces the sum to the width of the level after that. The structure was
    read from the published graphs.

    Args:
        in_channels (Sequence[int]): Channels of the backbone's outputs, finest
            first.
        lateral_channels (Sequence[int]): Widths of the lateral outputs of all
            levels but the coarsest, which has the width of the one before it.
            Defaults to (24, 32, 64).
        out_channels (int): Channels of the output. Defaults to 24.
        norm_cfg (dict, optional): Config of the normalization in the separable
            convolutions. None gives them a bias, as in the published weights.
            Defaults to ``dict(type='BN')``.
        init_cfg (dict | list[dict], optional): Initialization config.
    """

    def __init__(self,
                 in_channels: Sequence[int],
                 lateral_channels: Sequence[int] = (24, 32, 64),
                 out_channels: int = 24,
                 norm_cfg: Optional[dict] = dict(  # noqa: B006
                     type='BN'),
                 init_cfg: OptMultiConfig = None) -> None:
        super().__init__(init_cfg=init_cfg)
        if len(in_channels) != len(lateral_channels) + 1:
            raise ValueError(
                '`lateral_channels` must have one entry less than '
                f'`in_channels`, got {len(lateral_channels)} and '
                f'{len(in_channels)}')
        self.in_channels = tuple(in_channels)
        widths = (*lateral_channels, lateral_channels[-1])
        self.laterals = nn.ModuleList(
            nn.Conv2d(channels, width, 1)
            for channels, width in zip(in_channels, widths))
        #: finest first: merge[i] gives the map of level i
        self.merge = nn.ModuleList(
            SeparableConv(width, reduced, norm_cfg)
            for width, reduced in zip(lateral_channels, (
                out_channels, *lateral_channels)))

    def forward(self, feats: Sequence[Tensor]) -> Tuple[Tensor]:
        """Merge the levels.

        Args:
            feats (Sequence[Tensor]): Maps of shape (N, C, H, W) with H and W
                halving from each level to the next.

        Returns:
            tuple[Tensor]: One map of shape (N, C', h, w), the size of the
            finest level.

        Raises:
            ValueError: If a level is not half the size of the one before: the
                side of the input is no multiple of 32.
        """
        merged = self.laterals[-1](feats[-1])
        for level in reversed(range(len(self.merge))):
            lateral = self.laterals[level](feats[level])
            merged = interpolate(
                merged, scale_factor=2, mode='bilinear', align_corners=False)
            if merged.shape != lateral.shape:
                raise ValueError(
                    'MoveNet takes images whose sides are multiples of 32; '
                    f'a level of {tuple(lateral.shape[2:])} cells does not '
                    f'fit {tuple(merged.shape[2:])}')
            merged = self.merge[level](merged + lateral)
        return (merged, )
