"""TDMI: multi-stage temporal differences and their disentanglement.

"Mutual Information-Based Temporal Difference Learning for Human Pose
Estimation in Video", CVPR 2023 (arXiv 2303.08475). The layers follow the
authors' anonymous review upload (GitHub ``a3s5d9f3g2/4523``), whose model
includes the appearance branch; :class:`TDMINeck` names the options that the
paper's overview figure draws differently.

Shape shorthand: N samples, T frames, K keypoints, C channels, h w feature
size, H W input size.
"""
from typing import Dict, List, Optional, Sequence, Tuple, Union

import torch
from mmengine.model import ModuleDict, ModuleList, Sequential
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptConfigType, OptMultiConfig
from torch import Tensor, nn

from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS
from mmpose_video.structures import ClipInfo

from ...layers.basic_block_chain import BasicBlockChain
from ...layers.conv_norm import DEFAULT_NORM, ConvNorm
from ...layers.deconv_upsample import DeconvUpsample
from ..base_video_neck import Context, Features
from ..mutual_info_neck import MutualInfoNeck
from .appearance_branch import AppearanceBranch
from .channel_mask import ChannelMask
from .flow_encoder import FlowEncoder
from .motion_stage import MotionStage


@MODELS.register_module()
class TDMINeck(MutualInfoNeck):
    """Split multi-stage temporal differences into useful and noisy motion.

    1. Each stage of the backbone gives T - 1 differences of consecutive
       frames and a motion map D_s (:class:`MotionStage`).
    2. Cumulative fusion: ``M_1 = D_1``, ``M_s = Block(M_{s-1} + D_s)``; the
       last one is the motion M.
    3. Representation disentanglement: two channel masks split M into useful
       motion M_u and noisy motion M_n, which a mutual-information objective
       separates.
    4. Aggregation of M_u with the appearance. With ``appearance=True``, as in
       the authors' code, the supports are aligned with the key frame as in
       FAMI-Pose. Otherwise the key feature takes that place; this smaller
       variant has no official counterpart. (The upload has one model. That it
       is the "TDMI-ST" of the published tables is an inference.)

    A single frame is treated as a still clip: all differences are zero, and
    the supports equal the key frame.

    The terms of ``mi`` may name these tensors: ``key``, ``motion``,
    ``useful``, ``noisy``, ``appearance`` (with ``appearance=True``),
    ``fused``, the predicted ``heatmaps`` and the ground truth, ``target``.
    Terms that name a tensor which this variant lacks are left out.

    Args:
        in_channels (int | Sequence[int]): Channels of the backbone's
            features, per level or for all four.
        channels (int): C inside the neck. Levels with other channels are
            projected by a 1x1 convolution. Defaults to 48 (HRNet-W48).
        num_frames (int): T, odd. Defaults to 5.
        stages (Sequence[int], optional): Levels to take differences of, in
            the order of the fusion. Defaults to None, all. The key feature
            is always taken from the last level.
        num_blocks (int | Sequence[int]): Residual blocks per stage. Defaults
            to 2, as in the code; the figure shows 3 at the first stages and 2
            at the last.
        fuse_first (bool): Whether a block follows the first stage's map as
            well, as in the figure but not in the code. Defaults to False.
        disentangle (bool): Whether to use the masks; without them M_u is M.
            Defaults to True.
        mask_channels (int): Hidden width of the masks. Defaults to 128.
        appearance (bool): See above. Defaults to False.
        unit_modulation (bool): Whether the modulation of the appearance
            branch starts at 1 (see :class:`DeformableAlignment`). In the
            authors' code it starts near 0, and the aligned supports at 1e-18
            of their size. Defaults to True, the package's choice.
        offset_groups (int): Number of channel groups with offsets of their
            own. Defaults to 12.
        flow (dict, optional): Replace the differences with optical flow, for
            an ablation: the config of :class:`DISFlow` or :class:`RAFTFlow`.
            Each stage encodes the flow between consecutive frames by a
            :class:`FlowEncoder`; all other parts stay the same. Defaults to
            None.
        deconv_out_channels (Sequence[int]): Channels of deconvolutions that
            upsample the levels of a low-resolution backbone. Defaults to (),
            none.
        deconv_init_cfg (dict, optional): Initialization of those, e.g. from
            the head of a single-frame checkpoint; see
            :class:`DeconvUpsample`.
        num_keypoints (int): K, for the mutual-information terms. Defaults to
            that of PoseTrack.
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
        mi (dict, optional): Arguments of :class:`MutualInfoLoss`. The terms
            default to the package's, or in ``mode='published'`` to those of
            the authors' code with its weights. Defaults to None, no such
            objective.
        init_cfg (dict | list[dict], optional): Defaults to that of the
            authors' code: convolutions from a normal distribution of
            standard deviation 0.001.

    Raises:
        ValueError: If ``num_frames`` is even or less than 3, or if ``stages``
            or ``num_blocks`` do not fit the levels.
    """

    #: alpha [2 I(Mu;Mn) - I(M;Mu)] + beta [I(Mu;A) - I(Mu;F) - I(A;F)] +
    #: gamma [I(Mu;y) - I(Mu;F) + I(A;y) - I(A;F)] with all factors 1, as in
    #: the authors' code; y is the predicted heatmap. The code detaches the
    #: first argument in all terms but the first.
    published_objective = dict(
        loss_weight=1.,
        warmup_iters=0,
        terms=[
            dict(x='useful', y='noisy', goal='min', weight=2., detach=()),
            dict(x='motion', y='useful', goal='max'),
            dict(x='useful', y='appearance', goal='min'),
            dict(x='useful', y='fused', goal='max', weight=2.),
            dict(x='appearance', y='fused', goal='max', weight=2.),
            dict(x='useful', y='heatmaps', goal='min'),
            dict(x='appearance', y='heatmaps', goal='min'),
        ])

    #: The paper's abstract minimizes I(Mu;Mn). The other term makes "useful"
    #: mean something: I(Mu;target) is maximized. Weights are package
    #: defaults, not the paper's.
    sound_objective = dict(terms=[
        dict(x='useful', y='noisy', goal='min', weight=0.1),
        dict(x='useful', y='target', goal='max', weight=1.),
    ])

    def __init__(self,
                 in_channels: Union[int, Sequence[int]] = (48, 48, 48, 48),
                 channels: int = 48,
                 num_frames: int = 5,
                 stages: Optional[Sequence[int]] = None,
                 num_blocks: Union[int, Sequence[int]] = 2,
                 fuse_first: bool = False,
                 disentangle: bool = True,
                 mask_channels: int = 128,
                 appearance: bool = False,
                 unit_modulation: bool = True,
                 offset_groups: int = 12,
                 flow: OptConfigType = None,
                 deconv_out_channels: Sequence[int] = (),
                 deconv_init_cfg: OptMultiConfig = None,
                 num_keypoints: int = len(POSETRACK_KEYPOINTS),
                 norm_cfg: ConfigType = DEFAULT_NORM,
                 mi: OptConfigType = None,
                 init_cfg: OptMultiConfig = None) -> None:
        if num_frames < 3 or num_frames % 2 == 0:
            raise ValueError('TDMI takes differences between neighbors on '
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
        self.projections = self._build_projections(
            channels, deconv_out_channels, deconv_init_cfg, norm_cfg,
            differences=flow is None)

        def chain(num_inputs: int, num: int = 1) -> nn.Module:
            return BasicBlockChain(num_inputs * channels, channels, num,
                                   norm_cfg)

        # MMEngine's containers pass `init_weights` on, torch's do not
        self.motion_stages = ModuleList(
            MotionStage(channels, num_frames - 1, num, offset_groups,
                        norm_cfg) for num in num_blocks)
        self.flow = None if flow is None else MODELS.build(flow)
        self.flow_encoders = ModuleList(
            FlowEncoder(channels, norm_cfg)
            for _ in (self.stages if flow else ()))
        self.fusions = ModuleList(
            chain(1) if i or fuse_first else nn.Identity()
            for i in range(len(self.stages)))
        self.useful_mask: Optional[nn.Module] = None
        self.noisy_mask: Optional[ChannelMask] = None
        if disentangle:
            self.useful_mask = ChannelMask(channels, mask_channels)
            self.noisy_mask = ChannelMask(channels, mask_channels)
            # its output is only used by the objective
            self.noisy_mask.training_only = True
        self.appearance: Optional[nn.Module] = None
        if appearance:
            self.appearance = AppearanceBranch(channels, num_frames - 1,
                                               offset_groups, norm_cfg,
                                               unit_modulation)
        self.aggregate = chain(2, 3)
        absent = [] if disentangle else ['noisy']
        absent += [] if appearance else ['appearance']
        names = ('key', 'motion', 'useful', 'noisy', 'appearance', 'fused')
        self._set_objective(
            mi, {name: channels for name in names if name not in absent},
            num_keypoints, absent)
        if self.noisy_mask is not None and not (
                self.mi_loss and self.mi_loss.needs('noisy')):
            # without a loss on it; distributed training would wait in vain
            # for gradients of these parameters
            self.noisy_mask.requires_grad_(False)

    @property
    def uses_frames(self) -> bool:
        """bool: Whether the input images are needed, for their flow."""
        return self.flow is not None

    def _check_stages(self, stages: Optional[Sequence[int]]) -> List[int]:
        """Return the indices of the levels, non-negative."""
        num = len(self.in_channels)
        if stages is None:
            return list(range(num))
        if not stages or not all(-num <= i < num for i in stages):
            raise ValueError(f'`stages` must name one or more of {num} '
                             f'levels, got {stages}')
        return [i % num for i in stages]

    def _build_projections(self, channels: int,
                           deconv_out_channels: Sequence[int],
                           deconv_init_cfg: OptMultiConfig,
                           norm_cfg: ConfigType,
                           differences: bool) -> ModuleDict:
        """Build the layers that bring the used levels to C channels."""
        last = len(self.in_channels) - 1
        used = sorted({*self.stages, last} if differences else {last})
        projections = ModuleDict()
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
            projections[str(i)] = Sequential(*layers)
        return projections

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Context]:
        """Fuse the frames.

        Args:
            feats (tuple[Tensor]): Feature maps of shape (N, T, C, h, w).
            clip (ClipInfo): Times of the frames, and with ``flow`` the
                images.

        Returns:
            tuple: The fused feature (N, C, h, w), and the context that the
            terms of the objective may name.

        Raises:
            ValueError: If the backbone's levels are not as announced.
        """
        levels = self._project(feats)
        last = levels[len(self.in_channels) - 1]
        key = last[:, clip.key_index]
        motion = key.new_zeros(())
        for changes, stage, fusion in zip(
                self._changes(levels, clip), self.motion_stages,
                self.fusions):
            motion = fusion(motion + stage(changes, key))
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

    def _changes(self, levels: Dict[int, Tensor],
                 clip: ClipInfo) -> List[Tensor]:
        """Return the input of each motion stage, (N, T - 1, C, h, w)."""
        if self.flow is None:
            return [
                levels[i][:, 1:] - levels[i][:, :-1] for i in self.stages
            ]
        size = levels[len(self.in_channels) - 1].shape[-2:]
        assert clip.frames is not None
        if clip.num_frames == 1:  # a still
            flow = clip.frames.new_zeros(
                (clip.frames.shape[0], self.num_frames - 1, 2, *size))
        else:
            flow = self.flow(clip.frames)
        return [encoder(flow, size) for encoder in self.flow_encoders]

    def _project(self, feats: Features) -> Dict[int, Tensor]:
        """Return the used levels, each (N, T, C, h, w)."""
        if tuple(x.shape[2] for x in feats) != self.in_channels:
            raise ValueError(
                f'the neck expects levels of {self.in_channels} channels, the '
                f'backbone gives {tuple(x.shape[2] for x in feats)}; set '
                '`in_channels`, and use `HRNetStages` for the four stages of '
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
