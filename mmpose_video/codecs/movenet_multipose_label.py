"""Targets and decoding of MoveNet for several people."""
from typing import Any, Dict, List, NamedTuple, Optional

import numpy as np
import torch
from mmpose.registry import KEYPOINT_CODECS
from torch import Tensor
from torch.nn.functional import max_pool2d

from .movenet_label import (
    MoveNetLabel,
    best_cell,
    cell_grid,
    gather_pairs,
    take_offsets,
)


class DecodedPeople(NamedTuple):
    """P people of an image, in pixels of the input.

    Attributes:
        keypoints (np.ndarray): Shape (P, K, 2).
        keypoint_scores (np.ndarray): Shape (P, K).
        bboxes (np.ndarray): Shape (P, 4), x1, y1, x2, y2.
        bbox_scores (np.ndarray): Shape (P, ).
    """

    keypoints: np.ndarray
    keypoint_scores: np.ndarray
    bboxes: np.ndarray
    bbox_scores: np.ndarray


@KEYPOINT_CODECS.register_module()
class MoveNetMultiPoseLabel(MoveNetLabel):
    r"""Encode and decode several people for :class:`MoveNetMultiPoseHead`.

    To the targets of :class:`MoveNetLabel` it adds the boxes; a person's
    center is that of the box. People are decoded as in the published
    multi-pose graph:

    1. centers are the best cells that are the maximum of their 5 x 5
       neighbors;
    2. the box is the size at the center's cell around the cell plus the box
       offset there, clipped to the map;
    3. r_k is the center's cell plus the displacement there, and p_k the cell
       in the box with the largest
       heatmap_k(p) exp(-\|p - r_k\|^2 / (v min(h, w)));
    4. the keypoint is p_k + offset_k(p_k), and its score the largest value
       that this product has at p_k for any of the people;
    5. the person's score is the center's, times the mean of the keypoint
       scores above ``score_thr``.

    The maps' size is that of the image, so any image whose sides are
    multiples of 32 can be decoded.

    Args:
        max_people (int): Number of people to decode at most. Defaults to 6,
            a constant of the published graph; the maps have no such limit.
        variance (float): v. Defaults to 0.3.
        score_thr (float): See above. Defaults to 0.127.
        peak_tolerance (float): A cell counts as the maximum of its neighbors
            if it is at most that much below. Defaults to 1e-6.
        min_score (float): Drop people with a lower score. Defaults to 0.
        **kwargs: See :class:`MoveNetLabel`.
    """

    auxiliary_encode_keys = {'bbox'}
    label_mapping_table = dict(
        **MoveNetLabel.label_mapping_table, box_labels='box_labels')

    def __init__(self,
                 *args: Any,
                 max_people: int = 6,
                 variance: float = 0.3,
                 score_thr: float = 0.127,
                 peak_tolerance: float = 1e-6,
                 min_score: float = 0.,
                 **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if max_people < 1:
            raise ValueError('`max_people` must be at least 1, got '
                             f'{max_people}')
        self.max_people = max_people
        self.variance = variance
        self.score_thr = score_thr
        self.peak_tolerance = peak_tolerance
        self.min_score = min_score

    def encode(self,
               keypoints: np.ndarray,
               keypoints_visible: Optional[np.ndarray] = None,
               bbox: Optional[np.ndarray] = None,
               **kwargs: Any) -> Dict[str, np.ndarray]:
        """Encode people; see :meth:`MoveNetLabel.encode`.

        Args:
            keypoints (np.ndarray): Coordinates in the input, (P, K, 2).
            keypoints_visible (np.ndarray, optional): Shape (P, K).
            bbox (np.ndarray): Boxes in the input, (P, 4) x1, y1, x2, y2.
            **kwargs: Not used.

        Returns:
            dict[str, np.ndarray]: Besides those of :class:`MoveNetLabel`,
            ``box_labels``: the boxes in cells, (P, 4) float32.
        """
        if bbox is None:
            raise ValueError('MoveNetMultiPoseLabel encodes boxes; the sample '
                             'has no `bbox`')
        boxes = bbox.reshape(-1, 4) / np.tile(self.scale_factor, 2)
        encoded = super().encode(keypoints, keypoints_visible, boxes=boxes)
        return dict(encoded, box_labels=boxes.astype(np.float32))

    def _centers(self, labels: np.ndarray, weights: np.ndarray,
                 **kwargs: Any) -> np.ndarray:
        """Return the middles of the boxes in cells, (P, 2)."""
        boxes = kwargs['boxes']
        return (boxes[:, :2] + boxes[:, 2:]) / 2

    def decode_people(self, center: Tensor, heatmaps: Tensor,
                      displacements: Tensor, offsets: Tensor,
                      box_sizes: Tensor,
                      box_offsets: Tensor) -> List[DecodedPeople]:
        """Decode the maps of N images; see :class:`MoveNetMultiPoseMaps`.

        Returns:
            list[DecodedPeople]: For each image its people, in descending
            order of their centers' scores.
        """
        height, width = heatmaps.shape[-2:]
        rows, columns = cell_grid(heatmaps)
        peak = center - max_pool2d(center, 5, 1, 2)
        peaks = (center * (peak.abs() < self.peak_tolerance))[:, 0]
        # stable: of equal cells the first, on any device
        best, index = (one[:, :self.max_people] for one in peaks.flatten(
            1).sort(descending=True, stable=True))
        y, x = index.div(width, rounding_mode='floor'), index % width
        cells = torch.stack([y, x], -1)
        low, high = _boxes(cells, box_sizes, box_offsets)
        guess = gather_pairs(displacements, y, x) + cells[:, :, None]
        # (N, P, K, h) and (N, P, K, w): the Gaussian is separable
        spread = self.variance * min(height, width)
        down = _near(rows[:, 0], guess[..., 0], spread) * _between(
            rows[:, 0], low[..., 0], high[..., 0])[:, :, None]
        across = _near(columns, guess[..., 1], spread) * _between(
            columns, low[..., 1], high[..., 1])[:, :, None]
        near = heatmaps[:, None] * (down[..., :, None] * across[..., None, :])
        y, x = best_cell(near)
        points = take_offsets(offsets[:, None], y, x)
        # not the person's own product: the published graph's choice
        scores = near.amax(1).flatten(-2).gather(
            2, (y * width + x).swapaxes(1, 2)).swapaxes(1, 2)
        pixels = self.pixels_per_cell(heatmaps)
        boxes = torch.cat([low.flip(-1) * pixels, high.flip(-1) * pixels], -1)
        counted = scores > self.score_thr
        person = best * (scores * counted).sum(-1) / counted.sum(-1).clamp(1)
        found = zip(*(one.cpu().numpy()
                      for one in (points * pixels, scores, boxes, person)))
        return [
            DecodedPeople(*(one[people[3] >= self.min_score]
                            for one in people)) for people in found
        ]

    def pixels_per_cell(self, maps: Tensor) -> Tensor:
        """Return width and height of a cell in pixels of the input, (2, )."""
        size = 4. if self.cell_size is None else self.cell_size
        return maps.new_tensor([size, size])


def _boxes(cells: Tensor, box_sizes: Tensor, box_offsets: Tensor) -> tuple:
    """Return low and high corners of people's boxes, (N, P, 2) as y, x."""
    y, x = cells.unbind(-1)
    middle = cells + gather_pairs(box_offsets, y, x)[:, :, 0]
    half = gather_pairs(box_sizes, y, x)[:, :, 0].clamp(min=0) / 2
    limit = middle.new_tensor(box_sizes.shape[-2:])
    return ((middle - half).clamp(min=0).minimum(limit),
            (middle + half).clamp(min=0).minimum(limit))


def _near(cells: Tensor, guess: Tensor, spread: float) -> Tensor:
    """Return one factor of the Gaussian around guesses (N, P, K)."""
    return torch.exp(-(cells - guess[..., None])**2 / spread)


def _between(cells: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return which cells lie in people's boxes, (N, P, cells)."""
    return (cells >= low[..., None]) & (cells < high[..., None])
