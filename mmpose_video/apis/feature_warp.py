"""Move features from one crop of an image to another."""
from typing import Tuple

import numpy as np
import torch
import torch.nn.functional as F
from mmpose.structures import PoseDataSample
from torch import Tensor


def crop_shift(source: PoseDataSample,
               target: PoseDataSample) -> Tuple[np.ndarray, np.ndarray]:
    r"""Return the affine map from pixels of one crop to those of another.

    A crop of center c and scale s (pixels of the image) shows the image's
    point :math:`c + s (p / P - 1/2)` at its pixel p, where P is its size.

    Args:
        source (PoseDataSample): Meta information of the crop that features
            were computed of: ``input_center``, ``input_scale``,
            ``input_size``.
        target (PoseDataSample): That of the crop that they are needed for,
            of the same ``input_size``.

    Returns:
        tuple[np.ndarray]: Factor and offset, each (2, ) for x and y: pixel p
        of the target is pixel ``factor * p + offset`` of the source.
    """
    size = np.asarray(source.input_size, dtype=np.float64)
    scale = np.asarray(source.input_scale, dtype=np.float64)
    center = np.asarray(source.input_center, dtype=np.float64)
    factor = np.asarray(target.input_scale, dtype=np.float64) / scale
    apart = np.asarray(target.input_center, dtype=np.float64) - center
    return factor, size / 2 * (1 - factor) + apart * size / scale


def mirrored_offsets(factors: np.ndarray, offsets: np.ndarray, cells: int,
                     input_size: Tuple[int, int]) -> np.ndarray:
    """Return the offsets of the same moves between mirrored crops.

    Args:
        factors (np.ndarray): Shape (N, 2), see :func:`warp_features`.
        offsets (np.ndarray): Shape (N, 2), in pixels.
        cells (int): Width of the feature map: mirroring makes its first
            column the last one.
        input_size (tuple[int, int]): Width and height of the crop.
    """
    last = (cells - 1) * input_size[0] / cells
    mirrored = offsets.copy()
    mirrored[:, 0] = last * (1 - factors[:, 0]) - offsets[:, 0]
    return mirrored


def warp_features(feats: Tensor, factors: np.ndarray, offsets: np.ndarray,
                  input_size: Tuple[int, int]) -> Tensor:
    """Resample feature maps by an affine map without rotation, bilinearly.

    Beyond the border the nearest cell is repeated.

    Args:
        feats (Tensor): Shape (N, C, h, w); the cell (i, j) belongs to the
            pixel (j W / w, i H / h) of the crop, as in MMPose's codecs.
        factors (np.ndarray): Shape (N, 2), of x and y.
        offsets (np.ndarray): Shape (N, 2), in pixels of the crop.
        input_size (tuple[int, int]): Width W and height H of the crop.

    Returns:
        Tensor: Shape (N, C, h, w); the value at cell p is that of ``feats``
        at ``factor * p + offset``, in pixels.
    """
    height, width = feats.shape[-2:]
    axes = []
    for axis, cells in enumerate((width, height)):
        stride = input_size[axis] / cells
        at = torch.arange(cells, dtype=torch.float64)
        at = (torch.as_tensor(factors[:, axis, None]) * at +
              torch.as_tensor(offsets[:, axis, None]) / stride)
        # with `align_corners`, -1 and 1 are the centers of the outer cells
        axes.append(at * (2 / max(cells - 1, 1)) - 1)
    x = axes[0][:, None, :].expand(-1, height, -1)
    y = axes[1][:, :, None].expand(-1, -1, width)
    grid = torch.stack((x, y), dim=-1).to(feats)
    return F.grid_sample(feats, grid, padding_mode='border',
                         align_corners=True)
