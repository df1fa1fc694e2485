"""GLSMamba: global-local state space models on high-resolution clips.

"High-Resolution Spatiotemporal Modeling with Global-Local State Space Models
for Video-Based Human Pose Estimation", ICCV 2025 (arXiv 2510.11017). The
authors' code is not public. This implementation follows descriptions of the
paper. Where they leave something open, the docstring states the choice, and
the choice is an argument.

Shape shorthand: N samples, T frames, D channels, h w feature size.
"""
from typing import Any, List, Optional, Sequence, Tuple

from einops import rearrange
from mmpose.registry import MODELS
from mmpose.utils.typing import OptConfigType, OptMultiConfig
from torch import Tensor, nn

from mmpose_video.structures import ClipInfo

from ...layers.deconv_upsample import DeconvUpsample
from ..base_video_neck import BaseVideoNeck, Context, Features
from .channel_attention import SequentialChannelAttention
from .frame_readout import FrameReadout
from .glsmamba_block import GLSMambaBlock
from .modulated_merging import ModulatedMerging
from .space_time_attention import SpaceTimeAttention
from .space_time_embedding import SpaceTimeEmbedding
from .space_time_scan import SpaceTimeScan

#: Scan types of the global blocks; each has the order of the same name.
SCAN_TYPES = ('unified', 'spatial', 'temporal')
EMBEDDINGS = ('spatial', 'temporal')


@MODELS.register_module()
class GLSMambaNeck(BaseVideoNeck):
    """Apply global spatiotemporal blocks, then local refinement blocks.

    The features are upsampled by deconvolutions, projected to D channels and
    given embeddings of space and time. Each global block (GSM) scans all
    tokens of the clip in up to six directions: the frames side by side
    ("unified"), frame by frame ("spatial") and pixel by pixel through time
    ("temporal"), each forward and backward. Each local block (LRM) scans
    space-time tubes forward and backward. Then the key frame is read out.

    All constants but T, the numbers of blocks and the size of the tubes are
    unpublished: package defaults, not the paper's.

    By default the depthwise convolution before each scan also spans three
    frames. In the form that the descriptions suggest, ``block_cfg=dict(
    temporal_kernel=1)``, only the scans connect frames, and at first their
    state contributes less than 1 % of what their skip connection passes: the
    key frame's output hardly depends on the other frames. ``configs/glsmamba/
    README.md`` has the measurements.

    Args:
        in_channels (int): Channels of the backbone's last feature map.
        channels (int): D. Defaults to 256.
        num_frames (int): T. Defaults to 5, the paper's.
        num_global (int): Number of GSM blocks. Defaults to 4, the paper's.
        num_local (int): Number of LRM blocks. Defaults to 2, the paper's.
        upsample_channels (Sequence[int]): Channels of the deconvolutions, each
            doubling the resolution. Defaults to (256, 256), 1/16 to 1/4.
        upsample_init_cfg (dict, optional): Initialization config of the
            deconvolutions, to load those of a ViTPose checkpoint.
        scan_types (Sequence[str]): Scan types of the global blocks. Defaults
            to all of them.
        unified_pair (str): The second unified direction: ``'reverse'`` of the
            first, or ``'vertical'``, along the columns of the panorama. The
            paper's descriptions allow either. Defaults to 'reverse'.
        modulated_merging (bool): Whether to use STMM instead of a plain sum.
            Defaults to True.
        channel_attention (bool): Whether to use SCA in the global blocks.
            Defaults to True.
        attention_ratio (int): Reduction in the SCA. Defaults to 16.
        window (tuple[int, int]): Rows and columns of a tube. Defaults to
            (8, 6), the paper's.
        scan_cfg (dict, optional): Further arguments of
            :class:`SpaceTimeScan`: state size, step sizes, normalization and
            so on.
        block_cfg (dict, optional): Further arguments of
            :class:`GLSMambaBlock`: kernel sizes, feed-forward ratio,
            ``scan_norm``.
        embeddings (Sequence[str]): Any of 'spatial' and 'temporal'. Defaults
            to both.
        readout (str): ``'key'``, ``'mean'`` or ``'learned'``; see
            :class:`FrameReadout`. Defaults to 'key'.
        mixer (str): ``'scan'``, or ``'attention'``: global self-attention over
            all tokens instead of the scans, for comparison. Defaults to
            'scan'.
        num_heads (int): Heads of that attention. Defaults to 8.
        init_cfg (dict | list[dict], optional): Initialization config.

    Raises:
        ValueError: If an argument has a value that is not listed here.
    """

    def __init__(self,
                 in_channels: int,
                 channels: int = 256,
                 num_frames: int = 5,
                 num_global: int = 4,
                 num_local: int = 2,
                 upsample_channels: Sequence[int] = (256, 256),
                 upsample_init_cfg: OptMultiConfig = None,
                 scan_types: Sequence[str] = SCAN_TYPES,
                 unified_pair: str = 'reverse',
                 modulated_merging: bool = True,
                 channel_attention: bool = True,
                 attention_ratio: int = 16,
                 window: Tuple[int, int] = (8, 6),
                 scan_cfg: OptConfigType = None,
                 block_cfg: OptConfigType = None,
                 embeddings: Sequence[str] = EMBEDDINGS,
                 readout: str = 'key',
                 mixer: str = 'scan',
                 num_heads: int = 8,
                 init_cfg: OptMultiConfig = None) -> None:
        super().__init__(clip_lengths=(num_frames, ), init_cfg=init_cfg)
        _check_choice('mixer', mixer, ('scan', 'attention'))
        for name in embeddings:
            _check_choice('embeddings', name, EMBEDDINGS)
        orders, reverse = _directions(scan_types, unified_pair)
        self.upsample = DeconvUpsample(
            in_channels, upsample_channels, init_cfg=upsample_init_cfg)
        self.proj = nn.Conv2d(self.upsample.out_channels, channels, 1)
        self.embedding = SpaceTimeEmbedding(
            channels, num_frames, 'spatial' in embeddings,
            'temporal' in embeddings)

        def block(types: Sequence[str],
                  attention: Optional[nn.Module] = None,
                  **scan: Any) -> nn.Module:
            tokens_mixer: nn.Module
            merging: nn.Module
            if mixer == 'attention':
                tokens_mixer = SpaceTimeAttention(channels, num_heads)
                merging = _DropDirections()
            else:
                tokens_mixer = SpaceTimeScan(channels, **scan,
                                             **(scan_cfg or {}))
                merging = ModulatedMerging(channels, types, modulated_merging)
            return GLSMambaBlock(channels, tokens_mixer, merging, attention,
                                 **(block_cfg or {}))

        blocks: List[nn.Module] = []
        for _ in range(num_global):
            attention = SequentialChannelAttention(
                channels, num_frames,
                attention_ratio) if channel_attention else None
            blocks.append(
                block(scan_types, attention, orders=orders, reverse=reverse))
        for _ in range(num_local):
            blocks.append(
                block(('unified', ),
                      orders=('window', 'window'),
                      reverse=(False, True),
                      window=window))
        self.blocks = nn.Sequential(*blocks)
        self.readout = FrameReadout(num_frames, readout)
        self.norm = nn.LayerNorm(channels)

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Context]:
        """Fuse the frames.

        Args:
            feats (tuple[Tensor]): Feature maps (N, T, C, h', w'); the last
                level is used.
            clip (ClipInfo): Times of the frames.

        Returns:
            tuple: The fused feature (N, D, h, w), and an empty context.
        """
        num_frames = clip.num_frames
        x = self.proj(self.upsample(feats[-1].flatten(0, 1)))
        x = rearrange(x, '(n t) d h w -> n t h w d', t=num_frames)
        x = self.blocks(self.embedding(x))
        x = self.norm(self.readout(x, clip.key_index))
        return (rearrange(x, 'n h w d -> n d h w'), ), {}


class _DropDirections(nn.Module):
    """Remove the axis of directions of a mixer with one output."""

    def forward(self, y: Tensor) -> Tensor:
        return y[:, 0]


def _directions(scan_types: Sequence[str], unified_pair: str
                ) -> Tuple[Tuple[str, ...], Tuple[bool, ...]]:
    """Return orders and reverse flags, two per type."""
    _check_choice('unified_pair', unified_pair, ('reverse', 'vertical'))
    if not scan_types:
        raise ValueError(f'`scan_types` needs at least one of {SCAN_TYPES}')
    orders: List[str] = []
    reverse: List[bool] = []
    for name in scan_types:
        _check_choice('scan_types', name, SCAN_TYPES)
        vertical = name == 'unified' and unified_pair == 'vertical'
        orders += [name, 'vertical' if vertical else name]
        reverse += [False, not vertical]
    return tuple(orders), tuple(reverse)


def _check_choice(argument: str, value: str, choices: Sequence[str]) -> None:
    """Check that an argument has one of its values."""
    if value not in choices:
        raise ValueError(f'`{argument}` must be one of {tuple(choices)}, got '
                         f'{value!r}')
