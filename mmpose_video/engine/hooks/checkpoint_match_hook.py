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
    * training may start from a part (a backbone), which is summed up in one
      log line, if at least half of the model or of the checkpoint fits;
    * weights that are not finite are an error for both.

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
        training = isinstance(runner._train_loop, BaseLoop)
        fault = match.find_fault(predicting=not training)
        if fault is not None and self.strict:
            raise RuntimeError(
                f'this checkpoint cannot be used: {fault} To go on '
                'regardless, set default_hooks.checkpoint_match.strict=False')
        if fault is not None or not match.complete:
            runner.logger.warning(
                f'The model is loaded in part: {fault or match}')
