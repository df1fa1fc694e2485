"""Deformable convolution whose sampling is steered by another map."""
from contextlib import nullcontext
from typing import Optional

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.amp import is_autocast_available
from torchvision.ops import DeformConv2d

from ...ops.deform_conv import deform_conv


class DeformableAlignment(BaseModule):
    """One stage of deformable convolution, modulated (DCNv2) or plain (DCNv1).

    Plain convolutions predict sampling offsets and modulation factors from a
    *guide*; a deformable convolution samples the input with them. There is no
    activation on either, and in particular no sigmoid on the modulation, as
    in the code of DCPose, FAMI-Pose and TDMI.

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
        modulated (bool): False for the first version of the operator, with
            neither modulation nor bias (PoseWarper). Defaults to True.
        zero_offsets (bool): Start with offsets of 0, also after a parent's
            initialization of all convolutions. Defaults to False.

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
                 unit_modulation: bool = False,
                 modulated: bool = True,
                 zero_offsets: bool = False) -> None:
        super().__init__()
        if unit_modulation and not (guide_bias and modulated):
            raise ValueError('`unit_modulation` needs `guide_bias=True` and '
                             '`modulated=True`')
        if in_channels % groups:
            raise ValueError(f'{groups} groups of offsets do not divide '
                             f'{in_channels} channels; set `groups`')
        self.groups = groups
        self.identity_init = identity_init
        self.unit_modulation = unit_modulation
        self.zero_offsets = zero_offsets
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
        self.mask_conv = guide_conv(num_taps) if modulated else None
        self.deform_conv = DeformConv2d(
            in_channels,
            in_channels,
            kernel_size,
            padding=dilation * (kernel_size // 2),
            dilation=dilation,
            bias=modulated)
        self._init_deform_conv()
        self._init_guides()

    def init_weights(self) -> None:
        """Initialize again what a parent's initialization has changed."""
        super().init_weights()
        self._init_guides()

    def _init_guides(self) -> None:
        """Start offsets at 0 and modulation at 1, if asked."""
        if self.zero_offsets:
            nn.init.zeros_(self.offset_conv.weight)
            if self.offset_conv.bias is not None:
                nn.init.zeros_(self.offset_conv.bias)
        if self.unit_modulation:
            assert self.mask_conv is not None
            assert self.mask_conv.bias is not None
            nn.init.ones_(self.mask_conv.bias)

    def _init_deform_conv(self) -> None:
        """Start without a bias and, if asked, with the identity."""
        weight, bias = self.deform_conv.weight, self.deform_conv.bias
        if bias is not None:
            nn.init.zeros_(bias)
        if self.identity_init:
            center = weight.shape[-1] // 2
            with torch.no_grad():
                weight.zero_()
                weight[:, :, center, center].fill_diagonal_(1)

    def forward(self, x: Tensor, guide: Tensor) -> Tensor:
        """Sample the input at offsets predicted from the guide.

        Args:
            x (Tensor): Shape (N, C, h, w).
            guide (Tensor): Shape (N, C', h, w).

        Returns:
            Tensor: Shape (N, C, h, w).
        """
        offset = self.offset_conv(guide)
        mask = None if self.mask_conv is None else self.mask_conv(guide)
        # Offsets need full precision, and on a CPU torchvision has neither an
        # autocast rule for this operator nor one for bfloat16.
        device = x.device.type
        full_precision = torch.autocast(
            device,
            enabled=False) if is_autocast_available(device) else nullcontext()
        with full_precision:
            weight = self.deform_conv.weight
            x, offset = x.to(weight.dtype), offset.to(weight.dtype)
            mask = None if mask is None else mask.to(weight.dtype)
            if torch.onnx.is_in_onnx_export() or (
                    x.device.type == 'cpu' and torch.is_grad_enabled()):
                # torchvision's backward is many times slower on a CPU, and
                # PyTorch's exporter cannot convert its operator
                if mask is None:
                    mask = x.new_ones(()).expand(
                        offset.shape[0], offset.shape[1] // 2,
                        *offset.shape[2:])
                return deform_conv(x, offset, mask, weight,
                                   self.deform_conv.bias,
                                   self.deform_conv.dilation[0])
            return self.deform_conv(x, offset, mask)
