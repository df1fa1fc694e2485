"""Deconvolutions that lift low-resolution features."""
from typing import Sequence

from mmcv.cnn import build_upsample_layer
from mmengine.model import Sequential
from mmpose.utils.typing import OptMultiConfig
from torch import nn

#: (padding, output padding) that make a deconvolution double the size exactly
_PADDINGS = {2: (0, 0), 3: (1, 1), 4: (1, 0)}


class DeconvUpsample(Sequential):
    """Deconvolution, batch normalization and ReLU, each doubling the size.

    The layout is that of the ``deconv_layers`` of MMPose's ``HeatmapHead``, so
    that those of a ViTPose checkpoint load::

        init_cfg=dict(type='Pretrained', checkpoint='vitpose.pth',
                      prefix='head.deconv_layers.')

    Args:
        in_channels (int): Channels of the features.
        out_channels (Sequence[int]): Channels after each deconvolution. Empty
            for none.
        kernel_size (int): 2, 3 or 4. Defaults to 4.
        init_cfg (dict | list[dict], optional): Initialization config.

    Raises:
        ValueError: If no padding makes the kernel double the size.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: Sequence[int] = (256, 256),
                 kernel_size: int = 4,
                 init_cfg: OptMultiConfig = None) -> None:
        if kernel_size not in _PADDINGS:
            raise ValueError('`kernel_size` of a deconvolution must be one of '
                             f'{sorted(_PADDINGS)}, got {kernel_size}')
        padding, output_padding = _PADDINGS[kernel_size]
        layers = []
        channels = in_channels
        for width in out_channels:
            layers += [
                build_upsample_layer(
                    dict(
                        type='deconv',
                        in_channels=channels,
                        out_channels=width,
                        kernel_size=kernel_size,
                        stride=2,
                        padding=padding,
                        output_padding=output_padding,
                        bias=False)),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
            channels = width
        super().__init__(*layers, init_cfg=init_cfg)
        #: Channels of the output.
        self.out_channels = channels
