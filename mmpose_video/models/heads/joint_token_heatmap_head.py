"""Heatmap head that mixes keypoint tokens."""
from typing import Any, Optional, Sequence, Tuple

from mmpose.models.heads import HeatmapHead
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType
from torch import Tensor, nn

from ..layers.skeleton import skeleton_links
from .token_mixers import TokenMixers


@MODELS.register_module()
class JointTokenHeatmapHead(HeatmapHead):
    """Heatmap head whose maps are corrected by mixing keypoint tokens.

    Each keypoint's map is flattened and projected to a token; after the
    mixers a linear layer, which starts at zero, projects the token back to a
    map that is added. At the start the head is a :class:`HeatmapHead`.

    Args:
        heatmap_size (tuple[int, int]): Width and height of the heatmaps.
        token_mixers (Sequence[dict]): See :class:`TokenMixers`.
        order (str): See :class:`TokenMixers`. Defaults to 'series'.
        skeleton (dict, optional): See :func:`skeleton_links`.
        hidden_dims (int): Width of the tokens. Defaults to 256.
        **kwargs: See :class:`HeatmapHead`.
    """

    def __init__(self,
                 *args: Any,
                 heatmap_size: Tuple[int, int],
                 token_mixers: Sequence[ConfigType] = (),
                 order: str = 'series',
                 skeleton: Optional[ConfigType] = None,
                 hidden_dims: int = 256,
                 **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cells = heatmap_size[0] * heatmap_size[1]
        self.heatmap_size = tuple(heatmap_size)
        self.embed = nn.Sequential(nn.LayerNorm(cells),
                                   nn.Linear(cells, hidden_dims))
        self.mixers = TokenMixers(
            token_mixers, hidden_dims, self.out_channels,
            skeleton_links(skeleton, self.out_channels), order)
        self.unembed = nn.Linear(hidden_dims, cells)
        nn.init.zeros_(self.unembed.weight)
        nn.init.zeros_(self.unembed.bias)

    def forward(self, feats: Tuple[Tensor]) -> Tensor:
        """Compute heatmaps.

        Args:
            feats (tuple[Tensor]): Feature maps of shape (N, C, h, w).

        Returns:
            Tensor: Heatmaps of shape (N, K, h, w).

        Raises:
            ValueError: If the maps have another size than ``heatmap_size``.
        """
        maps = super().forward(feats)
        if (maps.shape[3], maps.shape[2]) != self.heatmap_size:
            raise ValueError(
                f'`heatmap_size` is {self.heatmap_size}, but the heatmaps are '
                f'{(maps.shape[3], maps.shape[2])} (width, height)')
        tokens = self.mixers(self.embed(maps.flatten(2)))
        return maps + self.unembed(tokens).unflatten(2, maps.shape[2:])
