"""YOLOX-Pose's change of mode, in resumed trainings too."""
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpose.engine.hooks import YOLOXPoseModeSwitchHook
from mmpose.registry import HOOKS


@HOOKS.register_module()
class ResumedModeSwitchHook(YOLOXPoseModeSwitchHook):
    """Switch the mode, also where a training begins behind the switch.

    MMPose's hook acts before one epoch alone, the last but
    ``num_last_epochs``. A training that is resumed after it would go on with
    mosaic and mixup, and without the L1 distances.

    Args:
        **kwargs: See :class:`YOLOXPoseModeSwitchHook`.
    """

    def before_train(self, runner: Runner) -> None:
        """Switch at once if the epoch of the switch is over."""
        if runner.epoch + 1 <= runner.max_epochs - self.num_last_epochs:
            return
        self._modify_dataloader(runner)
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        model.head.use_aux_loss = True
