"""Selection among kernel sizes: SK per channel, LSK per place."""
import torch
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class SelectiveKernel(nn.Module):
    """Weighted sum of a 3x3 and a dilated 3x3 path, weights per channel.

    From `Selective Kernel Networks <https://arxiv.org/abs/1903.06586>`_: both
    paths are convolution, batch norm and ReLU; the mean of their sum over
    space gives one softmax over the paths for each channel.

    Args:
        channels (int): C.
        reduction (int): C over the width of the bottleneck.
            Defaults to 16.
        min_width (int): Least width of the bottleneck. Defaults to 32.
    """

    def __init__(self, channels: int, reduction: int = 16,
                 min_width: int = 32) -> None:
        super().__init__()
        width = max(channels // reduction, min_width)
        self.paths = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels, channels, 3, padding=dilation,
                          dilation=dilation, bias=False),
                nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
            for dilation in (1, 2))
        self.squeeze = nn.Sequential(
            nn.Conv2d(channels, width, 1, bias=False),
            nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.select = nn.Conv2d(width, len(self.paths) * channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Sum the paths by their weights.

        Args:
            x (Tensor): Shape (N, C, h, w).

        Returns:
            Tensor: Shape (N, C, h, w).
        """
        outputs = torch.stack([path(x) for path in self.paths], dim=1)
        mean = outputs.sum(1).mean((2, 3), keepdim=True)
        logits = self.select(self.squeeze(mean))
        weights = logits.unflatten(1, outputs.shape[1:3]).softmax(1)
        return (outputs * weights).sum(1)


@MODELS.register_module()
class LargeSelectiveKernel(nn.Module):
    """Residual block with a receptive field selected at each place.

    From `Large Selective Kernel Network
    <https://arxiv.org/abs/2303.09030>`_: two depthwise convolutions in series
    (5x5, then 7x7 with dilation 3) are mixed by gates computed from the mean
    and the maximum over channels, and the mix weights the input. The last
    convolution starts at zero, so that the block starts as the identity.

    Args:
        channels (int): C, even.

    Raises:
        ValueError: If ``channels`` is odd.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        if channels % 2:
            raise ValueError('the channels of a large selective kernel must '
                             f'be even, got {channels}')
        half = channels // 2
        self.proj_in = nn.Sequential(nn.Conv2d(channels, channels, 1),
                                     nn.GELU())
        self.near = nn.Conv2d(channels, channels, 5, padding=2,
                              groups=channels)
        self.far = nn.Conv2d(channels, channels, 7, padding=9, dilation=3,
                             groups=channels)
        self.reduce_near = nn.Conv2d(channels, half, 1)
        self.reduce_far = nn.Conv2d(channels, half, 1)
        self.gate = nn.Conv2d(2, 2, 7, padding=3)
        self.expand = nn.Conv2d(half, channels, 1)
        self.proj_out = nn.Conv2d(channels, channels, 1)
        self.init_weights()

    def init_weights(self) -> None:
        """Set the last convolution to zero."""
        for parameter in self.proj_out.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Refine a feature map.

        Args:
            x (Tensor): Shape (N, C, h, w).

        Returns:
            Tensor: Shape (N, C, h, w).
        """
        return x + self.proj_out(self._select(self.proj_in(x)))

    def _select(self, x: Tensor) -> Tensor:
        """Apply the selective kernel itself."""
        near = self.near(x)
        far = self.reduce_far(self.far(near))
        near = self.reduce_near(near)
        both = torch.cat([near, far], dim=1)
        gates = self.gate(
            torch.cat([
                both.mean(1, keepdim=True), both.amax(1, keepdim=True)
            ], dim=1)).sigmoid()
        mixed = near * gates[:, :1] + far * gates[:, 1:]
        return x * self.expand(mixed)
