"""A weight that grows from zero."""
import torch
from torch import Tensor, nn


class WeightWarmup(nn.Module):
    """A factor that grows linearly from 0 to 1.

    It counts its calls in training mode in a buffer, so a resumed training
    goes on where it stopped.

    Args:
        num_iters (int): Number of calls until the factor is 1; 0 for a
            constant 1.
    """

    iteration: Tensor

    def __init__(self, num_iters: int = 0) -> None:
        super().__init__()
        if num_iters < 0:
            raise ValueError(f'`num_iters` is negative: {num_iters}')
        self.num_iters = num_iters
        self.register_buffer('iteration', torch.zeros((), dtype=torch.int64))

    def forward(self) -> Tensor:
        """The factor of this iteration.

        Returns:
            Tensor: A scalar in [0, 1], on the module's device: reading it as
            a number would make the device wait.
        """
        if self.num_iters == 0:
            return torch.ones((), device=self.iteration.device)
        factor = (self.iteration / self.num_iters).clamp(max=1.)
        if self.training:
            self.iteration += 1
        return factor
