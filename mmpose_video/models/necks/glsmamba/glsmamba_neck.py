"""GLSMamba: global and local high-resolution sequence modelling.

"High-Resolution Spatiotemporal Modeling with Global-Local State Space Models
for Video-Based Human Pose Estimation", ICCV 2025 (arXiv 2510.11017). No code
of the authors is public. What follows is written from descriptions of the
paper; where they leave something open, the docstring says what was chosen,
and the choice is an argument.

Shape shorthand: N samples, T frames, D channels, h w feature size.
"""
from functools import reduce
from typing import Any, List, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from einops import rearrange
from mmpose.registry import MODELS
from mmpose.utils.typing import OptMultiConfig
from torch import Tensor, nn

from mmpose_video.structures import ClipInfo

from ...layers.deconv_upsample import DeconvUpsample
from ...layers.deform_conv import deform_conv
from ..base_video_neck import BaseVideoNeck, Context, Features
from .space_time_attention import SpaceTimeAttention
from .space_time_embedding import SpaceTimeEmbedding
from .space_time_scan import SpaceTimeScan

#: Scan types of the six-direction scan and the order each walks.
SCAN_TYPES = ('unified', 'spatial', 'temporal')
READOUTS = ('key', 'mean')


class SequentialChannelAttention(nn.Module):
    """Weighs the channels of each frame by what the whole sequence shows.

    Global average pooling of the concatenated frames, a two-layer perceptron,
    a sigmoid. Its width is not published.

    Args:
        channels (int): D.
        num_frames (int): T.
        ratio (int): Reduction of T·D in the hidden layer.
    """

    def __init__(self, channels: int, num_frames: int, ratio: int) -> None:
        super().__init__()
        width = channels * num_frames
        hidden = max(width // ratio, 8)
        self.mlp = nn.Sequential(
            nn.Linear(width, hidden), nn.ReLU(inplace=True),
            nn.Linear(hidden, width), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """Weigh tokens of shape (N, T, h, w, D)."""
        weights = self.mlp(x.mean(dim=(2, 3)).flatten(1))
        # x.shape[0], unlike len(x), stays symbolic in an export
        return x * weights.view(x.shape[0], x.shape[1], 1, 1, -1)


class ModulatedMerging(nn.Module):
    """Spatial- and temporal-modulated merging (STMM).

    Directions of one type are summed. To the unified map come the spatial and
    the temporal one, each through a modulated deformable convolution that
    compensates what the scan displaced. No formula is published. Here the
    offsets and masks of a type come from its time average, one 3x3
    convolution each, and are shared by the frames, which agrees with the
    parameters and operations that the paper's ablation adds per type; the
    kernel is depthwise. It starts as a plain sum: offsets are 0, masks 1, the
    kernel passes the centre.

    Args:
        channels (int): D.
        types (Sequence[str]): Scan types, of :data:`SCAN_TYPES`.
        modulated (bool): Whether to compensate. False sums plainly.
    """

    def __init__(self, channels: int, types: Sequence[str],
                 modulated: bool) -> None:
        super().__init__()
        self.types = tuple(types)
        self.offsets = nn.ModuleDict()
        self.kernels = nn.ParameterDict()
        for name in self.types:
            if name == 'unified' or not modulated:
                continue
            conv = nn.Conv2d(channels, 27, 3, padding=1)
            for parameter in conv.parameters():
                nn.init.zeros_(parameter)
            self.offsets[name] = conv
            kernel = torch.zeros(channels, 1, 3, 3)
            kernel[:, :, 1, 1] = 1.
            self.kernels[name] = nn.Parameter(kernel)

    def forward(self, y: Tensor) -> Tensor:
        """Merge outputs of shape (N, 2·types, T, h, w, D) over directions."""
        maps = []
        for k, name in enumerate(self.types):
            both = y[:, 2 * k] + y[:, 2 * k + 1]
            if name in self.offsets:
                both = self._compensate(both, name)
            maps.append(both)
        # one by one: a sum over a new axis would copy all of them
        return reduce(torch.add, maps)

    def _compensate(self, x: Tensor, name: str) -> Tensor:
        """Deformable convolution of each frame, (N, T, h, w, D)."""
        num_frames = x.shape[1]
        mean = rearrange(x.mean(dim=1), 'n h w d -> n d h w')
        offset, mask = self.offsets[name](mean).split((18, 9), dim=1)
        out = deform_conv(
            rearrange(x, 'n t h w d -> n (t d) h w'), offset,
            2 * mask.sigmoid(), self.kernels[name].repeat(num_frames, 1, 1,
                                                          1))
        return rearrange(out, 'n (t d) h w -> n t h w d', t=num_frames)


class GLSMambaBlock(nn.Module):
    """A global (GSM) or local (LRM) block.

    Two streams over the normalized tokens: the mixer, and the gate
    ``SiLU(LN(DWConv(.)))`` that multiplies its output; then a feed-forward
    network. Norms before and residuals around both halves are this package's
    choice, as is the depthwise convolution with SiLU before the mixer
    (VMamba's).

    Args:
        channels (int): D.
        mixer (nn.Module): Mixes tokens, (N, T, h, w, D) to (N, K, T, h, w, D).
        merging (nn.Module): Merges the K outputs.
        attention (nn.Module, optional): Channel attention before the mixer.
        ffn_ratio (float): Width of the feed-forward network over D.
        conv_kernel (int): Size of the depthwise convolutions.
        scan_norm (bool): Whether the tokens are normalized before the mixer.
    """

    def __init__(self,
                 channels: int,
                 mixer: nn.Module,
                 merging: nn.Module,
                 attention: Optional[nn.Module] = None,
                 ffn_ratio: float = 2.,
                 conv_kernel: int = 3,
                 scan_norm: bool = False) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.attention = attention or nn.Identity()
        self.to_streams = nn.Linear(channels, 2 * channels)
        # one depthwise convolution for both streams
        self.conv = nn.Conv2d(
            2 * channels,
            2 * channels,
            conv_kernel,
            padding=conv_kernel // 2,
            groups=2 * channels)
        self.gate_norm = nn.LayerNorm(channels)
        self.scan_norm = nn.LayerNorm(channels) if scan_norm else nn.Identity()
        self.mixer = mixer
        self.merging = merging
        self.mixed_norm = nn.LayerNorm(channels)
        self.proj = nn.Linear(channels, channels)
        hidden = int(channels * ffn_ratio)
        self.ffn = nn.Sequential(
            nn.LayerNorm(channels), nn.Linear(channels, hidden), nn.GELU(),
            nn.Linear(hidden, channels))

    def forward(self, x: Tensor) -> Tensor:
        """Process tokens of shape (N, T, h, w, D)."""
        streams = self.to_streams(self.attention(self.norm(x)))
        num_frames = x.shape[1]
        streams = self.conv(rearrange(streams, 'n t h w d -> (n t) d h w'))
        streams = rearrange(
            streams, '(n t) d h w -> n t h w d', t=num_frames)
        main, gate = streams.chunk(2, dim=-1)
        gate = F.silu(self.gate_norm(gate))
        mixed = self.merging(self.mixer(self.scan_norm(F.silu(main))))
        # the norm keeps the sum of many scans in range, for half precision
        x = x + self.proj(self.mixed_norm(mixed) * gate)
        return x + self.ffn(x)


@MODELS.register_module()
class GLSMambaNeck(BaseVideoNeck):
    """Global spatiotemporal blocks, then local refinement blocks.

    Encoder features are lifted by deconvolutions, projected to D channels and
    given embeddings of space and time. Each global block (GSM) scans all
    tokens of the clip in up to six directions: the frames side by side
    ("unified"), frame by frame ("spatial") and pixel by pixel through time
    ("temporal"), each forward and backward. Each local block (LRM) scans
    space-time tubes forward and backward. The key frame's tokens are read out.

    All constants but T, the numbers of blocks and the tube's size are not
    published: package defaults, not the paper's.

    Args:
        in_channels (int): Channels of the encoder's last feature map.
        channels (int): D. Defaults to 256.
        num_frames (int): T. Defaults to 5, the paper's.
        num_global (int): GSM blocks. Defaults to 4, the paper's.
        num_local (int): LRM blocks. Defaults to 2, the paper's.
        upsample_channels (Sequence[int]): Channels of the deconvolutions, each
            doubling the resolution. Defaults to (256, 256), 1/16 to 1/4.
        upsample_init_cfg (dict, optional): Initialization config of the
            deconvolutions, to load those of a ViTPose checkpoint.
        scan_types (Sequence[str]): Of the global blocks. Defaults to all.
        unified_pair (str): What the second unified direction is:
            ``'reverse'`` of the first, or ``'vertical'``, along the columns of
            the panorama. The paper's descriptions allow either. Defaults to
            'reverse'.
        modulated_merging (bool): STMM against a plain sum. Defaults to True.
        channel_attention (bool): SCA in the global blocks. Defaults to True.
        attention_ratio (int): Reduction in the SCA. Defaults to 16.
        window (tuple[int, int]): Rows and columns of a tube. Defaults to
            (8, 6), the paper's.
        independent_windows (bool): Scan each tube for itself instead of one
            after the other with one state. Defaults to False.
        d_state (int): State size. Defaults to 16.
        dt_rank (int, optional): Rank of the step size. Defaults to D/16.
        dt_range (tuple[float, float]): Range of the initial step sizes. A
            small step hardly writes to the state: with Mamba's own (1e-3,
            1e-1) what the state adds starts at 3 % of what the skip passes,
            with (0.1, 1) at 16 to 25 %, over a shorter memory. Defaults to
            (1e-3, 1e-1), Mamba's.
        share_directions (bool): One set of scan parameters for all
            directions, as the paper's parameter counts suggest. Defaults to
            True.
        ffn_ratio (float): Defaults to 2.
        conv_kernel (int): Of the depthwise convolutions. Defaults to 3.
        scan_norm (bool): Whether tokens are normalized before each scan.
            What a scan reads into and out of its state goes with the square
            of their size, which is about 0.2 after convolution and SiLU.
            Defaults to False.
        spatial_embedding (bool): Defaults to True.
        temporal_embedding (bool): Defaults to True.
        readout (str): ``'key'``, the key frame's tokens, or ``'mean'`` over
            the frames. Defaults to 'key'.
        mixer (str): ``'scan'``, or ``'attention'``: global self-attention over
            all tokens in place of the scans, for comparison. Defaults to
            'scan'.
        num_heads (int): Of the attention. Defaults to 8.
        scan_backend (str, optional): See
            :func:`mmpose_video.ops.selective_scan`.
        init_cfg (dict | list[dict], optional): Initialization config.
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
                 independent_windows: bool = False,
                 d_state: int = 16,
                 dt_rank: Optional[int] = None,
                 dt_range: Tuple[float, float] = (1e-3, 1e-1),
                 share_directions: bool = True,
                 ffn_ratio: float = 2.,
                 conv_kernel: int = 3,
                 scan_norm: bool = False,
                 spatial_embedding: bool = True,
                 temporal_embedding: bool = True,
                 readout: str = 'key',
                 mixer: str = 'scan',
                 num_heads: int = 8,
                 scan_backend: Optional[str] = None,
                 init_cfg: OptMultiConfig = None) -> None:
        super().__init__(clip_lengths=(num_frames, ), init_cfg=init_cfg)
        _check_choice('readout', readout, READOUTS)
        _check_choice('mixer', mixer, ('scan', 'attention'))
        orders, reverse = _directions(scan_types, unified_pair)
        self.readout = readout
        self.upsample = DeconvUpsample(
            in_channels, upsample_channels, init_cfg=upsample_init_cfg)
        self.proj = nn.Conv2d(self.upsample.out_channels, channels, 1)
        self.embedding = SpaceTimeEmbedding(
            channels, num_frames, spatial_embedding, temporal_embedding)

        def scan(**kwargs: Any) -> nn.Module:
            if mixer == 'attention':
                return SpaceTimeAttention(channels, num_heads)
            return SpaceTimeScan(
                channels,
                d_state=d_state,
                dt_rank=dt_rank,
                dt_range=dt_range,
                share_directions=share_directions,
                backend=scan_backend,
                **kwargs)

        def merging(types: Sequence[str]) -> nn.Module:
            if mixer == 'attention':
                return _OnlyOne()
            return ModulatedMerging(channels, types, modulated_merging)

        blocks: List[nn.Module] = []
        for _ in range(num_global):
            attention = SequentialChannelAttention(
                channels, num_frames,
                attention_ratio) if channel_attention else None
            blocks.append(
                GLSMambaBlock(channels, scan(orders=orders, reverse=reverse),
                              merging(scan_types), attention, ffn_ratio,
                              conv_kernel, scan_norm))
        for _ in range(num_local):
            tubes = scan(
                orders=('window', 'window'),
                reverse=(False, True),
                window=window,
                independent_windows=independent_windows)
            blocks.append(
                GLSMambaBlock(channels, tubes, merging(('unified', )), None,
                              ffn_ratio, conv_kernel, scan_norm))
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.LayerNorm(channels)

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Context]:
        """Fuse the frames; see :class:`BaseVideoNeck`."""
        num_frames = clip.num_frames
        x = self.proj(self.upsample(feats[-1].flatten(0, 1)))
        x = rearrange(x, '(n t) d h w -> n t h w d', t=num_frames)
        x = self.blocks(self.embedding(x))
        x = x[:, clip.key_index] if self.readout == 'key' else x.mean(dim=1)
        return (rearrange(self.norm(x), 'n h w d -> n d h w'), ), {}


class _OnlyOne(nn.Module):
    """Merging of a mixer with one output."""

    def forward(self, y: Tensor) -> Tensor:
        return y[:, 0]


def _directions(scan_types: Sequence[str], unified_pair: str
                ) -> Tuple[Tuple[str, ...], Tuple[bool, ...]]:
    """Orders and reverse flags, two per type."""
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
    """Refuse a value that an argument does not take."""
    if value not in choices:
        raise ValueError(f'`{argument}` must be one of {tuple(choices)}, got '
                         f'{value!r}')
