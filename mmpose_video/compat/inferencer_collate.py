"""Make MMPose's inferencers run configs that name a collate function.

What is broken
    mmengine 0.10.7 (``infer/infer.py``) looks ``test_dataloader.collate_fn``
    up as a string, and fails on a dict, while its runner
    (``runner/runner.py``) accepts nothing but a dict there. So a config with
    ``collate_fn=dict(type='collate_clips')`` trains and tests, but
    ``MMPoseInferencer(pose2d=CONFIG)`` stops with a ``TypeError``.

What this does
    If it is a dict, an inferencer collates as if there were none, as its
    samples stay in one process.

When it can go
    When mmengine's inferencers build the function as its runner does.
"""
import functools
from typing import Any, Callable

from mmengine.dataset import pseudo_collate


def take_dict(cls: type) -> None:
    """Make ``cls._init_collate`` accept a dict as ``collate_fn``.

    Args:
        cls (type): An inferencer.
    """
    original = cls._init_collate  # type: ignore[attr-defined]

    @functools.wraps(original)
    def init_collate(self: Any, cfg: Any) -> Callable:
        collate = (cfg.get('test_dataloader') or {}).get('collate_fn')
        if isinstance(collate, dict):
            return pseudo_collate
        return original(self, cfg)

    cls._init_collate = init_collate  # type: ignore[attr-defined]


def install() -> None:
    """Change mmengine's inferencers."""
    from mmengine.infer import BaseInferencer
    take_dict(BaseInferencer)
