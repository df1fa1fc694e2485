"""Compare a checkpoint with a model."""
from dataclasses import dataclass, field
from typing import Any, Dict, List

from torch import Tensor, nn


@dataclass
class CheckpointMatch:
    """Which tensors of a model are in a checkpoint.

    Tensors of modules whose ``training_only`` is true serve an objective and
    no prediction; they may be absent and are not counted.

    Attributes:
        fitting (int): Number of tensors in the checkpoint with their shape.
        absent (list[str]): Names of the tensors that are not there.
        other_shape (list[str]): Names and both shapes of those that have
            another shape there.
    """

    fitting: int = 0
    absent: List[str] = field(default_factory=list)
    other_shape: List[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """bool: Whether the checkpoint has all tensors."""
        return not self.absent and not self.other_shape

    def __str__(self) -> str:
        total = self.fitting + len(self.absent) + len(self.other_shape)
        return (f'{self.fitting} of {total} tensors of the model are in the '
                f'checkpoint; absent: {_some(self.absent)}; of another shape: '
                f'{_some(self.other_shape)}')


def match_checkpoint(model: nn.Module,
                     checkpoint: Dict[str, Any]) -> CheckpointMatch:
    """Compare a checkpoint with a model.

    Args:
        model (nn.Module): The model.
        checkpoint (dict): A checkpoint with ``state_dict``, or the weights
            alone, under the names of MMPose 1.x, of MMPose 0.x or of
            distributed training.

    Returns:
        CheckpointMatch: What fits and what does not.
    """
    given = {
        _current_name(name): value
        for name, value in checkpoint.get('state_dict', checkpoint).items()
    }
    optional = tuple(f'{name}.' for name, module in model.named_modules()
                     if getattr(module, 'training_only', False))
    match = CheckpointMatch()
    for name, value in model.state_dict().items():
        found = given.get(name)
        if name.startswith(optional) and found is None:
            continue
        if not isinstance(found, Tensor):
            match.absent.append(name)
        elif found.shape != value.shape:
            match.other_shape.append(
                f'{name} {tuple(found.shape)} for {tuple(value.shape)}')
        else:
            match.fitting += 1
    return match


def _current_name(name: str) -> str:
    """Return the name in MMPose 1.x of a tensor, without a wrapper's."""
    name = name.removeprefix('module.')
    return name.replace('keypoint_head.', 'head.', 1) if name.startswith(
        'keypoint_head.') else name


def _some(names: List[str]) -> str:
    """Return a number and the first few names."""
    if not names:
        return 'none'
    more = ', ...' if len(names) > 3 else ''
    return f'{len(names)} ({", ".join(names[:3])}{more})'
