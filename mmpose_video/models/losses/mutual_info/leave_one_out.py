"""A tighter upper bound of mutual information."""
import math
from typing import Any

import torch
from mmpose.registry import MODELS
from torch import Tensor

from .gaussian_upper_bound import GaussianUpperBound
from .mi_estimator import call_frozen


@MODELS.register_module()
class LeaveOneOutUpperBound(GaussianUpperBound):
    r"""Leave-one-out upper bound.

    .. math::
        I(x; y) \le E \Big[ \frac{1}{M} \sum_i \log \frac{q(y_i|x_i)}
        {\frac{1}{M-1} \sum_{j \ne i} q(y_i|x_j)} \Big]

    with the same learned Gaussian q as :class:`CLUBUpperBound`. With a good q
    it is much tighter, but it compares all M^2 pairs: lower ``num_samples``
    if memory is short.

    Source: Poole et al., "On Variational Bounds of Mutual Information", ICML
    2019, equation 13, with q in place of the known conditional.

    Args:
        num_samples (int): M. Defaults to 512 (package default, not the
            paper's).
        **kwargs: See :class:`GaussianUpperBound`.
    """

    def __init__(self, num_samples: int = 512, **kwargs: Any) -> None:
        super().__init__(num_samples=num_samples, **kwargs)

    def estimate(self, x: Tensor, y: Tensor) -> Tensor:
        """Compute the bound; see :meth:`MIEstimator.forward`."""
        x, y = self.samples(x, y)
        num = len(x)
        if num < 2:
            # a single sample cannot be compared with others
            return (x.sum() + y.sum()) * 0
        mean, log_var = call_frozen(self.conditional, x)
        precision = torch.exp(-log_var)
        # log q(y_i|x_j) without its constant, for all pairs (i, j), as
        # matrix products, without an (M, M, C') tensor
        distance = (
            y.square() @ precision.T - 2 * y @ (mean * precision).T +
            (mean.square() * precision + log_var).sum(1))
        log_q = -0.5 * distance
        others = log_q.masked_fill(
            torch.eye(num, dtype=torch.bool, device=x.device), -torch.inf)
        log_mean = torch.logsumexp(others, 1) - math.log(num - 1)
        return (log_q.diagonal() - log_mean).mean()
