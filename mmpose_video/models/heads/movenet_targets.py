"""Gather MoveNet's targets, and predictions where they are."""
from typing import NamedTuple, Optional, Tuple

import torch
from mmpose.utils.typing import SampleList
from torch import Tensor


class PeopleTargets(NamedTuple):
    """Targets of a batch, P people in all its images.

    Attributes:
        center (Tensor): (N, 1, h, w).
        heatmaps (Tensor): (N, K, h, w).
        mask (Tensor, optional): (N, 1, h, w), zero where unlabelled people
            are.
        image (Tensor): Index of each person's image, (P, ).
        center_cells (Tensor): x, y of the centre cells, (P, 2) int64; -1 for
            a person whose centre is outside of the image.
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

    def displacements(self, maps: Tensor) -> Tuple[Tensor, Tensor]:
        """Gather predictions and targets at people's centres, (M, 2) each."""
        inside = (self.center_cells >= 0).all(1)
        x, y = self.center_cells[inside].T
        predicted = by_keypoint(maps)[self.image[inside], :, :, y, x]
        target = self.keypoints[inside] - self.center_cells[inside][:, None]
        labelled = self.weights[inside] > 0
        return predicted[labelled], target.flip(-1)[labelled]

    def offsets(self, maps: Tensor) -> Tuple[Tensor, Tensor]:
        """Gather predictions and targets in keypoints' cells, (M, 2) each."""
        height, width = maps.shape[-2:]
        cells = self.keypoints.floor().long()
        x, y = cells.unbind(-1)
        labelled = ((self.weights > 0) & (x >= 0) & (x < width) & (y >= 0) &
                    (y < height))
        person, keypoint = labelled.nonzero(as_tuple=True)
        predicted = by_keypoint(maps)[self.image[person], keypoint, :,
                                       y[labelled], x[labelled]]
        target = (self.keypoints - cells)[labelled]
        return predicted, target.flip(-1)


def by_keypoint(maps: Tensor) -> Tensor:
    """View (N, 2 K, h, w) as (N, K, 2, h, w)."""
    return maps.unflatten(1, (-1, 2))


def gather_boxes(targets: PeopleTargets, boxes: Tensor, sizes: Tensor,
                 offsets: Tensor) -> Tuple[Tuple[Tensor, Tensor], ...]:
    """Gather boxes at people's centres.

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
