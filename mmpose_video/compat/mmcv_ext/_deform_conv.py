"""Deformable convolution 1 and 2 with the conventions of mmcv._ext.

mmcv and torchvision agree on the layout: offsets are (y, x) pairs per kernel
tap, taps per deformable group, shape (N, 2·G·kH·kW, h, w); masks likewise
with one value per tap. mmcv's buffers (``columns``, ``ones``) and
``im2col_step``, which bounds the memory of its unfolding, have no meaning
here. Like the compiled operators, the backward functions add to the gradient
tensors they are given.

torchvision's backward pass is one plain loop on a CPU, in which DEKR spent
ten seconds of an iteration: there the package's own operator computes it.
"""
from typing import Optional, Tuple

import torch
from torch import Tensor

_Gradients = Tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
# of input, weight, offset and mask
_Needs = Tuple[bool, bool, bool, bool]
_ALL: _Needs = (True, True, True, True)


def _forward(input: Tensor, weight: Tensor, offset: Tensor, mask: Tensor,
             bias: Tensor, stride: Tuple[int, int], pad: Tuple[int, int],
             dilation: Tuple[int, int], group: int, deformable_group: int,
             use_mask: bool) -> Tensor:
    """Call torchvision; pairs are (vertical, horizontal)."""
    import torchvision  # noqa: F401  registers torch.ops.torchvision
    return torch.ops.torchvision.deform_conv2d(input, weight, offset, mask,
                                               bias, *stride, *pad, *dilation,
                                               group, deformable_group,
                                               use_mask)


def _backward(grad_output: Tensor, input: Tensor, weight: Tensor,
              offset: Tensor, mask: Tensor, bias: Tensor,
              stride: Tuple[int, int], pad: Tuple[int, int],
              dilation: Tuple[int, int], group: int, deformable_group: int,
              use_mask: bool, needs: _Needs = _ALL) -> _Gradients:
    """Compute the gradients of input, weight, offset, mask and bias.

    Those that are not needed mean nothing.
    """
    size = weight.shape[-1]
    same = (dilation[0] * (size // 2), ) * 2
    if (not input.is_cuda and stride == (1, 1) and pad == same
            and dilation[0] == dilation[1] and size % 2 == 1
            and weight.shape[-2] == size and group in (1, deformable_group)):
        return _backward_by_sampling(
            grad_output, input, weight, offset, mask if use_mask else None,
            dilation[0], needs)
    import torchvision  # noqa: F401  registers torch.ops.torchvision
    return torch.ops.torchvision._deform_conv2d_backward(
        grad_output, input, weight, offset, mask, bias, *stride, *pad,
        *dilation, group, deformable_group, use_mask)


def _backward_by_sampling(grad_output: Tensor, input: Tensor, weight: Tensor,
                          offset: Tensor, mask: Optional[Tensor],
                          dilation: int, needs: _Needs) -> _Gradients:
    """Compute the gradients of a convolution that keeps the size."""
    # when it is called, not when the package is imported
    from mmpose_video.ops.deform_conv import deform_conv
    given = (input, weight, offset) if mask is None else (
        input, weight, offset, mask)
    with torch.enable_grad():
        x, w, o, *masks = leaves = [
            tensor.detach().requires_grad_(need)
            for tensor, need in zip(given, needs)]
        output = deform_conv(x, o, masks[0] if masks else None, w,
                             dilation=dilation)
    grads = torch.autograd.grad(
        output, [leaf for leaf in leaves if leaf.requires_grad], grad_output)
    found = iter(grads)
    for_input, for_weight, for_offset, *for_mask = (
        next(found) if leaf.requires_grad else leaf for leaf in leaves)
    return (for_input, for_weight, for_offset,
            for_mask[0] if for_mask else input.new_zeros(()),
            grad_output.sum((0, 2, 3)))


def _unmodulated(input: Tensor, weight: Tensor) -> Tuple[Tensor, Tensor]:
    """Return an empty mask and a zero bias, which torchvision requires."""
    return input.new_zeros((input.size(0), 1)), input.new_zeros(weight.size(0))


def deform_conv_forward(input: Tensor, weight: Tensor, offset: Tensor,
                        output: Tensor, columns: Tensor, ones: Tensor, kW: int,
                        kH: int, dW: int, dH: int, padW: int, padH: int,
                        dilationW: int, dilationH: int, group: int,
                        deformable_group: int, im2col_step: int) -> None:
    """Fill ``output`` (N, C_out, h', w') from ``input`` (N, C, h, w)."""
    mask, bias = _unmodulated(input, weight)
    output.copy_(
        _forward(input, weight, offset, mask, bias, (dH, dW), (padH, padW),
                 (dilationH, dilationW), group, deformable_group, False))


def deform_conv_backward_input(input: Tensor, offset: Tensor,
                               grad_output: Tensor, grad_input: Tensor,
                               grad_offset: Tensor, weight: Tensor,
                               columns: Tensor, kW: int, kH: int, dW: int,
                               dH: int, padW: int, padH: int, dilationW: int,
                               dilationH: int, group: int,
                               deformable_group: int,
                               im2col_step: int) -> None:
    """Add to ``grad_input`` and ``grad_offset``."""
    mask, bias = _unmodulated(input, weight)
    gradients = _backward(grad_output, input, weight, offset, mask, bias,
                          (dH, dW), (padH, padW), (dilationH, dilationW),
                          group, deformable_group, False,
                          (True, False, True, False))
    grad_input.add_(gradients[0])
    grad_offset.add_(gradients[2])


def deform_conv_backward_parameters(input: Tensor, offset: Tensor,
                                    grad_output: Tensor, grad_weight: Tensor,
                                    columns: Tensor, ones: Tensor, kW: int,
                                    kH: int, dW: int, dH: int, padW: int,
                                    padH: int, dilationW: int, dilationH: int,
                                    group: int, deformable_group: int,
                                    scale: float, im2col_step: int) -> None:
    """Add ``scale`` times the gradient to ``grad_weight``."""
    # The weights' values do not enter their own gradient, only their shape.
    weight = torch.zeros_like(grad_weight)
    mask, bias = _unmodulated(input, weight)
    gradients = _backward(grad_output, input, weight, offset, mask, bias,
                          (dH, dW), (padH, padW), (dilationH, dilationW),
                          group, deformable_group, False,
                          (False, True, False, False))
    grad_weight.add_(gradients[1], alpha=scale)


def modulated_deform_conv_forward(
        input: Tensor, weight: Tensor, bias: Tensor, ones: Tensor,
        offset: Tensor, mask: Tensor, output: Tensor, columns: Tensor,
        kernel_h: int, kernel_w: int, stride_h: int, stride_w: int, pad_h: int,
        pad_w: int, dilation_h: int, dilation_w: int, group: int,
        deformable_group: int, with_bias: bool) -> None:
    """Fill ``output`` (N, C_out, h', w') from ``input`` (N, C, h, w)."""
    if not with_bias:
        bias = _unmodulated(input, weight)[1]
    output.copy_(
        _forward(input, weight, offset, mask, bias, (stride_h, stride_w),
                 (pad_h, pad_w), (dilation_h, dilation_w), group,
                 deformable_group, True))


def modulated_deform_conv_backward(
        input: Tensor, weight: Tensor, bias: Tensor, ones: Tensor,
        offset: Tensor, mask: Tensor, columns: Tensor, grad_input: Tensor,
        grad_weight: Tensor, grad_bias: Tensor, grad_offset: Tensor,
        grad_mask: Tensor, grad_output: Tensor, kernel_h: int, kernel_w: int,
        stride_h: int, stride_w: int, pad_h: int, pad_w: int, dilation_h: int,
        dilation_w: int, group: int, deformable_group: int,
        with_bias: bool) -> None:
    """Add to the five gradient tensors; the bias' only if it has one."""
    if not with_bias:
        bias = _unmodulated(input, weight)[1]
    gradients = _backward(grad_output, input, weight, offset, mask, bias,
                          (stride_h, stride_w), (pad_h, pad_w),
                          (dilation_h, dilation_w), group, deformable_group,
                          True)
    grad_input.add_(gradients[0])
    grad_weight.add_(gradients[1])
    grad_offset.add_(gradients[2])
    grad_mask.add_(gradients[3])
    if with_bias:
        grad_bias.add_(gradients[4])
