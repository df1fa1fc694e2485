"""TAR-ViTPose: one query per keypoint gathers it from all frames.

"TAR-ViTPose", CVPR 2026 (arXiv 2603.05929). Numbers that the paper leaves
open are those of its public code, zgspose/TARViTPose.

Shape shorthand: N samples, T frames, K keypoints, C channels, h w size of the
backbone's features, P = h·w places.
"""
from typing import Optional, Tuple

import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptMultiConfig
from torch import Tensor, nn

from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS
from mmpose_video.structures import ClipInfo

from ..layers.post_norm_attention import PostNormAttention, PostNormFFN
from ..layers.token_layout import check_layout, maps_to_tokens, tokens_to_maps
from .base_video_neck import BaseVideoNeck, Context, Features


class JointDecoderLayer(nn.Module):
    """One layer of joint-centric temporal aggregation (JTA).

    Args:
        channels (int): C.
        num_heads (int): Attention heads.
    """

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        self.cross = PostNormAttention(channels, num_heads)
        self.joints = PostNormAttention(channels, num_heads)
        self.ffn = PostNormFFN(channels, 2 * channels)

    def forward(self, queries: Tensor, tokens: Tensor,
                mask: Optional[Tensor]) -> Tensor:
        """Refine the queries (N, K, C) by the tokens (N, T·P, C)."""
        queries = self.cross(queries, tokens, mask)
        return self.ffn(self.joints(queries, queries))


@MODELS.register_module()
class TARViTPoseNeck(BaseVideoNeck):
    """Gather each keypoint from all frames and give it back to the key frame.

    A single-frame head G makes initial heatmaps of every frame. Each keypoint
    has a learned query. In every layer of the *joint-centric temporal
    aggregation* (JTA) the queries attend to the features of all frames, each
    query only where the initial heatmap of its keypoint is high, then to one
    another. In the *global restoring attention* (GRA) the features of the
    key frame attend to the queries. G makes the output of the result, so G
    runs twice and is trained; the initial heatmaps serve as masks and carry
    no gradient.

    The output is heatmaps, so the head behind is ``HeatmapHead`` with
    ``final_layer=None`` and ``deconv_out_channels=None``.

    The neck has no embedding of time or place, so the clip may have any
    length. The released model has T = 5.

    Args:
        rough_head (dict): Config of G; see :class:`RoughHead`, which is its
            default ``type``. Its ``in_channels`` is C.
        num_keypoints (int): K. Defaults to that of PoseTrack.
        num_layers (int): Layers of the aggregation. Defaults to 6.
        num_heads (int): Attention heads, everywhere. Defaults to 4.
        mask_threshold (float): A query does not look where its initial
            heatmap, scaled to 0..1 in each frame, is lower. Defaults to 0.2.
        use_mask (bool): False lets the queries look everywhere. Defaults to
            True.
        layout (str): ``'published'`` does what the released code does and
            what its weights need: maps are read as tokens without a
            transposition, and the masks of the keypoints and frames are
            permuted (of the 85 pairs of keypoint and frame, 5 get their own
            mask). ``'sound'`` does what the paper describes: a token is a
            place, and each query has the masks of its keypoint. Weights of one
            layout load into the other, but were not trained for it. Defaults
            to 'sound'.
        init_cfg (dict | list[dict], optional): Initialization config.

    Raises:
        ValueError: If there is no such layout, or the heads do not divide
            the channels.
    """

    outputs_heatmaps = True

    def __init__(self,
                 rough_head: ConfigType,
                 num_keypoints: int = len(POSETRACK_KEYPOINTS),
                 num_layers: int = 6,
                 num_heads: int = 4,
                 mask_threshold: float = 0.2,
                 use_mask: bool = True,
                 layout: str = 'sound',
                 init_cfg: OptMultiConfig = None) -> None:
        super().__init__(init_cfg=init_cfg)
        self.layout = check_layout(layout)
        self.num_keypoints = num_keypoints
        self.mask_threshold = mask_threshold
        self.use_mask = use_mask
        self.rough_head = MODELS.build({
            'type': 'RoughHead',
            'out_channels': num_keypoints,
            'frozen': False,
            **rough_head
        })
        channels = self.rough_head.in_channels
        self.query = nn.Embedding(num_keypoints, channels)
        self.query_position = nn.Embedding(num_keypoints, channels)
        self.layers = nn.ModuleList(
            JointDecoderLayer(channels, num_heads) for _ in range(num_layers))
        self.restore = PostNormAttention(channels, num_heads)

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Context]:
        """Gather the keypoints and restore the key frame.

        Args:
            feats (tuple[Tensor]): Features of the backbone, the last of them
                (N, T, C, h, w).
            clip (ClipInfo): Times of the frames.

        Returns:
            tuple: Heatmaps (N, K, h', w'), and the context ``queries``: what
            was gathered of each keypoint, (N, K, C).

        Raises:
            ValueError: If the features have another number of channels.
        """
        self.rough_head.check_channels(feats)
        x = feats[-1]
        size = x.shape[-2:]
        tokens = maps_to_tokens(x, self.layout)
        mask = self.attention_mask(x) if self.use_mask else None
        queries = self.query.weight + self.query_position.weight
        queries = queries.expand(x.shape[0], -1, -1)
        for layer in self.layers:
            queries = layer(queries, tokens.flatten(1, 2), mask)
        restored = self.restore(tokens[:, clip.key_index], queries)
        restored = tokens_to_maps(restored, size, self.layout)
        return (self.rough_head((restored, )), ), {'queries': queries}

    @torch.no_grad()
    def attention_mask(self, feats: Tensor) -> Tensor:
        """Compute from the initial heatmaps where queries must not look.

        Args:
            feats (Tensor): Features (N, T, C, h, w).

        Returns:
            Tensor: True where the query of a keypoint must not look, (N, K,
            T·P) bool. A query that could look nowhere may look everywhere.
        """
        heatmaps = self.rough_head.frame_heatmaps((feats, )).flatten(0, 1)
        low = heatmaps.amin((-2, -1), keepdim=True)
        high = heatmaps.amax((-2, -1), keepdim=True)
        heatmaps = (heatmaps - low) / (high - low + 1e-6)
        heatmaps = F.interpolate(
            heatmaps, feats.shape[-2:], mode='bilinear', align_corners=False)
        mask = heatmaps.flatten(2) < self.mask_threshold
        mask = mask.unflatten(0, feats.shape[:2])  # (N, T, K, P)
        if self.layout == 'sound':
            mask = mask.transpose(1, 2)
        mask = mask.reshape(feats.shape[0], self.num_keypoints, -1)
        return mask & ~mask.all(-1, keepdim=True)
