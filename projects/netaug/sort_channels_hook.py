"""Move the most important channels into the tiny network."""
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class SortChannelsHook(Hook):
    """Sort the hidden channels of a NetAug backbone before each epoch."""

    def before_train_epoch(self, runner: Runner) -> None:
        """Sort channels, and the optimizer's state with them."""
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        model.backbone.sort_channels(runner.optim_wrapper.optimizer)
