"""The backbone of MoveNet: MobileNetV2 with TensorFlow's padding."""
from typing import Any, Optional, Sequence

from mmcv.cnn import ConvModule
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from mmpose.models.backbones import MobileNetV2
from mmpose.registry import MODELS
from torch import nn


@MODELS.register_module()
class MoveNetMobileNetV2(MobileNetV2):
    """MobileNetV2 as MoveNet uses it.

    Two things differ from MMPose's :class:`MobileNetV2`: convolutions of
    stride 2 pad as TensorFlow's ``SAME`` does (an even size gets one row
    below and one column to the right, none above and to the left), and the
    last convolution keeps its channels whatever the width.

    MoveNet has no paper. The structure was read from the published graphs
    (Lightning: width 1.0, MultiPose: 1.5, Thunder: 1.75).

    Args:
        widen_factor (float): Width multiplier. Defaults to 1.0.
        out_indices (Sequence[int]): Stages whose outputs are returned.
            Defaults to (1, 2, 3, 7): strides 4, 8, 16 and 32, the last one
            after the final 1x1 convolution.
        last_channels (int): Output channels of the final convolution.
            Defaults to 1280.
        norm_cfg (dict, optional): Config of the normalization layers. None
            gives convolutions with a bias instead, which is what the
            published weights have: their batch normalization is folded.
            Defaults to ``dict(type='BN')``.
        **kwargs: See :class:`MobileNetV2`.
    """

    def __init__(self,
                 widen_factor: float = 1.,
                 out_indices: Sequence[int] = (1, 2, 3, 7),
                 last_channels: int = 1280,
                 norm_cfg: Optional[dict] = dict(  # noqa: B006
                     type='BN'),
                 **kwargs: Any) -> None:
        super().__init__(
            widen_factor=widen_factor,
            out_indices=out_indices,
            norm_cfg=norm_cfg,
            **kwargs)
        own: ConvModule = self.conv2
        if own.out_channels != last_channels:
            self.out_channel: int = last_channels
            self.conv2: ConvModule = ConvModule(
                in_channels=self.in_channels,
                out_channels=last_channels,
                kernel_size=1,
                conv_cfg=self.conv_cfg,
                norm_cfg=self.norm_cfg,
                act_cfg=self.act_cfg)
        for module in list(self.modules()):
            if isinstance(module, ConvModule) and (
                    module.conv.stride == (2, 2)):
                module.conv = _with_same_padding(module.conv)


def _with_same_padding(conv: nn.Conv2d) -> Conv2dAdaptivePadding:
    """Return a convolution like the given one that pads as TensorFlow does."""
    return Conv2dAdaptivePadding(
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,
        stride=conv.stride,
        groups=conv.groups,
        bias=conv.bias is not None)
