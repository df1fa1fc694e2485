"""A weight that grows from zero."""
import torch
from torch import Tensor, nn


class WeightWarmup(nn.Module):
    """Factor that grows linearly from 0 to 1.

    A buffer counts the calls in training mode, so the factor survives a
    resume.

    Args:
        num_iters (int): Number of calls after which the factor is 1; 0 for
            a constant 1.
    """

    iteration: Tensor

    def __init__(self, num_iters: int = 0) -> None:
        super().__init__()
        if num_iters < 0:
            raise ValueError(f'`num_iters` is negative: {num_iters}')
        self.num_iters = num_iters
        self.register_buffer('iteration', torch.zeros((), dtype=torch.int64))

    def forward(self) -> Tensor:
        """Return the factor of this iteration and count it.

        Returns:
            Tensor: A scalar in [0, 1] on the module's device; converting it
            to a number would synchronize the device.
        """
        if self.num_iters == 0:
            return torch.ones((), device=self.iteration.device)
        factor = (self.iteration / self.num_iters).clamp(max=1.)
        if self.training:
            self.iteration += 1
        return factor
