"""Deformable convolution whose sampling is steered by another map."""
from contextlib import nullcontext
from typing import Optional

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.amp import is_autocast_available
from torchvision.ops import DeformConv2d

from .deform_conv import deform_conv


class DeformableAlignment(BaseModule):
    """One stage of modulated deformable convolution (DCNv2).

    Two plain convolutions read sampling offsets and modulation factors from a
    *guide*; a deformable convolution samples the input with them. There is no
    activation on either, and in particular no sigmoid on the modulation: that
    is how DCPose, FAMI-Pose and the TDMI line of code do it.

    The offsets are in pixels. Channel ``2 * (g * k * k + i)`` holds the
    vertical and the next one the horizontal offset of kernel position i, in
    row-major order, for the g-th group of input channels.

    Args:
        in_channels (int): Channels of the input and of the output.
        guide_channels (int, optional): Channels of the guide. Defaults to
            None, ``in_channels``.
        groups (int): Number of channel groups with offsets of their own.
            Defaults to 12 (FAMI-Pose, TDMI).
        kernel_size (int): Of all three convolutions. Defaults to 3.
        dilation (int): Of the deformable convolution. Defaults to 3.
        guide_dilation (int, optional): Of the convolutions that read the
            guide. Defaults to None, ``dilation``.
        guide_bias (bool): Whether those have a bias. Defaults to True; DCPose
            has none.
        identity_init (bool): Whether the weights of the deformable
            convolution start as the identity (DCPose) instead of at random.
            Defaults to False.
        unit_modulation (bool): Whether the modulation factors start at 1
            instead of about 0. Where the convolutions start with small
            weights, as published, next to nothing passes through a stage
            otherwise. Defaults to False.

    Raises:
        ValueError: If ``groups`` does not divide ``in_channels``, or the
            modulation has no bias to start at 1.
    """

    def __init__(self,
                 in_channels: int,
                 guide_channels: Optional[int] = None,
                 groups: int = 12,
                 kernel_size: int = 3,
                 dilation: int = 3,
                 guide_dilation: Optional[int] = None,
                 guide_bias: bool = True,
                 identity_init: bool = False,
                 unit_modulation: bool = False) -> None:
        super().__init__()
        if unit_modulation and not guide_bias:
            raise ValueError('`unit_modulation` needs `guide_bias=True`')
        if in_channels % groups:
            raise ValueError(f'{groups} groups of offsets do not divide '
                             f'{in_channels} channels; set `groups`')
        self.groups = groups
        self.identity_init = identity_init
        self.unit_modulation = unit_modulation
        guide_channels = guide_channels or in_channels
        guide_dilation = guide_dilation or dilation
        num_taps = groups * kernel_size**2

        def guide_conv(channels: int) -> nn.Conv2d:
            return nn.Conv2d(
                guide_channels,
                channels,
                kernel_size,
                padding=guide_dilation * (kernel_size // 2),
                dilation=guide_dilation,
                bias=guide_bias)

        self.offset_conv = guide_conv(2 * num_taps)
        self.mask_conv = guide_conv(num_taps)
        self.deform_conv = DeformConv2d(
            in_channels,
            in_channels,
            kernel_size,
            padding=dilation * (kernel_size // 2),
            dilation=dilation)
        self._init_deform_conv()
        self._init_modulation()

    def init_weights(self) -> None:
        """Also after a parent's initialization of all convolutions."""
        super().init_weights()
        self._init_modulation()

    def _init_modulation(self) -> None:
        if self.mask_conv.bias is not None and self.unit_modulation:
            nn.init.ones_(self.mask_conv.bias)

    def _init_deform_conv(self) -> None:
        """Start without a bias and, if asked, with the identity."""
        weight, bias = self.deform_conv.weight, self.deform_conv.bias
        nn.init.zeros_(bias)
        if self.identity_init:
            centre = weight.shape[-1] // 2
            with torch.no_grad():
                weight.zero_()
                weight[:, :, centre, centre].fill_diagonal_(1)

    def forward(self, x: Tensor, guide: Tensor) -> Tensor:
        """Sample the input where the guide says.

        Args:
            x (Tensor): Shape (N, C, h, w).
            guide (Tensor): Shape (N, C', h, w).

        Returns:
            Tensor: Shape (N, C, h, w).
        """
        inputs = (x, self.offset_conv(guide), self.mask_conv(guide))
        # Offsets need full precision, and on a CPU torchvision has neither an
        # autocast rule for this operator nor one for bfloat16.
        device = x.device.type
        full_precision = torch.autocast(
            device,
            enabled=False) if is_autocast_available(device) else nullcontext()
        with full_precision:
            x, offset, mask = (
                z.to(self.deform_conv.weight.dtype) for z in inputs)
            if torch.onnx.is_in_onnx_export() or (
                    x.device.type == 'cpu' and torch.is_grad_enabled()):
                # torchvision's backward is many times slower on a CPU, and
                # PyTorch's exporter cannot convert its operator
                return deform_conv(x, offset, mask, self.deform_conv.weight,
                                   self.deform_conv.bias,
                                   self.deform_conv.dilation[0])
            return self.deform_conv(x, offset, mask)
