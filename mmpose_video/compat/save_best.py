"""Say which metrics there are when ``save_best`` names none of them.

What is broken
    mmengine 0.10.7 (``CheckpointHook._save_best_checkpoint``) looks up the
    metric that ``save_best`` names after the first validation, and ends in a
    KeyError: a config that inherits ``posetrack/AP`` and has another
    evaluator loses its first epoch, without a word on what is wrong.

What this does
    Compares the prefix with those of the evaluator's metrics before the
    training, and names the metrics after the first validation otherwise.

When it can go
    When MMEngine says so itself.
"""
import functools
from typing import Any, Dict

from mmengine.hooks import CheckpointHook


def check_prefixes(hook: CheckpointHook, runner: Any) -> None:
    """Raise if no metric of the evaluator has the prefix of ``save_best``.

    Args:
        hook (CheckpointHook): The hook.
        runner (Runner): The runner, with its loops.

    Raises:
        ValueError: If the best model can never be chosen.
    """
    if not hook.save_best or runner.val_loop is None:
        return
    evaluator = getattr(runner.val_loop, 'evaluator', None)
    prefixes = [metric.prefix for metric in getattr(evaluator, 'metrics', ())]
    if not prefixes or None in prefixes:
        return  # names without a prefix are known afterwards only
    for name in hook.key_indicators:
        prefix, slash, _ = name.rpartition('/')
        if slash and not any(prefix == known or prefix.endswith(f'/{known}')
                             for known in prefixes):
            raise ValueError(
                f"save_best='{name}' is no metric of the evaluator, whose "
                f'metrics begin with {_listed(prefixes)}. Set '
                'default_hooks.checkpoint.save_best, or None')


def check_metrics(hook: CheckpointHook, metrics: Dict[str, Any]) -> None:
    """Raise if a validation has no metric that ``save_best`` names.

    Args:
        hook (CheckpointHook): The hook.
        metrics (dict): The metrics of a validation.

    Raises:
        ValueError: If the best model cannot be chosen.
    """
    for name in hook.key_indicators if hook.save_best else ():
        if name != 'auto' and name not in metrics:
            raise ValueError(
                f"save_best='{name}' is no metric of the validation, which "
                f'has {_listed(metrics)}. Set '
                'default_hooks.checkpoint.save_best to one of them, or None')


def _listed(names: Any) -> str:
    return ', '.join(dict.fromkeys(names)) or 'none'


def install() -> None:
    """Check before the training, and before a best model is chosen."""
    before_train = CheckpointHook.before_train
    save_best = CheckpointHook._save_best_checkpoint

    @functools.wraps(before_train)
    def checked_before_train(self: CheckpointHook, runner: Any) -> None:
        check_prefixes(self, runner)
        before_train(self, runner)

    @functools.wraps(save_best)
    def checked_save_best(self: CheckpointHook, runner: Any,
                          metrics: Any) -> None:
        check_metrics(self, metrics)
        save_best(self, runner, metrics)

    CheckpointHook.before_train = checked_before_train
    CheckpointHook._save_best_checkpoint = checked_save_best
