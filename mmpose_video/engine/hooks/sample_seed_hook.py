"""Make a training independent of where it was interrupted."""
from typing import Any

from mmengine.dataset import InfiniteSampler
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS
from torch.utils.data import IterableDataset

from ..seeded_samples import seed_generators, seed_samples


@HOOKS.register_module()
class SampleSeedHook(Hook):
    """Derive all randomness from the seed and the progress of the training.

    MMEngine neither stores the states of random generators in a checkpoint
    nor seeds the workers again in each epoch: a resumed training sees other
    augmentations than an uninterrupted one, and workers that are restarted in
    each epoch repeat theirs. With this hook the augmentation of a sample is a
    function of (seed, epoch, number of samples drawn before it in the epoch),
    and the model's draws (dropout, diffusion noise) of (seed, iteration,
    rank). Therefore

    * a training that was killed and resumed from a checkpoint ends with the
      same weights;
    * so does one with another number of workers, persistent or not;
    * a sample that is drawn again, for instance by ``InfiniteSampler`` or
      from a ``RepeatDataset``, is augmented differently.

    The hook works for any dataset that is read by index. Put it under
    ``default_hooks``.
    """

    priority = 'VERY_HIGH'

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed the samples."""
        loader = runner.train_dataloader
        if isinstance(loader.dataset, IterableDataset):
            return
        if seed_samples(loader, runner.seed, runner.epoch):
            _restart(runner.train_loop)

    def before_train_iter(self,
                          runner: Runner,
                          batch_idx: int,
                          data_batch: Any = None) -> None:
        """Seed the generators that the model draws from.

        Seeding them once in an epoch is not enough: the data loader draws
        from them when it starts workers, and so do samples that are read in
        this process.
        """
        seed_generators([runner.seed, runner.iter, get_rank(), 1],
                        devices=True)


def _restart(loop: Any) -> None:
    """Restart the data iterator of an iteration-based loop.

    Such a loop starts its workers when it is built, so they have read samples
    without a seed before any hook is called.
    """
    if not hasattr(loop, 'dataloader_iterator'):
        return
    loader, iterator = loop.dataloader, type(loop.dataloader_iterator)
    del loop.dataloader_iterator
    loader._iterator = None  # of persistent workers
    sampler = getattr(loader.batch_sampler, 'sampler', None)
    sampler = getattr(sampler, 'sampler', sampler)  # numbered
    if isinstance(sampler, InfiniteSampler):
        # its order comes from one generator, which has advanced
        sampler.indices = sampler._indices_of_rank()
    loop.dataloader_iterator = iterator(loader)
