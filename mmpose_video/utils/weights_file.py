"""Read checkpoints, with errors that name the file."""
import os.path as osp
from typing import Any, Dict

import torch
from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor, nn

from .one_line import one_line


def read_checkpoint(path: str) -> dict:
    """Read a checkpoint without running anything in it.

    Args:
        path (str): The file, or an address.

    Returns:
        dict: The weights, by name or under ``state_dict``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read or holds no weights.
    """
    if '://' not in path and not osp.isfile(path):
        raise FileNotFoundError(f'there is no checkpoint `{path}`')
    try:
        content = CheckpointLoader.load_checkpoint(path, 'cpu', None)
    except Exception as error:  # a damaged file may raise anything
        raise ValueError(f'cannot read the checkpoint `{path}`: '
                         f'{one_line(error)}') from error
    _weights_of(content, path)
    return content


def read_weights(path: str) -> Dict[str, Tensor]:
    """Read the weights of a checkpoint.

    Args:
        path (str): The file, or an address.

    Returns:
        dict[str, Tensor]: The weights by name.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read, holds no weights, or some are not
            finite.
    """
    return check_weights(read_checkpoint(path), path)


def check_weights(content: Any, path: str) -> Dict[str, Tensor]:
    """Check and return the weights of a checkpoint.

    Args:
        content (Any): What was read.
        path (str): The file, for messages.

    Returns:
        dict[str, Tensor]: The weights by name.

    Raises:
        ValueError: If there are none, or some are not finite.
    """
    weights = _weights_of(content, path)
    for name, value in weights.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise ValueError(f'`{path}`: `{name}` is not finite')
    return weights


def load_weights(network: nn.Module, path: str) -> None:
    """Give a network all of its weights from a file, and no others.

    Args:
        network (nn.Module): The network.
        path (str): The file, or an address.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it does not hold this network's weights; see also
            :func:`read_weights`.
    """
    weights, own = read_weights(path), network.state_dict()
    faults = [f'lacks `{name}`' for name in own if name not in weights]
    faults += [f'has `{name}`' for name in weights if name not in own]
    faults += [
        f'has `{name}` of shape {tuple(weights[name].shape)}, not '
        f'{tuple(value.shape)}' for name, value in own.items()
        if name in weights and weights[name].shape != value.shape
    ]
    if faults:
        raise ValueError(
            f'`{path}` holds no {type(network).__name__} of this size: it '
            f'{faults[0]} ({len(faults)} such faults)')
    network.load_state_dict(weights)


def _weights_of(content: Any, path: str) -> Dict[str, Tensor]:
    """Return the weights in a checkpoint; raise if there are none."""
    weights = content.get('state_dict', content) if isinstance(
        content, dict) else None
    if not isinstance(weights, dict) or not weights or not all(
            isinstance(value, Tensor) for value in weights.values()):
        raise ValueError(f'`{path}` holds no weights of a model')
    return weights
