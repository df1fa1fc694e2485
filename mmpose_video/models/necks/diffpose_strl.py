"""DiffPose's spatiotemporal representation learner."""
from typing import Dict, Optional, Sequence, Tuple

import torch
from mmpose.registry import MODELS
from mmpose.utils.typing import OptMultiConfig
from torch import Tensor, nn
from torch.nn import functional as F

from mmpose_video.structures import ClipInfo

from ..layers.grid_transformer import pre_norm_layer
from .base_video_neck import BaseVideoNeck, Features

AGGREGATIONS = ('linear', 'deconv')
DOWNSAMPLINGS = ('patch', 'pool')


@MODELS.register_module()
class SpatioTemporalRepresentationLearner(BaseVideoNeck):
    r"""Fuse frames by attention over all their tokens (DiffPose, ICCV 2023).

    With :math:`\bar F_k` the patch-embedded feature of frame k, it is

    .. math::
        \tilde F^0 &= \mathrm{Concat}_k(\bar F_k + E^k_{POS}) \\
        F' &= \tilde F^{l-1} + \mathrm{MHSA}(\mathrm{LN}(\tilde F^{l-1})),
        \quad \tilde F^l = F' + \mathrm{FFN}(\mathrm{LN}(F')) \\
        F_t &= \mathrm{MLP}(\mathrm{LN}(\tilde F^L))

    The last step aggregates the frames. The authors' notes name two ways: the
    frame axis last and a linear layer over it, or the frames' channels side
    by side and a deconvolution, which doubles the resolution.

    A clip shorter than ``num_frames`` is filled up at its ends with its first
    and last frame, as the dataset does at the ends of a video. So one model
    takes single images, too.

    Args:
        in_channels (int): Channels of the backbone's feature.
        feature_size (Sequence[int]): Width and height of the backbone's
            feature in training, which sizes the table of positions. Features
            of other sizes get it interpolated.
        num_frames (int): T. The published value is not known; the authors'
            notes show 3. Defaults to 3.
        key_index (int, optional): Place of the key frame among them. Defaults
            to None, the middle.
        embed_dims (int, optional): Width D of the tokens. Defaults to None,
            the backbone's.
        num_layers (int): L. Package default, not the paper's. Defaults to 4.
        num_heads (int): Attention heads. Package default, not the paper's.
            Defaults to 8.
        mlp_ratio (float): Hidden width of the FFN over D. Package default,
            not the paper's. Defaults to 4.
        aggregation (str): 'linear' or 'deconv'. Defaults to 'linear'.
        patch_size (int): Cells of the backbone's feature per token and axis.
            A Transformer over the 64x48 cells of each HRNet frame is too
            much; 4 makes 16x12 tokens of them, as many as a ViT has. Defaults
            to 1.
        downsample (str): How to make a token of a patch: 'patch' for a
            convolution, 'pool' for the average and a 1x1 convolution.
            Defaults to 'patch'.
        level (int): Which of the backbone's maps to use. Defaults to -1.
        keep_key_frame (bool): Also return, as the first of two maps, the
            backbone's feature of the key frame, for a rough head. Defaults to
            False.
        init_cfg (dict | list[dict], optional): Initialization config.
    """

    def __init__(self,
                 in_channels: int,
                 feature_size: Sequence[int],
                 num_frames: int = 3,
                 key_index: Optional[int] = None,
                 embed_dims: Optional[int] = None,
                 num_layers: int = 4,
                 num_heads: int = 8,
                 mlp_ratio: float = 4.,
                 aggregation: str = 'linear',
                 patch_size: int = 1,
                 downsample: str = 'patch',
                 level: int = -1,
                 keep_key_frame: bool = False,
                 init_cfg: OptMultiConfig = None) -> None:
        if num_frames < 1:
            raise ValueError('`num_frames` must be at least 1, got '
                             f'{num_frames}')
        key_index = num_frames // 2 if key_index is None else key_index
        if not 0 <= key_index < num_frames:
            raise ValueError(f'`key_index` must be from 0 to {num_frames - 1},'
                             f' got {key_index}')
        super().__init__(
            clip_lengths=range(1, num_frames + 1), init_cfg=init_cfg)
        if aggregation not in AGGREGATIONS:
            raise ValueError(f'`aggregation` must be one of {AGGREGATIONS}, '
                             f'got {aggregation!r}')
        if downsample not in DOWNSAMPLINGS:
            raise ValueError(f'`downsample` must be one of {DOWNSAMPLINGS}, '
                             f'got {downsample!r}')
        self.num_frames = num_frames
        self.key_index = key_index
        self.aggregation = aggregation
        self.patch_size = patch_size
        self.level = level
        self.keep_key_frame = keep_key_frame
        dims = embed_dims or in_channels

        self.patch_embed: nn.Module
        if downsample == 'patch':
            self.patch_embed = nn.Conv2d(
                in_channels, dims, patch_size, stride=patch_size)
        else:
            self.patch_embed = nn.Sequential(
                nn.AvgPool2d(patch_size), nn.Conv2d(in_channels, dims, 1))
        width, height = feature_size
        self._check_size(height, width)
        self.positions = nn.Parameter(
            torch.zeros(num_frames, dims, height // patch_size,
                        width // patch_size))
        nn.init.trunc_normal_(self.positions, std=0.02)
        self.layers = nn.ModuleList(
            pre_norm_layer(dims, num_heads, mlp_ratio)
            for _ in range(num_layers))
        self.norm = nn.LayerNorm(dims)
        self.aggregate: nn.Module
        if aggregation == 'linear':
            weights = nn.Linear(num_frames, 1)
            # start with the key frame, which the attention has already
            # enriched; an average would start with blurred keypoints
            with torch.no_grad():
                weights.weight.zero_()
                weights.weight[0, key_index] = 1
                weights.bias.zero_()
            self.aggregate = weights
        else:
            self.aggregate = nn.ConvTranspose2d(
                num_frames * dims, dims, 4, stride=2, padding=1)

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Dict[str, Tensor]]:
        """Fuse the frames.

        Args:
            feats (tuple[Tensor]): Feature maps of shape (N, T, C, h, w).
            clip (ClipInfo): Times of the frames.

        Returns:
            tuple: One map (N, D, h', w'), after the key frame's own feature
            (N, C, h, w) if that is kept; and no context.

        Raises:
            ValueError: If the patches do not divide the feature, or the key
                frame of a whole clip is not where the neck wants it.
        """
        feat = feats[self.level]
        self._check_size(*feat.shape[-2:])
        slots = self._fill_up(clip)
        num = len(slots)
        tokens = self.patch_embed(feat.flatten(0, 1))
        tokens = tokens.unflatten(0, feat.shape[:2])[:, slots]
        size = tokens.shape[-2:]
        tokens = tokens + self._positions_at(size)
        # (N, T, D, h, w) -> (N, T * h * w, D)
        tokens = tokens.permute(0, 1, 3, 4, 2).flatten(1, 3)
        for layer in self.layers:
            tokens = layer(tokens)
        tokens = self.norm(tokens).unflatten(1, (num, *size))
        if self.aggregation == 'linear':
            # the frame axis last
            fused = self.aggregate(tokens.permute(0, 4, 2, 3, 1)).squeeze(-1)
        else:
            # the frames' channels side by side
            stacked = tokens.permute(0, 1, 4, 2, 3).flatten(1, 2)
            fused = self.aggregate(stacked)
        if self.keep_key_frame:
            return (feat[:, clip.key_index], fused), {}
        return (fused, ), {}

    def _fill_up(self, clip: ClipInfo) -> list:
        """Return the frame of the clip for each of the ``num_frames`` slots.

        The key frame takes the slot ``key_index``.
        """
        shift = clip.key_index - self.key_index
        if clip.num_frames == self.num_frames and shift:
            raise ValueError(
                f'the key frame is frame {clip.key_index} of the clip, but '
                f'the neck takes it as frame {self.key_index}; set its '
                f'`key_index={clip.key_index}`')
        last = clip.num_frames - 1
        return [
            min(max(slot + shift, 0), last) for slot in range(self.num_frames)
        ]

    def _positions_at(self, size: Sequence[int]) -> Tensor:
        """Return the table of positions, (T, D, h, w), for a size."""
        if self.positions.shape[-2:] == size:
            return self.positions
        return F.interpolate(
            self.positions, size=size, mode='bicubic', align_corners=False)

    def _check_size(self, height: int, width: int) -> None:
        """Check that the patches tile the feature."""
        patch = self.patch_size
        if patch < 1 or height % patch or width % patch:
            divisors = [
                str(p) for p in range(1, min(height, width) + 1)
                if height % p == 0 and width % p == 0
            ]
            raise ValueError(
                f'`patch_size` {patch} does not divide a feature that is '
                f'{width} wide and {height} high; it can be '
                f'{", ".join(divisors)}')
