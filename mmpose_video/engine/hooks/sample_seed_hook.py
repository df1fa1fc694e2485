"""Make a training independent of where it was interrupted."""
from typing import Any, Iterator

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS

from mmpose_video.datasets import BaseVideoDataset


@HOOKS.register_module()
class SampleSeedHook(Hook):
    """Derive all randomness of an epoch from the seed and the epoch.

    MMEngine neither stores the random generators in a checkpoint nor seeds
    the workers anew each epoch: a resumed training sees other augmentations
    than one that ran through, and workers that are started each epoch repeat
    theirs. With this hook a sample's augmentation is a function of (seed,
    epoch, index), and the model's draws (dropout, diffusion noise) of (seed,
    epoch, rank): a training that was killed and resumed from an epoch's
    checkpoint ends with the same weights, and so does one with another number
    of workers.

    Put it under ``default_hooks``; it does nothing to data sets of others.
    """

    priority = 'VERY_HIGH'

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed the data sets and the model's generators."""
        dataset = runner.train_dataloader.dataset
        for part in _leaves(dataset):
            if isinstance(part, BaseVideoDataset):
                part.set_sample_seed(runner.seed, runner.epoch)
        state = np.random.SeedSequence(
            [runner.seed, runner.epoch, get_rank()])
        torch.manual_seed(int(state.generate_state(1)[0]))


def _leaves(dataset: Any) -> Iterator[Any]:
    """The data sets inside of wrappers (concatenated, repeated)."""
    if hasattr(dataset, 'datasets'):
        for part in dataset.datasets:
            yield from _leaves(part)
    elif hasattr(dataset, 'dataset'):
        yield from _leaves(dataset.dataset)
    else:
        yield dataset
