"""Refuse to test a model with the weights of another."""
from typing import Any, Dict, List

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop, Runner
from mmpose.registry import HOOKS
from torch import Tensor


@HOOKS.register_module()
class CheckpointMatchHook(Hook):
    """Compare a checkpoint with the model before it is loaded.

    MMEngine loads what fits and logs the rest, in a log of hundreds of lines:
    a model that is tested with a checkpoint of another architecture gives
    numbers of random weights. With this hook

    * testing is an error unless every tensor of the model is in the
      checkpoint with its shape;
    * training from ``load_from`` may start from a part (a backbone), which is
      summed up in one log line, but not from nothing.

    Args:
        strict (bool): False logs instead of raising. Defaults to True.

    Raises:
        RuntimeError: As above, with the number and names of the tensors.
    """

    def __init__(self, strict: bool = True) -> None:
        self.strict = strict

    def after_load_checkpoint(self, runner: Runner,
                              checkpoint: Dict[str, Any]) -> None:
        """Check; MMEngine calls this before the weights are copied."""
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        wanted = dict(model.state_dict())
        given = {
            _current_name(name): value
            for name, value in checkpoint.get('state_dict',
                                              checkpoint).items()
        }
        absent = [name for name in wanted if name not in given]
        other = [
            f'{name} {tuple(given[name].shape)} for {tuple(value.shape)}'
            for name, value in wanted.items()
            if name in given and isinstance(given[name], Tensor)
            and given[name].shape != value.shape
        ]
        if not absent and not other:
            return
        fitting = len(wanted) - len(absent) - len(other)
        summary = (f'{fitting} of {len(wanted)} tensors of the model are in '
                   f'the checkpoint; absent: {_some(absent)}; of another '
                   f'shape: {_some(other)}')
        training = isinstance(runner._train_loop, BaseLoop)
        if self.strict and (fitting == 0 or not training):
            raise RuntimeError(
                f'this checkpoint is of another model: {summary}. Give the '
                'config that it was trained with, or, to go on regardless, '
                '`default_hooks.checkpoint_match.strict=False`')
        runner.logger.warning(f'The model is loaded in part: {summary}.')


def _current_name(name: str) -> str:
    """Names of distributed training and of MMPose 0.x."""
    name = name.removeprefix('module.')
    return name.replace('keypoint_head.', 'head.', 1) if name.startswith(
        'keypoint_head.') else name


def _some(names: List[str]) -> str:
    """A number and the first few names."""
    if not names:
        return 'none'
    more = ', ...' if len(names) > 3 else ''
    return f'{len(names)} ({", ".join(names[:3])}{more})'
