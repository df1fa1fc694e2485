"""RoIAlign with the calling conventions of mmcv._ext."""
import torch
from torch import Tensor

from ._missing import missing_operator

_AVERAGE = 1  # mmcv.ops.roi_align: 0 is 'max', 1 is 'avg'


def roi_align_forward(input: Tensor, rois: Tensor, output: Tensor,
                      argmax_y: Tensor, argmax_x: Tensor, aligned_height: int,
                      aligned_width: int, spatial_scale: float,
                      sampling_ratio: int, pool_mode: int,
                      aligned: bool) -> None:
    """Fill ``output`` (R, C, aligned_height, aligned_width).

    Args:
        input (Tensor): Features, shape (N, C, h, w).
        rois (Tensor): Batch index and corners in pixels, shape (R, 5).
        output (Tensor): Filled.
        argmax_y (Tensor): Unused by average pooling.
        argmax_x (Tensor): Unused by average pooling.
        aligned_height (int): Rows of the output.
        aligned_width (int): Columns of the output.
        spatial_scale (float): Features per pixel.
        sampling_ratio (int): Samples per bin and axis; 0 adapts.
        pool_mode (int): 1 for the average; 0, the maximum, is refused.
        aligned (bool): Whether to shift by half a pixel.
    """
    if pool_mode != _AVERAGE:
        missing_operator("roi_align_forward(pool_mode='max')")
    from torchvision.ops import roi_align
    output.copy_(
        roi_align(input, rois, (aligned_height, aligned_width), spatial_scale,
                  sampling_ratio, aligned))


def roi_align_backward(grad_output: Tensor, rois: Tensor, argmax_y: Tensor,
                       argmax_x: Tensor, grad_input: Tensor,
                       aligned_height: int, aligned_width: int,
                       spatial_scale: float, sampling_ratio: int,
                       pool_mode: int, aligned: bool) -> None:
    """Add to ``grad_input`` (N, C, h, w); see :func:`roi_align_forward`."""
    if pool_mode != _AVERAGE:
        missing_operator("roi_align_backward(pool_mode='max')")
    import torchvision  # noqa: F401  registers torch.ops.torchvision
    grad_input.add_(
        torch.ops.torchvision._roi_align_backward(grad_output, rois,
                                                  spatial_scale,
                                                  aligned_height,
                                                  aligned_width,
                                                  *grad_input.shape,
                                                  sampling_ratio, aligned))
