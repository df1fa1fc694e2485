"""Train DSNT with keypoints that have no label.

What is broken
    mmpose 1.3.2's ``JSDiscretLoss`` (``models/losses/classification_loss.py``)
    multiplies predictions by the weight of their keypoint and gives them to
    ``nn.KLDivLoss`` as its *target*. Where that is 0 (any keypoint without a
    label: in PoseTrack the ears, always) torch's gradient by the target is
    0 / 0. The loss is finite, the gradients are NaN, and after one step so
    are all weights. Seen with torch 2.12.

What this does
    Computes ``p (log p - log q)`` with MMPose's own ``eps`` inside both
    logarithms: the same values, and a gradient that is finite at p = 0.

When it can go
    When MMPose masks keypoints after the divergence, or torch's gradient of
    ``kl_div`` by its target is 0 where the target is.
"""
from typing import Any

from torch import Tensor


def kl(self: Any, p: Tensor, q: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergence of q from p, elementwise.

    Args:
        self (JSDiscretLoss): The loss that this is a method of.
        p (Tensor): Probabilities, shape (N, K, h, w).
        q (Tensor): Probabilities, shape (N, K, h, w).

    Returns:
        Tensor: Shape (N, K, h, w); 0 where p is.
    """
    eps = 1e-24  # MMPose's
    return p * ((p + eps).log() - (q + eps).log())


def needed() -> bool:
    """Return whether torch's gradient of ``kl_div`` is NaN at target 0."""
    import torch
    target = torch.zeros(1, requires_grad=True)
    with torch.enable_grad():
        loss = torch.nn.functional.kl_div(
            torch.zeros(1), target, reduction='sum')
    return bool(torch.autograd.grad(loss, target)[0].isnan().any())


def install() -> None:
    """Change mmpose's loss, if this torch needs it."""
    if needed():
        from mmpose.models.losses import JSDiscretLoss
        JSDiscretLoss.kl = kl
