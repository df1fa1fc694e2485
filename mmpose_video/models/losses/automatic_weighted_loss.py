"""Weights of several losses, learned beside the model."""
from typing import Dict, Sequence

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

#: Names of losses that can be negative begin so.
SIGNED = ('loss_mi', )


@MODELS.register_module()
class AutomaticWeightedLoss(nn.Module):
    r"""Weigh losses by learned uncertainties.

    Kendall et al. (CVPR 2018) in the form that stays positive, Liebel and
    Koerner (arXiv:1805.06334)::

        sum over losses of  L / (2 s^2) + log(1 + s^2)

    The weight of a constant loss settles where L = 2 s^4 / (1 + s^2), so
    small losses are raised and large ones lowered, however useful they are.
    A negative loss would drive its weight to infinity; such losses are
    refused. The total that is logged is not comparable with that of other
    settings; the losses themselves are logged under their names without
    ``loss_``.

    The uncertainties must not decay: set ``paramwise_cfg=dict(custom_keys={
    'loss_weighting': dict(decay_mult=0.)})``.

    Args:
        names (Sequence[str]): Names of the losses to weigh; others pass.
        init (float): Initial s. Defaults to 1.
        min_sigma (float): Lower limit of s, so that a loss that vanishes does
            not get an infinite weight. Defaults to 1e-3.

    Raises:
        ValueError: If no name is given, or the name of a loss that can be
            negative.
    """

    def __init__(self, names: Sequence[str], init: float = 1.,
                 min_sigma: float = 1e-3) -> None:
        super().__init__()
        bad = [name for name in names if name.startswith(SIGNED)]
        if bad or not names:
            raise ValueError(
                f'{bad} can be negative, which makes automatic weights '
                'unbounded: leave them out of `names` and weigh them by hand'
                if bad else '`names` must name at least one loss')
        self.names = tuple(names)
        self.min_sigma = min_sigma
        self.sigma = nn.Parameter(torch.full((len(self.names), ), init))

    def forward(self, losses: Dict[str, Tensor]) -> Dict[str, Tensor]:
        """Weigh the losses of an iteration.

        Args:
            losses (dict[str, Tensor]): Losses by name.

        Returns:
            dict[str, Tensor]: The same with the named losses weighed, and
            their own values under names without ``loss_``.

        Raises:
            KeyError: If a named loss is not among them.
            ValueError: If a named loss is negative.
        """
        out = dict(losses)
        for name, sigma in zip(self.names, self.sigma):
            if name not in losses:
                raise KeyError(
                    f'`loss_weighting` names {name!r}, but this model has '
                    f'{sorted(k for k in losses if "loss" in k)}')
            value = losses[name]
            if value < 0:
                raise ValueError(
                    f'{name} is negative ({value.item():.4g}); automatic '
                    'weights need losses of at least 0. Leave it out of '
                    '`loss_weighting.names`')
            variance = sigma.clamp(min=self.min_sigma).square()
            out[name] = value / (2 * variance) + torch.log1p(variance)
            out[name.replace('loss_', '')] = value.detach()
        return out
