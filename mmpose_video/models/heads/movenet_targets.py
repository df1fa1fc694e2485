"""Gather MoveNet's targets, and the predictions at the same places."""
from typing import NamedTuple, Optional, Tuple

import torch
from mmpose.utils.typing import SampleList
from torch import Tensor


class PeopleTargets(NamedTuple):
    """Targets of a batch, P people in all its images.

    Attributes:
        center (Tensor): (N, 1, h, w).
        heatmaps (Tensor): (N, K, h, w).
        mask (Tensor, optional): (N, 1, h, w), zero where unlabeled people
            are.
        image (Tensor): Index of each person's image, (P, ).
        center_cells (Tensor): x, y of the center cells, (P, 2) int64; -1 for
            a person whose center is outside of the image.
        keypoints (Tensor): x, y in cells, (P, K, 2).
        weights (Tensor): (P, K), zero without a label.
    """

    center: Tensor
    heatmaps: Tensor
    mask: Optional[Tensor]
    image: Tensor
    center_cells: Tensor
    keypoints: Tensor
    weights: Tensor

    @classmethod
    def collect(cls, samples: SampleList) -> 'PeopleTargets':
        """Collect the targets of a batch."""
        fields = [sample.gt_fields for sample in samples]
        labels = [sample.gt_instance_labels for sample in samples]
        mask = None
        if 'heatmap_mask' in fields[0]:
            mask = torch.stack([field.heatmap_mask for field in fields])
            mask = mask.reshape(len(samples), 1, *mask.shape[-2:]).float()
        return cls(
            torch.stack([field.center_heatmap for field in fields]),
            torch.stack([field.heatmaps for field in fields]), mask,
            torch.cat([
                torch.full_like(label.keypoint_weights[:, 0], i).long()
                for i, label in enumerate(labels)
            ]), torch.cat([label.center_cells for label in labels]),
            torch.cat([label.keypoint_labels for label in labels]),
            torch.cat([label.keypoint_weights for label in labels]))

    def displacements(self, maps: Tensor,
                      radius: int) -> Tuple[Tensor, Tensor]:
        """Gather predictions and targets around people's centers.

        Args:
            maps (Tensor): Predicted displacements, (N, 2 K, h, w).
            radius (int): The square of 2 radius + 1 cells around each center
                is gathered.

        Returns:
            tuple[Tensor, Tensor]: Predictions and targets, (M, 2) each, y
            before x.
        """
        # (P, cells, 2)
        cells = self.center_cells[:, None] + square(radius, maps.device)
        inside = is_inside(cells, maps) & (self.center_cells >= 0).all(
            1)[:, None]
        person, _ = inside.nonzero(as_tuple=True)
        x, y = cells[inside].T
        predicted = by_keypoint(maps)[self.image[person], :, :, y, x]
        target = self.keypoints[person] - cells[inside][:, None]
        labeled = self.weights[person] > 0
        return predicted[labeled], target.flip(-1)[labeled]

    def offsets(self, maps: Tensor, radius: int) -> Tuple[Tensor, Tensor]:
        """Gather predictions and targets around keypoints.

        Args:
            maps (Tensor): Predicted offsets, (N, 2 K, h, w).
            radius (int): The square of 2 radius + 1 cells around the cell of
                each keypoint is gathered.

        Returns:
            tuple[Tensor, Tensor]: Predictions and targets, (M, 2) each, y
            before x.
        """
        own = self.keypoints.floor().long()
        # (P, K, cells, 2)
        cells = own[:, :, None] + square(radius, maps.device)
        labeled = (self.weights > 0) & is_inside(own, maps)
        inside = is_inside(cells, maps) & labeled[..., None]
        person, keypoint, _ = inside.nonzero(as_tuple=True)
        x, y = cells[inside].T
        predicted = by_keypoint(maps)[self.image[person], keypoint, :, y, x]
        target = self.keypoints[person, keypoint] - cells[inside]
        return predicted, target.flip(-1)


def square(radius: int, device: torch.device) -> Tensor:
    """Return the steps to all cells of a square, (cells, 2) int64."""
    steps = torch.arange(-radius, radius + 1, device=device)
    return torch.cartesian_prod(steps, steps)


def is_inside(cells: Tensor, maps: Tensor) -> Tensor:
    """Return which x, y cells (..., 2) are cells of (..., h, w) maps."""
    size = cells.new_tensor(maps.shape[:-3:-1])
    return ((cells >= 0) & (cells < size)).all(-1)


def by_keypoint(maps: Tensor) -> Tensor:
    """View (N, 2 K, h, w) as (N, K, 2, h, w)."""
    return maps.unflatten(1, (-1, 2))


def gather_boxes(targets: PeopleTargets, boxes: Tensor, sizes: Tensor,
                 offsets: Tensor) -> Tuple[Tuple[Tensor, Tensor], ...]:
    """Gather boxes at people's centers.

    Args:
        targets (PeopleTargets): P people.
        boxes (Tensor): x1, y1, x2, y2 in cells, (P, 4).
        sizes (Tensor): Predicted heights and widths, (N, 2, h, w).
        offsets (Tensor): Predicted y and x offsets, (N, 2, h, w).

    Returns:
        tuple: Predicted and true sizes, (M, 2) each; predicted and true
        offsets, (M, 2) each.
    """
    inside = (targets.center_cells >= 0).all(1)
    cells = targets.center_cells[inside]
    x, y = cells.T
    image = targets.image[inside]
    low, high = boxes[inside, :2], boxes[inside, 2:]
    middle = (low + high) / 2 - cells
    return ((sizes[image, :, y, x], (high - low).flip(-1)),
            (offsets[image, :, y, x], middle.flip(-1)))
