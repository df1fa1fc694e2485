"""Count operations that PyTorch's counter does not know."""
import math
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

_TORCHVISION: Any = torch.ops.torchvision


def scan_flops(u: Any, delta: Any, A: Any, B: Any, *rest: Any,
               **kwargs: Any) -> int:
    """Count the operations of a selective scan, two per multiply-add.

    Per token, direction, channel and state there are four multiply-adds:
    ``dt * A``, the state's update, ``(dt * u) * B`` and ``C * h``; an
    exponential counts as nothing, as activations do elsewhere. Per token,
    direction and channel one more for the skip, and R for the step size's
    low-rank product.
    """
    samples, groups, tokens = delta[:3]
    channels, states = A[-2:]
    rank = delta[-1] if delta[-1] != channels else 0
    per_channel = 4 * states + 1 + rank
    return 2 * samples * groups * tokens * channels * per_channel


def grid_sample_flops(x: Any, grid: Any, *rest: Any, **kwargs: Any) -> int:
    """Count bilinear sampling: four multiply-adds for each value."""
    return 2 * 4 * x[0] * x[1] * math.prod(grid[1:-1])


def deform_conv_flops(x: Any, weight: Any, offset: Any, *rest: Any,
                      **kwargs: Any) -> int:
    """Count a deformable convolution: its products and its sampling."""
    places = x[0] * offset[-2] * offset[-1]
    taps = weight[2] * weight[3]
    return 2 * places * (weight[0] * weight[1] * taps + 4 * x[1] * taps)


def _fake_deform_conv(x: torch.Tensor, weight: torch.Tensor,
                      offset: torch.Tensor, *rest: Any) -> torch.Tensor:
    """Return an empty output of a deformable convolution's shape."""
    return x.new_empty(len(x), len(weight), *offset.shape[2:])


def flop_counter() -> FlopCounterMode:
    """Return a counter that knows the operators of this package's models."""
    return FlopCounterMode(
        display=False,
        custom_mapping={
            torch.ops.mmpose_video.selective_scan: scan_flops,
            torch.ops.aten.grid_sampler_2d: grid_sample_flops,
        })


class CountDeformConv:
    """Replace torchvision's deformable convolution, and count it.

    That operator cannot run on meta tensors.

    Attributes:
        flops (int): Operations so far.
    """

    def __init__(self) -> None:
        self.flops = 0

    def __enter__(self) -> 'CountDeformConv':
        self.original = _TORCHVISION.deform_conv2d

        def counted(x: torch.Tensor, weight: torch.Tensor,
                    offset: torch.Tensor, *rest: Any) -> torch.Tensor:
            self.flops += deform_conv_flops(x.shape, weight.shape,
                                            offset.shape)
            return _fake_deform_conv(x, weight, offset)

        _TORCHVISION.deform_conv2d = counted
        return self

    def __exit__(self, *args: object) -> None:
        _TORCHVISION.deform_conv2d = self.original
