"""Heatmap loss with squared keypoint weights, as in released code."""
from typing import Optional

from mmpose.models.losses import KeypointMSELoss
from mmpose.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class SquaredWeightMSELoss(KeypointMSELoss):
    r"""Mean squared error between weighted heatmaps.

    :math:`\mathrm{mean}\,(w H - w \hat H)^2`, so that a joint's weight w
    counts squared. :class:`KeypointMSELoss` of MMPose 1.x multiplies the
    error by w instead; the two agree for weights of 0 and 1. The code that
    HRNet, DCPose, Poseidon and TAR-ViTPose share computes the former, and
    the last two use keypoint weights of 1.2 and 1.5.

    Args:
        use_target_weight (bool): Whether to weigh the keypoints. Defaults to
            True.
        loss_weight (float): Weight of the loss. Defaults to 1.0.
    """

    def __init__(self,
                 use_target_weight: bool = True,
                 loss_weight: float = 1.) -> None:
        super().__init__(use_target_weight, loss_weight=loss_weight)

    def forward(self,
                output: Tensor,
                target: Tensor,
                target_weights: Optional[Tensor] = None,
                mask: Optional[Tensor] = None) -> Tensor:
        """Compute the loss.

        Args:
            output (Tensor): Predicted heatmaps, (N, K, h, w).
            target (Tensor): Target heatmaps, (N, K, h, w).
            target_weights (Tensor, optional): Weights w, (N, K) or (N, K, h,
                w).
            mask (Tensor, optional): Valid pixels, (N, K or 1, h, w).

        Returns:
            Tensor: The loss, a scalar.
        """
        if not self.use_target_weight:
            target_weights = None
        elif target_weights is not None:
            target_weights = target_weights.square()
        return super().forward(output, target, target_weights, mask)
