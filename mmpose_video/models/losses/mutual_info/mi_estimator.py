"""The interface of the mutual-information estimators."""
from abc import ABCMeta, abstractmethod
from typing import ClassVar, Dict, Optional

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.func import functional_call


class MIEstimator(BaseModule, metaclass=ABCMeta):
    """Estimate the mutual information of two feature maps, in nats.

    Calling the module returns the estimate. Its gradients reach only the two
    maps, never the parameters of the estimator; those learn from :meth:`fit`,
    whose gradients never reach the maps. So one optimizer and one backward
    pass serve both sides, even if they pull in opposite directions::

        loss = weight * estimator(x, y) + estimator.fit(x, y)

    Estimates are computed in float32, or in float64 for float64 maps, even
    under autocast.

    Attributes:
        bound (str): ``'upper'`` (for a term to be minimized), ``'lower'``
            (for one to be maximized) or ``'none'``: not a bound.
        channelwise (bool): Whether it compares channel with channel, so that
            x and y need the same number of channels. Other estimators are
            built with ``x_channels`` and ``y_channels``.
    """

    bound: ClassVar[str] = 'none'
    channelwise: ClassVar[bool] = False

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Estimate I(x; y).

        Args:
            x (Tensor): Shape (N, C, h, w), or (M, C) for M plain samples.
            y (Tensor): Shape (N, C', h, w), or (M, C').

        Returns:
            Tensor: A scalar, float32 (float64 for float64 maps).
        """
        check_pair(x, y)
        with torch.autocast(x.device.type, enabled=False):
            return self.estimate(at_least_float32(x), at_least_float32(y))

    def fit(self, x: Tensor, y: Tensor) -> Optional[Tensor]:
        """Compute the estimator's own loss, with x and y detached.

        Args:
            x (Tensor): As for :meth:`forward`.
            y (Tensor): As for :meth:`forward`.

        Returns:
            Tensor, optional: A scalar; None if the estimator has nothing to
            learn.
        """
        check_pair(x, y)
        with torch.autocast(x.device.type, enabled=False):
            return self.fit_loss(
                at_least_float32(x.detach()), at_least_float32(y.detach()))

    @abstractmethod
    def estimate(self, x: Tensor, y: Tensor) -> Tensor:
        """Compute the estimate from full-precision tensors, autocast off."""

    def fit_loss(self, x: Tensor, y: Tensor) -> Optional[Tensor]:
        """Compute the estimator's own loss, likewise; none by default."""
        return None


def at_least_float32(x: Tensor) -> Tensor:
    """Convert lower precisions to float32; keep float64."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def call_frozen(module: nn.Module, *inputs: Tensor) -> Tensor:
    """Call a module without gradients for its own parameters.

    ``requires_grad_(False)`` would have the same effect, but would also hide
    the parameters from hooks and wrappers that check the flag.
    """
    state: Dict[str, Tensor] = {
        name: parameter.detach()
        for name, parameter in module.named_parameters()
    }
    return functional_call(module, state, inputs)


def check_pair(x: Tensor, y: Tensor) -> None:
    """Check that two tensors hold the same samples.

    Raises:
        ValueError: If they differ in more than the number of channels.
    """
    same = (x.dim() == y.dim() and x.dim() in (2, 4)
            and x.shape[0] == y.shape[0] and x.shape[2:] == y.shape[2:])
    if not same:
        raise ValueError(
            'mutual information is taken between two maps (N, C, h, w) and '
            "(N, C', h, w) of the same clips and positions, or two matrices "
            f"(M, C) and (M, C'); got {tuple(x.shape)} and {tuple(y.shape)}")
