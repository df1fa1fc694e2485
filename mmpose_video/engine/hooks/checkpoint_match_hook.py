"""Refuse to test a model with the weights of another."""
from typing import Any, Dict

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop, Runner
from mmpose.registry import HOOKS

from mmpose_video.engine.checkpoint_match import match_checkpoint


@HOOKS.register_module()
class CheckpointMatchHook(Hook):
    """Compare a checkpoint with the model before it is loaded.

    MMEngine loads what fits and logs the rest, in a log of hundreds of lines:
    a model that is tested with a checkpoint of another architecture gives
    numbers of random weights. With this hook

    * testing is an error unless every tensor of the model that predictions
      depend on is in the checkpoint with its shape;
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
        """Compare, before MMEngine copies the weights."""
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        match = match_checkpoint(model, checkpoint)
        if match.complete:
            return
        training = isinstance(runner._train_loop, BaseLoop)
        if self.strict and (match.fitting == 0 or not training):
            raise RuntimeError(
                f'this checkpoint is of another model: {match}. Give the '
                'config that it was trained with, or, to go on regardless, '
                '`default_hooks.checkpoint_match.strict=False`')
        runner.logger.warning(f'The model is loaded in part: {match}.')
