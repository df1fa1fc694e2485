"""Targets of AdaptivePose."""
from typing import Any, Optional, Tuple

import numpy as np
import torch
from mmdet.models.utils import gaussian_radius, gen_gaussian_target
from mmpose.codecs import SPR
from mmpose.registry import KEYPOINT_CODECS


@KEYPOINT_CODECS.register_module()
class AdaptivePoseLabel(SPR):
    """Centers as a heatmap, and keypoints as offsets from the center's cell.

    "AdaptivePose: Human Parts as Adaptive Points", Xiao et al., AAAI 2022
    (https://arxiv.org/abs/2112.13635). A person's center is the mean of the
    labeled keypoints inside the crop, rounded down to a cell. Heatmaps are
    Gaussians as wide as CornerNet's: boxes around the keypoints whose corners
    lie a radius away still overlap by 0.7. Keypoints are labels of people, not
    maps: only the cell of a center learns them. Decoding is :class:`SPR`'s.

    Encoded:

        - heatmaps (np.ndarray): (K + 1, h, w), keypoints and last the center
        - keypoint_labels (np.ndarray): (N, K, 2) keypoints in cells
        - keypoint_weights (np.ndarray): (N, K), 1 for keypoints to be learnt
        - centers (np.ndarray): (N, 2) int64, x and y of the cells
        - areas (np.ndarray): (N,) in square cells

    People without a labeled keypoint inside are left out.

    Args:
        input_size (tuple[int, int]): Width and height of the input.
        heatmap_size (tuple[int, int]): Width and height of the heatmaps.
        min_overlap (float): Of the boxes above. Defaults to 0.7.
        decode_max_instances (int): People of an image. Defaults to 20.
        **kwargs: ``decode_nms_kernel`` and ``decode_thr`` of :class:`SPR`.
    """

    auxiliary_encode_keys = {'area'}
    field_mapping_table = dict(heatmaps='heatmaps')
    label_mapping_table = dict(
        keypoint_labels='keypoint_labels',
        keypoint_weights='keypoint_weights',
        centers='centers',
        areas='areas')

    def __init__(self,
                 input_size: Tuple[int, int],
                 heatmap_size: Tuple[int, int],
                 min_overlap: float = 0.7,
                 decode_max_instances: int = 20,
                 **kwargs: Any) -> None:
        super().__init__(
            input_size,
            heatmap_size,
            sigma=0.,  # of each person's own box
            decode_max_instances=decode_max_instances,
            **kwargs)
        self.min_overlap = min_overlap

    def encode(self,
               keypoints: np.ndarray,
               keypoints_visible: Optional[np.ndarray] = None,
               area: Optional[np.ndarray] = None) -> dict:
        """Encode the people of an image.

        Args:
            keypoints (np.ndarray): (N, K, 2) pixels of the input.
            keypoints_visible (np.ndarray, optional): (N, K).
            area (np.ndarray, optional): (N,) square pixels of the input.
                Defaults to None, that of the box around the keypoints.

        Returns:
            dict: See the class.
        """
        if keypoints_visible is None:
            keypoints_visible = np.ones(keypoints.shape[:2], np.float32)
        width, height = self.heatmap_size
        num_joints = keypoints.shape[1]
        points = keypoints / self.scale_factor
        inside = ((points >= 0) & (points < (width, height))).all(axis=-1)
        weights = inside & (keypoints_visible > 0)
        kept = np.flatnonzero(weights.any(axis=1))
        heatmaps = torch.zeros(num_joints + 1, height, width)
        centers = np.zeros((len(kept), 2), np.int64)
        areas = np.zeros(len(kept), np.float32)
        for row, person in enumerate(kept):
            joints = points[person][weights[person]]
            centers[row] = np.floor(joints.mean(axis=0))
            extent = joints.max(axis=0) - joints.min(axis=0)
            areas[row] = (
                extent.prod() if area is None else
                np.reshape(area, -1)[person] / self.scale_factor.prod())
            radius = max(0, int(gaussian_radius(
                np.ceil(extent[::-1]), self.min_overlap)))
            gen_gaussian_target(heatmaps[-1], centers[row], radius)
            for joint in np.flatnonzero(weights[person]):
                gen_gaussian_target(
                    heatmaps[joint],
                    np.floor(points[person, joint]).astype(int), radius)
        return dict(
            heatmaps=heatmaps.numpy(),
            keypoint_labels=points[kept].astype(np.float32),
            keypoint_weights=weights[kept].astype(np.float32),
            centers=centers,
            areas=np.maximum(areas, 1))
