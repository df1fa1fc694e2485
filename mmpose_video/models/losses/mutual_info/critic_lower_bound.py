"""Base class of the lower bounds that a critic gives."""
from abc import abstractmethod
from typing import Any, ClassVar, Optional

from torch import Tensor

from .mi_estimator import MIEstimator, call_frozen
from .paired_samples import PairedSamples
from .separable_critic import SeparableCritic


class CriticLowerBound(MIEstimator):
    """Lower bound computed from a critic's scores of all pairs of samples.

    The critic learns by raising the bound, which makes it tighter.

    Args:
        x_channels (int): Channels of x.
        y_channels (int): Channels of y.
        hidden_channels (int): Width of the critic's networks. Defaults to 64
            (package default, not the paper's).
        embed_channels (int): Channels of its two embeddings. Defaults to 32
            (package default, not the paper's).
        num_samples (int): M, the number of samples. Defaults to 512 (package
            default, not the paper's).
        **sampling: Further arguments of :class:`PairedSamples`.

    Attributes:
        max_score (float): Bound of the absolute value of the scores.
    """

    bound = 'lower'
    max_score: ClassVar[float] = 30.

    def __init__(self,
                 x_channels: int,
                 y_channels: int,
                 hidden_channels: int = 64,
                 embed_channels: int = 32,
                 num_samples: int = 512,
                 **sampling: Any) -> None:
        super().__init__()
        self.samples = PairedSamples(num_samples=num_samples, **sampling)
        self.critic = SeparableCritic(x_channels, y_channels, hidden_channels,
                                      embed_channels, self.max_score)

    def estimate(self, x: Tensor, y: Tensor) -> Tensor:
        """Compute the bound; see :meth:`MIEstimator.forward`."""
        return self.bound_of(call_frozen(self.critic, *self.samples(x, y)))

    def fit_loss(self, x: Tensor, y: Tensor) -> Optional[Tensor]:
        """Compute the critic's loss, the negative bound."""
        return -self.bound_of(self.critic(*self.samples(x, y)))

    @abstractmethod
    def bound_of(self, scores: Tensor) -> Tensor:
        """Compute the bound.

        Args:
            scores (Tensor): f(x_i, y_j) of all pairs, (M, M).

        Returns:
            Tensor: A scalar.
        """
