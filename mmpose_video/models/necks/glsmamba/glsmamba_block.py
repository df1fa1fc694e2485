"""A global or local block of GLSMamba."""
from typing import Optional

import torch.nn.functional as F
from torch import Tensor, nn

from .clip_conv import DepthwiseClipConv


class GLSMambaBlock(nn.Module):
    """Global spatiotemporal (GSM) or local refinement (LRM) block.

    The normalized tokens pass two streams: the mixer, and the gate
    ``SiLU(LN(DWConv(.)))``, which multiplies the mixer's output. A
    feed-forward network follows. Pre-normalization, the residual connections
    and the depthwise convolution with SiLU before the mixer (as in VMamba)
    are this package's choice.

    Args:
        channels (int): D.
        mixer (nn.Module): Mixes tokens, (N, T, h, w, D) to (N, K, T, h, w, D).
        merging (nn.Module): Merges the K outputs.
        attention (nn.Module, optional): Channel attention before the mixer.
        ffn_ratio (float): Width of the feed-forward network over D. Defaults
            to 2.
        conv_kernel (int): Size in space of the depthwise convolutions.
            Defaults to 3.
        temporal_kernel (int): Their size in time. Mamba has a causal
            convolution along its sequence before each scan; a convolution
            over (t, h, w) is its counterpart for clips. The paper's
            descriptions leave it open and read as 1, frame by frame. Defaults
            to 3 (package default, not the paper's).
        scan_norm (bool): Whether to normalize the tokens before the mixer.
            Defaults to False.

    Raises:
        ValueError: If a kernel size is even.
    """

    def __init__(self,
                 channels: int,
                 mixer: nn.Module,
                 merging: nn.Module,
                 attention: Optional[nn.Module] = None,
                 ffn_ratio: float = 2.,
                 conv_kernel: int = 3,
                 temporal_kernel: int = 3,
                 scan_norm: bool = False) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.attention = attention or nn.Identity()
        self.to_streams = nn.Linear(channels, 2 * channels)
        # one depthwise convolution for both streams
        self.conv = DepthwiseClipConv(2 * channels, conv_kernel,
                                      temporal_kernel)
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
        main, gate = self.conv(streams).chunk(2, dim=-1)
        gate = F.silu(self.gate_norm(gate))
        mixed = self.merging(self.mixer(self.scan_norm(F.silu(main))))
        # the norm keeps the sum of many scans in range, for half precision
        x = x + self.proj(self.mixed_norm(mixed) * gate)
        return x + self.ffn(x)
