"""Build models with their weights, with errors that name the file."""
import os
import os.path as osp
import warnings
from typing import Any, Optional, Sequence, Union

import torch
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.registry import DefaultScope
from mmengine.runner.checkpoint import (
    _load_checkpoint_to_model as copy_weights,
)
from mmpose.apis import init_model
from mmpose.models.pose_estimators import (
    BottomupPoseEstimator,
    TopdownPoseEstimator,
)
from mmpose.registry import MODELS

from mmpose_video.engine.checkpoint_match import match_checkpoint
from mmpose_video.utils import one_line
from mmpose_video.utils.weights_file import read_checkpoint


def read_config(
    config: Union[str, os.PathLike, Config],
    needed: Sequence[str] = ('model', 'test_dataloader')
) -> Config:
    """Read a config.

    Args:
        config (str | Config): A file, or a config as it is.
        needed (Sequence[str]): Fields that it must have. Defaults to those
            of a model to test.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not a config, or if it lacks a field.
    """
    path = 'the config'
    if not isinstance(config, Config):
        path = f'`{os.fspath(config)}`'
        if not osp.isfile(config):
            raise FileNotFoundError(f'there is no config {path}')
        try:
            config = Config.fromfile(config)
        except FileNotFoundError as error:  # one of its bases
            raise FileNotFoundError(f'{path}: {error}') from error
        except Exception as error:  # a config is code: it may raise anything
            raise ValueError(f'cannot read the config {path}: '
                             f'{one_line(error)}') from error
    for name in needed:
        if name not in config:
            raise ValueError(f'{path} is not the config of a pose model: it '
                             f'has no `{name}`')
    return config


def finds_people(config: Config) -> bool:
    """Return whether a model finds the people of an image by itself.

    Args:
        config (Config): Its config.

    Returns:
        bool: True for bottom-up and one-stage models of MMPose.

    Raises:
        ValueError: If it predicts neither the people of an image nor the
            person in a box.
    """
    name = config.model.get('type')
    with DefaultScope.overwrite_default_scope('mmpose'):
        kind = name if isinstance(name, type) else MODELS.get(str(name))
    if kind is None or issubclass(kind, TopdownPoseEstimator):
        return False
    if issubclass(kind, BottomupPoseEstimator):
        return True
    raise ValueError(
        f'the model of the config is a {kind.__name__}; videos are predicted '
        'by top-down models, one person in a box at a time, or by bottom-up '
        'ones')


def load_pose_model(config: Config,
                    checkpoint: Optional[str] = None,
                    device: Optional[str] = None,
                    cfg_options: Optional[dict] = None) -> Any:
    """Build a model to predict with.

    Args:
        config (Config): Its config; ``cfg_options`` are merged into it.
        checkpoint (str, optional): Its weights. Defaults to None, random
            weights, with a warning.
        device (str, optional): Defaults to the first GPU, or the CPU.
        cfg_options (dict, optional): Changes to the config.

    Returns:
        BasePoseEstimator: The model, in evaluation mode.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ValueError: If the checkpoint cannot be read or is another model's, if
            the device cannot be used or if the model cannot be built.
    """
    device = device or ('cuda:0' if torch.cuda.is_available() else 'cpu')
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f'the device `{device}` cannot be used: '
                         f'{one_line(error)}') from error
    # before the model, which takes longer
    content = None if checkpoint is None else read_checkpoint(checkpoint)
    try:
        with warnings.catch_warnings():
            # that the file of keypoints is MMPose's own, as it should be
            warnings.filterwarnings('ignore', 'The metainfo config file')
            model = init_model(config, None, device, cfg_options)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError('the model of the config cannot be built: '
                         f'{one_line(error)}') from error
    if content is None:
        print_log(
            'no checkpoint was given: the weights are random, and the poses '
            'mean nothing', 'current', 30)
        return model
    fault = match_checkpoint(model, content).find_fault(predicting=True)
    if fault is not None:
        raise ValueError(f'`{checkpoint}` cannot be used: {fault}')
    copy_weights(model, content, False, None)
    meta = content.get('meta')
    if isinstance(meta, dict) and 'dataset_meta' in meta:
        if _is_usable(meta['dataset_meta']):
            model.dataset_meta = meta['dataset_meta']
        else:
            print_log(
                f'the names of the keypoints in `{checkpoint}` are broken; '
                "those of the config's dataset are used", 'current', 30)
    return model


def _is_usable(meta: Any) -> bool:
    """Return whether names and limbs in a checkpoint can be used."""
    names = meta.get('keypoint_id2name') if isinstance(meta, dict) else None
    if not isinstance(names, dict) or not names or set(names) != set(
            range(len(names))):
        return False
    if not all(isinstance(name, str) for name in names.values()):
        return False
    links = meta.get('skeleton_links') or []
    return isinstance(links, (list, tuple)) and all(
        isinstance(link, (list, tuple)) and len(link) == 2 and all(
            end in names for end in link) for link in links)
