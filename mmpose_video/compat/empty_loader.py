"""Refuse a dataset that is smaller than a batch.

What is broken
    With ``drop_last=True`` a training set with fewer samples than a batch
    gives no batch at all. mmengine 0.10.7 goes on with that: a scheduler
    stops with "`epoch_length` must be a positive integer, but got 0"
    (``optim/scheduler/param_scheduler.py``), and without such a scheduler
    each epoch ends at once and an untrained model is saved.

What this does
    ``Runner.build_dataloader`` refuses a data loader without a batch, and
    names the two numbers and the settings.

When it can go
    When mmengine's runner refuses it.
"""
import functools
from typing import Any, Callable

from torch.utils.data import DataLoader


def refuse_empty(build: Callable[..., DataLoader]
                 ) -> Callable[..., DataLoader]:
    """Make a function that builds data loaders refuse empty ones.

    Args:
        build (Callable): ``Runner.build_dataloader``.

    Returns:
        Callable: The same, which raises a ValueError if the loader has
        samples but no batch.
    """

    @functools.wraps(build)
    def build_dataloader(*args: Any, **kwargs: Any) -> DataLoader:
        loader = build(*args, **kwargs)
        samples = len(loader.dataset)  # type: ignore[arg-type]
        if loader.drop_last and samples and not len(loader):
            raise ValueError(
                f'`{type(loader.dataset).__name__}` has {samples} samples, '
                'which do not fill a batch of '
                f'{loader.batch_size} on each process, and `drop_last=True` '
                'drops what is left: choose a smaller `batch_size` of the '
                'dataloader, or set `drop_last=False`')
        return loader

    return build_dataloader


def install() -> None:
    """Change mmengine's runner."""
    from mmengine.runner import Runner
    Runner.build_dataloader = staticmethod(  # type: ignore[method-assign]
        refuse_empty(Runner.build_dataloader))
