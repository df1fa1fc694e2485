"""PoseWarper: heatmaps of the neighbors are warped into the key frame.

"Learning Temporal Pose Estimation from Sparsely-Labeled Videos", NeurIPS 2019
(arXiv 1906.04016). Numbers that the paper leaves open are those of its public
code, facebookresearch/PoseWarper, with which MMPose 0.21 to 0.29 agreed.

Shape shorthand: N samples, T frames, K keypoints, C channels, h w heatmap
size.
"""
from typing import Sequence, Tuple

import torch
from mmengine.model import ModuleList
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptMultiConfig
from torch import Tensor

from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS
from mmpose_video.structures import ClipInfo

from ..layers.basic_block_chain import BasicBlockChain
from ..layers.conv_norm import DEFAULT_NORM
from ..layers.deformable_alignment import DeformableAlignment
from .base_video_neck import BaseVideoNeck, Context, Features


@MODELS.register_module()
class PoseWarpingNeck(BaseVideoNeck):
    r"""Warp the heatmaps of all frames into the key frame and add them up.

    (MMPose 1.x registers a ``PoseWarperNeck``, a remainder of 0.x that no
    estimator of it can call, so this one has another name.)

    A single-frame head makes heatmaps :math:`H_t` of every frame. For the key
    frame k and a frame t, residual blocks read the difference
    :math:`H_k - H_t`; for each of five dilations a convolution predicts
    sampling offsets from them, and a deformable convolution resamples
    :math:`H_t` with these offsets. The mean over the dilations is the warped
    heatmap.

    * Training takes pairs (T = 2) of the key frame and a support: the output
      is the warped support, compared with the key frame's label. See
      :class:`RandomSupport`, which draws the pairs.
    * Testing takes as many frames as there are ``slot_weights``: the output
      is the weighted sum of all warped frames. The key frame is warped too.
      Weights belong to slots, not to times: where a frame at the end of a
      video stands in for one that does not exist, it keeps the slot's weight.
    * A single image (T = 1) is warped by its own difference, 0.

    The output is heatmaps, so the head behind is ``HeatmapHead`` with
    ``final_layer=None`` and ``deconv_out_channels=None``.

    Args:
        rough_head (dict): Config of the single-frame head; see
            :class:`RoughHead`, which is its default ``type``.
        num_keypoints (int): K. Defaults to that of PoseTrack.
        slot_weights (Sequence[float]): Weights of the frames at test time, in
            ascending time; at least three. Defaults to (0.1, 0.25, 0.3, 0.25,
            0.1), those of the public code.
        dilations (Sequence[int]): Dilations of the deformable convolutions
            and of the convolutions that predict their offsets. Defaults to
            (3, 6, 12, 18, 24).
        channels (int): Channels of the residual blocks. Defaults to 128.
        num_blocks (int): Number of residual blocks. Defaults to 20.
        with_key_difference (bool): Pass the difference of the key frame to
            itself, zeros, through the residual blocks during training as
            well. Half of what batch normalization sees is zeros then, as in
            MMPose 0.21 to 0.24. Defaults to False, as in the authors' code.
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
        init_cfg (dict | list[dict], optional): Defaults to the published
            initialization, a normal distribution of 0.001 for convolutions.
            In any case offsets start at 0 and deformable convolutions as the
            identity, so an untrained neck returns the weighted sum of the
            rough heatmaps.

    Raises:
        ValueError: If there are fewer than three slot weights, a negative
            one, or nothing but zeros.
    """

    outputs_heatmaps = True

    def __init__(self,
                 rough_head: ConfigType,
                 num_keypoints: int = len(POSETRACK_KEYPOINTS),
                 slot_weights: Sequence[float] = (0.1, 0.25, 0.3, 0.25, 0.1),
                 dilations: Sequence[int] = (3, 6, 12, 18, 24),
                 channels: int = 128,
                 num_blocks: int = 20,
                 with_key_difference: bool = False,
                 norm_cfg: ConfigType = DEFAULT_NORM,
                 init_cfg: OptMultiConfig = None) -> None:
        if len(slot_weights) < 3 or min(slot_weights) < 0 or not any(
                slot_weights):
            raise ValueError('`slot_weights` must be three or more weights, '
                             'none negative and not all 0, got '
                             f'{tuple(slot_weights)}')
        if init_cfg is None:
            init_cfg = [
                dict(type='Normal', layer='Conv2d', std=0.001),
                dict(type='Constant', layer='_BatchNorm', val=1)
            ]
        super().__init__(
            clip_lengths=(1, 2, len(slot_weights)), init_cfg=init_cfg)
        K = num_keypoints
        self.slot_weights = tuple(slot_weights)
        self.with_key_difference = with_key_difference
        self.rough_head = MODELS.build(
            {'type': 'RoughHead', 'out_channels': K, **rough_head})
        self.difference = BasicBlockChain(K, channels, num_blocks, norm_cfg)
        self.warps = ModuleList(
            DeformableAlignment(
                K,
                channels,
                groups=K,
                dilation=dilation,
                guide_bias=False,
                identity_init=True,
                modulated=False,
                zero_offsets=True) for dilation in dilations)

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Context]:
        """Add up the warped heatmaps of the clip.

        Args:
            feats (tuple[Tensor]): Features (N, T, C, h, w) of the backbone.
            clip (ClipInfo): Times of the frames.

        Returns:
            tuple: Heatmaps (N, K, h, w), and the context ``rough``: those of
            the single-frame head for all frames, (N, T, K, h, w).
        """
        rough = self.rough_head.frame_heatmaps(feats)
        key = rough[:, clip.key_index, None]
        weights = self.frame_weights(clip)
        used = [t for t, weight in enumerate(weights) if weight]
        if self.training and self.with_key_difference and (
                clip.key_index not in used):
            used.append(clip.key_index)
        frames = rough[:, used]
        warped = self.warp(
            frames.flatten(0, 1), (key - frames).flatten(0, 1))
        warped = warped.unflatten(0, frames.shape[:2])
        weight = warped.new_tensor([weights[t] for t in used])
        fused = torch.einsum('ntkhw,t->nkhw', warped, weight)
        return (fused, ), {'rough': rough}

    def warp(self, heatmaps: Tensor, difference: Tensor) -> Tensor:
        """Warp heatmaps from one frame to another.

        Args:
            heatmaps (Tensor): Heatmaps of the frame to warp from, (N, K, h,
                w): predicted ones, or those of its labels.
            difference (Tensor): Rough heatmaps of the frame to warp to minus
                those of the frame to warp from, (N, K, h, w).

        Returns:
            Tensor: Heatmaps of the frame to warp to, (N, K, h, w).
        """
        guide = self.difference(difference)
        warped = [warp(heatmaps, guide) for warp in self.warps]
        return sum(warped) / len(warped)

    def frame_weights(self, clip: ClipInfo) -> Tuple[float, ...]:
        """Return the weight of each frame of a clip in the output."""
        if clip.num_frames == 1:
            return (1., )
        if clip.num_frames == 2:
            return tuple(float(t != clip.key_index) for t in range(2))
        return self.slot_weights
