"""One term of a mutual-information objective."""
from dataclasses import dataclass
from typing import Tuple

from mmpose.utils.typing import OptConfigType


@dataclass
class MITerm:
    """Two tensors whose information is minimized or maximized.

    Attributes:
        x (str): Name of the first tensor.
        y (str): Name of the second.
        goal (str): ``'min'`` or ``'max'``.
        weight (float): Non-negative; the goal determines the sign.
        name (str): Name in the log. Defaults to '', which stands for
            ``<x>_<y>``.
        detach (tuple[str]): Which of 'x' and 'y' get no gradient.
        estimator (dict, optional): Config of an estimator for this term only.
    """

    x: str
    y: str
    goal: str
    weight: float = 1.
    name: str = ''
    detach: Tuple[str, ...] = ()
    estimator: OptConfigType = None

    def __post_init__(self) -> None:
        """Check the values, which come from a config.

        Raises:
            ValueError: If one of them is not legal.
        """
        if not self.name:
            self.name = f'{self.x}_{self.y}'
        if self.goal not in ('min', 'max'):
            raise ValueError(f"the goal of term {self.name!r} must be 'min' "
                             f"or 'max', got {self.goal!r}")
        if self.weight < 0:
            raise ValueError(f'the weight of term {self.name!r} is negative; '
                             'use its `goal` for the direction')
        if not set(self.detach) <= {'x', 'y'}:
            raise ValueError(f"`detach` of term {self.name!r} may hold 'x' "
                             f"and 'y', got {self.detach!r}")

    @property
    def factor(self) -> float:
        """float: The weight with the sign that it has in the loss."""
        return self.weight if self.goal == 'min' else -self.weight

    def wrong_bound(self, bound: str) -> bool:
        """Return whether optimizing this kind of bound proves nothing."""
        return bound == {'min': 'lower', 'max': 'upper'}[self.goal]
