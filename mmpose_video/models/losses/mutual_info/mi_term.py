"""One term of a mutual-information objective."""
from dataclasses import dataclass
from typing import Tuple

from mmpose.utils.typing import OptConfigType


@dataclass
class MITerm:
    """What is to be minimised or maximised.

    Attributes:
        x (str): Name of the first tensor.
        y (str): Name of the second.
        goal (str): ``'min'`` or ``'max'``.
        weight (float): Positive; the goal says the sign.
        name (str): Name in the log. Defaults to '', ``<x>_<y>``.
        detach (tuple[str]): Sides, of 'x' and 'y', that get no gradient.
        estimator (dict, optional): An estimator for this term alone.
    """

    x: str
    y: str
    goal: str
    weight: float = 1.
    name: str = ''
    detach: Tuple[str, ...] = ()
    estimator: OptConfigType = None

    def __post_init__(self) -> None:
        """Check the values, which come from a config."""
        if not self.name:
            self.name = f'{self.x}_{self.y}'
        if self.goal not in ('min', 'max'):
            raise ValueError(f"the goal of term {self.name!r} is 'min' or "
                             f"'max', got {self.goal!r}")
        if self.weight < 0:
            raise ValueError(f'the weight of term {self.name!r} is negative; '
                             'its `goal` says the direction')
        if not set(self.detach) <= {'x', 'y'}:
            raise ValueError(f"`detach` of term {self.name!r} holds 'x' and "
                             f"'y', got {self.detach!r}")

    @property
    def factor(self) -> float:
        """float: The weight with its sign in a loss."""
        return self.weight if self.goal == 'min' else -self.weight

    def wrong_bound(self, bound: str) -> bool:
        """Whether a bound is on the side that the optimizer can exploit."""
        return bound == {'min': 'lower', 'max': 'upper'}[self.goal]
