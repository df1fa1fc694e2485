"""TDMI: temporal differences and their disentanglement.

"Mutual Information-Based Temporal Difference Learning for Human Pose
Estimation in Video", CVPR 2023 (arXiv 2303.08475). No code of the authors is
public. What follows is written from the paper's overview figure and from
notes on development code of the same authors, here "the lineage". Where the
two differ, an argument chooses, and the lineage is the default.

Shape shorthand: N samples, T frames, C channels, h w feature size.
"""
from typing import Dict, List, Optional, Sequence, Tuple, Union

import torch
from mmengine.model import ModuleDict, ModuleList, Sequential
from mmpose.registry import MODELS
from mmpose.utils.typing import (
    ConfigType,
    OptConfigType,
    OptMultiConfig,
    SampleList,
)
from torch import Tensor, nn

from mmpose_video.structures import ClipInfo

from ..layers.basic_block_chain import BasicBlockChain
from ..layers.conv_norm import DEFAULT_NORM, ConvNorm
from ..layers.deconv_upsample import DeconvUpsample
from ..losses import MutualInfoLoss, stack_target_heatmaps
from .base_video_neck import BaseVideoNeck, Context, Features
from .tdmi_parts import AppearanceBranch, ChannelMask, DifferenceStage


@MODELS.register_module()
class TDMINeck(BaseVideoNeck):
    """Multi-stage temporal differences, split into useful and noisy motion.

    1. Each stage of the backbone gives a motion map
       (:class:`DifferenceStage`).
    2. Cumulative fusion: ``M_1 = D_1``, ``M_s = Block(M_{s-1} + D_s)``; the
       last one is the motion M.
    3. Representation disentanglement: two channel masks split M into useful
       motion M_u and noisy motion M_n, which a mutual-information objective
       keeps apart.
    4. Aggregation of M_u with the key feature. In the variant with
       ``appearance=True`` (taken to be the "TDMI-ST" of the published tables,
       an inference) the supports are aligned to the key frame as in
       FAMI-Pose, and the aligned appearance takes the key feature's place.

    A clip of one frame is taken as a still: its differences are zero, its
    supports equal the key frame.

    :meth:`loss` offers these tensors to the terms of ``mi``: ``key``,
    ``motion``, ``useful``, ``noisy``, ``appearance`` (with
    ``appearance=True``), ``fused``, the predicted ``heatmaps`` and the ground
    truth, ``target``. Terms that name what an ablation has removed
    (``noisy``, ``appearance``) are left out.

    Args:
        in_channels (int | Sequence[int]): Channels of the backbone's
            features, per level or for all four.
        channels (int): C inside the neck. Levels with other channels are
            projected by a 1x1 convolution. Defaults to 48 (HRNet-W48).
        num_frames (int): T, odd. Defaults to 5.
        stages (Sequence[int], optional): Levels to take differences of, in
            the order of the fusion. Defaults to None, all. The key feature
            always is the last level.
        num_blocks (int | Sequence[int]): Residual blocks per stage. Defaults
            to 2 (lineage); the figure shows 3 at the first stages and 2 at
            the last.
        fuse_first (bool): Whether a block follows the first stage's map, too,
            as the figure shows, unlike the lineage. Defaults to False.
        disentangle (bool): False leaves the masks out: M_u is M.
        mask_channels (int): Hidden width of the masks. Defaults to 128
            (lineage).
        appearance (bool): See above. Defaults to False.
        offset_groups (int): Groups of channels with offsets of their own.
            Defaults to 12 (lineage).
        deconv_out_channels (Sequence[int]): Channels of deconvolutions that
            lift the levels of a low-resolution backbone. Defaults to (),
            none.
        deconv_init_cfg (dict, optional): Initialization of those, e.g. from
            the head of a single-frame checkpoint; see
            :class:`DeconvUpsample`.
        num_keypoints (int): K, for the mutual-information terms. Defaults to
            17.
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
        mi (dict, optional): The :class:`MutualInfoLoss` without its
            ``channels``. Defaults to None: no such objective.
        init_cfg (dict | list[dict], optional): Defaults to the lineage's, a
            normal distribution of 0.001 for convolutions.

    Raises:
        ValueError: If ``num_frames`` is even or less than 3, or the lengths
            of the sequences disagree.
    """

    def __init__(
        self,
        in_channels: Union[int, Sequence[int]] = (48, 48, 48, 48),
        channels: int = 48,
        num_frames: int = 5,
        stages: Optional[Sequence[int]] = None,
        num_blocks: Union[int, Sequence[int]] = 2,
        fuse_first: bool = False,
        disentangle: bool = True,
        mask_channels: int = 128,
        appearance: bool = False,
        offset_groups: int = 12,
        deconv_out_channels: Sequence[int] = (),
        deconv_init_cfg: OptMultiConfig = None,
        num_keypoints: int = 17,
        norm_cfg: ConfigType = DEFAULT_NORM,
        mi: OptConfigType = None,
        init_cfg: OptMultiConfig = None
    ) -> None:
        if num_frames < 3 or num_frames % 2 == 0:
            raise ValueError('TDMI takes differences between neighbours on '
                             'both sides of a key frame: `num_frames` must be '
                             f'odd and at least 3, got {num_frames}')
        if init_cfg is None:
            init_cfg = [
                dict(type='Normal', layer='Conv2d', std=0.001),
                dict(type='Constant', layer='_BatchNorm', val=1)
            ]
        super().__init__(clip_lengths=(1, num_frames), init_cfg=init_cfg)
        if isinstance(in_channels, int):
            in_channels = (in_channels, ) * 4
        self.in_channels = tuple(in_channels)
        self.num_frames = num_frames
        self.stages = self._check_stages(stages)
        if isinstance(num_blocks, int):
            num_blocks = (num_blocks, ) * len(self.stages)
        if len(num_blocks) != len(self.stages):
            raise ValueError(f'`num_blocks` has {len(num_blocks)} entries for '
                             f'{len(self.stages)} stages')
        used = sorted({*self.stages, len(self.in_channels) - 1})
        # MMEngine's containers: torch's hide `init_weights` of what they hold
        self.projections = ModuleDict()
        for i in used:
            layers: List[nn.Module] = []
            width = self.in_channels[i]
            if deconv_out_channels:
                layers.append(
                    DeconvUpsample(
                        width, deconv_out_channels, init_cfg=deconv_init_cfg))
                width = deconv_out_channels[-1]
            if width != channels:
                layers.append(
                    ConvNorm(
                        width, channels, 1, relu=False, norm_cfg=norm_cfg))
            self.projections[str(i)] = Sequential(*layers)

        def chain(num_inputs: int, num: int = 1) -> nn.Module:
            return BasicBlockChain(num_inputs * channels, channels, num,
                                   norm_cfg)

        self.differences = ModuleList(
            DifferenceStage(channels, num_frames - 1, num, offset_groups,
                            norm_cfg) for num in num_blocks)
        self.fusions = nn.ModuleList(
            chain(1) if i or fuse_first else nn.Identity()
            for i in range(len(self.stages)))
        self.useful_mask: Optional[nn.Module] = None
        self.noisy_mask: Optional[nn.Module] = None
        if disentangle:
            self.useful_mask = ChannelMask(channels, mask_channels)
            self.noisy_mask = ChannelMask(channels, mask_channels)
        self.appearance: Optional[nn.Module] = None
        if appearance:
            self.appearance = AppearanceBranch(channels, num_frames - 1,
                                               offset_groups, norm_cfg)
        self.aggregate = chain(2, 3)
        self.mi_loss: Optional[MutualInfoLoss] = self._build_mi(
            mi, channels, num_keypoints)
        if self.noisy_mask is not None and not (
                self.mi_loss and self.mi_loss.needs('noisy')):
            # nothing to learn from; distributed training stops at parameters
            # that wait for a gradient in vain
            self.noisy_mask.requires_grad_(False)

    @property
    def uses_heatmaps(self) -> bool:  # type: ignore[override]
        """bool: Whether an objective looks at the predicted heatmaps."""
        return self.mi_loss is not None and self.mi_loss.needs('heatmaps')

    def _check_stages(self, stages: Optional[Sequence[int]]) -> List[int]:
        """Indices of the levels, non-negative."""
        num = len(self.in_channels)
        if stages is None:
            return list(range(num))
        if not stages or not all(-num <= i < num for i in stages):
            raise ValueError(f'`stages` must name one or more of {num} '
                             f'levels, got {stages}')
        return [i % num for i in stages]

    def _build_mi(self, mi: OptConfigType, channels: int,
                  num_keypoints: int) -> Optional[MutualInfoLoss]:
        """Build the objective from the terms that this variant defines."""
        if mi is None:
            return None
        features = ['key', 'motion', 'useful', 'fused']
        removed = set()
        for name, module in (('noisy', self.noisy_mask),
                             ('appearance', self.appearance)):
            if module is None:
                removed.add(name)
            else:
                features.append(name)
        terms = [
            term for term in mi['terms']
            if not removed & {term.get('x'), term.get('y')}
        ]
        if not terms:
            return None
        widths: Dict[str, int] = {name: channels for name in features}
        widths.update(heatmaps=num_keypoints, target=num_keypoints)
        return MODELS.build({
            'type': 'MutualInfoLoss',
            'channels': widths,
            **mi, 'terms': terms
        })

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Context]:
        """Fuse the frames; see the base class.

        Raises:
            ValueError: If the backbone's levels are not as announced.
        """
        levels = self._project(feats)
        last = levels[len(self.in_channels) - 1]
        key = last[:, clip.key_index]
        motion = key.new_zeros(())
        for i, stage, fusion in zip(self.stages, self.differences,
                                    self.fusions):
            motion = fusion(motion + stage(levels[i], key))
        context = dict(key=key, motion=motion, useful=motion)
        if self.useful_mask is not None and self.noisy_mask is not None:
            context['useful'] = self.useful_mask(motion)
            context['noisy'] = self.noisy_mask(motion)
        static = key
        if self.appearance is not None:
            static = self.appearance(last, clip.key_index)
            context['appearance'] = static
        fused = self.aggregate(torch.cat((context['useful'], static), 1))
        context['fused'] = fused
        return (fused, ), context

    def _project(self, feats: Features) -> Dict[int, Tensor]:
        """Levels in use, each (N, T, C, h, w) with T as the neck has it."""
        if tuple(x.shape[2] for x in feats) != self.in_channels:
            raise ValueError(
                f'the neck expects levels of {self.in_channels} channels, the '
                f'backbone gives {tuple(x.shape[2] for x in feats)}; set '
                '`in_channels`, and take `HRNetStages` for the four stages of '
                'HRNet')
        levels = {}
        for name, project in self.projections.items():
            x = feats[int(name)]
            x = project(x.flatten(0, 1)).unflatten(0, x.shape[:2])
            if x.shape[1] == 1:
                x = x.expand(-1, self.num_frames, -1, -1, -1)
            levels[int(name)] = x
        sizes = {tuple(x.shape[3:]) for x in levels.values()}
        if len(sizes) > 1:
            raise ValueError('the levels must have one resolution, got '
                             f'{sorted(sizes)}; choose others by `stages`')
        return levels

    def loss(self,
             context: Context,
             data_samples: SampleList,
             heatmaps: Optional[Tensor] = None) -> Dict[str, Tensor]:
        """The mutual-information terms; see the base class."""
        if self.mi_loss is None:
            return {}
        tensors = dict(context)
        if heatmaps is not None:
            tensors['heatmaps'] = heatmaps
        if self.mi_loss.needs('target'):
            tensors['target'] = stack_target_heatmaps(data_samples)
        return self.mi_loss(tensors)
