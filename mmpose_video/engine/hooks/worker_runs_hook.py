"""Tell the batch samplers how many workers there are."""
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS

from mmpose_video.datasets.samplers import WorkerRunBatchSampler


@HOOKS.register_module()
class WorkerRunsHook(Hook):
    """Set ``num_workers`` of each :class:`WorkerRunBatchSampler`.

    A batch sampler does not know its data loader. With this hook a config
    names the number of workers once, and ``--cfg-options`` may change it. A
    number that the config gives to the batch sampler itself stays.
    """

    def before_train_epoch(self, runner: Runner) -> None:
        """Training's."""
        _tell(runner.train_dataloader)

    def before_val_epoch(self, runner: Runner) -> None:
        """Validation's."""
        _tell(runner.val_dataloader)

    def before_test_epoch(self, runner: Runner) -> None:
        """Testing's."""
        _tell(runner.test_dataloader)


def _tell(loader: Any) -> None:
    """Set the number, if nobody has."""
    sampler = getattr(loader, 'batch_sampler', None)
    if (isinstance(sampler, WorkerRunBatchSampler)
            and sampler.num_workers is None):
        sampler.num_workers = loader.num_workers
