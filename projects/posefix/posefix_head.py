"""The head of PoseFix."""
from typing import Any, Tuple

import torch
from mmpose.models.heads import IntegralRegressionHead
from mmpose.registry import MODELS
from mmpose.utils.typing import OptConfigType, OptSampleList
from torch import Tensor
from torch.nn import functional as F


@MODELS.register_module()
class PoseFixHead(IntegralRegressionHead):
    """Heatmaps by classification, and coordinates as their expectation.

    "PoseFix", CVPR 2019, section 4: three deconvolutions and a softmax over
    each map. The loss is the cross entropy to a one-hot map plus the L1
    distance in pixels of the heatmap, both averaged over all N * K
    keypoints, absent ones included.

    Args:
        **kwargs: See :class:`IntegralRegressionHead`; ``decoder`` must be an
            :class:`OneHotHeatmap`, and ``loss`` is not used.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.debias:
            raise ValueError('`debias` is not a part of PoseFix')

    def logits(self, feats: Tuple[Tensor, ...]) -> Tensor:
        """Return heatmaps before the softmax.

        Args:
            feats (tuple[Tensor]): Features; the last is taken, (N, C, h, w).

        Returns:
            Tensor: (N, K, H, W).
        """
        if self.simplebaseline_head is not None:
            return self.simplebaseline_head(feats)
        return feats[-1] if self.final_layer is None else self.final_layer(
            feats[-1])

    def loss(self,
             feats: Tuple[Tensor, ...],
             batch_data_samples: OptSampleList,
             train_cfg: OptConfigType = None) -> dict:
        """Compute the losses.

        Args:
            feats (tuple[Tensor]): See :meth:`logits`.
            batch_data_samples (list[PoseDataSample]): With ``heatmaps``,
                ``keypoint_labels`` and ``keypoint_weights``.
            train_cfg (dict, optional): Not used.

        Returns:
            dict: ``loss_heatmap`` and ``loss_coord``.
        """
        logits = self.logits(feats) * self.beta
        log_maps = F.log_softmax(logits.flatten(2), dim=2)
        maps = log_maps.exp().view_as(logits)
        expected = torch.cat([
            self._linear_expectation(maps, self.linspace_x),
            self._linear_expectation(maps, self.linspace_y)
        ], dim=-1)
        target = torch.stack(
            [sample.gt_fields.heatmaps for sample in batch_data_samples])
        labels = torch.cat([
            sample.gt_instance_labels.keypoint_labels
            for sample in batch_data_samples
        ])
        weights = torch.cat([
            sample.gt_instance_labels.keypoint_weights
            for sample in batch_data_samples
        ])
        entropy = -(target.flatten(2) * log_maps).sum(dim=2)
        size = expected.new_tensor(self.heatmap_size)
        distance = ((expected - labels) * size).abs().mean(dim=-1)
        return dict(
            loss_heatmap=(entropy * weights).mean(),
            loss_coord=(distance * weights).mean())
