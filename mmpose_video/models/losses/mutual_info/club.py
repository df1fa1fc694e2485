"""An upper bound of mutual information, for terms to be minimized."""
import torch
from mmpose.registry import MODELS
from torch import Tensor

from .gaussian_upper_bound import GaussianUpperBound
from .mi_estimator import call_frozen


@MODELS.register_module()
class CLUBUpperBound(GaussianUpperBound):
    r"""Variational contrastive log-ratio upper bound (vCLUB).

    .. math::
        I(x; y) \le E_{p(x,y)} \log q(y|x) - E_{p(x)p(y)} \log q(y|x)

    with a learned Gaussian q. It is an upper bound as long as q is closer to
    p(y|x) than to p(y). With q = p(y|x) it exceeds the true value by the
    divergence of p(x)p(y) from p(x,y), so it is not tight: for Gaussians of
    correlation r it tends to r^2 / (1 - r^2) per channel, where the truth is
    -log(1 - r^2) / 2.

    Source: Cheng et al., "CLUB: A Contrastive Log-ratio Upper Bound of Mutual
    Information", ICML 2020, equations 5 and 13.

    For the arguments see :class:`GaussianUpperBound`.

    Examples:
        >>> import torch
        >>> estimator = CLUBUpperBound(x_channels=48, y_channels=17)
        >>> x, y = torch.rand(2, 48, 24, 18), torch.rand(2, 17, 24, 18)
        >>> loss = estimator(x, y) + estimator.fit(x, y)
    """

    def estimate(self, x: Tensor, y: Tensor) -> Tensor:
        """Compute the bound; see :meth:`MIEstimator.forward`."""
        x, y = self.samples(x, y)
        mean, log_var = call_frozen(self.conditional, x)
        # The log-variance of q is the same in both expectations and cancels.
        # The mean over all M^2 pairs needs only two moments of y:
        # E_j (y_j - mean_i)^2 = var(y) + (E y - mean_i)^2
        paired = (y - mean).square()
        shuffled = y.var(0, correction=0) + (y.mean(0) - mean).square()
        gap = 0.5 * torch.exp(-log_var) * (shuffled - paired)
        return gap.sum(1).mean()
