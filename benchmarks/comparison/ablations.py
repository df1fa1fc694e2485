"""Ablations: variants of a method, as config options.

Each is compared with its full model of the same seed. ``expected`` is the
sign that the change of AP should have, by a paper or by its authors' notes;
None where no source says.
"""
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

from .sizes import Size

#: Variants of the second protocol: single-image methods train the backbone
#: and video methods keep it, unless a variant says otherwise.
FROZEN, TRAINED = 'frozen', 'trained'

_LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


@dataclass(frozen=True)
class Ablation:
    """One variant.

    Args:
        method (str): Name of the method.
        name (str): Name of the variant.
        about (str): What is different, in words.
        options (Tuple[str, ...]): Config options; ``{sigma2}`` stands for
            two thirds of the size's sigma.
        expected (str, optional): ``'-'`` (worse), ``'+'`` (better), ``'0'``
            (about equal) than the full model.
        source (str): Who expects it, with numbers where there are any.
    """
    method: str
    name: str
    about: str
    options: Tuple[str, ...]
    expected: Optional[str] = None
    source: str = ''

    @property
    def key(self) -> str:
        """str: Name with the method's, unique: ``glsmamba.no-local``."""
        return f'{self.method}.{self.name}'

    def options_for(self, size: Size) -> Tuple[str, ...]:
        """Return the config options at a size."""
        # all digits: MMPose wants 3 sigma whole
        value = repr(size.sigma * 2 / 3)
        return tuple(option.replace('{sigma2}', value)
                     for option in self.options)


def offsets(*frames: int) -> Tuple[str, ...]:
    """Return options for clips of these offsets from the key frame."""
    text = ','.join(map(str, frames))
    return tuple(f'{loader}.dataset.clip_sampler.offsets=({text},)'
                 for loader in _LOADERS)


def frames(num: int, spacing: int = 1, length: bool = True
           ) -> Tuple[str, ...]:
    """Return options for clips of ``num`` frames, ``spacing`` frames apart.

    Args:
        num (int): T, odd.
        spacing (int): Distance of neighbors in frames.
        length (bool): Also tell the neck its length.
    """
    half = num // 2
    options = offsets(*(i * spacing for i in range(-half, half + 1)))
    if length:
        options += (f'model.neck.num_frames={num}', )
    return options


def sigma(text: str) -> Tuple[str, ...]:
    """Return options for targets of another width, in heatmap cells."""
    return (f'model.head.decoder.sigma={text}',
            f'train_dataloader.dataset.pipeline.4.encoder.sigma={text}')


_PAPER = 'paper, PoseTrack17: 86.9 to '
_NOTES = "authors' notes"
_TDMI_NOTES = (f'{_NOTES}, PoseTrack17: ')

_TABLE: Sequence[Ablation] = (
    # how many frames, and how far apart
    Ablation('glsmamba', 'frames1', 'one frame', frames(1), '-',
             'what the method is for'),
    Ablation('glsmamba', 'frames3', 'three frames', frames(3)),
    Ablation('glsmamba', 'frames7', 'seven frames', frames(7)),
    Ablation('glsmamba', 'spacing2', 'five frames, every second',
             frames(5, 2, False)),
    Ablation('glsmamba', 'spacing3', 'five frames, every third',
             frames(5, 3, False)),
    Ablation('tdmi', 'frames3', 'three frames', frames(3)),
    Ablation('tdmi', 'frames7', 'seven frames', frames(7)),
    Ablation('tdmi', 'spacing2', 'five frames, every second',
             frames(5, 2, False)),
    Ablation('fami', 'frames3', 'three frames', frames(3)),
    Ablation('fami', 'frames7', 'seven frames', frames(7)),
    Ablation('fami', 'spacing2', 'five frames, every second',
             frames(5, 2, False)),
    Ablation('dcpose', 'spacing2', 'three frames, every second',
             frames(3, 2, False)),
    Ablation('dcpose', 'spacing3', 'three frames, every third',
             frames(3, 3, False)),
    Ablation('diffpose', 'frames1', 'one frame', frames(1)),
    Ablation('diffpose', 'frames5', 'five frames, every second',
             frames(5, 2)),
    Ablation('diffpose', 'spacing1', 'three frames, next to each other',
             frames(3, 1, False)),
    # what the video methods, whose backbone is frozen, begin with
    Ablation('baseline', FROZEN, 'the head alone is trained on',
             ('model.freeze_backbone=True', ), '-'),
    Ablation('vit-tiny', FROZEN, 'the head alone is trained on',
             ('model.freeze_backbone=True', ), '-'),
    # the second protocol: the backbone is trained as long as the baseline's
    *(Ablation(method, TRAINED, 'the backbone is trained on',
               ('model.freeze_backbone=False', ))
      for method in ('dcpose', 'diffpose', 'fami', 'glsmamba', 'posewarper',
                     'tdmi', 'tdmi-st')),
    # GLSMamba
    Ablation('glsmamba', 'no-local', 'global blocks (GSM) without the local '
             'one (LRM)', ('model.neck.num_local=0', ), '-',
             f'{_PAPER}86.0'),
    Ablation('glsmamba', 'unified', 'unified scan only',
             ("model.neck.scan_types=('unified',)", ), '-', f'{_PAPER}85.8'),
    Ablation('glsmamba', 'unified-spatial', 'unified and spatial scans',
             ("model.neck.scan_types=('unified','spatial')", ), '-',
             f'{_PAPER}86.5'),
    Ablation('glsmamba', 'plain-merging', 'without modulated merging (STMM)',
             ('model.neck.modulated_merging=False', ), '-', f'{_PAPER}86.2'),
    Ablation('glsmamba', 'no-channel-attention', 'without channel attention',
             ('model.neck.channel_attention=False', ), '0',
             f'{_NOTES} of another channel attention: no use'),
    Ablation('glsmamba', 'published', 'convolutions of single frames, as '
             'the descriptions of the paper read',
             ('model.neck.block_cfg.temporal_kernel=1', )),
    Ablation('glsmamba', 'mean-readout', 'the mean over the frames is read '
             'out instead of the key frame', ('model.neck.readout=mean', ),
             '-', f'{_NOTES}: fusing frames degrades'),
    Ablation('glsmamba', 'published-mean-readout', 'convolutions of single '
             'frames, the mean over the frames is read out',
             ('model.neck.block_cfg.temporal_kernel=1',
              'model.neck.readout=mean')),
    Ablation('glsmamba', 'deep', 'two global blocks instead of one',
             ('model.neck.num_global=2', )),
    Ablation('glsmamba', 'learned-readout', 'a learned sum of the frames is '
             'added to the key frame', ('model.neck.readout=learned', )),
    Ablation('glsmamba', 'normalized', 'state factors B and C normalized, '
             'skip at zero at the start',
             ("model.neck.scan_cfg.normalize=('B','C')",
              'model.neck.scan_cfg.skip_init=0.')),
    Ablation('glsmamba', 'published-normalized', 'convolutions of single '
             'frames, B and C normalized, skip at zero at the start',
             ('model.neck.block_cfg.temporal_kernel=1',
              "model.neck.scan_cfg.normalize=('B','C')",
              'model.neck.scan_cfg.skip_init=0.')),
    Ablation('glsmamba', 'no-time', 'without temporal embedding',
             ("model.neck.embeddings=('spatial',)", ), None,
             f'{_NOTES}: both signs (85.5 with to 85.3, 84.6 to 84.8)'),
    Ablation('glsmamba', 'separate-directions', 'parameters per direction',
             ('model.neck.scan_cfg.share_directions=False', )),
    Ablation('glsmamba', 'attention', 'self-attention in place of scans',
             ('model.neck.mixer=attention', ), '-',
             'paper, at 1/16 resolution: 85.7 to 84.2'),
    Ablation('glsmamba', 'sigma2', 'narrower targets: sigma 2 instead of 3 '
             '(on 64x48 maps; 2/3 instead of 1 on 24x16)',
             sigma('{sigma2}'), '-', f'{_NOTES}: 3 better than 2'),
    Ablation('glsmamba', 'decay0', 'without weight decay',
             ('optim_wrapper.optimizer.weight_decay=0.', ), '-',
             f'{_NOTES}: rose with 0.01, among other changes'),
    Ablation('glsmamba-vit-tiny', 'low-resolution', "scans over the ViT's "
             'tokens, deconvolution behind them instead of before',
             ('model.neck.upsample_channels=()', 'model.neck.window=(4,4)',
              'model.head.deconv_out_channels=(48,)',
              'model.head.deconv_kernel_sizes=(4,)'), '-',
             f'{_PAPER}85.7; {_NOTES}: 85.4 to 84.6'),
    Ablation('baseline', 'sigma2', 'narrower targets: sigma 2 instead of 3 '
             '(on 64x48 maps; 2/3 instead of 1 on 24x16)', sigma('{sigma2}')),
    # DCPose
    Ablation('dcpose', 'no-ptm', 'without temporal merger',
             ('model.neck.use_ptm=False', ), '-', 'paper: each part helps'),
    Ablation('dcpose', 'no-prf', 'without residual fusion',
             ('model.neck.use_prf=False', ), '-', 'paper: each part helps'),
    Ablation('dcpose', 'no-pcn', 'without correction network',
             ('model.neck.use_pcn=False', ), '-', 'paper: each part helps'),
    # FAMI-Pose
    Ablation('fami', 'no-global', 'without global alignment',
             ('model.neck.use_global=False', ), '-',
             'paper: each part helps'),
    Ablation('fami', 'no-local', 'without local alignment',
             ('model.neck.use_local=False', ), '-',
             'paper: each part helps'),
    Ablation('fami', 'no-mi', 'without mutual information',
             ('model.neck.mi=None', ), '-', 'paper: each part helps'),
    Ablation('fami', 'paper-design', "the paper's design instead of its "
             "code's", ('model.neck.design=paper', )),
    # TDMI
    Ablation('tdmi', 'one-stage', 'differences of the last stage only',
             ('model.neck.stages=(3,)', ), '-', f'{_TDMI_NOTES}83.2 to 83.1'),
    Ablation('tdmi', 'no-masks', 'without disentanglement',
             ('model.neck.disentangle=False', ), '-'),
    Ablation('tdmi', 'no-mi', 'without mutual information',
             ('model.neck.mi=None', ), '-', f'{_TDMI_NOTES}83.7 to 83.2'),
    Ablation('tdmi', 'appearance', 'with the appearance branch (TDMI-ST)',
             ('model.neck.appearance=True', ), '+',
             'literature, PoseTrack17: 85.7 to 85.9'),
    Ablation('tdmi', 'published-objective', 'the objective of the published '
             'code', ('model.neck.mi.mode=published',
                      'model.neck.mi.warmup_iters=0')),
    Ablation('tdmi', 'flow', 'optical flow (DIS) instead of differences',
             ('model.neck.flow.type=DISFlow', ), '-',
             f'{_NOTES}: differences work better than flow'),
    # PoseWarper
    Ablation('posewarper', 'key-difference', "batch statistics of MMPose's "
             'training: half of the differences are 0',
             ('model.neck.with_key_difference=True', )),
    # TAR-ViTPose
    Ablation('tarvitpose-vit-tiny', TRAINED, 'the backbone is trained on, '
             'as published', ('model.freeze_backbone=False', ), '+'),
    Ablation('tarvitpose-vit-tiny', 'published', 'tokens and masks of the '
             'released code', ('model.neck.layout=published', )),
    Ablation('tarvitpose-vit-tiny', 'no-mask', 'queries look everywhere',
             ('model.neck.use_mask=False', ), '-',
             'paper, PoseTrack17: 84.0 to 82.6'),
    # Poseidon
    Ablation('poseidon-vit-tiny', TRAINED, 'the backbone is trained on, as '
             'published', ('model.freeze_backbone=False', ), '+'),
    Ablation('poseidon-vit-tiny', 'published', 'tokens of the released code',
             ('model.neck.layout=published', )),
    # DSTA
    Ablation('dsta', TRAINED, 'the backbone is trained on, as published',
             ('model.freeze_backbone=False', ), '+'),
    Ablation('dsta', 'trained-slowly', 'the backbone is trained on at a '
             'tenth of the rate', (
                 'model.freeze_backbone=False',
                 'optim_wrapper.paramwise_cfg.custom_keys.backbone.lr_mult'
                 '=0.1')),
)
ABLATIONS: Dict[str, Ablation] = {entry.key: entry for entry in _TABLE}


def choose(words: Optional[Sequence[str]], methods: Sequence[str]
           ) -> List[Ablation]:
    """Return the ablations that were asked for.

    Args:
        words (Sequence[str], optional): Names (``glsmamba.no-local``) or
            methods, which stand for all of theirs. Empty: all. None: none.
        methods (Sequence[str]): The methods that there are; ablations of
            others are left out, or refused if named.

    Raises:
        ValueError: If there is no such ablation.
    """
    if words is None:
        return []
    possible = [entry for entry in _TABLE if entry.method in methods]
    if not words:
        return possible
    chosen: Dict[str, Ablation] = {}
    for word in words:
        found = [entry for entry in possible
                 if word in (entry.key, entry.method)]
        if not found:
            raise ValueError(
                f'there is no ablation {word!r} of the methods that have a '
                'config here; there are '
                f'{", ".join(entry.key for entry in possible)}')
        chosen.update({entry.key: entry for entry in found})
    return list(chosen.values())
