"""A tighter upper bound of mutual information."""
import math
from typing import Any, Optional

import torch
from mmpose.registry import MODELS
from torch import Tensor

from .conditional_gaussian import ConditionalGaussian
from .mi_estimator import MIEstimator, call_frozen
from .paired_samples import PairedSamples


@MODELS.register_module()
class LeaveOneOutUpperBound(MIEstimator):
    r"""The leave-one-out upper bound.

    .. math::
        I(x; y) \le E \Big[ \frac{1}{M} \sum_i \log \frac{q(y_i|x_i)}
        {\frac{1}{M-1} \sum_{j \ne i} q(y_i|x_j)} \Big]

    with the same learned Gaussian q as :class:`CLUBUpperBound`. With a good q
    it is much tighter, but it compares all M^2 pairs: lower ``num_samples``
    where memory is short.

    Source: Poole et al., "On Variational Bounds of Mutual Information", ICML
    2019, equation 13, with q in place of the known conditional.

    Args:
        x_channels (int): Channels of x.
        y_channels (int): Channels of y.
        hidden_channels (int): Width of q's network. Defaults to 64 (package
            default, not the paper's).
        num_samples (int): Defaults to 512 (package default, not the
            paper's).
        **sampling: See :class:`PairedSamples`.
    """

    bound = 'upper'

    def __init__(self,
                 x_channels: int,
                 y_channels: int,
                 hidden_channels: int = 64,
                 num_samples: int = 512,
                 **sampling: Any) -> None:
        super().__init__()
        self.samples = PairedSamples(num_samples=num_samples, **sampling)
        self.conditional = ConditionalGaussian(x_channels, y_channels,
                                               hidden_channels)

    def estimate(self, x: Tensor, y: Tensor) -> Tensor:
        """The bound; see :meth:`MIEstimator.forward`."""
        x, y = self.samples(x, y)
        num = len(x)
        if num < 2:
            # a single sample has nothing to be compared with
            return (x.sum() + y.sum()) * 0
        mean, log_var = call_frozen(self.conditional, x)
        precision = torch.exp(-log_var)
        # log q(y_i|x_j) without its constant, for all pairs (i, j), as
        # matrix products: no (M, M, C') tensor
        distance = (
            y.square() @ precision.T - 2 * y @ (mean * precision).T +
            (mean.square() * precision + log_var).sum(1))
        log_q = -0.5 * distance
        others = log_q.masked_fill(
            torch.eye(num, dtype=torch.bool, device=x.device), -torch.inf)
        log_mean = torch.logsumexp(others, 1) - math.log(num - 1)
        return (log_q.diagonal() - log_mean).mean()

    def fit_loss(self, x: Tensor, y: Tensor) -> Optional[Tensor]:
        """Negative log-likelihood of q."""
        return self.conditional.neg_log_likelihood(*self.samples(x, y))
