"""A learned conditional distribution."""
import math
from typing import Tuple

import torch
from torch import Tensor, nn


class ConditionalGaussian(nn.Module):
    """Distribution q(y|x): a Gaussian with diagonal covariance.

    The mean is a linear function of x plus a small network. The log-variance
    is a small network bounded to ``[-max_log_var, max_log_var]``: with y at
    unit scale, a wider range would only let single outliers dominate.

    Args:
        in_channels (int): Channels of x.
        out_channels (int): Channels of y.
        hidden_channels (int): Width of the networks. Defaults to 64 (package
            default, not the paper's).
        max_log_var (float): Defaults to 6.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 hidden_channels: int = 64,
                 max_log_var: float = 6.) -> None:
        super().__init__()
        self.max_log_var = max_log_var
        self.linear = nn.Linear(in_channels, out_channels)
        self.hidden = nn.Sequential(
            nn.Linear(in_channels, hidden_channels), nn.ReLU(inplace=True))
        self.mean = nn.Linear(hidden_channels, out_channels)
        self.log_var = nn.Linear(hidden_channels, out_channels)
        # q starts as a standard Gaussian that ignores x, so every bound that
        # is built on it starts at zero
        for layer in (self.linear, self.mean, self.log_var):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        """Predict the parameters of q.

        Args:
            x (Tensor): Shape (M, C).

        Returns:
            tuple[Tensor]: Mean and log-variance, each (M, C').
        """
        hidden = self.hidden(x)
        mean = self.linear(x) + self.mean(hidden)
        log_var = self.max_log_var * torch.tanh(
            self.log_var(hidden) / self.max_log_var)
        return mean, log_var

    def neg_log_likelihood(self, x: Tensor, y: Tensor) -> Tensor:
        """Compute the mean of -log q(y|x) over samples and channels.

        Args:
            x (Tensor): Shape (M, C).
            y (Tensor): Shape (M, C').

        Returns:
            Tensor: A scalar.
        """
        mean, log_var = self(x)
        distance = (y - mean).square() * torch.exp(-log_var)
        return 0.5 * (distance + log_var + math.log(2 * math.pi)).mean()
