"""Run the network of a model in a lower precision."""
from typing import Any, Callable, Sequence

import torch
from torch import Tensor

_DTYPES = dict(bfloat16=torch.bfloat16, float16=torch.float16)
#: Names of the precisions.
PRECISIONS = ('float32', *_DTYPES)


def use_precision(model: Any, name: str) -> None:
    """Let backbone, neck and head of a model run in mixed precision.

    PyTorch's autocast chooses the operators that run in the lower precision.
    What each of them returns is float32 again, so decoding is as before, and
    so are heads whose ``predict`` does more than ``forward``, as DiffPose's.

    Args:
        model (TopdownPoseEstimator): The model; changed.
        name (str): ``'float32'``, which changes nothing, ``'bfloat16'`` or
            ``'float16'``.

    Raises:
        ValueError: If there is no such precision.
    """
    if name not in PRECISIONS:
        raise ValueError(f'there is no dtype {name!r}; there are '
                         f'{", ".join(PRECISIONS)}')
    if name == 'float32':
        return
    for owner, method in ((model, 'extract_feat'), (model.head, 'forward'),
                          (model, 'extract_frame_feats')):
        function = getattr(owner, method, None)
        if function is not None:
            setattr(owner, method, _autocast(function, _DTYPES[name]))


def _autocast(function: Callable, dtype: torch.dtype) -> Callable:
    """Return a function that runs in mixed precision."""

    def run(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        first = inputs
        while not isinstance(first, Tensor):
            first = first[0]
        with torch.autocast(first.device.type, dtype):
            return _float(function(inputs, *args, **kwargs))

    return run


def _float(value: Any) -> Any:
    """Return tensors, also in tuples, as float32."""
    if isinstance(value, Tensor):
        return value.float()
    if isinstance(value, (tuple, list)):
        return same_kind(value, [_float(entry) for entry in value])
    return value


def same_kind(value: Any, entries: Sequence[Any]) -> Any:
    """Return entries as a list or (named) tuple of the kind of another.

    Args:
        value (list | tuple): Tells the kind.
        entries (Sequence): As many entries as it has.
    """
    if hasattr(value, '_fields'):  # a named tuple takes them one by one
        return type(value)(*entries)
    return type(value)(entries)
