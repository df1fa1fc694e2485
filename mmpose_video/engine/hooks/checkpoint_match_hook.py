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

    MMEngine loads the tensors that fit and logs the others, in a log of
    hundreds of lines: a model that is tested with the checkpoint of another
    architecture is tested with random weights. With this hook

    * testing is an error unless every tensor that predictions depend on is in
      the checkpoint, with the right shape;
    * training may start from a part, such as a backbone, if at least half of
      the model or of the checkpoint fits; one log line sums it up;
    * weights that are not finite are an error in both.

    Args:
        strict (bool): False logs instead of raising. Defaults to True.

    Raises:
        RuntimeError: In the cases above; the message gives the number and
            names of the tensors.
    """

    def __init__(self, strict: bool = True) -> None:
        self.strict = strict

    def after_load_checkpoint(self, runner: Runner,
                              checkpoint: Dict[str, Any]) -> None:
        """Check the checkpoint before MMEngine copies its weights."""
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
