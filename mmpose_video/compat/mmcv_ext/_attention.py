"""Multi-scale deformable attention with the conventions of mmcv._ext.

mmcv calls the compiled operator on CUDA only and has a plain torch version of
the forward pass for the CPU (Zhu et al., Deformable DETR, ICLR 2021, eq. 3);
here that version serves both.
"""
import torch
from torch import Tensor


def ms_deform_attn_forward(value: Tensor, spatial_shapes: Tensor,
                           level_start_index: Tensor,
                           sampling_locations: Tensor,
                           attention_weights: Tensor,
                           im2col_step: int) -> Tensor:
    """Attend to sampled points.

    Args:
        value (Tensor): Shape (N, L, heads, C), L the points of all levels.
        spatial_shapes (Tensor): Height and width per level, (levels, 2).
        level_start_index (Tensor): Follows from ``spatial_shapes``.
        sampling_locations (Tensor): In [0, 1], x then y, shape
            (N, queries, heads, levels, points, 2).
        attention_weights (Tensor): Shape (N, queries, heads, levels, points).
        im2col_step (int): Bounds the memory of the compiled operator.

    Returns:
        Tensor: Shape (N, queries, heads · C).
    """
    from mmcv.ops.multi_scale_deform_attn import (
        multi_scale_deformable_attn_pytorch,
    )
    return multi_scale_deformable_attn_pytorch(value, spatial_shapes,
                                               sampling_locations,
                                               attention_weights)


def ms_deform_attn_backward(value: Tensor, spatial_shapes: Tensor,
                            level_start_index: Tensor,
                            sampling_locations: Tensor,
                            attention_weights: Tensor, grad_output: Tensor,
                            grad_value: Tensor, grad_sampling_loc: Tensor,
                            grad_attn_weight: Tensor,
                            im2col_step: int) -> None:
    """Add to the three gradient tensors."""
    inputs = [
        tensor.detach().requires_grad_()
        for tensor in (value, sampling_locations, attention_weights)
    ]
    with torch.enable_grad():
        output = ms_deform_attn_forward(inputs[0], spatial_shapes,
                                        level_start_index, inputs[1],
                                        inputs[2], im2col_step)
    gradients = torch.autograd.grad(output, inputs, grad_output)
    grad_value.add_(gradients[0])
    grad_sampling_loc.add_(gradients[1])
    grad_attn_weight.add_(gradients[2])
