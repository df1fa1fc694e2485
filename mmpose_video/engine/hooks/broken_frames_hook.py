"""Report the number of frames that could not be read."""
import logging
from typing import Any, Dict, Iterator, Tuple

from mmengine.dist import all_gather_object
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS

from mmpose_video.datasets.loading.dataset_tree import iter_datasets
from mmpose_video.datasets.transforms import LoadClip


@HOOKS.register_module()
class BrokenFramesHook(Hook):
    """Report the broken frames that :class:`LoadClip` met in an epoch.

    At the end of each epoch of training, validation or testing, log

    * the number of samples that were dropped because their key frame was
      broken (with ``LoadClip(broken_key='skip')``);
    * the number of neighbors that were replaced by another frame;
    * the number of different files.

    Nothing is logged if no frame was broken. The names of the files are in
    the log where each was met first.

    Workers read ahead, and their counts are read while they run: a frame that
    is met after the last batch of an iteration-based loop may be missing.
    """

    priority = 'LOW'

    def __init__(self) -> None:
        self._before: Dict[str, Tuple[int, int]] = {}

    def after_train_epoch(self, runner: Runner) -> None:
        """Report the broken frames of training."""
        self._report(runner, 'train', runner.train_dataloader)

    def after_val_epoch(self, runner: Runner, metrics: Any = None) -> None:
        """Report the broken frames of validation."""
        self._report(runner, 'val', runner.val_dataloader)

    def after_test_epoch(self, runner: Runner, metrics: Any = None) -> None:
        """Report the broken frames of testing."""
        self._report(runner, 'test', runner.test_dataloader)

    def _report(self, runner: Runner, phase: str, loader: Any) -> None:
        """Sum over transforms and processes, and log the difference."""
        tallies = [step.broken.read()
                   for dataset in iter_datasets(loader.dataset)
                   for step in _loaders(dataset)]
        keys = sum(tally.key_frames for tally in tallies)
        neighbors = sum(tally.neighbors for tally in tallies)
        before = self._before.get(phase, (0, 0))
        self._before[phase] = keys, neighbors
        parts = all_gather_object(
            (keys - before[0], neighbors - before[1],
             set().union(*(t.files for t in tallies))))
        dropped, replaced = (sum(p[i] for p in parts) for i in (0, 1))
        if not dropped + replaced:
            return
        num_files = len(set().union(*(p[2] for p in parts)))
        runner.logger.log(
            logging.WARNING,
            f'Broken frames in {phase}: {dropped} samples were dropped and '
            f'others drawn in their place, {replaced} neighbors were '
            f'replaced by the nearest intact frame; {num_files} different '
            'files since the start, which are named in the log above')


def _loaders(dataset: Any) -> Iterator[LoadClip]:
    """Return the transforms of a dataset that read frames."""
    steps = getattr(getattr(dataset, 'pipeline', None), 'transforms', ())
    return (step for step in steps if isinstance(step, LoadClip))
