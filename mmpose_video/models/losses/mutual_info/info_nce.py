"""A lower bound of mutual information, for terms to be maximised."""
import math
from typing import Any, Optional

import torch
from mmpose.registry import MODELS
from torch import Tensor

from .mi_estimator import MIEstimator, call_frozen
from .paired_samples import PairedSamples
from .separable_critic import SeparableCritic


@MODELS.register_module()
class InfoNCELowerBound(MIEstimator):
    r"""The noise-contrastive lower bound (InfoNCE).

    .. math::
        I(x; y) \ge \frac{1}{M} \sum_i \log
        \frac{e^{f(x_i, y_i)}}{\frac{1}{M} \sum_j e^{f(x_i, y_j)}}

    with a learned critic f. It is a lower bound whatever f is, and it never
    exceeds log M: more information than that cannot be seen with M samples.

    Source: van den Oord et al., "Representation Learning with Contrastive
    Predictive Coding", 2018, equation 5 and appendix A.1.

    Args:
        x_channels (int): Channels of x.
        y_channels (int): Channels of y.
        hidden_channels (int): Width of the critic's networks. Defaults to 64
            (package default, not the paper's).
        embed_channels (int): Channels of its two embeddings. Defaults to 32
            (package default, not the paper's).
        num_samples (int): M. Defaults to 512 (package default, not the
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
        self.critic = SeparableCritic(x_channels, y_channels, hidden_channels,
                                      embed_channels)

    def estimate(self, x: Tensor, y: Tensor) -> Tensor:
        """The bound; see :meth:`MIEstimator.forward`."""
        return self._bound(call_frozen(self.critic, *self.samples(x, y)))

    def fit_loss(self, x: Tensor, y: Tensor) -> Optional[Tensor]:
        """The critic raises the bound, too: that makes it tighter."""
        return -self._bound(self.critic(*self.samples(x, y)))

    @staticmethod
    def _bound(scores: Tensor) -> Tensor:
        """The bound from the scores of all pairs (M, M)."""
        log_mean = torch.logsumexp(scores, 1) - math.log(len(scores))
        return (scores.diagonal() - log_mean).mean()
