"""DCPose: heatmaps of the neighbours correct those of the key frame.

"Deep Dual Consecutive Network for Human Pose Estimation", CVPR 2021 (arXiv
2103.07254). Numbers that the paper leaves open are those of its public code.

Shape shorthand: N samples, T frames, K key points, C channels, h w heatmap
size.
"""
from typing import Dict, Optional, Sequence, Tuple

import torch
from mmengine.model import ModuleList
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptMultiConfig, SampleList
from torch import Tensor, nn

from mmpose_video.structures import ClipInfo

from ..layers.conv_norm import DEFAULT_NORM
from ..layers.deformable_alignment import DeformableAlignment
from ..layers.rsb_block import RSBChain
from .base_video_neck import BaseVideoNeck, Context, Features


@MODELS.register_module()
class DCPoseNeck(BaseVideoNeck):
    r"""Merges, compares and corrects the heatmaps of three frames.

    A single-frame head makes rough heatmaps H_p, H_c, H_n of the previous,
    the key and the next frame. The nearer neighbour weighs more:
    :math:`w_p = m_n / (m_p + m_n)`, :math:`w_n = m_p / (m_p + m_n)` with
    their distances m from the key frame. Then

    * the *pose temporal merger* (PTM) turns, per key point,
      :math:`[H_c, w_p H_p, w_n H_n]` into support heatmaps S;
    * the *pose residual fusion* (PRF) turns, with A = H_c - H_p and
      B = H_c - H_n, per key point :math:`[A, w_p A, B, w_n B]` into residual
      features R;
    * the *pose correction network* (PCN) reads sampling offsets and
      modulation factors for five dilations from S and R, resamples S with
      each, and averages.

    The output is heatmaps, so the head behind is ``HeatmapHead`` with
    ``final_layer=None`` and ``deconv_out_channels=None``.

    Wherever the rough heatmap of the key frame can learn, because the
    backbone or the rough head is trained, it is supervised too
    (``loss_rough``), as in the published code.

    A neighbour that does not exist is the key frame itself, at distance 1.
    A clip of one frame is that case on both sides.

    Args:
        rough_head (dict): Config of the single-frame head; see
            :class:`RoughHead`, which is its default ``type``.
        num_keypoints (int): K. Defaults to 17.
        dilations (Sequence[int]): Defaults to (3, 6, 9, 12, 15).
        merge_blocks (int): Residual steps blocks of the merger. Defaults
            to 1.
        residual_channels_per_keypoint (int): Channels of R over K. Defaults
            to 2.
        residual_blocks (int): Blocks of the residual fusion. Defaults to 2.
        guide_channels (int): Channels from which offsets and modulation are
            read. Defaults to 64.
        guide_blocks (int): Blocks that make them. Defaults to 2.
        use_ptm (bool): Without the merger, S is the rough heatmap of the key
            frame. Defaults to True.
        use_prf (bool): Without the residual fusion, the correction is guided
            by S alone. Defaults to True.
        use_pcn (bool): Without the correction, S is the output, and there
            is nothing for the residual fusion to guide. Defaults to True.
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
        init_cfg (dict | list[dict], optional): Defaults to the published
            initialization, a normal distribution of 0.001 for convolutions.
            Deformable convolutions start as the identity in any case.

    Raises:
        ValueError: If both the merger and the correction are switched off.
    """

    def __init__(self,
                 rough_head: ConfigType,
                 num_keypoints: int = 17,
                 dilations: Sequence[int] = (3, 6, 9, 12, 15),
                 merge_blocks: int = 1,
                 residual_channels_per_keypoint: int = 2,
                 residual_blocks: int = 2,
                 guide_channels: int = 64,
                 guide_blocks: int = 2,
                 use_ptm: bool = True,
                 use_prf: bool = True,
                 use_pcn: bool = True,
                 norm_cfg: ConfigType = DEFAULT_NORM,
                 init_cfg: OptMultiConfig = None) -> None:
        if init_cfg is None:
            init_cfg = [
                dict(type='Normal', layer='Conv2d', std=0.001),
                dict(type='Constant', layer='_BatchNorm', val=1)
            ]
        super().__init__(clip_lengths=(1, 3), init_cfg=init_cfg)
        if not (use_ptm or use_pcn):
            raise ValueError('without merger and correction DCPose returns '
                             'the rough heatmaps; switch on `use_ptm` or '
                             '`use_pcn`, or use the single-frame model')
        K = num_keypoints
        self.num_keypoints = K
        self.rough_head = MODELS.build(
            {'type': 'RoughHead', 'out_channels': K, **rough_head})
        self.merge: Optional[nn.Module] = None
        self.residual: Optional[nn.Module] = None
        self.guide: Optional[nn.Module] = None
        if use_ptm:
            self.merge = RSBChain(3 * K, K, merge_blocks, norm_cfg)
        if not use_pcn:
            return
        width = K
        if use_prf:
            residual_channels = residual_channels_per_keypoint * K
            self.residual = RSBChain(4 * K, residual_channels,
                                     residual_blocks, norm_cfg)
            width += residual_channels
        self.guide = RSBChain(width, guide_channels, guide_blocks, norm_cfg)
        # MMEngine's list passes `init_weights` on
        self.corrections = ModuleList(
            DeformableAlignment(
                K,
                guide_channels,
                groups=K,
                dilation=dilation,
                guide_bias=False,
                identity_init=True) for dilation in dilations)

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Context]:
        """Correct the heatmaps of the key frame.

        Args:
            feats (tuple[Tensor]): Features (N, T, C, h', w'), T being 3 or 1.
            clip (ClipInfo): Times of the frames.

        Returns:
            tuple: Heatmaps (N, K, h, w), and the context ``rough``: those of
            the single-frame head for the key frame.
        """
        num_clips, num_frames, channels = feats[-1].shape[:3]
        if channels != self.rough_head.in_channels:
            raise ValueError(
                f'{type(self).__name__} was built for '
                f'{self.rough_head.in_channels} channels '
                '(`rough_head.in_channels`), the backbone gives '
                f'{channels}')
        rough = self.rough_head([level.flatten(0, 1) for level in feats])
        rough = rough.unflatten(0, (num_clips, num_frames))
        key = rough[:, clip.key_index]
        before, after = self.neighbours(clip)
        previous, following = rough[:, before], rough[:, after]
        w_previous, w_following = self.frame_weights(clip, rough.dtype)

        support = key
        if self.merge is not None:
            support = self.merge(
                self._by_keypoint(key, w_previous * previous,
                                  w_following * following))
        context = {'rough': key, 'support': support}
        if self.guide is None:
            return (support, ), context

        guides = [support]
        if self.residual is not None:
            to_previous, to_following = key - previous, key - following
            guides.insert(
                0,
                self.residual(
                    self._by_keypoint(to_previous, w_previous * to_previous,
                                      to_following,
                                      w_following * to_following)))
        guide = self.guide(torch.cat(guides, 1))
        corrected = [correct(support, guide) for correct in self.corrections]
        return (sum(corrected) / len(corrected), ), context

    def loss(self,
             context: Context,
             data_samples: SampleList,
             heatmaps: Optional[Tensor] = None) -> Dict[str, Tensor]:
        """Supervise the rough heatmap of the key frame, if it can learn.

        Args:
            context (dict[str, Tensor]): As :meth:`fuse` returned it.
            data_samples (list[PoseDataSample]): The annotations.
            heatmaps (Tensor, optional): Unused.

        Returns:
            dict[str, Tensor]: ``loss_rough``, or nothing.
        """
        if not context['rough'].requires_grad:
            return {}
        return self.rough_head.loss_of(context['rough'], data_samples)

    @staticmethod
    def neighbours(clip: ClipInfo) -> Tuple[int, int]:
        """Positions of the previous and of the next frame in the clip."""
        if clip.num_frames == 1:
            return 0, 0
        first, second = (i for i in range(3) if i != clip.key_index)
        return first, second

    @classmethod
    def frame_weights(cls, clip: ClipInfo,
                      dtype: torch.dtype) -> Tuple[Tensor, Tensor]:
        """Weights of the previous and of the next frame, (N, 1, 1, 1) each.

        A frame at distance 0 is the key frame in the place of one that does
        not exist; its distance counts as 1, so the two never sum to zero.
        """
        before, after = cls.neighbours(clip)
        distances = clip.offsets.abs().clamp(min=1).to(dtype)
        m_previous = distances[:, before, None, None, None]
        m_following = distances[:, after, None, None, None]
        total = m_previous + m_following
        return m_following / total, m_previous / total

    @staticmethod
    def _by_keypoint(*maps: Tensor) -> Tensor:
        """Concatenate (N, K, h, w) maps so that key points stay together."""
        return torch.stack(maps, 2).flatten(1, 2)
