"""DSTA: a token per keypoint, refined over the body and over time.

"Video-Based Human Pose Regression via Decoupled Space-Time Aggregation", CVPR
2024 (arXiv 2403.19926). Numbers that the paper leaves open are those of its
public code, zgspose/DSTA.

Shape shorthand: N samples, T frames, K keypoints, J tokens, C channels of the
backbone, D channels of a token, h w size of the backbone's features.
"""
from typing import Optional, Sequence, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from mmpose.utils.typing import OptMultiConfig
from torch import Tensor, nn

from mmpose_video.structures import ClipInfo

from ..layers.grid_transformer import pre_norm_layer
from .base_video_neck import BaseVideoNeck, Context, Features

#: The token that each keypoint of PoseTrack reads. Groups of three tokens are
#: the head (top, nose, bottom), the left arm, the right arm, the left leg and
#: the right leg; the ears, which PoseTrack does not label, read the head
#: top's.
POSETRACK_TOKENS = (1, 2, 0, 0, 0, 3, 6, 4, 7, 5, 8, 9, 12, 10, 13, 11, 14)


class NormalizedLinear(nn.Linear):
    """A linear layer of the input's direction: W x / |x| + b.

    Args:
        in_features (int): Length of x.
        out_features (int): Length of the output.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features)
        nn.init.xavier_uniform_(self.weight, gain=0.01)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Transform vectors, (B, C) to (B, C')."""
        return F.linear(x, self.weight) / x.norm(
            dim=1, keepdim=True) + self.bias


@MODELS.register_module()
class DSTANeck(BaseVideoNeck):
    """Turn frames into a token per keypoint and refine it by two branches.

    The features of each frame are averaged over space, and a linear layer
    makes J tokens of D channels from them. The *spatial* branch lets the
    tokens of the key frame attend to one another within groups (limbs); the
    *temporal* branch lets each token attend to itself in the other frames.
    The output is a weighted sum of both, with one pair of weights for all
    keypoints. No heatmaps are made, so the head behind regresses: see
    :class:`TokenRLEHead`.

    Args:
        in_channels (int): C.
        num_frames (int): T, for which the temporal embedding has weights.
            Defaults to 3.
        num_tokens (int, optional): J. Defaults to None: for PoseTrack's
            keypoints 17, of which the released model leaves two unused,
            otherwise one for each keypoint and as many more as fill the last
            group.
        joint_tokens (Sequence[int], optional): The token of each keypoint, K
            numbers; several may read the same. Defaults to None: for 17
            keypoints the assignment of the released model to PoseTrack's,
            otherwise one token per keypoint, in order.
        num_keypoints (int): K, where ``joint_tokens`` is None. Defaults to
            that of PoseTrack.
        group_size (int): Tokens per group of the spatial branch: tokens 0 to
            ``group_size - 1`` are the first group, and so on. Defaults to 3.
        num_groups (int, optional): Number of groups. Tokens behind the last
            one skip the spatial branch. Defaults to None: 5 for PoseTrack's
            keypoints, as published, otherwise all that the tokens fill.
        token_channels (int): D. Defaults to 32.
        depth (int): Layers of either branch. Defaults to 4.
        num_heads (int): Attention heads. Defaults to 8.
        mlp_ratio (float): Hidden width of the FFN over D. Defaults to 2.0.
        drop_path_rate (float): Probability to leave out a branch of the last
            layers, growing from 0 in the first ones. Defaults to 0.1.
        pool_size (tuple[int, int]): Cells (w, h) to which the features are
            averaged; more than one keeps where something was seen, for
            backbones of few channels. Defaults to (1, 1), as published.
        init_cfg (dict | list[dict], optional): Defaults to None, which keeps
            the published start: small weights, embeddings of 0.

    Raises:
        ValueError: If groups or keypoints refer to tokens that do not exist.
    """

    def __init__(self,
                 in_channels: int,
                 num_frames: int = 3,
                 num_tokens: Optional[int] = None,
                 joint_tokens: Optional[Sequence[int]] = None,
                 num_keypoints: int = len(POSETRACK_TOKENS),
                 group_size: int = 3,
                 num_groups: Optional[int] = None,
                 token_channels: int = 32,
                 depth: int = 4,
                 num_heads: int = 8,
                 mlp_ratio: float = 2.,
                 drop_path_rate: float = 0.1,
                 pool_size: Tuple[int, int] = (1, 1),
                 init_cfg: OptMultiConfig = None) -> None:
        super().__init__(clip_lengths=(num_frames, ), init_cfg=init_cfg)
        if joint_tokens is None:
            joint_tokens = POSETRACK_TOKENS if num_keypoints == len(
                POSETRACK_TOKENS) else range(num_keypoints)
        joint_tokens = tuple(joint_tokens)
        published = joint_tokens == POSETRACK_TOKENS
        if num_tokens is None:
            num_tokens = len(POSETRACK_TOKENS) if published else (
                group_size * -(-(max(joint_tokens) + 1) // group_size))
        if num_groups is None:
            num_groups = 5 if published else num_tokens // group_size
        if not 0 <= min(joint_tokens) <= max(joint_tokens) < num_tokens:
            raise ValueError(f'`joint_tokens` must be 0 to {num_tokens - 1}, '
                             f'got {joint_tokens}')
        if group_size * num_groups > num_tokens:
            raise ValueError(
                f'{num_groups} groups of {group_size} tokens are more than '
                f'the {num_tokens} tokens (`num_tokens`)')
        D = token_channels
        self.in_channels = in_channels
        self.pool_size = (pool_size[1], pool_size[0])
        self.num_tokens = num_tokens
        self.joint_tokens = joint_tokens
        self.group_size = group_size
        self.num_grouped = group_size * num_groups
        cells = self.pool_size[0] * self.pool_size[1]
        self.embed = NormalizedLinear(cells * in_channels, num_tokens * D)
        rates = np.linspace(0, drop_path_rate, depth).tolist()

        def layers() -> nn.ModuleList:
            return nn.ModuleList(
                pre_norm_layer(D, num_heads, mlp_ratio, rate, eps=1e-6)
                for rate in rates)

        self.spatial_embed = nn.Parameter(torch.zeros(group_size, D))
        self.spatial_layers = layers()
        self.spatial_norm = nn.LayerNorm(D, eps=1e-6)
        self.temporal_embed = nn.Parameter(torch.zeros(1, num_frames, D))
        self.temporal_layers = layers()
        self.temporal_norm = nn.LayerNorm(D, eps=1e-6)
        self.mix = nn.Conv2d(2, 1, 1)
        nn.init.normal_(self.mix.weight, std=0.001)

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Context]:
        """Make the tokens of the key frame.

        Args:
            feats (tuple[Tensor]): Features of the backbone, the last of them
                (N, T, C, h, w).
            clip (ClipInfo): Times of the frames.

        Returns:
            tuple: A token per keypoint, as a map (N, D, K, 1), and an empty
            context.

        Raises:
            ValueError: If the features have another number of channels.
        """
        x = feats[-1]
        if x.shape[2] != self.in_channels:
            raise ValueError(
                f'{type(self).__name__} was built for {self.in_channels} '
                f'channels (`in_channels`), the backbone gives {x.shape[2]}')
        num_clips, num_frames = x.shape[:2]
        pooled = F.adaptive_avg_pool2d(x.flatten(0, 1), self.pool_size)
        tokens = self.embed(pooled.flatten(1)).view(
            num_clips, num_frames, self.num_tokens, -1)
        spatial = self.attend_within_limbs(tokens[:, clip.key_index])
        temporal = self.attend_over_time(tokens)[:, clip.key_index]
        mixed = self.mix(torch.stack([temporal, spatial], 1)).squeeze(1)
        by_joint = mixed[:, list(self.joint_tokens)]  # (N, K, D)
        return (by_joint.mT.unsqueeze(-1), ), {}

    def attend_within_limbs(self, tokens: Tensor) -> Tensor:
        """Refine the tokens of one frame by their group, (N, J, D)."""
        grouped = tokens[:, :self.num_grouped].unflatten(
            1, (-1, self.group_size))
        x = (grouped + self.spatial_embed).flatten(0, 1)
        for layer in self.spatial_layers:
            x = layer(x)
        x = self.spatial_norm(x).view_as(grouped).flatten(1, 2)
        return torch.cat([x, tokens[:, self.num_grouped:]], 1)

    def attend_over_time(self, tokens: Tensor) -> Tensor:
        """Refine each token by itself in other frames, (N, T, J, D)."""
        by_token = tokens.transpose(1, 2)
        x = by_token.flatten(0, 1) + self.temporal_embed
        for layer in self.temporal_layers:
            x = layer(x)
        return self.temporal_norm(x).view_as(by_token).transpose(1, 2)
