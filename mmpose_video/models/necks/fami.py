"""FAMI-Pose: neighbours aligned with the key frame, coarse to fine.

"Temporal Feature Alignment and Mutual Information Maximization for
Video-Based Human Pose Estimation", CVPR 2022 (arXiv 2203.15227). Paper and
public code differ; both are here, see :class:`FAMINeck`.

Shape shorthand: N samples, T frames, S = T - 1 supports, C channels, h w
feature size.
"""
from typing import Dict, Literal, Optional, Sequence, Tuple

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from mmpose.utils.typing import (
    ConfigType,
    OptConfigType,
    OptMultiConfig,
    SampleList,
)
from torch import Tensor, nn

from mmpose_video.structures import ClipInfo

from ..layers.affine_warp import affine_warp, translate
from ..layers.basic_block_chain import BasicBlockChain
from ..layers.conv_norm import DEFAULT_NORM, ConvNorm
from ..layers.deconv_upsample import DeconvUpsample
from ..layers.deformable_alignment import DeformableAlignment
from ..layers.stagewise_alignment import StagewiseAlignment
from ..losses import MutualInfoLoss, stack_target_heatmaps
from .base_video_neck import BaseVideoNeck, Context, Features

#: -lambda I(y; z~ | z_t) + I(y; z_sup | z~) + I(y; z_t | z~), each resolved
#: as I(y; a | b) = I(y; a) - I(a; b), with lambda = 0.1, as the code has it.
#: The second and the last one are the same information.
PUBLISHED_MI = dict(
    loss_weight=0.5,
    warmup_iters=0,
    terms=[
        dict(x='aligned', y='heatmaps', goal='max', weight=0.1),
        dict(x='key', y='aligned', goal='min', weight=0.1, name='redundant'),
        dict(x='support', y='heatmaps', goal='min'),
        dict(x='support', y='aligned', goal='max'),
        dict(x='key', y='heatmaps', goal='min'),
        dict(x='key', y='aligned', goal='max'),
    ])

#: The same objective with y being the truth. What z_t and z_sup know of it is
#: given: to minimise I(y; z_sup) and I(y; z_t) would only empty the features,
#: so these two are left out and the aligned feature alone learns. The two
#: terms on I(z_t; z~) add up to 0.9.
SOUND_MI = dict(terms=[
    dict(x='aligned', y='target', goal='max', weight=0.1),
    dict(x='support', y='aligned', goal='max', detach=('x', )),
    dict(x='key', y='aligned', goal='max', weight=0.9, detach=('x', )),
])


class GlobalTransform(BaseModule):
    """Reads the parameters of a transform from a comparison of two features.

    One residual block, five 3x3 convolutions of stride 2, three linear layers
    without activations between them. 96x72 features arrive at the linear
    layers as 3x3, as published; those of other sizes are pooled to that size.

    Args:
        in_channels (int): Channels of the comparison.
        num_params (int): Number of parameters.
        identity_init (bool): Whether all parameters start at zero.
        norm_cfg (dict): Config of the normalization.
    """

    def __init__(self, in_channels: int, num_params: int,
                 identity_init: bool, norm_cfg: ConfigType) -> None:
        super().__init__()
        self.block = BasicBlockChain(in_channels, 16, norm_cfg=norm_cfg)
        self.convs = nn.Sequential(
            *(ConvNorm(16, 16, stride=2, norm_cfg=norm_cfg)
              for _ in range(5)), nn.AdaptiveAvgPool2d(3))
        self.mlp = nn.Sequential(
            nn.Linear(16 * 3 * 3, 64), nn.Linear(64, 64),
            nn.Linear(64, num_params))
        for name, value in self.mlp.named_parameters():
            if name.endswith('bias') or identity_init and name == '2.weight':
                nn.init.zeros_(value)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, h, w) to (N, P)."""
        return self.mlp(self.convs(self.block(x)).flatten(1))


class PairwiseCalibration(BaseModule):
    """Aligns one support by one deformable stage (the paper's way).

    Args:
        channels (int): C.
        groups (int): Groups of channels with offsets of their own.
        norm_cfg (dict): Config of the normalization.
        unit_modulation (bool): See :class:`DeformableAlignment`.
    """

    def __init__(self, channels: int, groups: int, norm_cfg: ConfigType,
                 unit_modulation: bool) -> None:
        super().__init__()
        self.combine = BasicBlockChain(2 * channels, channels,
                                       norm_cfg=norm_cfg)
        self.stage = DeformableAlignment(
            channels, groups=groups, unit_modulation=unit_modulation)

    def forward(self, support: Tensor, key: Tensor) -> Tensor:
        """Align a support with the key feature, all (N, C, h, w)."""
        return self.stage(support, self.combine(torch.cat([support, key], 1)))


@MODELS.register_module()
class FAMINeck(BaseVideoNeck):
    """Aligns the supports with the key frame and fuses them.

    ``design='code'``, as the public code does it: each support is *moved* by
    a shift read from its difference to the key feature; the supports are
    merged, a; deformable stages align a with the key feature,
    :class:`StagewiseAlignment`; three residual blocks fuse the result with
    the key feature to z~.

    ``design='paper'``, as the paper describes it: an *affine* transform, read
    from the concatenation with the key feature, warps each support; one
    deformable stage then aligns *each support*, giving its z~; all are fused
    with the key feature. The paper's text could not be consulted; the sizes
    of the layers are those of the code, and the affine transform starts as
    the identity (package defaults, not the paper's).

    A clip of one frame is one whose supports all equal the key frame.

    Args:
        in_channels (int): Channels of the backbone's last output.
        num_frames (int): T. Defaults to 5.
        num_keypoints (int): K, for the mutual-information terms. Defaults to
            17.
        design (str): ``'code'`` or ``'paper'``. Defaults to ``'code'``.
        use_global (bool): Whether the supports are warped. Defaults to True.
        use_local (bool): Whether there are deformable stages. Defaults to
            True.
        mi (dict, optional): Arguments of :class:`MutualInfoLoss`. Tensors on
            offer are ``aligned`` (z~), ``key``, ``support`` (a, or each
            support as the backbone gave it), ``target`` and ``heatmaps``; the
            terms default to those of the paper, in ``mode='published'`` to
            those of the code with its weights. Defaults to None, no such
            objective.
        offset_groups (int): Groups of channels with offsets of their own.
            Defaults to 12.
        unit_modulation (bool): Whether the deformable stages let the
            supports through from the start. In the public code they do not:
            its small initial weights make the modulation about 0, and after
            four stages the aligned supports are 1e-7 of what they were, with
            gradients to match. Defaults to False, as published.
        deconv_out_channels (Sequence[int]): Channels of deconvolutions that
            lift the features of a low-resolution backbone. Defaults to (),
            none.
        deconv_init_cfg (dict, optional): Initialization of those, e.g. from
            the head of a single-frame checkpoint; see
            :class:`DeconvUpsample`.
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
        init_cfg (dict | list[dict], optional): Defaults to the published
            initialization, a normal distribution of 0.001 for convolutions.
    """

    def __init__(self,
                 in_channels: int,
                 num_frames: int = 5,
                 num_keypoints: int = 17,
                 design: Literal['code', 'paper'] = 'code',
                 use_global: bool = True,
                 use_local: bool = True,
                 mi: OptConfigType = None,
                 offset_groups: int = 12,
                 unit_modulation: bool = False,
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
            raise ValueError("`design` is 'code' or 'paper', got "
                             f'{design!r}')
        if num_frames < 2:
            raise ValueError('`num_frames` must be at least 2, got '
                             f'{num_frames}')
        self.design = design
        self.in_channels = in_channels
        self.num_supports = num_frames - 1
        self.lift: Optional[nn.Module] = None
        C = in_channels
        if deconv_out_channels:
            self.lift = DeconvUpsample(
                in_channels, deconv_out_channels, init_cfg=deconv_init_cfg)
            C = deconv_out_channels[-1]

        by_code = design == 'code'
        self.transform: Optional[nn.Module] = None
        self.calibrate: Optional[nn.Module] = None
        if use_global:
            self.transform = GlobalTransform(
                C if by_code else 2 * C, 2 if by_code else 6,
                not by_code, norm_cfg)
        if use_local:
            calibration = (
                StagewiseAlignment if by_code else PairwiseCalibration)
            self.calibrate = calibration(C, offset_groups, norm_cfg,
                                         unit_modulation)
        if by_code:
            self.merge = BasicBlockChain(self.num_supports * C, C, 2, norm_cfg)
        self.aggregate = BasicBlockChain(
            2 * C if by_code else num_frames * C, C, 3, norm_cfg)
        self.mi_loss: Optional[MutualInfoLoss] = None
        if mi is not None:
            self.mi_loss = self._build_mi(mi, C, num_keypoints)
            self.uses_heatmaps = self.mi_loss.needs('heatmaps')

    @staticmethod
    def _build_mi(mi: ConfigType, channels: int,
                  num_keypoints: int) -> MutualInfoLoss:
        """The mutual-information objective, with the method's own terms."""
        terms = PUBLISHED_MI if mi.get('mode') == 'published' else SOUND_MI
        sizes = dict.fromkeys(('aligned', 'key', 'support'), channels)
        sizes.update(target=num_keypoints, heatmaps=num_keypoints)
        return MODELS.build(
            dict(type='MutualInfoLoss', channels=sizes) | terms | dict(mi))

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Context]:
        """Align and fuse.

        Args:
            feats (tuple[Tensor]): Features (N, T, C, h, w); the last is used.
            clip (ClipInfo): Times of the frames.

        Returns:
            tuple: The fused feature (N, C, h, w), and the context ``aligned``
            (z~), ``key`` and ``support``, each (N, C, h, w) or, in the
            paper's design, (N * S, C, h, w).
        """
        x = feats[-1]
        if x.shape[2] != self.in_channels:
            raise ValueError(
                f'{type(self).__name__} was built for {self.in_channels} '
                f'channels (`in_channels`), the backbone gives {x.shape[2]}')
        if self.lift is not None:
            x = self.lift(x.flatten(0, 1)).unflatten(0, x.shape[:2])
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
        """The code's order: warp, merge, calibrate, fuse."""
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
        """The paper's order: warp, calibrate, fuse."""
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
        fused = self.aggregate(
            torch.cat(
                [key, aligned.unflatten(0,
                                        (num_clips, num_supports)).flatten(
                                            1, 2)], 1))
        return (fused, ), dict(aligned=aligned, key=keys, support=flat)

    def loss(self,
             context: Context,
             data_samples: SampleList,
             heatmaps: Optional[Tensor] = None) -> Dict[str, Tensor]:
        """The mutual-information objective, if there is one.

        Args:
            context (dict[str, Tensor]): As :meth:`fuse` returned it.
            data_samples (list[PoseDataSample]): The annotations.
            heatmaps (Tensor, optional): The prediction, (N, K, h, w).

        Returns:
            dict[str, Tensor]: See :class:`MutualInfoLoss`.
        """
        if self.mi_loss is None:
            return {}
        labels: Dict[str, Tensor] = {}
        if self.mi_loss.needs('target'):
            labels['target'] = stack_target_heatmaps(data_samples)
        if heatmaps is not None:
            labels['heatmaps'] = heatmaps
        # the paper's design has several pairs per clip
        copies = len(context['key']) // len(data_samples)
        return self.mi_loss({
            **context,
            **{
                name: label.repeat_interleave(copies, 0)
                for name, label in labels.items()
            }
        })
