"""Do on resume what a kill has prevented."""
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import EpochBasedTrainLoop, Runner, save_checkpoint
from mmengine.runner.checkpoint import CheckpointLoader
from mmpose.registry import HOOKS

from mmpose_video.compat.checkpoint_resume import find_fault

#: Entry of the message hub: the iteration after which was validated last.
_VALIDATED = 'last_validation'


@HOOKS.register_module()
class ResumeValidationHook(Hook):
    """Validate on resume what was saved and not validated.

    MMEngine saves a checkpoint, validates, and keeps the best. If a training
    is killed while it validates, it resumes behind that validation: the best
    model is then missing, or that of another epoch. With this hook

    * a checkpoint that is due to be validated and was not is validated when
      the training resumes from it;
    * the checkpoint is saved again after its validation, so that resuming
      knows of it, and of what followed from it, such as a step of
      ``ReduceOnPlateauLR``;
    * a best checkpoint that is not intact is written again from the
      checkpoint of its epoch. If that is gone, the log says so, and the next
      validation chooses the best again;
    * an old checkpoint that was to be deleted once the next one was complete
      is deleted.

    Put it under ``default_hooks``, beside ``CheckpointHook``.
    """

    # after `CheckpointHook`
    priority = 'LOWEST'

    def __init__(self) -> None:
        self._scores: Dict[str, Any] = {}
        self._kept: List[int] = []

    def before_train(self, runner: Runner) -> None:
        """Repair the best checkpoints, and validate if that is due."""
        saver = _checkpoint_hook(runner)
        self._kept = _kept_steps(saver)
        if runner.iter == 0 or saver is None:
            return
        for indicator, suffix in _indicators(saver):
            _repair(runner, saver, indicator, suffix)
        if saver.last_ckpt is None:
            # else MMEngine would not note a new best in the checkpoint
            saver.last_ckpt = _path_of(saver, runner)
        validated = runner.message_hub.runtime_info.get(_VALIDATED)
        if validated == runner.iter or not _is_due(runner):
            return
        runner.logger.info(
            f'The checkpoint of iteration {runner.iter} was saved and not '
            'validated: validating it now')
        runner.val_loop.run()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Note in a checkpoint what is deleted once it is complete.

        On resume, MMEngine deletes the first of too many noted checkpoints.
        """
        kept = _kept_steps(_checkpoint_hook(runner))
        going = [step for step in self._kept if step not in kept]
        self._kept = kept
        if going:
            info = checkpoint['message_hub']['runtime_info']
            info['keep_ckpt_ids'] = going + kept

    def before_val(self, runner: Runner) -> None:
        """Note the iteration for a checkpoint that is saved afterwards."""
        if runner.iter == 0:  # validation without training
            return
        runner.message_hub.update_info(_VALIDATED, runner.iter)
        self._scores = _best_scores(runner)

    def after_val_epoch(self,
                        runner: Runner,
                        metrics: Optional[Dict[str, float]] = None) -> None:
        """Save the checkpoint again, unless a new best has done so."""
        saver = _checkpoint_hook(runner)
        if saver is None or runner.iter == 0 or (
                saver.last_ckpt != _path_of(saver, runner)
                or self._scores != _best_scores(runner)):
            return
        saver._save_checkpoint_with_step(
            runner, _step(saver, runner),
            meta=dict(epoch=runner.epoch, iter=runner.iter))


def _checkpoint_hook(runner: Runner) -> Optional[CheckpointHook]:
    """Return the hook that saves checkpoints."""
    return next((hook for hook in runner.hooks
                 if isinstance(hook, CheckpointHook)), None)


def _kept_steps(saver: Optional[CheckpointHook]) -> List[int]:
    """Return the steps of the checkpoints that the hook keeps.

    Empty if it keeps them all.
    """
    if saver is None or saver.max_keep_ckpts <= 0:
        return []
    return list(saver.keep_ckpt_ids)


def _step(saver: CheckpointHook, runner: Runner) -> int:
    """Return the present epoch or iteration, whichever the hook counts."""
    return runner.epoch if saver.by_epoch else runner.iter


def _path_of(saver: CheckpointHook, runner: Runner) -> str:
    """Return where the hook saves the present checkpoint."""
    return saver.file_backend.join_path(
        saver.out_dir, saver.filename_tmpl.format(_step(saver, runner)))


def _best_scores(runner: Runner) -> Dict[str, Any]:
    """Return the best scores so far."""
    return {
        key: value
        for key, value in runner.message_hub.runtime_info.items()
        if key.startswith('best_score')
    }


def _is_due(runner: Runner) -> bool:
    """Return whether the loop validates at the present progress."""
    loop: Any = runner.train_loop
    if runner.val_loop is None:
        return False
    if isinstance(loop, EpochBasedTrainLoop):
        done, end = loop.epoch, loop.max_epochs
    else:
        done, end = loop.iter, loop.max_iters
    loop._decide_current_val_interval()
    return done >= loop.val_begin and (done % loop.val_interval == 0
                                       or done == end)


def _indicators(saver: CheckpointHook) -> Iterator[Tuple[str, str]]:
    """Yield the metrics with a best checkpoint, and the suffix of their keys.

    MMEngine's message hub holds ``best_ckpt`` and ``best_score`` for a single
    metric, ``best_ckpt_<metric>`` and ``best_score_<metric>`` for several.
    """
    if saver.save_best:
        several = len(saver.key_indicators) > 1
        for indicator in saver.key_indicators:
            yield indicator, f'_{indicator}' if several else ''


def _repair(runner: Runner, saver: CheckpointHook, indicator: str,
            suffix: str) -> None:
    """Write a best checkpoint again that is not intact, or forget it."""
    info = runner.message_hub.runtime_info
    path = info.get(f'best_ckpt{suffix}')
    if path is None or '://' in str(path):
        return
    restored = [True]
    if is_main_process():
        fault = find_fault(Path(path))
        restored = [fault is None or _restore(runner, Path(path), fault)]
    broadcast_object_list(restored)
    if restored[0]:
        return
    info.pop(f'best_ckpt{suffix}')
    info.pop(f'best_score{suffix}', None)
    if suffix:
        saver.best_ckpt_path_dict[indicator] = None
    else:
        saver.best_ckpt_path = None


def _restore(runner: Runner, path: Path, fault: str) -> bool:
    """Write a best checkpoint from its epoch's; return whether it worked."""
    lost = f'The best checkpoint {path} is not intact ({fault})'
    # best_<metric>_epoch_3.pth is epoch_3.pth without the optimizer
    source = max(
        (file for file in path.parent.glob('*.pth')
         if path.name.endswith(f'_{file.name}')),
        key=lambda file: len(file.name), default=None)
    if source is None or find_fault(source) is not None:
        runner.logger.warning(f'{lost}, and the checkpoint that it was saved '
                              'from is gone: the next validation chooses the '
                              'best anew')
        return False
    content = CheckpointLoader.load_checkpoint(str(source), 'cpu', None)
    for key in ('optimizer', 'param_schedulers'):
        content.pop(key, None)
    save_checkpoint(content, str(path))
    runner.logger.warning(f'{lost}: it was written again from {source}')
    return True
