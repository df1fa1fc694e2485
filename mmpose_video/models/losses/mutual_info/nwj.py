"""A lower bound that is not limited by the number of samples."""
import math

import torch
from mmpose.registry import MODELS
from torch import Tensor

from .critic_lower_bound import CriticLowerBound


@MODELS.register_module()
class NWJLowerBound(CriticLowerBound):
    r"""The lower bound of Nguyen, Wainwright and Jordan.

    .. math::
        I(x; y) \ge E_{p(x,y)} f(x, y) - e^{-1} E_{p(x)p(y)} e^{f(x, y)}

    Unlike InfoNCE it can exceed log M, at the price of a higher variance: it
    suits terms with more information than a batch can show.

    Source: Nguyen et al., "Estimating Divergence Functionals and the
    Likelihood Ratio by Convex Risk Minimization", 2010; as in Poole et al.,
    "On Variational Bounds of Mutual Information", ICML 2019, equation 4.

    For the arguments see :class:`CriticLowerBound`.
    """

    max_score = 15.

    def bound_of(self, scores: Tensor) -> Tensor:
        """Compute the bound from the scores of all pairs, (M, M)."""
        num = len(scores)
        paired = scores.diagonal().mean()
        if num < 2:
            # a single sample cannot be compared with others
            return paired * 0
        # pairs (i, i) come from the joint distribution: leave them out
        others = scores.masked_fill(
            torch.eye(num, dtype=torch.bool, device=scores.device),
            -torch.inf)
        log_mean = torch.logsumexp(others, (0, 1)) - math.log(num * (num - 1))
        return paired - torch.exp(log_mean - 1)
