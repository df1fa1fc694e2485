"""The interface of the mutual-information estimators."""
from abc import ABCMeta, abstractmethod
from typing import ClassVar, Dict, Optional

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.func import functional_call


class MIEstimator(BaseModule, metaclass=ABCMeta):
    """Estimates the mutual information of two feature maps, in nats.

    Calling the module gives the estimate. Gradients of it reach the two maps
    only, never the estimator's own parameters; those learn from :meth:`fit`,
    which in turn never touches the maps. So one optimizer and one backward
    pass serve both sides, also where they pull in opposite directions::

        loss = weight * estimator(x, y) + estimator.fit(x, y)

    Everything is computed in float32, whatever autocast says.

    Attributes:
        bound (str): ``'upper'`` (for a term to be minimised), ``'lower'``
            (for one to be maximised) or ``'none'``: not a bound.
        channelwise (bool): Whether it compares channel with channel, so that
            x and y must have the same number. Others are built for a number
            of channels each, ``x_channels`` and ``y_channels``.
    """

    bound: ClassVar[str] = 'none'
    channelwise: ClassVar[bool] = False

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Estimate I(x; y).

        Args:
            x (Tensor): Shape (N, C, h, w), or (M, C) for M plain samples.
            y (Tensor): Shape (N, C', h, w), or (M, C').

        Returns:
            Tensor: A scalar in float32.
        """
        check_pair(x, y)
        with torch.autocast(x.device.type, enabled=False):
            return self.estimate(x.float(), y.float())

    def fit(self, x: Tensor, y: Tensor) -> Optional[Tensor]:
        """Loss by which the estimator itself learns; x and y are detached.

        Args:
            x (Tensor): As for :meth:`forward`.
            y (Tensor): As for :meth:`forward`.

        Returns:
            Tensor, optional: A scalar in float32; None if there is nothing to
            learn.
        """
        check_pair(x, y)
        with torch.autocast(x.device.type, enabled=False):
            return self.fit_loss(x.detach().float(), y.detach().float())

    @abstractmethod
    def estimate(self, x: Tensor, y: Tensor) -> Tensor:
        """The estimate, from float32 tensors with autocast off."""

    def fit_loss(self, x: Tensor, y: Tensor) -> Optional[Tensor]:
        """The estimator's own loss, likewise; none by default."""
        return None


def call_frozen(module: nn.Module, *inputs: Tensor) -> Tensor:
    """Call a module so that gradients pass through it but not into it.

    ``requires_grad_(False)`` would do the same, but would also hide the
    parameters from hooks and wrappers that look at the flag.
    """
    state: Dict[str, Tensor] = {
        name: parameter.detach()
        for name, parameter in module.named_parameters()
    }
    return functional_call(module, state, inputs)


def check_pair(x: Tensor, y: Tensor) -> None:
    """Reject two tensors that do not hold the same samples.

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
