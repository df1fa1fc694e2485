"""TokenPose's head."""
import math
from typing import Any, List, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmpose.models.heads import HeatmapHead
from mmpose.registry import MODELS
from torch import Tensor, nn

from ..layers.sine_cosine_embedding import sine_cosine_embedding


class TokenPoseLayer(nn.Module):
    """Pre-norm Transformer layer without biases in queries, keys and values.

    Args:
        dims (int): Width of the tokens.
        num_heads (int): Attention heads.
        mlp_ratio (float): Hidden width of the FFN over ``dims``.
        scale (float): Factor of the logits.
    """

    def __init__(self, dims: int, num_heads: int, mlp_ratio: float,
                 scale: float) -> None:
        super().__init__()
        self.num_heads, self.scale = num_heads, scale
        self.norm1 = nn.LayerNorm(dims)
        self.qkv = nn.Linear(dims, 3 * dims, bias=False)
        self.proj = nn.Linear(dims, dims)
        self.norm2 = nn.LayerNorm(dims)
        hidden = int(dims * mlp_ratio)
        self.ffn = nn.Sequential(
            nn.Linear(dims, hidden), nn.GELU(), nn.Linear(hidden, dims))

    def forward(self, x: Tensor) -> Tensor:
        """Apply self-attention to tokens (N, n, d)."""
        query, key, value = self.qkv(self.norm1(x)).unflatten(
            2, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(
            query, key, value, scale=self.scale)
        x = x + self.proj(mixed.transpose(1, 2).flatten(2))
        return x + self.ffn(self.norm2(x))


@MODELS.register_module()
class TokenPoseHead(HeatmapHead):
    """Keypoint tokens and visual tokens in one Transformer.

    From `TokenPose: Learning Keypoint Tokens for Human Pose Estimation
    <https://arxiv.org/abs/2104.03516>`_. Patches of the feature map become
    visual tokens, K learned keypoint tokens stand in front of them, and the
    keypoint tokens are projected to heatmaps at the end. The 2-D sine
    embedding is added to the visual tokens before each layer.

    The published variants:

    ========== ============================ ============ ============ =======
    variant    in front                     patch (h, w) depth, heads scale
    ========== ============================ ============ ============ =======
    T          the image itself             (16, 12)     12, 16       'token'
    S-v1       HRNet's first stage          (4, 3)       12, 8        'token'
    S-v2       HRNet's first stage          (2, 2)       12, 8        'token'
    B          HRNet-W32, three stages      (4, 3)       12, 8        'head'
    L/D24      HRNet-W48, three stages      (4, 3)       24, 12       'head'
    ========== ============================ ============ ============ =======

    Layers start with PyTorch's defaults but the last, whose weights have a
    standard deviation of 0.001 (package default, not the paper's).

    L reads the keypoint tokens after layers 8, 16 and 24
    (``read_outs=(8, 16, 24)``) and concatenates them.

    Args:
        in_channels (int): Channels of the feature map.
        out_channels (int): K.
        feature_size (tuple[int, int]): Width and height of the feature map.
        heatmap_size (tuple[int, int]): Width and height of the heatmaps.
        patch_size (tuple[int, int]): Height and width of a patch.
        embed_dims (int): Width of the tokens. Defaults to 192.
        depth (int): Layers. Defaults to 12.
        num_heads (int): Attention heads. Defaults to 8.
        mlp_ratio (float): Of the FFN. Defaults to 3.
        read_outs (Sequence[int], optional): Number of layers after which
            keypoint tokens are read. Defaults to None, ``(depth, )``.
        attn_scale (str): 'head' divides logits by the root of a head's
            width, 'token' by that of the token's. Defaults to 'head'.
        **kwargs: See :class:`HeatmapHead`; ``loss`` and ``decoder`` are of
            use.

    Raises:
        ValueError: If the patches do not divide the feature map, or the heads
            the width, or a read-out lies beyond the depth.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 feature_size: Tuple[int, int],
                 heatmap_size: Tuple[int, int],
                 patch_size: Tuple[int, int],
                 embed_dims: int = 192,
                 depth: int = 12,
                 num_heads: int = 8,
                 mlp_ratio: float = 3.,
                 read_outs: Optional[Sequence[int]] = None,
                 attn_scale: str = 'head',
                 **kwargs: Any) -> None:
        width, height = feature_size
        if height % patch_size[0] or width % patch_size[1]:
            raise ValueError(
                f'patches of {tuple(patch_size)} (height, width) do not '
                f'divide the feature map of {(height, width)}')
        if embed_dims % num_heads or embed_dims % 4:
            raise ValueError(f'`embed_dims` must be a multiple of 4 and of '
                             f'the {num_heads} heads, got {embed_dims}')
        read_outs = tuple(read_outs or (depth, ))
        if min(read_outs) < 0 or max(read_outs) > depth:
            raise ValueError(f'`read_outs` {read_outs} must lie within the '
                             f'depth of {depth}')
        if attn_scale not in ('head', 'token'):
            raise ValueError("`attn_scale` must be 'head' or 'token', got "
                             f'{attn_scale!r}')
        super().__init__(in_channels, out_channels, deconv_out_channels=None,
                         final_layer=None, **kwargs)
        self.heatmap_size = tuple(heatmap_size)
        self.read_outs = read_outs
        patch = (patch_size[0], patch_size[1])
        self.to_tokens = nn.Conv2d(in_channels, embed_dims, patch, patch)
        self.keypoint_tokens = nn.Parameter(
            torch.zeros(1, out_channels, embed_dims))
        rows, columns = height // patch_size[0], width // patch_size[1]
        self.register_buffer(
            'positions',
            sine_cosine_embedding(rows, columns, embed_dims).flatten(0, 1),
            persistent=False)
        scale = (embed_dims // num_heads
                 if attn_scale == 'head' else embed_dims)**-0.5
        self.layers = nn.ModuleList(
            TokenPoseLayer(embed_dims, num_heads, mlp_ratio, scale)
            for _ in range(max(read_outs)))
        self.to_heatmaps = _projection(embed_dims * len(read_outs),
                                       math.prod(heatmap_size))
        nn.init.trunc_normal_(self.keypoint_tokens, std=0.02)

    @property
    def default_init_cfg(self) -> None:
        """None: :class:`HeatmapHead`'s would shrink the visual tokens."""
        return None

    def forward(self, feats: Tuple[Tensor]) -> Tensor:
        """Compute heatmaps.

        Args:
            feats (tuple[Tensor]): The last is read, of shape (N, C, h, w).

        Returns:
            Tensor: Heatmaps of shape (N, K, h, w).
        """
        visual = self.to_tokens(feats[-1]).flatten(2).transpose(1, 2)
        count = self.out_channels
        positions = F.pad(self.positions, (0, 0, count, 0))
        tokens = torch.cat(
            [self.keypoint_tokens.expand(len(visual), -1, -1), visual], dim=1)
        if not self.layers:
            tokens = tokens + positions
        read = {0: tokens[:, :count]}
        for i, layer in enumerate(self.layers, start=1):
            tokens = layer(tokens + positions)
            read[i] = tokens[:, :count]
        keypoints = torch.cat([read[i] for i in self.read_outs], dim=-1)
        width, height = self.heatmap_size
        return self.to_heatmaps(keypoints).unflatten(2, (height, width))


def _projection(dims: int, cells: int) -> nn.Sequential:
    """Project tokens to maps, by two layers where tokens are narrow."""
    layers: List[nn.Module] = [nn.LayerNorm(dims)]
    hidden = cells // 8
    if dims <= hidden / 2:
        layers += [nn.Linear(dims, hidden), nn.LayerNorm(hidden)]
        dims = hidden
    last = nn.Linear(dims, cells)
    # maps start near zero, as those of HeatmapHead
    nn.init.normal_(last.weight, std=0.001)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, last)
