"""The likelihood that Poseur maximizes."""
import math

import torch
from mmpose.models.utils.realnvp import RealNVP
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class PoseurRLELoss(nn.Module):
    """Residual log-likelihood with a flow whose prior is centered at 0.5.

    For a coordinate ``mu`` with deviation ``sigma`` and label ``x``, with
    ``e = (mu - x) / sigma``:

    ``log(sigma) - log(flow(e)) + log(sigma sqrt(2 pi)) + |e| / sqrt(2)``

    summed over the axes and labeled keypoints and divided by the number of
    all keypoints. (:class:`RLELoss` of MMPose divides by the number of
    people, has another base distribution and a prior centered at 0.)

    Args:
        loss_weight (float): Defaults to 1.
    """

    def __init__(self, loss_weight: float = 1.) -> None:
        super().__init__()
        self.flow = RealNVP()
        self.flow.loc.fill_(0.5)
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, sigma: Tensor, target: Tensor,
                weight: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            pred (Tensor): (N, K, 2) coordinates.
            sigma (Tensor): (N, K, 2) deviations in (0, 1).
            target (Tensor): (N, K, 2) labels.
            weight (Tensor): (N, K), 1 where labeled.

        Returns:
            Tensor: A scalar.
        """
        error = (pred - target) / (sigma + 1e-9)
        # the flow is built in float32; its determinants need it
        log_phi = self.flow.log_prob(error.flatten(0, 1).float())
        log_phi = log_phi.view(*error.shape[:2], 1)
        loss = (2 * torch.log(sigma + 1e-9) + math.log(2 * math.pi) / 2 +
                error.abs() / math.sqrt(2) - log_phi)
        return self.loss_weight * (
            loss * weight[..., None]).sum() / weight.numel()
