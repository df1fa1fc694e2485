"""Several losses from one loss module, each logged by its own name."""
from typing import Dict, Iterable, Sequence

from torch import Tensor


class LossTerms(list):
    """List of losses that knows the names of all but the first.

    MMPose's heads store what their loss module returns under one name.
    MMEngine adds the tensors of a list, so any estimator trains with it;
    :class:`TopdownVideoPoseEstimator` logs each term under its own name.

    Args:
        terms (Iterable[Tensor]): The head's own loss, then the added ones.
        names (Sequence[str]): Names of the added ones.
    """

    def __init__(self, terms: Iterable[Tensor], names: Sequence[str]) -> None:
        super().__init__(terms)
        if len(self) != len(names) + 1:
            raise ValueError(f'{len(self)} terms need {len(self) - 1} names, '
                             f'got {list(names)}')
        self.names = tuple(names)


def split_loss_terms(losses: Dict[str, Tensor]) -> Dict[str, Tensor]:
    """Split named terms in a dict of losses into entries of their own.

    Args:
        losses (dict): Losses by name.

    Returns:
        dict: The same with tensors only.

    Raises:
        KeyError: If a name is taken.
    """
    out: Dict[str, Tensor] = {}
    for name, value in losses.items():
        parts = {name: value}
        if isinstance(value, LossTerms):
            parts = dict(zip((name, *value.names), value))
        clashes = out.keys() & parts.keys()
        if clashes:
            raise KeyError(f'two losses are named {sorted(clashes)}')
        out.update(parts)
    return out
