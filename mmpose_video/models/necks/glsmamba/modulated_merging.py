"""GLSMamba's spatial- and temporal-modulated merging (STMM)."""
from functools import reduce
from typing import Sequence

import torch
from einops import rearrange
from torch import Tensor, nn

from ....ops.deform_conv import deform_conv


class ModulatedMerging(nn.Module):
    """Merge the outputs of several scan directions.

    The two directions of a type are summed. The spatial and the temporal map
    pass a modulated deformable convolution, which compensates displacements
    of the scan, and are added to the unified map. No formula is published.
    Here the offsets and masks of a type are predicted from its mean over
    time by one 3x3 convolution and shared by the frames, which agrees with
    the parameters and operations that the paper's ablation adds per type; the
    kernel is depthwise. The module starts as a plain sum: offsets 0, masks 1,
    and a kernel that passes the center.

    Args:
        channels (int): D.
        types (Sequence[str]): Scan types, in the order of the directions.
        modulated (bool): Whether to use the deformable convolutions.
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
        """Apply the deformable convolution to each frame (N, T, h, w, D)."""
        num_frames = x.shape[1]
        mean = rearrange(x.mean(dim=1), 'n h w d -> n d h w')
        offset, mask = self.offsets[name](mean).split((18, 9), dim=1)
        out = deform_conv(
            rearrange(x, 'n t h w d -> n (t d) h w'), offset,
            2 * mask.sigmoid(), self.kernels[name].repeat(num_frames, 1, 1,
                                                          1))
        return rearrange(out, 'n (t d) h w -> n t h w d', t=num_frames)
