"""FAMI-Pose's global alignment of a supporting frame."""
from mmengine.model import BaseModule
from mmpose.utils.typing import ConfigType
from torch import Tensor, nn

from ...layers.basic_block_chain import BasicBlockChain
from ...layers.conv_norm import ConvNorm


class GlobalTransform(BaseModule):
    """Predict the parameters of a transform from a pair of features.

    One residual block, five 3x3 convolutions of stride 2, and three linear
    layers without activations between them. Features of 96x72 reach the
    linear layers as 3x3, as in the published code; other sizes are pooled to
    3x3.

    Args:
        in_channels (int): Channels of the difference or concatenation.
        num_params (int): Number of parameters, P.
        identity_init (bool): Whether all parameters start at zero.
        norm_cfg (dict): Config of the normalization.
    """

    def __init__(self, in_channels: int, num_params: int,
                 identity_init: bool, norm_cfg: ConfigType) -> None:
        super().__init__()
        self.block = BasicBlockChain(in_channels, 16, norm_cfg=norm_cfg)
        self.convs = nn.Sequential(
            *(ConvNorm(16, 16, stride=2, norm_cfg=norm_cfg)
              for _ in range(5)), nn.AdaptiveAvgPool2d(3))
        self.mlp = nn.Sequential(
            nn.Linear(16 * 3 * 3, 64), nn.Linear(64, 64),
            nn.Linear(64, num_params))
        for name, value in self.mlp.named_parameters():
            if name.endswith('bias') or identity_init and name == '2.weight':
                nn.init.zeros_(value)

    def forward(self, x: Tensor) -> Tensor:
        """Map features of shape (N, C, h, w) to parameters (N, P)."""
        return self.mlp(self.convs(self.block(x)).flatten(1))
