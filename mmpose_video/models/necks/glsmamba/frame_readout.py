"""Reduction of a clip's tokens to those of the key frame."""
import torch
from torch import Tensor, nn

READOUTS = ('key', 'mean', 'learned')


class FrameReadout(nn.Module):
    """Reduce the tokens of T frames to one frame.

    Args:
        num_frames (int): T.
        mode (str): ``'key'``, the key frame's tokens; ``'mean'`` over the
            frames; or ``'learned'``, the key frame's tokens plus a learned
            weighted sum of all frames, whose weights start at zero.

    Raises:
        ValueError: If there is no such mode.
    """

    def __init__(self, num_frames: int, mode: str) -> None:
        super().__init__()
        if mode not in READOUTS:
            raise ValueError(f'`readout` must be one of {READOUTS}, got '
                             f'{mode!r}')
        self.mode = mode
        if mode == 'learned':
            self.weights = nn.Parameter(torch.zeros(num_frames))

    def forward(self, x: Tensor, key_index: int) -> Tensor:
        """Reduce tokens (N, T, h, w, D) to (N, h, w, D)."""
        if self.mode == 'mean':
            return x.mean(dim=1)
        key = x[:, key_index]
        if self.mode == 'learned':
            return key + torch.einsum('nthwd,t->nhwd', x, self.weights)
        return key
