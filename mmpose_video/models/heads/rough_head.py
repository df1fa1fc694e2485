"""The single-frame head inside a video model."""
from typing import Any, Dict, Tuple

import torch
from mmpose.models.heads import HeatmapHead
from mmpose.registry import MODELS
from mmpose.utils.typing import SampleList
from torch import Tensor

from mmpose_video.structures import stack_target_heatmaps


@MODELS.register_module()
class RoughHead(HeatmapHead):
    """Head of a single-frame model, as a part of a neck.

    It gives the rough heatmaps that a method like DCPose refines. Parameters
    are named as in :class:`HeatmapHead`, so the head of a single-frame
    checkpoint loads with ``init_cfg=dict(type='Pretrained', checkpoint=...,
    prefix='head.')``.

    Args:
        frozen (bool): Whether the head keeps its weights and statistics.
            Defaults to True.
        **kwargs: See :class:`HeatmapHead`. There are no deconvolutions unless
            ``deconv_out_channels`` asks for them.
    """

    def __init__(self, *args: Any, frozen: bool = True, **kwargs: Any) -> None:
        kwargs.setdefault('deconv_out_channels', None)
        super().__init__(*args, **kwargs)
        self.frozen = frozen
        if frozen:
            self.requires_grad_(False)

    def frame_heatmaps(self, feats: Tuple[Tensor, ...]) -> Tensor:
        """Compute the heatmaps of all frames of clips.

        Args:
            feats (tuple[Tensor]): Features (N, T, C, h', w') of the backbone.

        Returns:
            Tensor: Shape (N, T, K, h, w).

        Raises:
            ValueError: If the features have another number of channels.
        """
        self.check_channels(feats)
        heatmaps = self.forward(
            tuple(level.flatten(0, 1) for level in feats))
        return heatmaps.unflatten(0, feats[-1].shape[:2])

    def check_channels(self, feats: Tuple[Tensor, ...]) -> None:
        """Refuse features (N, T, C, h', w') of another number of channels.

        Raises:
            ValueError: With both numbers.
        """
        channels = feats[-1].shape[2]
        if channels != self.in_channels:
            raise ValueError(
                'the single-frame head of the neck was built for '
                f'{self.in_channels} channels (`rough_head.in_channels`), the '
                f'backbone gives {channels}')

    def init_weights(self) -> None:
        """Initialize the head.

        Raises:
            ValueError: If ``init_cfg`` names a checkpoint that has nothing
                under its prefix, such as that of a video model in place of a
                single-frame model's.
        """
        try:
            super().init_weights()
        except ValueError as error:
            raise ValueError(
                f"{error} A single-frame model's head is `head.`, that of a "
                "video model's neck `neck.rough_head.`: set "
                '`neck.rough_head.init_cfg.prefix`, or give the checkpoint '
                'of the single-frame model') from error

    def train(self, mode: bool = True) -> 'RoughHead':
        """Set the mode; a frozen head stays in evaluation mode."""
        return super().train(mode and not self.frozen)

    def loss_from_heatmaps(self, heatmaps: Tensor,
                           data_samples: SampleList) -> Dict[str, Tensor]:
        """Compute the loss of heatmaps that were already predicted.

        Args:
            heatmaps (Tensor): Shape (N, K, h, w).
            data_samples (list[PoseDataSample]): The annotations.

        Returns:
            dict[str, Tensor]: ``loss_rough``.
        """
        target = stack_target_heatmaps(data_samples)
        weights = torch.cat([
            sample.gt_instance_labels.keypoint_weights
            for sample in data_samples
        ])
        return {'loss_rough': self.loss_module(heatmaps, target, weights)}
