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

    MMEngine neither stores the random generators in a checkpoint nor seeds
    the workers anew each epoch: a resumed training sees other augmentations
    than one that ran through, and workers that are started each epoch repeat
    theirs. With this hook a sample's augmentation is a function of (seed,
    epoch, number of samples drawn in the epoch), and the model's draws
    (dropout, diffusion noise) of (seed, iteration, rank). Therefore

    * a training that was killed and resumed from a checkpoint ends with the
      same weights;
    * so does one with another number of workers, persistent or not;
    * a sample that is drawn again, as from ``InfiniteSampler`` or
      ``RepeatDataset``, is augmented anew.

    It seeds samples that are read by index, of any dataset. Put it under
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
        """Seed the model's generators.

        Not once an epoch: the loader draws from them when it starts workers,
        and samples do when they are read in this process.
        """
        seed_generators([runner.seed, runner.iter, get_rank(), 1],
                        devices=True)


def _restart(loop: Any) -> None:
    """Begin the data of an iteration-based loop anew.

    Such a loop starts its workers when it is built. They have read samples
    without a seed before a hook is called for the first time.
    """
    if not hasattr(loop, 'dataloader_iterator'):
        return
    loader, iterator = loop.dataloader, type(loop.dataloader_iterator)
    del loop.dataloader_iterator
    loader._iterator = None  # of persistent workers
    sampler = getattr(loader.batch_sampler, 'sampler', None)
    sampler = getattr(sampler, 'sampler', sampler)  # numbered
    if isinstance(sampler, InfiniteSampler):
        # one generator for its whole life, of which a part has been used
        sampler.indices = sampler._indices_of_rank()
    loop.dataloader_iterator = iterator(loader)
