"""Convert weights of a model that was trained with online distillation."""
from typing import Mapping

from torch import Tensor

from .converter import Converter


class OnlineDistillConverter(Converter):
    """Keep the first branch of an ``OnlineDistillHead`` as a plain head."""

    source = 'this package, class OnlineDistillHead: the first branch'
    configs = 'the same config with the plain head'
    dropped = ((r'head\.branches\.[1-9]', 'the other branches'),
               (r'head\.weigh\.', 'the weights of the ensemble'))
    rules = ((r'head\.branches\.0', 'head'), (r'(backbone|neck)', r'\1'))

    def check(self, weights: Mapping[str, Tensor]) -> None:
        """Refuse branches with trunks, which a plain head cannot hold."""
        if any(name.startswith('head.trunks.') for name in weights):
            raise ValueError(
                'the branches have trunks, which the plain head has no place '
                'for; keep OnlineDistillHead with `num_branches=1`')
