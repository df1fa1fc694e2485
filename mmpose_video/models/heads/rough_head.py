"""The single-frame head inside a video model."""
from typing import Any, Dict

import torch
from mmpose.models.heads import HeatmapHead
from mmpose.registry import MODELS
from mmpose.utils.typing import SampleList
from torch import Tensor


@MODELS.register_module()
class RoughHead(HeatmapHead):
    """The head that came with a single-frame backbone, as a part of a neck.

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

    def train(self, mode: bool = True) -> 'RoughHead':
        """Set the mode; a frozen head stays in evaluation mode."""
        return super().train(mode and not self.frozen)

    def loss_of(self, heatmaps: Tensor,
                data_samples: SampleList) -> Dict[str, Tensor]:
        """The loss of heatmaps that are there already.

        Args:
            heatmaps (Tensor): Shape (N, K, h, w).
            data_samples (list[PoseDataSample]): The annotations.

        Returns:
            dict[str, Tensor]: ``loss_rough``.
        """
        target = torch.stack(
            [sample.gt_fields.heatmaps for sample in data_samples])
        weights = torch.cat([
            sample.gt_instance_labels.keypoint_weights
            for sample in data_samples
        ])
        return {'loss_rough': self.loss_module(heatmaps, target, weights)}
