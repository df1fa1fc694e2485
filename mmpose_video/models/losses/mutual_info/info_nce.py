"""A lower bound of mutual information, for terms to be maximized."""
import math

import torch
from mmpose.registry import MODELS
from torch import Tensor

from .critic_lower_bound import CriticLowerBound


@MODELS.register_module()
class InfoNCELowerBound(CriticLowerBound):
    r"""Noise-contrastive lower bound (InfoNCE).

    .. math::
        I(x; y) \ge \frac{1}{M} \sum_i \log
        \frac{e^{f(x_i, y_i)}}{\frac{1}{M} \sum_j e^{f(x_i, y_j)}}

    with a learned critic f. It is a lower bound for any f, and never exceeds
    log M: M samples cannot show more information than that.

    Source: van den Oord et al., "Representation Learning with Contrastive
    Predictive Coding", 2018, equation 5 and appendix A.1.

    For the arguments see :class:`CriticLowerBound`.
    """

    def bound_of(self, scores: Tensor) -> Tensor:
        """Compute the bound from the scores of all pairs, (M, M)."""
        log_mean = torch.logsumexp(scores, 1) - math.log(len(scores))
        return (scores.diagonal() - log_mean).mean()
