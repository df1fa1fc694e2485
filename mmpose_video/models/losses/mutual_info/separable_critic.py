"""A critic that scores how well two samples match."""
import torch
from torch import Tensor, nn


class SeparableCritic(nn.Module):
    """Score all pairs: f(x_i, y_j) = <a(x_i), b(y_j)> + u(x_i) + v(y_j).

    Each of the two towers is a linear layer plus a small network. The scores
    are bounded smoothly, so that their exponentials cannot overflow.

    Args:
        x_channels (int): Channels of x.
        y_channels (int): Channels of y.
        hidden_channels (int): Width of the networks.
        embed_channels (int): Channels of a and b.
        max_score (float): Bound of the absolute value of the scores.
    """

    def __init__(self,
                 x_channels: int,
                 y_channels: int,
                 hidden_channels: int = 64,
                 embed_channels: int = 32,
                 max_score: float = 30.) -> None:
        super().__init__()
        self.max_score = max_score
        self.towers = nn.ModuleList()
        self.skips = nn.ModuleList()
        for channels in (x_channels, y_channels):
            # the last channel is the term that depends on one side only
            self.skips.append(nn.Linear(channels, embed_channels + 1))
            self.towers.append(
                nn.Sequential(
                    nn.Linear(channels, hidden_channels),
                    nn.ReLU(inplace=True),
                    nn.Linear(hidden_channels, embed_channels + 1)))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Score all pairs.

        Args:
            x (Tensor): Shape (M, C).
            y (Tensor): Shape (M, C').

        Returns:
            Tensor: Shape (M, M); row i holds the scores of x_i.
        """
        a, b = (
            skip(z) + tower(z)
            for skip, tower, z in zip(self.skips, self.towers, (x, y)))
        scores = a[:, :-1] @ b[:, :-1].T / (a.shape[1] - 1)**0.5
        scores = scores + a[:, -1:] + b[:, -1]
        return self.max_score * torch.tanh(scores / self.max_score)
