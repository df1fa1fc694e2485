"""Describe how results were made."""
import datetime
import importlib.metadata
import inspect
import os
import os.path as osp
import platform
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Optional

import numpy as np
from mmengine.config import Config

from mmpose_video.tracking import PoseTracker
from mmpose_video.version import __version__
from mmpose_video.weights.checksums import sha256

from .options import StreamOptions
from .person_boxes import BoxSource
from .pose_stream import PoseSystem, make_smoother

_PACKAGES = ('mmpose', 'mmengine', 'mmcv', 'mmcv-lite', 'mmdet', 'torch',
             'numpy', 'opencv-python', 'opencv-python-headless', 'av',
             'onnxruntime', 'openvino')


def describe_run(system: PoseSystem, config: Config,
                 checkpoint: Optional[str], find: BoxSource,
                 options: StreamOptions,
                 fps: Optional[float]) -> Dict[str, Any]:
    """Describe how the results of a video are made.

    Args:
        system (PoseSystem): The model and its settings.
        config (Config): The model's config.
        checkpoint (str, optional): Its weights, None for random ones.
        find (BoxSource): Finds the people.
        options (StreamOptions): How the video is read.
        fps (float, optional): Frames per second.

    Returns:
        dict: What JSON can hold: software and versions, model, checkpoint
        with its SHA-256, boxes, tracker, smoother and reading.
    """
    smoother = None
    if system.smoother:
        made = make_smoother(system.smoother, fps)
        smoother = dict(
            type=type(made.prototype).__name__,
            score_thr=system.smoother.get('score_thr'),
            **_values(vars(made.prototype)))
    reuse = system.reuse_features
    return _plain(
        dict(
            created=datetime.datetime.now(datetime.timezone.utc).isoformat(
                timespec='seconds'),
            versions=_versions(),
            model=dict(
                config=osp.basename(config.filename or ''),
                type=str(config.model.get('type')),
                test_cfg=_plain(dict(system.model.test_cfg or {})),
                clip=_plain(vars(system.sampler))),
            checkpoint=_checkpoint(checkpoint),
            boxes=dict(
                type=type(find).__name__,
                file=None if find.path is None else osp.basename(find.path),
                **_values(vars(find))),
            tracker=_arguments(PoseTracker, system.tracker),
            reuse_features=None if reuse is None else _values(vars(reuse)),
            smoother=smoother,
            frame_rate=fps,
            reading=_values(vars(options))))


def _checkpoint(path: Optional[str]) -> Optional[Dict[str, Any]]:
    """Return name and checksum of a checkpoint."""
    if path is None:
        return None
    checksum = None
    if osp.isfile(path):
        state = os.stat(path)
        checksum = _checksum(path, state.st_mtime_ns, state.st_size)
    return dict(name=osp.basename(path), sha256=checksum)


@lru_cache(maxsize=8)
def _checksum(path: str, modified: int, size: int) -> str:
    """Return the SHA-256 of a file, read once for many videos.

    A file that was written since, as a training's last checkpoint is, has
    another time (``modified``, in nanoseconds) or ``size``.
    """
    return sha256(Path(path))


@lru_cache(maxsize=1)
def _versions() -> Dict[str, str]:
    """Return the versions of what runs."""
    found = dict(mmpose_video=__version__, python=platform.python_version())
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _arguments(kind: type, given: Dict[str, Any]) -> Dict[str, Any]:
    """Return the arguments of a class, with the defaults of the others."""
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(kind).parameters.items()
        if parameter.default is not parameter.empty
    }
    return dict(type=kind.__name__, **_plain({**defaults, **given}))


def _values(attributes: Dict[str, Any]) -> Dict[str, Any]:
    """Return the public attributes that are plain values."""
    return {
        name: value
        for name, value in attributes.items()
        if not name.startswith('_') and name not in ('path', 'type', 'file')
        and isinstance(value, (bool, int, float, str, type(None)))
    }


def _plain(value: Any) -> Any:
    """Return what JSON can hold; text in place of other objects."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (bool, int, float, str, type(None))):
        return value
    return str(value)
