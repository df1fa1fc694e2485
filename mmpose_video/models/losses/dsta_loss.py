"""The residual log-likelihood that DSTA trains with."""
import math
from typing import Optional

import torch
from mmpose.models.losses import RLELoss
from mmpose.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class DSTALoss(RLELoss):
    r"""RLE in the variant of DSTA's released code.

    With the error :math:`e = (\mu - t) / \sigma` and the flow's density
    :math:`\phi`, the loss of a coordinate is

    .. math::
        \log \sigma - \log \phi(e) + \log(\sigma \sqrt{2 \pi})
        + |\mu - t| / (\sqrt{2} \sigma),

    the normalizer of a Gaussian beside the exponent of a Laplace
    distribution; :class:`RLELoss` has those of one distribution. The flow's
    prior is a normal distribution around 0.5 instead of 0.

    Args:
        use_target_weight (bool): Whether to weigh the keypoints. Defaults to
            True.
        size_average (bool): Divide the sum by the number of samples. Defaults
            to True.
    """

    def __init__(self,
                 use_target_weight: bool = True,
                 size_average: bool = True) -> None:
        super().__init__(use_target_weight, size_average)
        self.flow_model.loc.fill_(0.5)

    def forward(self,
                pred: Tensor,
                sigma: Tensor,
                target: Tensor,
                target_weight: Optional[Tensor] = None) -> Tensor:
        """Compute the loss.

        Args:
            pred (Tensor): Predicted coordinates, (N, K, 2).
            sigma (Tensor): Logits of their scales, (N, K, 2).
            target (Tensor): True coordinates, (N, K, 2).
            target_weight (Tensor, optional): Weights, (N, K, 1) or (N, K, 2).

        Returns:
            Tensor: The loss, a scalar.
        """
        sigma = sigma.sigmoid()
        error = pred - target
        log_phi = self.flow_model.log_prob((error / sigma).flatten(0, 1))
        flow = sigma.log() - log_phi.view(*target.shape[:2], 1)
        base = (sigma * math.sqrt(2 * math.pi)).log() + (
            error.abs() / (math.sqrt(2) * sigma + 1e-9))
        loss = flow + base
        if self.use_target_weight and target_weight is not None:
            loss = loss * target_weight
        total = torch.sum(loss)
        return total / len(loss) if self.size_average else total
