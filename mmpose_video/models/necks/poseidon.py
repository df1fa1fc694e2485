"""Poseidon: frames of adaptive weight, features of several depths.

"Poseidon: A ViT-based Architecture for Multi-Frame Pose Estimation with
Adaptive Frame Weighting and Multi-Scale Feature Fusion", arXiv 2501.08446.
Numbers that the paper leaves open are those of its public code,
CesareDavidePace/poseidon.

Shape shorthand: N samples, T frames, C channels, h w size of the backbone's
features, P = h·w places, L levels.
"""
from typing import Sequence, Tuple

import torch
import torch.nn.functional as F
from mmcv.cnn import build_norm_layer
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptMultiConfig
from torch import Tensor, nn

from mmpose_video.structures import ClipInfo

from ..layers.conv_norm import DEFAULT_NORM
from ..layers.token_layout import check_layout, maps_to_tokens, tokens_to_maps
from .base_video_neck import BaseVideoNeck, Context, Features


class PyramidFusion(nn.Module):
    """Pool a map at several scales and fuse them with it.

    Args:
        channels (int): C, a multiple of the number of scales.
        pool_sizes (Sequence[int]): Cells per side of each scale. Defaults to
            (1, 2, 3, 6).
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
    """

    def __init__(self, channels: int,
                 pool_sizes: Sequence[int] = (1, 2, 3, 6),
                 norm_cfg: ConfigType = DEFAULT_NORM) -> None:
        super().__init__()
        width = channels // 4
        self.paths = nn.ModuleList(
            nn.Sequential(
                nn.AdaptiveAvgPool2d(pool_size),
                nn.Conv2d(channels, width, 1, bias=False),
                build_norm_layer(norm_cfg, width)[1], nn.ReLU(inplace=True))
            for pool_size in pool_sizes)
        self.conv = nn.Conv2d(
            channels + width * len(pool_sizes), channels, 3, padding=1,
            bias=False)
        self.norm = build_norm_layer(norm_cfg, channels)[1]

    def forward(self, x: Tensor) -> Tensor:
        """Fuse the scales of maps, (B, C, h, w) to (B, C, h, w)."""
        scales = [
            F.interpolate(
                path(x), x.shape[-2:], mode='bilinear', align_corners=True)
            for path in self.paths
        ]
        return F.relu(self.norm(self.conv(torch.cat([x, *scales], 1))))


class LevelAttention(nn.Module):
    """Fuse maps of several levels by attention over all of their tokens.

    Args:
        channels (int): C.
        num_heads (int): Attention heads.
        layout (str): See :func:`maps_to_tokens`.
    """

    def __init__(self, channels: int, num_heads: int, layout: str) -> None:
        super().__init__()
        self.layout = layout
        self.attention = nn.MultiheadAttention(
            channels, num_heads, batch_first=True)
        self.norm = nn.LayerNorm(channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Fuse L levels, each (B, C, h, w), to (B, C, h, w)."""
        size = levels[0].shape[-2:]
        tokens = torch.cat(
            [maps_to_tokens(level, self.layout) for level in levels], 1)
        attended, _ = self.attention(
            tokens, tokens, tokens, need_weights=False)
        tokens = self.norm(tokens + attended)
        tokens = tokens.unflatten(1, (len(levels), -1)).mean(1)
        return tokens_to_maps(self.proj(tokens), size, self.layout)


class FrameWeighting(nn.Module):
    """Adaptive frame weighting (AFW): one weight per frame, by its quality.

    Args:
        channels (int): C.
        hidden_channels (int): Defaults to 64.
    """

    def __init__(self, channels: int, hidden_channels: int = 64) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, hidden_channels, 3, padding=1)
        self.score = nn.Linear(hidden_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Weigh the frames of clips.

        Args:
            x (Tensor): Shape (N, T, C, h, w).

        Returns:
            Tensor: Weights that sum to 1 in each clip, (N, T).
        """
        hidden = F.relu(self.conv(x.flatten(0, 1))).mean((-2, -1))
        return self.score(hidden).view(x.shape[:2]).softmax(1)


@MODELS.register_module()
class PoseidonNeck(BaseVideoNeck):
    """Fuse levels within frames, weigh the frames, and attend across them.

    1. *Multi-scale feature fusion* (MSFF): each level of the backbone is
       pooled at four scales and fused with them, with the same weights for
       all levels; attention over the tokens of all levels gives one map per
       frame.
    2. *Adaptive frame weighting* (AFW) scales the frames of a clip.
    3. The supports attend to themselves, each within its frame; the key frame
       attends to all supports, and is added to the result.

    The output is features, and the head behind is ViTPose's. The backbone
    gives the levels by ``out_indices``, the last one with its final
    normalization.

    Attention across frames is computed per clip. The released code lets clips
    of one batch see each other's frames, so its outputs depend on the batch;
    this neck equals it for batches of one clip.

    Args:
        channels (int): C, a multiple of 4.
        feature_size (tuple[int, int]): w and h of the backbone's features,
            which the last normalization has weights for.
        num_levels (int): L. Defaults to 3.
        num_heads (int): Attention heads, everywhere. Defaults to 4.
        num_frames (int): T. Weights do not depend on it. Defaults to 5.
        layout (str): ``'published'`` does what the released code does and
            what its weights need: the inner levels are read as maps without a
            transposition, and so are the tokens of the fusion. ``'sound'``
            takes a place for a token. Weights of one layout load into the
            other, but were not trained for it. Defaults to 'sound'.
        norm_cfg (dict): Normalization of the pyramid. Defaults to
            ``dict(type='BN')``.
        init_cfg (dict | list[dict], optional): Initialization config.

    Raises:
        ValueError: If there is no such layout, heads or scales do not divide
            the channels, or there are fewer than two frames.
    """

    def __init__(self,
                 channels: int,
                 feature_size: Tuple[int, int],
                 num_levels: int = 3,
                 num_heads: int = 4,
                 num_frames: int = 5,
                 layout: str = 'sound',
                 norm_cfg: ConfigType = DEFAULT_NORM,
                 init_cfg: OptMultiConfig = None) -> None:
        if num_frames < 2:
            raise ValueError('Poseidon attends to other frames, got '
                             f'`num_frames={num_frames}`')
        if channels % 4 or channels % num_heads:
            raise ValueError(f'4 and `num_heads={num_heads}` must divide the '
                             f'channels, got {channels}')
        super().__init__(clip_lengths=(num_frames, ), init_cfg=init_cfg)
        self.layout = check_layout(layout)
        self.num_levels = num_levels
        self.channels = channels
        self.size = (feature_size[1], feature_size[0])
        self.level_norms = nn.ModuleList(
            nn.LayerNorm(channels) for _ in range(num_levels - 1))
        self.pyramid = PyramidFusion(channels, norm_cfg=norm_cfg)
        self.level_attention = LevelAttention(channels, num_heads, layout)
        self.weighting = FrameWeighting(channels)
        self.support_attention = nn.MultiheadAttention(
            channels, num_heads, batch_first=True)
        self.key_attention = nn.MultiheadAttention(
            channels, num_heads, batch_first=True)
        self.norm = nn.LayerNorm((channels, *self.size))

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Context]:
        """Fuse levels and frames.

        Args:
            feats (tuple[Tensor]): L levels (N, T, C, h, w).
            clip (ClipInfo): Times of the frames.

        Returns:
            tuple: Features (N, C, h, w), and the context ``frame_weights``,
            (N, T).

        Raises:
            ValueError: If the levels are of another number or size.
        """
        wanted = (self.channels, *self.size)
        if len(feats) != self.num_levels or any(
                tuple(level.shape[2:]) != wanted for level in feats):
            raise ValueError(
                f'{type(self).__name__} takes {self.num_levels} levels of '
                f'{wanted} (channels, h, w), got '
                f'{[tuple(level.shape[2:]) for level in feats]}; see '
                '`out_indices` of the backbone, and `channels` and '
                '`feature_size` of the neck')
        num_clips, num_frames = feats[0].shape[:2]
        x = self.fuse_levels([level.flatten(0, 1) for level in feats])
        x = x.unflatten(0, (num_clips, num_frames))
        weights = self.weighting(x)
        x = x * weights[..., None, None, None]
        key = x[:, clip.key_index]
        others = [t for t in range(num_frames) if t != clip.key_index]
        supports = x[:, others].flatten(-2).mT  # (N, T - 1, P, C)
        attended, _ = self.support_attention(
            *[supports.flatten(0, 1)] * 3, need_weights=False)
        context = attended.reshape(num_clips, -1, self.channels)
        fused, _ = self.key_attention(
            key.flatten(2).mT, context, context, need_weights=False)
        fused = self.norm(fused.mT.unflatten(-1, self.size))
        return (fused + key, ), {'frame_weights': weights}

    def fuse_levels(self, levels: Sequence[Tensor]) -> Tensor:
        """Fuse L levels (B, C, h, w) of single frames to (B, C, h, w)."""
        maps = []
        for level, norm in zip(levels, self.level_norms):
            tokens = norm(level.flatten(2).mT)
            maps.append(tokens_to_maps(tokens, self.size, self.layout))
        maps.append(levels[-1])
        return self.level_attention([self.pyramid(x) for x in maps])
