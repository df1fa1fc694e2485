"""Tell batch samplers the number of workers."""
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS

from mmpose_video.datasets.samplers import WorkerRunBatchSampler


@HOOKS.register_module()
class WorkerRunsHook(Hook):
    """Set ``num_workers`` of each :class:`WorkerRunBatchSampler`.

    A batch sampler does not know its data loader. With this hook a config
    states the number of workers once, and ``--cfg-options`` can change it. A
    number that the config gives to the batch sampler itself is kept.
    """

    def before_train_epoch(self, runner: Runner) -> None:
        """Set ``num_workers`` of the training batch sampler."""
        _tell(runner.train_dataloader)

    def before_val_epoch(self, runner: Runner) -> None:
        """Set ``num_workers`` of the validation batch sampler."""
        _tell(runner.val_dataloader)

    def before_test_epoch(self, runner: Runner) -> None:
        """Set ``num_workers`` of the test batch sampler."""
        _tell(runner.test_dataloader)


def _tell(loader: Any) -> None:
    """Set ``num_workers`` unless the config already did."""
    sampler = getattr(loader, 'batch_sampler', None)
    if (isinstance(sampler, WorkerRunBatchSampler)
            and sampler.num_workers is None):
        sampler.num_workers = loader.num_workers
