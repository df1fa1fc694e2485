"""Base class of the upper bounds that a learned conditional gives."""
from typing import Any, Optional

from torch import Tensor

from .conditional_gaussian import ConditionalGaussian
from .mi_estimator import MIEstimator
from .paired_samples import PairedSamples


class GaussianUpperBound(MIEstimator):
    """An upper bound computed from a learned Gaussian q(y|x).

    q learns by maximum likelihood.

    Args:
        x_channels (int): Channels of x.
        y_channels (int): Channels of y.
        hidden_channels (int): Width of q's network. Defaults to 64 (package
            default, not the paper's).
        **sampling: Arguments of :class:`PairedSamples`.
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

    def fit_loss(self, x: Tensor, y: Tensor) -> Optional[Tensor]:
        """Compute the negative log-likelihood of q."""
        return self.conditional.neg_log_likelihood(*self.samples(x, y))
