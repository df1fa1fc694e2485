"""Workarounds for OpenMMLab packages that are frozen or broken.

Imported first by ``mmpose_video/__init__.py``, and the only place that
changes those packages. One file per topic; each says what is broken, in which
file of which version, and when the entry can go. Nothing here acts on a
version that does not need it.
"""
from . import torch_environment  # noqa: F401  isort: skip  before torch
from . import startup  # noqa: F401  isort: skip  before MMEngine, MMCV, MMPose
from . import (
    checkpoint,
    checkpoint_resume,
    checkpoint_strings,
    checkpoint_writing,
    config_scope,
    cpu_ddp,
    empty_loader,
    gaussian_radius,
    hrformer,
    inferencer_collate,
    js_loss,
    pkg_resources,
    save_best,
    script_errors,
    versions,
    visualizer,
)

pkg_resources.install()
versions.check()
checkpoint.install()
checkpoint_strings.install()
checkpoint_writing.install()
checkpoint_resume.install()
save_best.install()
config_scope.install()
cpu_ddp.install()
empty_loader.install()
visualizer.install()
hrformer.install()
inferencer_collate.install()
js_loss.install()
gaussian_radius.install()
script_errors.install()

__all__ = [
    'checkpoint', 'checkpoint_resume', 'checkpoint_strings',
    'checkpoint_writing', 'config_scope', 'cpu_ddp', 'empty_loader',
    'gaussian_radius', 'hrformer', 'inferencer_collate', 'js_loss',
    'pkg_resources', 'save_best', 'script_errors', 'startup',
    'torch_environment', 'versions', 'visualizer'
]
