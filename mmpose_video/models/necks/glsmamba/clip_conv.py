"""Depthwise convolution over the space and time of a clip's tokens."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DepthwiseClipConv(nn.Module):
    """Depthwise convolution over (t, h, w), zero beyond the clip's ends.

    The same as ``nn.Conv3d(D, D, (kt, k, k), padding='same', groups=D)``, of
    which it has the parameters and the initialization. It sums 2-D
    convolutions of whole frames, one per step in time: on tokens, whose
    channels come last, that is several times faster on a CPU.

    Args:
        channels (int): D.
        kernel_size (int): k, odd.
        temporal_kernel (int): kt, odd; 1 convolves each frame separately.

    Raises:
        ValueError: If a size is even.
    """

    def __init__(self, channels: int, kernel_size: int,
                 temporal_kernel: int) -> None:
        super().__init__()
        if not (kernel_size % 2 and temporal_kernel % 2):
            raise ValueError('`temporal_kernel` and `conv_kernel` must be '
                             f'odd, got {temporal_kernel} and {kernel_size}')
        like = nn.Conv3d(
            channels,
            channels, (temporal_kernel, kernel_size, kernel_size),
            groups=channels)
        self.weight = like.weight
        self.bias = like.bias

    def forward(self, x: Tensor) -> Tensor:
        """Convolve tokens of shape (N, T, h, w, D)."""
        size = x.shape[:2]
        frames = x.permute(0, 1, 4, 2, 3).flatten(0, 1)
        reach = self.weight.shape[2] // 2
        out = self._frame_conv(frames, reach, size)
        for step in range(1, min(reach, x.shape[1] - 1) + 1):
            before = self._frame_conv(frames, reach - step, size)[:, :-step]
            after = self._frame_conv(frames, reach + step, size)[:, step:]
            edge = torch.zeros_like(out[:, :step])
            out = out + torch.cat([edge, before], 1) + torch.cat(
                [after, edge], 1)
        return out

    def _frame_conv(self, frames: Tensor, tap: int, size: tuple) -> Tensor:
        """Convolve frames (N * T, D, h, w) with one step of the kernel."""
        weight = self.weight[:, :, tap]
        bias = self.bias if tap == self.weight.shape[2] // 2 else None
        out = F.conv2d(
            frames, weight, bias, padding='same', groups=len(weight))
        return out.permute(0, 2, 3, 1).unflatten(0, size)

    def extra_repr(self) -> str:
        """Describe the sizes."""
        return f'kernel_size={tuple(self.weight.shape[2:])}'
