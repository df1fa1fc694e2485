"""An upper bound of mutual information, for terms to be minimised."""
from typing import Any, Optional

import torch
from mmpose.registry import MODELS
from torch import Tensor

from .conditional_gaussian import ConditionalGaussian
from .mi_estimator import MIEstimator, call_frozen
from .paired_samples import PairedSamples


@MODELS.register_module()
class CLUBUpperBound(MIEstimator):
    r"""The variational contrastive log-ratio upper bound (vCLUB).

    .. math::
        I(x; y) \le E_{p(x,y)} \log q(y|x) - E_{p(x)p(y)} \log q(y|x)

    with a Gaussian q that learns by maximum likelihood (:meth:`fit`). It is
    an upper bound as long as q is closer to p(y|x) than to p(y); with
    q = p(y|x) it exceeds the truth by the divergence of p(x)p(y) from p(x,y),
    so it is not tight: for Gaussians of correlation r it tends to
    r^2 / (1 - r^2) per channel where the truth is -log(1 - r^2) / 2.

    Source: Cheng et al., "CLUB: A Contrastive Log-ratio Upper Bound of Mutual
    Information", ICML 2020, equations 5 and 13.

    Args:
        x_channels (int): Channels of x.
        y_channels (int): Channels of y.
        hidden_channels (int): Width of q's network. Defaults to 64 (package
            default, not the paper's).
        **sampling: See :class:`PairedSamples`.

    Examples:
        >>> import torch
        >>> estimator = CLUBUpperBound(x_channels=48, y_channels=17)
        >>> x, y = torch.rand(2, 48, 24, 18), torch.rand(2, 17, 24, 18)
        >>> loss = estimator(x, y) + estimator.fit(x, y)
    """

    bound = 'upper'

    def __init__(self,
                 x_channels: int,
                 y_channels: int,
                 hidden_channels: int = 64,
                 **sampling: Any) -> None:
        super().__init__()
        self.samples = PairedSamples(**sampling)
        self.conditional = ConditionalGaussian(x_channels, y_channels,
                                               hidden_channels)

    def estimate(self, x: Tensor, y: Tensor) -> Tensor:
        """The bound; see :meth:`MIEstimator.forward`."""
        x, y = self.samples(x, y)
        mean, log_var = call_frozen(self.conditional, x)
        # q's log-variance is the same in both expectations and cancels. The
        # mean over all M^2 pairs needs only the first two moments of y:
        # E_j (y_j - mean_i)^2 = var(y) + (E y - mean_i)^2
        paired = (y - mean).square()
        shuffled = y.var(0, correction=0) + (y.mean(0) - mean).square()
        gap = 0.5 * torch.exp(-log_var) * (shuffled - paired)
        return gap.sum(1).mean()

    def fit_loss(self, x: Tensor, y: Tensor) -> Optional[Tensor]:
        """Negative log-likelihood of q."""
        return self.conditional.neg_log_likelihood(*self.samples(x, y))
