"""The head of AdaptivePose."""
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch
from mmcv.ops import soft_nms
from mmengine.structures import InstanceData
from mmpose.models.heads.base_head import BaseHead
from mmpose.models.utils.tta import flip_heatmaps
from mmpose.registry import KEYPOINT_CODECS, MODELS
from mmpose.utils.typing import ConfigType, OptConfigType, OptSampleList
from torch import Tensor, nn

from .part_perception import BODY_PARTS, PartPerception, check_parts, warp


@MODELS.register_module()
class AdaptivePoseHead(BaseHead):
    """Centers of people, and their keypoints in two hops.

    "AdaptivePose: Human Parts as Adaptive Points", Xiao et al., AAAI 2022
    (https://arxiv.org/abs/2112.13635), and "AdaptivePose++"
    (https://arxiv.org/abs/2210.04014). At each cell a first hop leads to an
    adaptive point for each part of the body, a second one from there to the
    part's joints (:class:`PartPerception`). The map of centers sees the
    features at the adaptive points as well.

    Losses: CornerNet's focal loss of the centers and, in training only, of
    keypoint heatmaps; the L1 distance of the keypoints in cells, averaged over
    the labeled values; and one minus the object keypoint similarity. With
    ``bones`` (the second paper) the L1 distance is averaged with that of the
    vectors along the bones.

    Args:
        in_channels (int): Channels of the features.
        num_keypoints (int): K.
        parts (Sequence[Sequence[int]]): Keypoints of each part. Defaults to
            the seven parts of COCO's and PoseTrack's 17.
        bones (Sequence[Sequence[int]], optional): Pairs of keypoints.
            Defaults to None, no bone term.
        feat_channels (int): Width of the two stems. Defaults to 256.
        part_channels (int): Width of the parts. Defaults to 64.
        heatmap_loss (dict): Defaults to :class:`FocalHeatmapLoss`.
        oks_loss (dict): Config of :class:`OKSLoss`, which names the
            ``metainfo`` whose sigmas it takes.
        loss_weights (dict, optional): Weights of 'center', 'joint_heatmap',
            'offset' and 'oks'. Defaults to 1, 1, 1 and 5, the paper's.
        decoder (dict): Config of an :class:`AdaptivePoseLabel`.
        init_cfg (dict, optional): See :class:`BaseModule`.
    """

    _version = 2

    def __init__(
        self,
        in_channels: int,
        num_keypoints: int,
        oks_loss: ConfigType,
        decoder: ConfigType,
        parts: Sequence[Sequence[int]] = BODY_PARTS,
        bones: Optional[Sequence[Sequence[int]]] = None,
        feat_channels: int = 256,
        part_channels: int = 64,
        heatmap_loss: OptConfigType = None,
        loss_weights: Optional[Dict[str, float]] = None,
        init_cfg: OptConfigType = None,
    ) -> None:
        super().__init__(init_cfg)
        check_parts(parts, num_keypoints)
        self.num_keypoints = num_keypoints
        self.decoder = KEYPOINT_CODECS.build(decoder)
        # from the order of the parts to that of the dataset
        self.order = np.argsort([i for part in parts for i in part]).tolist()
        self.bones = None if bones is None else tuple(zip(*bones))

        def stem() -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(in_channels, feat_channels, 3, padding=1),
                nn.ReLU(inplace=True))

        self.center_stem, self.keypoint_stem = stem(), stem()
        self.first_hop = nn.Conv2d(
            feat_channels, 2 * len(parts), 3, padding=1)
        self.parts = nn.ModuleList(
            PartPerception(feat_channels, len(part), part_channels)
            for part in parts)
        self.center_reduce = nn.Conv2d(feat_channels, part_channels, 1)
        self.center = nn.Sequential(
            nn.Conv2d(len(parts) * part_channels + feat_channels,
                      part_channels, 3, padding=1),
            nn.ReLU(inplace=True), nn.Conv2d(part_channels, 1, 1))
        self.joint_heatmaps = nn.Sequential(
            *stem(), nn.Conv2d(feat_channels, num_keypoints, 1))
        self.heatmap_loss = MODELS.build(
            heatmap_loss or dict(type='FocalHeatmapLoss'))
        self.oks_loss = MODELS.build(
            dict(oks_loss, norm_target_weight=True, mode='linear'))
        self.loss_weights = dict(
            dict(center=1., joint_heatmap=1., offset=1., oks=5.),
            **(loss_weights or {}))

    def init_weights(self) -> None:
        """Start with all points on the cell and few centers."""
        super().init_weights()
        for parameter in self.first_hop.parameters():
            nn.init.zeros_(parameter)
        # a chance of 0.1 for each cell
        for layer in (self.center[-1], self.joint_heatmaps[-1]):
            assert isinstance(layer, nn.Conv2d) and layer.bias is not None
            nn.init.constant_(layer.bias, -2.19)

    def forward(self, feats: Tuple[Tensor, ...]) -> Tuple[Tensor, Tensor]:
        """Predict centers and keypoints at each cell.

        Args:
            feats (tuple[Tensor]): Features; the first is taken, (N, C, h, w).

        Returns:
            tuple: Center logits (N, 1, h, w), and offsets from the cell to
            the keypoints in cells, (N, 2K, h, w).
        """
        about_center = self.center_stem(feats[0])
        about_joints = self.keypoint_stem(feats[0])
        hops = self.first_hop(about_joints).split(2, dim=1)
        joints = torch.cat(
            [part(about_joints, hop) for part, hop in zip(self.parts, hops)],
            dim=1)
        reduced = self.center_reduce(about_center)
        center = self.center(torch.cat(
            [about_center, *(warp(reduced, hop) for hop in hops)], dim=1))
        return center, joints[:, self.order].flatten(1, 2)

    def loss(self,
             feats: Tuple[Tensor, ...],
             batch_data_samples: OptSampleList,
             train_cfg: OptConfigType = None) -> dict:
        """Compute the losses.

        Args:
            feats (tuple[Tensor]): See :meth:`forward`.
            batch_data_samples (list[PoseDataSample]): With the targets of
                :class:`AdaptivePoseLabel`.
            train_cfg (dict, optional): Not used.

        Returns:
            dict: ``loss_center``, ``loss_joint_heatmap``, ``loss_offset``
            and ``loss_oks``. A batch without people has zero for the last
            two.

        Raises:
            ValueError: If the dataset has another number of keypoints.
        """
        found = batch_data_samples[0].gt_fields.heatmaps.shape[0] - 1
        if found != self.num_keypoints:
            raise ValueError(
                f'the dataset has {found} keypoints, the head '
                f'{self.num_keypoints}; set `model.head.num_keypoints` and '
                f'`model.head.parts` for {found}')
        center, offsets = self.forward(feats)
        target = torch.stack(
            [sample.gt_fields.heatmaps for sample in batch_data_samples])
        masks = [sample.gt_fields.get('heatmap_mask')
                 for sample in batch_data_samples]
        mask = None if masks[0] is None else torch.stack(
            masks).reshape(len(masks), 1, *target.shape[2:]).to(target)
        joint_maps = self.joint_heatmaps(feats[0])
        losses = dict(
            loss_center=self.heatmap_loss(
                _probability(center), target[:, -1:], None, mask),
            loss_joint_heatmap=self.heatmap_loss(
                _probability(joint_maps), target[:, :-1], None, mask))
        losses.update(self._joint_losses(offsets, batch_data_samples))
        return {
            name: value * self.loss_weights[name[len('loss_'):]]
            for name, value in losses.items()
        }

    def _joint_losses(self, offsets: Tensor,
                      batch_data_samples: OptSampleList) -> dict:
        """Compare keypoints at the cells of the centers."""
        labels = [sample.gt_instance_labels for sample in batch_data_samples]
        numbers = [len(label.centers) for label in labels]
        if not sum(numbers):
            zero = offsets.sum() * 0
            return dict(loss_offset=zero, loss_oks=zero)
        image = torch.repeat_interleave(
            torch.arange(len(labels)), torch.tensor(numbers))
        x, y = torch.cat([label.centers for label in labels]).unbind(-1)
        target = torch.cat([label.keypoint_labels for label in labels])
        weight = torch.cat([label.keypoint_weights for label in labels])
        areas = torch.cat([label.areas for label in labels])
        found = offsets[image.to(x.device), :, y, x].unflatten(1, (-1, 2))
        found = found + torch.stack([x, y], dim=-1)[:, None]
        loss = _mean_l1(found, target, weight)
        if self.bones is not None:
            a, b = (list(ends) for ends in self.bones)
            loss = (loss + _mean_l1(
                found[:, a] - found[:, b], target[:, a] - target[:, b],
                weight[:, a] * weight[:, b])) / 2
        return dict(
            loss_offset=loss,
            loss_oks=self.oks_loss(found, target, weight, areas))

    def predict(self,
                feats: Sequence[Any],
                batch_data_samples: OptSampleList,
                test_cfg: OptConfigType = None) -> List[InstanceData]:
        """Find the people of images.

        With the flip test the maps of centers are averaged, and keypoints are
        those of the image itself. With several scales the people of all are
        taken, and soft suppression by the boxes around their keypoints lowers
        the scores of doubles.

        Args:
            feats (Sequence): Features; with ``flip_test`` a list of those of
                the image and of the mirrored image; with
                ``multiscale_test`` a list of these for each scale.
            batch_data_samples (list[PoseDataSample]): Meta info.
            test_cfg (dict, optional): ``flip_test``, ``multiscale_test`` and
                ``soft_nms_thr`` (by default 0.5).

        Returns:
            list[InstanceData]: ``keypoints`` (P, K, 2) in pixels of the
            input, ``keypoint_scores`` (P, K), which are the person's, and
            ``bboxes`` and ``bbox_scores`` around and of them.
        """
        cfg = dict(test_cfg or {})
        scales, levels = [1.], [feats]
        if cfg.get('multiscale_test', False):
            scales += batch_data_samples[0].metainfo['aug_scales']
            levels = list(feats)
        people: List[List[Tuple[Tensor, Tensor]]] = [
            [] for _ in batch_data_samples]
        for scale, level in zip(scales, levels):
            center, offsets = self._maps(level, batch_data_samples, cfg)
            for i, found in enumerate(people):
                points, (scores, _) = self.decoder.decode(
                    center[i], offsets[i])
                found.append((points / scale, scores))
        results = []
        for found in people:
            points = torch.cat([points for points, _ in found])
            scores = torch.cat([scores for _, scores in found])
            boxes = torch.cat([points.amin(dim=1), points.amax(dim=1)], dim=1)
            if len(scales) > 1 and len(boxes):
                kept, order = soft_nms(
                    boxes.cpu().numpy(), scores.cpu().numpy(),
                    cfg.get('soft_nms_thr', 0.5), method='gaussian')
                order = torch.as_tensor(order, device=points.device).long()
                points, boxes = points[order], boxes[order]
                scores = torch.as_tensor(kept[:, 4], device=points.device)
            results.append(InstanceData(
                keypoints=points.cpu().numpy(),
                keypoint_scores=scores[:, None].repeat(
                    1, self.num_keypoints).cpu().numpy(),
                bboxes=boxes.cpu().numpy(),
                bbox_scores=scores.cpu().numpy()))
        return results

    def _maps(self, level: Any, batch_data_samples: OptSampleList,
              cfg: dict) -> Tuple[Tensor, Tensor]:
        """Return probabilities of centers, and offsets."""
        if not cfg.get('flip_test', False):
            center, offsets = self.forward(level)
            return center.sigmoid(), offsets
        plain, mirrored = level
        center, offsets = self.forward(plain)
        flipped = flip_heatmaps(
            self.forward(mirrored)[0].sigmoid(), flip_indices=[0],
            shift_heatmap=False)
        return (center.sigmoid() + flipped) / 2, offsets


def _probability(logits: Tensor) -> Tensor:
    """Return a sigmoid whose logarithm is finite."""
    return logits.sigmoid().clamp(1e-4, 1 - 1e-4)


def _mean_l1(a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
    """Average the distance over labeled values; (P, M, 2) and (P, M)."""
    total = ((a - b).abs() * weight[..., None]).sum()
    return total / (2 * weight.sum()).clamp(min=1)
