"""Targets and decoding of MoveNet for one person."""
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import torch
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.codecs.utils import generate_unbiased_gaussian_heatmaps
from mmpose.registry import KEYPOINT_CODECS
from torch import Tensor


@KEYPOINT_CODECS.register_module()
class MoveNetLabel(BaseKeypointCodec):
    r"""Encode poses for :class:`MoveNetHead` and decode its maps.

    A pose becomes a Gaussian around the cell of its center, a Gaussian around
    the cell of each keypoint, displacements from the center's cell to the
    keypoints, and offsets from the keypoints' cells to the keypoints. A cell
    holds the coordinates of which it is the floor. The center is that of the
    box around the labeled keypoints.

    The person is decoded as in the published single-pose graphs:

    1. c is the cell with the largest center(p) / (\|p - m\| + b), m being the
       middle of the map;
    2. r_k = c + displacement_k(c) is a first guess of keypoint k;
    3. p_k is the cell with the largest heatmap_k(p) / (\|p - r_k\| + b);
    4. the keypoint is p_k + offset_k(p_k), and its score heatmap_k(p_k).

    Shapes: P people, K keypoints, h x w cells.

    Args:
        input_size (tuple[int, int]): Width and height of the input.
        heatmap_size (tuple[int, int]): Width and height of the maps.
        sigma (float): Standard deviation of the Gaussians in cells. Defaults
            to 2 (package default; the training of MoveNet is not public).
        distance_bias (float): b, in cells. Defaults to 1.8.
        cell_size (float, optional): Pixels per cell in decoding. Defaults to
            None: input size over map size.
    """

    field_mapping_table = dict(
        heatmaps='heatmaps', center_heatmap='center_heatmap')
    label_mapping_table = dict(
        keypoint_labels='keypoint_labels',
        keypoint_weights='keypoint_weights',
        center_cells='center_cells')

    def __init__(self,
                 input_size: Tuple[int, int],
                 heatmap_size: Tuple[int, int],
                 sigma: float = 2.,
                 distance_bias: float = 1.8,
                 cell_size: Optional[float] = None) -> None:
        super().__init__()
        self.input_size = input_size
        self.heatmap_size = heatmap_size
        self.sigma = sigma
        self.distance_bias = distance_bias
        self.scale_factor = np.divide(input_size,
                                      heatmap_size).astype(np.float32)
        if cell_size is not None and cell_size <= 0:
            raise ValueError(f'`cell_size` must be positive, got {cell_size}')
        self.cell_size = cell_size

    def encode(self,
               keypoints: np.ndarray,
               keypoints_visible: Optional[np.ndarray] = None,
               **kwargs: Any) -> Dict[str, np.ndarray]:
        """Encode poses.

        Args:
            keypoints (np.ndarray): Coordinates in the input, (P, K, 2).
            keypoints_visible (np.ndarray, optional): Zero for a keypoint
                without a label, (P, K). Defaults to all labeled.
            **kwargs: For subclasses that place the centers elsewhere.

        Returns:
            dict[str, np.ndarray]: ``heatmaps`` (K, h, w) and
            ``center_heatmap`` (1, h, w) float32; ``keypoint_labels``, the
            keypoints in cells, (P, K, 2) float32; ``keypoint_weights`` (P, K)
            float32, zero where the displacement cannot be supervised; and
            ``center_cells`` (P, 2) int64, x and y, -1 for people whose center
            is outside of the map.
        """
        if keypoints_visible is None:
            keypoints_visible = np.ones(keypoints.shape[:2])
        labels = (keypoints / self.scale_factor).astype(np.float32)
        weights = (keypoints_visible > 0).astype(np.float32)
        cells = np.floor(labels)
        inside = _inside(cells, self.heatmap_size) & (weights > 0)
        centers = np.floor(self._centers(labels, weights, **kwargs))
        has_center = _inside(centers, self.heatmap_size)
        centers = np.where(has_center[:, None], centers, -1)
        return dict(
            heatmaps=self._gaussians(cells, inside),
            center_heatmap=self._gaussians(centers[:, None],
                                           has_center[:, None]),
            keypoint_labels=labels,
            keypoint_weights=weights,
            center_cells=centers.astype(np.int64))

    def _centers(self, labels: np.ndarray, weights: np.ndarray,
                 **kwargs: Any) -> np.ndarray:
        """Return people's centers in cells, (P, 2); -1 without a label."""
        labeled = (weights > 0)[..., None]
        low = np.where(labeled, labels, np.inf).min(1)
        high = np.where(labeled, labels, -np.inf).max(1)
        known = labeled.any(1)
        return np.where(known, (np.where(known, low, 0) +
                                np.where(known, high, 0)) / 2, -1)

    def _gaussians(self, cells: np.ndarray, use: np.ndarray) -> np.ndarray:
        """Draw a map for each column of (P, K, 2) cells, (K, h, w).

        The maximum over the people is taken, and it is exactly 1 at a cell, by
        which the focal loss knows positives.
        """
        if len(cells) == 0:
            width, height = self.heatmap_size
            return np.zeros((cells.shape[1], height, width), np.float32)
        return generate_unbiased_gaussian_heatmaps(
            self.heatmap_size, cells.astype(np.float32),
            use.astype(np.float32), self.sigma)[0]

    def decode(self, encoded: Any) -> Tuple[np.ndarray, np.ndarray]:
        """Decode the maps of one image, a tuple of tensors or arrays.

        Args:
            encoded (tuple): Center (1, h, w), heatmaps (K, h, w),
                displacements (2 K, h, w) and offsets (2 K, h, w).

        Returns:
            tuple[np.ndarray, np.ndarray]: Keypoints in pixels of the input,
            (1, K, 2), and their scores, (1, K).
        """
        keypoints, scores = self.batch_decode(
            *(torch.as_tensor(one)[None] for one in encoded))
        return keypoints[0], scores[0]

    def batch_decode(
            self, center: Tensor, heatmaps: Tensor, displacements: Tensor,
            offsets: Tensor) -> Tuple[List[np.ndarray], List[np.ndarray]]:
        """Decode the maps of N images; see :class:`MoveNetMaps`.

        Returns:
            tuple[list, list]: For each image keypoints (1, K, 2) in pixels of
            the input and scores (1, K).
        """
        rows, columns = cell_grid(heatmaps)
        height, width = heatmaps.shape[-2:]
        middle = torch.hypot(rows - height / 2, columns - width / 2)
        y, x = best_cell(center[:, 0] / (middle + self.distance_bias))
        guess = gather_pairs(displacements, y[:, None], x[:, None])
        guess = guess[:, 0] + torch.stack([y, x], -1)[:, None]
        away = torch.hypot(rows - guess[..., 0, None, None],
                           columns - guess[..., 1, None, None])
        y, x = best_cell(heatmaps / (away + self.distance_bias))
        points = take_offsets(offsets[:, None], y[:, None], x[:, None])
        scores = heatmaps.flatten(2).gather(
            2, (y * width + x)[..., None]).swapaxes(1, 2)
        points = points * self.pixels_per_cell(heatmaps)
        return (list(points.cpu().numpy()), list(scores.cpu().numpy()))

    def pixels_per_cell(self, maps: Tensor) -> Tensor:
        """Return width and height of a cell in pixels of the input, (2, )."""
        if self.cell_size is not None:
            return maps.new_tensor([self.cell_size, self.cell_size])
        return maps.new_tensor(self.scale_factor)


def cell_grid(maps: Tensor) -> Tuple[Tensor, Tensor]:
    """Return the rows (h, 1) and columns (w, ) of a map's cells."""
    height, width = maps.shape[-2:]
    device, dtype = maps.device, maps.dtype
    return (torch.arange(height, device=device, dtype=dtype)[:, None],
            torch.arange(width, device=device, dtype=dtype))


def best_cell(maps: Tensor) -> Tuple[Tensor, Tensor]:
    """Return y and x of the maxima of (..., h, w) maps, the first of ties."""
    index = maps.flatten(-2).argmax(-1)
    width = maps.shape[-1]
    return index.div(width, rounding_mode='floor'), index % width


def gather_pairs(maps: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Read all pairs of (N, 2 K, h, w) maps at P cells of each image.

    Args:
        maps (Tensor): Channels 2 k and 2 k + 1 belong together.
        y (Tensor): Rows, (N, P).
        x (Tensor): Columns, (N, P).

    Returns:
        Tensor: Shape (N, P, K, 2).
    """
    index = y * maps.shape[-1] + x
    values = maps.flatten(2).gather(
        2, index[:, None].expand(-1, maps.shape[1], -1))
    return values.swapaxes(1, 2).unflatten(2, (-1, 2))


def take_offsets(offsets: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Add to each keypoint's cell the offset there.

    Args:
        offsets (Tensor): Shape (N, 1, 2 K, h, w), y before x.
        y (Tensor): Rows of the keypoints' cells, (N, P, K).
        x (Tensor): Columns.

    Returns:
        Tensor: x and y of the keypoints in cells, (N, P, K, 2).
    """
    index = (y * offsets.shape[-1] + x)[..., None, None]
    pairs = offsets.flatten(-2).unflatten(2, (-1, 2))
    pairs = pairs.expand(-1, y.shape[1], -1, -1, -1)
    pairs = pairs.gather(4, index.expand(-1, -1, -1, 2, -1))[..., 0]
    return torch.stack([x + pairs[..., 1], y + pairs[..., 0]], -1)


def _inside(cells: np.ndarray, size: Tuple[int, int]) -> np.ndarray:
    """Return which x, y cells (..., 2) are cells of a map."""
    return np.asarray(((cells >= 0) & (cells < size)).all(axis=-1))
