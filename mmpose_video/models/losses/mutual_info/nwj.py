"""A lower bound that is not limited by the number of samples."""
import math
from typing import Any, Optional

import torch
from mmpose.registry import MODELS
from torch import Tensor

from .mi_estimator import MIEstimator, call_frozen
from .paired_samples import PairedSamples
from .separable_critic import SeparableCritic


@MODELS.register_module()
class NWJLowerBound(MIEstimator):
    r"""The lower bound of Nguyen, Wainwright and Jordan.

    .. math::
        I(x; y) \ge E_{p(x,y)} f(x, y) - e^{-1} E_{p(x)p(y)} e^{f(x, y)}

    Unlike InfoNCE it can exceed log M, at the price of a higher variance: it
    suits terms of more information than the batch can show.

    Source: Nguyen et al., "Estimating Divergence Functionals and the
    Likelihood Ratio by Convex Risk Minimization", 2010; as in Poole et al.,
    "On Variational Bounds of Mutual Information", ICML 2019, equation 4.

    Args:
        x_channels (int): Channels of x.
        y_channels (int): Channels of y.
        hidden_channels (int): Width of the critic's networks. Defaults to 64
            (package default, not the paper's).
        embed_channels (int): Channels of its two embeddings. Defaults to 32
            (package default, not the paper's).
        num_samples (int): Defaults to 512 (package default, not the
            paper's).
        **sampling: See :class:`PairedSamples`.
    """

    bound = 'lower'

    def __init__(self,
                 x_channels: int,
                 y_channels: int,
                 hidden_channels: int = 64,
                 embed_channels: int = 32,
                 num_samples: int = 512,
                 **sampling: Any) -> None:
        super().__init__()
        self.samples = PairedSamples(num_samples=num_samples, **sampling)
        self.critic = SeparableCritic(
            x_channels,
            y_channels,
            hidden_channels,
            embed_channels,
            max_score=15.)

    def estimate(self, x: Tensor, y: Tensor) -> Tensor:
        """The bound; see :meth:`MIEstimator.forward`."""
        return self._bound(call_frozen(self.critic, *self.samples(x, y)))

    def fit_loss(self, x: Tensor, y: Tensor) -> Optional[Tensor]:
        """The critic raises the bound, too: that makes it tighter."""
        return -self._bound(self.critic(*self.samples(x, y)))

    @staticmethod
    def _bound(scores: Tensor) -> Tensor:
        """The bound from the scores of all pairs (M, M)."""
        num = len(scores)
        paired = scores.diagonal().mean()
        if num < 2:
            # a single sample has nothing to be compared with
            return paired * 0
        # the pairs (i, i) come from the joint distribution: leave them out
        others = scores.masked_fill(
            torch.eye(num, dtype=torch.bool, device=scores.device),
            -torch.inf)
        log_mean = torch.logsumexp(others, (0, 1)) - math.log(num * (num - 1))
        return paired - torch.exp(log_mean - 1)
