"""The mutual-information estimator as it was published, defects and all."""
from typing import Literal

from mmpose.registry import MODELS
from torch import Tensor
from torch.nn.functional import log_softmax

from .mi_estimator import MIEstimator
from .spatial_kl import as_equal_maps


@MODELS.register_module()
class PublishedMI(MIEstimator):
    r"""The estimator in the published code of FAMI-Pose and TDMI's lineage.

    With p = softmax(x / T) and q = softmax(y / T) over the P positions of
    each channel it calls ``kl_div(p, q)``. This function expects the
    *logarithm* of its first argument, so what comes out is not a divergence
    but, averaged over clips and channels,

    .. math::
        -(H(q) + \langle q, p \rangle) / P,

    with the entropy H: between about -(log P) / P and 0, hence some
    thousandths for a 96x72 map. For x detached, which is the published
    default, what a step of it changes is mostly how peaked y is, whatever x
    shows. Keep it to repeat published trainings; see
    ``docs/mutual_information.md`` for what to use instead.

    Value and gradient equal those of the published expression, with one
    exception: where an entry of q underflows to zero (a map of T = 0.05 that
    spans more than about 5), PyTorch's ``kl_div`` returns NaN gradients for
    the whole map, and this class returns their limit.

    Source: the code of FAMI-Pose (CVPR 2022).

    Args:
        temperature (float): T. Defaults to 0.05.
        reduction (str): ``'mean'`` over all elements, which divides by P as
            in the formula, or ``'batchmean'``, the sum over all divided by
            the number of clips. Defaults to ``'mean'``.
    """

    channelwise = True

    def __init__(
            self,
            temperature: float = 0.05,
            reduction: Literal['mean', 'batchmean'] = 'mean') -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError('`temperature` must be positive, got '
                             f'{temperature}')
        if reduction not in ('mean', 'batchmean'):
            raise ValueError("`reduction` is 'mean' or 'batchmean', got "
                             f'{reduction!r}')
        self.temperature = temperature
        self.reduction = reduction

    def estimate(self, x: Tensor, y: Tensor) -> Tensor:
        """The published value; see :meth:`MIEstimator.forward`."""
        log_p, log_q = (
            log_softmax(z.flatten(2) / self.temperature, 2)
            for z in as_equal_maps(x, y))
        p, q = log_p.exp(), log_q.exp()
        # p where log p belongs: this is the published defect
        value = q * (log_q - p)
        if self.reduction == 'mean':
            return value.mean()
        return value.sum() / len(value)
