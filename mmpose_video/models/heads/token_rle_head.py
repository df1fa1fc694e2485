"""Regression from one token per keypoint."""
from typing import Any, Tuple

import torch
from mmpose.models.heads import RLEHead
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType
from torch import Tensor, nn


@MODELS.register_module()
class TokenRLEHead(RLEHead):
    """:class:`RLEHead` with layers that all keypoints share.

    Where MMPose's head reads all coordinates from one feature vector, this
    one reads each keypoint's from a token of its own, by a layer
    normalization and a linear layer; likewise their scales. Loss, decoding
    and flip test are MMPose's. It is the head of DSTA.

    Args:
        in_channels (int): D, channels of a token.
        num_joints (int): K.
        loss (dict): Defaults to ``dict(type='DSTALoss',
            use_target_weight=True)``.
        **kwargs: See :class:`RLEHead`.
    """

    def __init__(self,
                 in_channels: int,
                 num_joints: int,
                 loss: ConfigType = dict(  # noqa: B006
                     type='DSTALoss', use_target_weight=True),
                 **kwargs: Any) -> None:
        super().__init__(in_channels, num_joints, loss, **kwargs)
        del self.fc

        def regression() -> nn.Sequential:
            layer = nn.Linear(in_channels, 2)
            nn.init.zeros_(layer.bias)
            return nn.Sequential(nn.LayerNorm(in_channels), layer)

        self.coord = regression()
        self.sigma = regression()

    @property
    def default_init_cfg(self) -> None:
        """None: all layers and the flow keep their own initialization."""
        return None

    def forward(self, feats: Tuple[Tensor, ...]) -> Tensor:
        """Regress coordinates and their scales.

        Args:
            feats (tuple[Tensor]): The last one holds the tokens, (N, D, K,
                1).

        Returns:
            Tensor: x and y as fractions of the input's size, and the logits
            of their scales, (N, K, 4).
        """
        tokens = feats[-1].squeeze(-1).mT
        return torch.cat([self.coord(tokens), self.sigma(tokens)], -1)
