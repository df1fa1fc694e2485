"""Agreement of two maps as distributions over positions."""
from typing import Tuple

from mmpose.registry import MODELS
from torch import Tensor
from torch.nn.functional import log_softmax

from .mi_estimator import MIEstimator


@MODELS.register_module()
class SpatialSymmetricKL(MIEstimator):
    r"""Negative symmetric Kullback-Leibler divergence, in log space.

    Each channel of a map becomes a distribution over its positions,
    p = softmax(x / T) and q = softmax(y / T), and

    .. math::
        -J(p, q) = -\sum_i (p_i - q_i) (\log p_i - \log q_i),

    averaged over clips and channels. It is what the published estimator was
    meant to be: at most zero, zero only for equal maps, with gradients for
    both sides. It measures the agreement of two maps of equal meaning, in
    nats; it is **neither** an estimate of mutual information **nor** a bound.

    The logarithms come from ``log_softmax``, never from a probability that
    has been rounded to zero.

    Args:
        temperature (float): T. Defaults to 0.05, the published code's.
    """

    channelwise = True

    def __init__(self, temperature: float = 0.05) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError('`temperature` must be positive, got '
                             f'{temperature}')
        self.temperature = temperature

    def estimate(self, x: Tensor, y: Tensor) -> Tensor:
        """Compute the negative divergence; see :meth:`MIEstimator.forward`."""
        log_p, log_q = (
            log_softmax(z.flatten(2) / self.temperature, 2)
            for z in as_equal_maps(x, y))
        divergence = (log_p.exp() - log_q.exp()) * (log_p - log_q)
        return -divergence.sum(2).mean()


def as_equal_maps(x: Tensor, y: Tensor) -> Tuple[Tensor, Tensor]:
    """Check that channels of two maps correspond.

    Raises:
        ValueError: If they are not two maps of one shape.
    """
    if x.shape != y.shape or x.dim() != 4:
        raise ValueError(
            'the objective compares maps (N, C, h, w) channel by channel, '
            f'got {tuple(x.shape)} and {tuple(y.shape)}; project one of them '
            'first, or use a bound')
    return x, y
