"""The mutual-information estimator of the published code, with its defect."""
from typing import Literal

from mmpose.registry import MODELS
from torch import Tensor
from torch.nn.functional import log_softmax

from .mi_estimator import MIEstimator
from .spatial_kl import as_equal_maps


@MODELS.register_module()
class PublishedMI(MIEstimator):
    r"""The estimator in the public code of FAMI-Pose and TDMI.

    With p = softmax(x / T) and q = softmax(y / T) over the P positions of
    each channel it calls ``kl_div(p, q)``. This function expects the
    *logarithm* of its first argument, so what comes out is not a divergence
    but, averaged over clips and channels,

    .. math::
        -(H(q) + \langle q, p \rangle) / P,

    with the entropy H. It lies between about -(log P) / P and 0, that is, at
    some thousandths for a 96x72 map. With x detached, the published default,
    it mostly changes how peaked y is, whatever x shows. Use it only to repeat
    published trainings; ``docs/mutual_information.md`` names alternatives.

    Value and gradient equal those of the published expression, with one
    exception: where an entry of q underflows to zero (at T = 0.05, in maps
    that span more than about 5), current PyTorch's ``kl_div`` returns NaN
    gradients for the whole map; this class returns their finite limit.

    Source: the public code of FAMI-Pose (CVPR 2022) and TDMI (CVPR 2023).

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
            raise ValueError("`reduction` must be 'mean' or 'batchmean', got "
                             f'{reduction!r}')
        self.temperature = temperature
        self.reduction = reduction

    def estimate(self, x: Tensor, y: Tensor) -> Tensor:
        """Compute the published value; see :meth:`MIEstimator.forward`."""
        log_p, log_q = (
            log_softmax(z.flatten(2) / self.temperature, 2)
            for z in as_equal_maps(x, y))
        p, q = log_p.exp(), log_q.exp()
        # p instead of log p: this is the published defect
        value = q * (log_q - p)
        if self.reduction == 'mean':
            return value.mean()
        return value.sum() / len(value)
