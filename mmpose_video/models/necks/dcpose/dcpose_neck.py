"""DCPose: correct the key frame's heatmaps with those of its neighbors.

"Deep Dual Consecutive Network for Human Pose Estimation", CVPR 2021 (arXiv
2103.07254). Constants that the paper does not give are those of its public
code.

Shape shorthand: N samples, T frames, K keypoints, C channels, h w heatmap
size.
"""
from typing import Dict, Optional, Sequence, Tuple

import torch
from mmengine.model import ModuleList
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptMultiConfig, SampleList
from torch import Tensor, nn

from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS
from mmpose_video.structures import ClipInfo

from ...layers.conv_norm import DEFAULT_NORM
from ...layers.deformable_alignment import DeformableAlignment
from ..base_video_neck import BaseVideoNeck, Context, Features
from .rsb_block import RSBChain


@MODELS.register_module()
class DCPoseNeck(BaseVideoNeck):
    r"""Merge, compare and correct the heatmaps of three frames.

    A single-frame head predicts rough heatmaps H_p, H_c, H_n of the previous,
    the key and the next frame. The nearer neighbor gets the larger weight:
    :math:`w_p = m_n / (m_p + m_n)`, :math:`w_n = m_p / (m_p + m_n)` with
    their distances m from the key frame. Then

    * the *pose temporal merger* (PTM) turns, per keypoint,
      :math:`[H_c, w_p H_p, w_n H_n]` into support heatmaps S;
    * the *pose residual fusion* (PRF) turns, per keypoint,
      :math:`[A, w_p A, B, w_n B]` into residual features R, where
      A = H_c - H_p and B = H_c - H_n;
    * the *pose correction network* (PCN) predicts sampling offsets and
      modulation factors for five dilations from S and R, resamples S with
      each of them, and averages the results.

    The output is heatmaps, so the head that follows is ``HeatmapHead`` with
    ``final_layer=None`` and ``deconv_out_channels=None``.

    If the backbone or the rough head is trained, the rough heatmap of the key
    frame is supervised, too (``loss_rough``), as in the published code.

    A missing neighbor is replaced by the key frame itself, at distance 1. In
    a clip of one frame both neighbors are missing.

    Args:
        rough_head (dict): Config of the single-frame head; see
            :class:`RoughHead`, which is its default ``type``.
        num_keypoints (int): K. Defaults to that of PoseTrack.
        dilations (Sequence[int]): Defaults to (3, 6, 9, 12, 15).
        merge_blocks (int): Number of residual steps blocks of the merger.
            Defaults to 1.
        residual_channels_per_keypoint (int): Channels of R divided by K.
            Defaults to 2.
        residual_blocks (int): Number of blocks of the residual fusion.
            Defaults to 2.
        guide_channels (int): Channels of the feature from which offsets and
            modulation are predicted. Defaults to 64.
        guide_blocks (int): Number of blocks that compute that feature.
            Defaults to 2.
        use_ptm (bool): Use the merger. Without it, S is the rough heatmap of
            the key frame. Defaults to True.
        use_prf (bool): Use the residual fusion. Without it, the correction is
            guided by S alone. Defaults to True.
        use_pcn (bool): Use the correction. Without it, S is the output, and
            the residual fusion is left out as well. Defaults to True.
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
        init_cfg (dict | list[dict], optional): Defaults to the published
            initialization: convolutions from a normal distribution of
            standard deviation 0.001. Deformable convolutions always start as
            the identity.

    Raises:
        ValueError: If both the merger and the correction are switched off.
    """

    outputs_heatmaps = True

    def __init__(self,
                 rough_head: ConfigType,
                 num_keypoints: int = len(POSETRACK_KEYPOINTS),
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
                             'the rough heatmaps; enable `use_ptm` or '
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
            feats (tuple[Tensor]): Features (N, T, C, h', w') with T = 3 or 1.
            clip (ClipInfo): Times of the frames.

        Returns:
            tuple: Heatmaps (N, K, h, w), and the context: ``rough``, the key
            frame's heatmaps of the single-frame head, and ``support``, S.

        Raises:
            ValueError: If the backbone has other channels than the rough
                head.
        """
        rough = self.rough_head.frame_heatmaps(feats)
        key = rough[:, clip.key_index]
        before, after = self.neighbors(clip)
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
        """Supervise the rough heatmap of the key frame, if it is trained.

        Args:
            context (dict[str, Tensor]): As :meth:`fuse` returned it.
            data_samples (list[PoseDataSample]): The annotations.
            heatmaps (Tensor, optional): Unused.

        Returns:
            dict[str, Tensor]: ``loss_rough``, or an empty dict.
        """
        if not context['rough'].requires_grad:
            return {}
        return self.rough_head.loss_from_heatmaps(context['rough'],
                                                  data_samples)

    @staticmethod
    def neighbors(clip: ClipInfo) -> Tuple[int, int]:
        """Return the positions of the previous and the next frame."""
        if clip.num_frames == 1:
            return 0, 0
        first, second = (i for i in range(3) if i != clip.key_index)
        return first, second

    @classmethod
    def frame_weights(cls, clip: ClipInfo,
                      dtype: torch.dtype) -> Tuple[Tensor, Tensor]:
        """Return the weights of the previous and the next frame.

        A frame at distance 0 is the key frame in place of a missing
        neighbor; its distance counts as 1, so the two never sum to zero.

        Returns:
            tuple[Tensor]: Shape (N, 1, 1, 1) each.
        """
        before, after = cls.neighbors(clip)
        distances = clip.offsets.abs().clamp(min=1).to(dtype)
        m_previous = distances[:, before, None, None, None]
        m_following = distances[:, after, None, None, None]
        total = m_previous + m_following
        return m_following / total, m_previous / total

    @staticmethod
    def _by_keypoint(*maps: Tensor) -> Tensor:
        """Concatenate (N, K, h, w) maps, channels of a keypoint together."""
        return torch.stack(maps, 2).flatten(1, 2)
