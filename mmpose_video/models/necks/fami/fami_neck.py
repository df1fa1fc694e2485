"""FAMI-Pose: align neighboring frames with the key frame, coarse to fine.

"Temporal Feature Alignment and Mutual Information Maximization for
Video-Based Human Pose Estimation", CVPR 2022 (arXiv 2203.15227). Paper and
public code differ; :class:`FAMINeck` implements both.

Shape shorthand: N samples, T frames, S = T - 1 supports, C channels, h w
feature size.
"""
from typing import Literal, Optional, Sequence, Tuple

import torch
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptConfigType, OptMultiConfig
from torch import Tensor, nn

from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS
from mmpose_video.structures import ClipInfo

from ...layers.basic_block_chain import BasicBlockChain
from ...layers.conv_norm import DEFAULT_NORM
from ...layers.deconv_upsample import DeconvUpsample
from ...layers.stagewise_alignment import StagewiseAlignment
from ..base_video_neck import Context, Features
from ..mutual_info_neck import MutualInfoNeck
from .affine_warp import affine_warp, translate
from .global_transform import GlobalTransform
from .pairwise_calibration import PairwiseCalibration


@MODELS.register_module()
class FAMINeck(MutualInfoNeck):
    """Align the supports with the key frame and fuse them.

    ``design='code'`` follows the public code. Each support is *translated* by
    an offset predicted from its difference to the key feature. The supports
    are merged to a feature a, :class:`StagewiseAlignment` aligns a with the
    key feature, and three residual blocks fuse the result with the key
    feature to z~.

    ``design='paper'`` follows the paper's description. An *affine* transform,
    predicted from the concatenation with the key feature, warps each support,
    and one deformable stage then aligns *each support* separately, which
    gives its z~. All of them are fused with the key feature. The text of the
    paper was not available; the sizes of the layers are those of the code,
    and the affine transform starts as the identity (package defaults, not
    the paper's).

    A single frame is treated as a still clip: all supports equal the key
    frame.

    Args:
        in_channels (int): Channels of the backbone's last output.
        num_frames (int): T. Defaults to 5.
        num_keypoints (int): K, for the mutual-information terms. Defaults to
            that of PoseTrack.
        design (str): ``'code'`` or ``'paper'``. Defaults to ``'code'``.
        use_global (bool): Whether to warp the supports. Defaults to True.
        use_local (bool): Whether to use deformable stages. Defaults to True.
        mi (dict, optional): Arguments of :class:`MutualInfoLoss`. Its terms
            may name ``aligned`` (z~), ``key``, ``support`` (a, or each
            support as the backbone gave it), ``target`` and ``heatmaps``.
            They default to the paper's terms, or in ``mode='published'`` to
            those of the code with its weights. Defaults to None, no such
            objective.
        offset_groups (int): Number of channel groups with offsets of their
            own. Defaults to 12.
        unit_modulation (bool): Whether the modulation of the deformable
            stages starts at 1, so that the supports pass from the start. In
            the public code it starts near 0: after four stages the aligned
            supports are 1e-7 of their original size, and so are their
            gradients. Defaults to True (package default, not the paper's).
        deconv_out_channels (Sequence[int]): Channels of deconvolutions that
            upsample the features of a low-resolution backbone. Defaults to
            (), none.
        deconv_init_cfg (dict, optional): Initialization of those, e.g. from
            the head of a single-frame checkpoint; see
            :class:`DeconvUpsample`.
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
        init_cfg (dict | list[dict], optional): Defaults to the published
            initialization: convolutions from a normal distribution of
            standard deviation 0.001.

    Raises:
        ValueError: If ``design`` is unknown or ``num_frames`` is below 2.
    """

    #: -lambda I(y; z~ | z_t) + I(y; z_sup | z~) + I(y; z_t | z~), each term
    #: resolved as I(y; a | b) = I(y; a) - I(a; b), with lambda = 0.1, as in
    #: the code. The second and the last term are the same information.
    published_objective = dict(
        loss_weight=0.5,
        warmup_iters=0,
        terms=[
            dict(x='aligned', y='heatmaps', goal='max', weight=0.1),
            dict(x='key', y='aligned', goal='min', weight=0.1,
                 name='redundant'),
            dict(x='support', y='heatmaps', goal='min'),
            dict(x='support', y='aligned', goal='max'),
            dict(x='key', y='heatmaps', goal='min'),
            dict(x='key', y='aligned', goal='max'),
        ])

    #: The same objective with the ground truth as y. What z_t and z_sup know
    #: of it is given: minimizing I(y; z_sup) and I(y; z_t) would only empty
    #: these features. Both terms are left out, and only the aligned feature
    #: learns. The two terms on I(z_t; z~) add up to 0.9.
    sound_objective = dict(terms=[
        dict(x='aligned', y='target', goal='max', weight=0.1),
        dict(x='support', y='aligned', goal='max', detach=('x', )),
        dict(x='key', y='aligned', goal='max', weight=0.9, detach=('x', )),
    ])

    def __init__(self,
                 in_channels: int,
                 num_frames: int = 5,
                 num_keypoints: int = len(POSETRACK_KEYPOINTS),
                 design: Literal['code', 'paper'] = 'code',
                 use_global: bool = True,
                 use_local: bool = True,
                 mi: OptConfigType = None,
                 offset_groups: int = 12,
                 unit_modulation: bool = True,
                 deconv_out_channels: Sequence[int] = (),
                 deconv_init_cfg: OptMultiConfig = None,
                 norm_cfg: ConfigType = DEFAULT_NORM,
                 init_cfg: OptMultiConfig = None) -> None:
        if init_cfg is None:
            init_cfg = [
                dict(type='Normal', layer='Conv2d', std=0.001),
                dict(type='Constant', layer='_BatchNorm', val=1)
            ]
        super().__init__(clip_lengths=(1, num_frames), init_cfg=init_cfg)
        if design not in ('code', 'paper'):
            raise ValueError("`design` must be 'code' or 'paper', got "
                             f'{design!r}')
        if num_frames < 2:
            raise ValueError('`num_frames` must be at least 2, got '
                             f'{num_frames}')
        self.design = design
        self.in_channels = in_channels
        self.num_supports = num_frames - 1
        self.upsample: Optional[nn.Module] = None
        C = in_channels
        if deconv_out_channels:
            self.upsample = DeconvUpsample(
                in_channels, deconv_out_channels, init_cfg=deconv_init_cfg)
            C = deconv_out_channels[-1]

        as_code = design == 'code'
        self.transform: Optional[nn.Module] = None
        self.calibrate: Optional[nn.Module] = None
        if use_global:
            self.transform = GlobalTransform(
                in_channels=C if as_code else 2 * C,
                num_params=2 if as_code else 6,
                identity_init=not as_code,
                norm_cfg=norm_cfg)
        if use_local:
            calibration = (
                StagewiseAlignment if as_code else PairwiseCalibration)
            self.calibrate = calibration(C, offset_groups, norm_cfg,
                                         unit_modulation)
        if as_code:
            self.merge = BasicBlockChain(self.num_supports * C, C, 2, norm_cfg)
        self.aggregate = BasicBlockChain(
            2 * C if as_code else num_frames * C, C, 3, norm_cfg)
        self._set_objective(
            mi, dict.fromkeys(('aligned', 'key', 'support'), C),
            num_keypoints)

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Context]:
        """Align and fuse the frames.

        Args:
            feats (tuple[Tensor]): Features (N, T, C, h, w); the last level is
                used.
            clip (ClipInfo): Times of the frames.

        Returns:
            tuple: The fused feature (N, C, h, w), and the context ``aligned``
            (z~), ``key`` and ``support``, each (N, C, h, w) or, in the
            paper's design, (N * S, C, h, w).

        Raises:
            ValueError: If the backbone has other channels than announced.
        """
        x = feats[-1]
        if x.shape[2] != self.in_channels:
            raise ValueError(
                f'{type(self).__name__} was built for {self.in_channels} '
                f'channels (`in_channels`), the backbone gives {x.shape[2]}')
        if self.upsample is not None:
            x = self.upsample(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        key = x[:, clip.key_index]
        if clip.num_frames == 1:
            supports = x.expand(-1, self.num_supports, -1, -1, -1)
        else:
            supports = torch.cat(
                [x[:, :clip.key_index], x[:, clip.key_index + 1:]], 1)
        if self.design == 'code':
            return self._fuse_merged(supports, key)
        return self._fuse_each(supports, key)

    def _fuse_merged(self, supports: Tensor,
                     key: Tensor) -> Tuple[Features, Context]:
        """Translate, merge, calibrate and fuse, in the code's order."""
        warped = supports
        if self.transform is not None:
            # one support at a time, so that batch normalization sees the
            # statistics of the published code
            warped = torch.stack([
                translate(support, self.transform(support - key))
                for support in supports.unbind(1)
            ], 1)
        merged = self.merge(warped.flatten(1, 2))
        calibrated = merged
        if self.calibrate is not None:
            calibrated = self.calibrate(merged, key)
        fused = self.aggregate(torch.cat([key, calibrated], 1))
        return (fused, ), dict(aligned=fused, key=key, support=merged)

    def _fuse_each(self, supports: Tensor,
                   key: Tensor) -> Tuple[Features, Context]:
        """Warp, calibrate and fuse, in the paper's order."""
        num_clips, num_supports = supports.shape[:2]
        flat = supports.flatten(0, 1)
        keys = key.repeat_interleave(num_supports, 0)
        aligned = flat
        if self.transform is not None:
            delta = self.transform(torch.cat([aligned, keys], 1))
            eye = torch.eye(2, 3, dtype=delta.dtype, device=delta.device)
            aligned = affine_warp(aligned, eye + delta.view(-1, 2, 3))
        if self.calibrate is not None:
            aligned = self.calibrate(aligned, keys)
        per_clip = aligned.unflatten(0, (num_clips, num_supports))
        fused = self.aggregate(torch.cat([key, per_clip.flatten(1, 2)], 1))
        return (fused, ), dict(aligned=aligned, key=keys, support=flat)
