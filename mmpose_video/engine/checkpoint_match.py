"""Compare a checkpoint with a model: the rule for all that load weights."""
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence

import torch
from torch import Tensor, nn

#: A training starts from a checkpoint of which at least this share fits, or
#: that fills at least this share of the model.
MIN_SHARE = 0.5


@dataclass
class CheckpointMatch:
    """The result of comparing a checkpoint with a model.

    Tensors of modules whose ``training_only`` is true serve an objective and
    no prediction; they may be absent and are not counted. Nor are the
    counters of batch normalization, which old checkpoints lack.

    Attributes:
        fitting (int): Number of tensors in the checkpoint with their shape.
        absent (list[str]): Names of the tensors that are not there.
        other_shape (list[str]): Names and both shapes of those that have
            another shape there.
        not_finite (list[str]): Names of fitting tensors that hold NaN or
            infinity.
        given (int): Number of tensors in the checkpoint.
        names (list[str]): Names of the tensors in the file; more than
            ``given`` where only those under a prefix were asked for.
    """

    fitting: int = 0
    absent: List[str] = field(default_factory=list)
    other_shape: List[str] = field(default_factory=list)
    not_finite: List[str] = field(default_factory=list)
    given: int = 0
    names: List[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """int: Number of tensors of the model that are counted."""
        return self.fitting + len(self.absent) + len(self.other_shape)

    @property
    def complete(self) -> bool:
        """bool: True if the checkpoint has all tensors."""
        return not self.absent and not self.other_shape

    @property
    def share(self) -> float:
        """float: Share of the model or of the checkpoint that fits, 0 to 1.

        The larger of the two: a backbone is a part of a model, and a model
        may be a part of a checkpoint.
        """
        return self.fitting / max(min(self.total, self.given), 1)

    def find_fault(self, *, predicting: bool) -> Optional[str]:
        """Return why the checkpoint must not be used.

        Args:
            predicting (bool): True if predictions are to be made, for which
                the model must be complete. False if a training starts from
                the checkpoint, for which :data:`MIN_SHARE` is enough.

        Returns:
            str, optional: What is wrong, and what to do about it; None if
            the checkpoint may be used.
        """
        if self.not_finite:
            return ('it holds weights that are not finite: '
                    f'{_some(self.not_finite)}; did its training end well?')
        if self.complete or not predicting and self.share >= MIN_SHARE:
            return None
        examples = ''
        if self.share < MIN_SHARE and self.names:
            wanted = (self.absent or self.other_shape)[0].split()[0]
            examples = (f' The checkpoint has names such as '
                        f'`{self.names[0]}`, the model such as `{wanted}`.'
                        f'{converter_hint(self.names)}')
        return f'it holds the weights of another model: {self}.{examples}'

    def __str__(self) -> str:
        return (f'{self.fitting} of {self.total} tensors of the model are in '
                f'the checkpoint; absent: {_some(self.absent)}; of another '
                f'shape: {_some(self.other_shape)}')


def match_checkpoint(
        model: nn.Module,
        checkpoint: Mapping[str, Any],
        names: Optional[Sequence[str]] = None) -> CheckpointMatch:
    """Compare a checkpoint with a model.

    Args:
        model (nn.Module): The model.
        checkpoint (dict): A checkpoint with ``state_dict``, or the weights
            alone, under the names of MMPose 1.x, of MMPose 0.x or of
            distributed training.
        names (Sequence[str], optional): The names in the file if
            ``checkpoint`` is a part of it. Defaults to those in
            ``checkpoint``.

    Returns:
        CheckpointMatch: The tensors that fit and those that do not.
    """
    weights = checkpoint.get('state_dict', checkpoint)
    given: Dict[str, Any] = {
        _current_name(str(name)): value
        for name, value in weights.items()
    } if isinstance(weights, Mapping) else {}
    optional = tuple(f'{name}.' for name, module in model.named_modules()
                     if getattr(module, 'training_only', False))
    match = CheckpointMatch(
        given=sum(isinstance(value, Tensor) for value in given.values()),
        names=list(given if names is None else names))
    for name, value in model.state_dict().items():
        found = given.get(name)
        if found is None and (name.startswith(optional)
                              or name.endswith('num_batches_tracked')):
            continue
        if not isinstance(found, Tensor):
            match.absent.append(name)
        elif found.is_complex() or found.layout is not torch.strided:
            match.other_shape.append(f'{name} is complex or sparse')
        elif found.shape != value.shape:
            match.other_shape.append(
                f'{name} {tuple(found.shape)} for {tuple(value.shape)}')
        else:
            match.fitting += 1
            if not is_finite(found):
                match.not_finite.append(name)
    return match


def is_finite(tensor: Tensor) -> bool:
    """Return whether a tensor holds neither NaN nor infinity."""
    return not tensor.is_floating_point() or bool(tensor.isfinite().all())


def converter_hint(names: Sequence[str]) -> str:
    """Return the command that converts a checkpoint, if there is one.

    Args:
        names (Sequence[str]): The names of its tensors.

    Returns:
        str: A sentence that begins with a space, or nothing.
    """
    # loading weights must not wait for the converters
    from mmpose_video.weights.converters.layout import find_layout

    layout = find_layout(names)
    return '' if layout is None else (
        f' `mmpose-video convert-checkpoint {layout} IN OUT` converts it.')


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
