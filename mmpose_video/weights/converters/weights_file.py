"""Read the weights of a checkpoint, of any author, safely."""
import pickle
import zipfile
from pathlib import Path
from typing import Any, Dict, Mapping

import torch
from torch import Tensor

from mmpose_video.compat.checkpoint import guard_supported, guarded_load

#: Keys under which training code keeps the weights, in order of preference.
CONTAINERS = ('state_dict', 'model_state_dict', 'model')

_MEGABYTE = 1e6


def load_weights(path: Path) -> Dict[str, Tensor]:
    """Read the weights of a checkpoint and run no code from it.

    The weights may stand under one of :data:`CONTAINERS`, beside optimizer
    state and NumPy scalars, or be the whole file. Files in PyTorch's zip
    format are mapped into memory, so only the tensors that are used are read:
    of an 8 GB file with optimizer state, the weights alone.

    Args:
        path (Path): The file.

    Returns:
        dict[str, Tensor]: The weights by name, without the ``module.`` that
        data parallel training puts before each name.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is not a complete checkpoint, holds objects that
            only its own code could build, or holds no weights.
    """
    content = _load(path)
    if isinstance(content, Mapping):
        for key in CONTAINERS:
            if isinstance(content.get(key), Mapping):
                content = content[key]
                break
    if not isinstance(content, Mapping) or not content or not all(
            isinstance(value, Tensor) for value in content.values()):
        raise ValueError(
            f'{path} holds no weights: a dictionary of tensors is expected, '
            f'as a whole or under {_listed(CONTAINERS)}; found '
            f'{_found(content)}')
    return {
        str(name).removeprefix('module.'): value
        for name, value in content.items()
    }


def _load(path: Path) -> Any:
    """Return the content of a checkpoint file."""
    mmap = _is_zip(path)
    load = guarded_load if guard_supported() else torch.load
    try:
        return load(
            str(path), map_location='cpu', weights_only=True, mmap=mmap)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f'{path} is not a checkpoint that can be read without running '
            f'code from it. {error}') from error
    except (EOFError, RuntimeError, ValueError) as error:
        raise ValueError(f'{path} ({_size(path)}) is damaged or truncated; '
                         f'download it again. {error}') from error


def _is_zip(path: Path) -> bool:
    """Return whether a file is a complete zip archive.

    Raises:
        ValueError: If it is not a checkpoint, or only the start of one.
    """
    with open(path, 'rb') as file:
        head = file.read(512)
    if not head:
        raise ValueError(f'{path} is empty; download it again')
    if head.startswith(b'PK'):
        # the table of contents is at the end of a zip archive
        if not zipfile.is_zipfile(path):
            raise ValueError(
                f'{path} ({_size(path)}) is truncated: it begins like a '
                'checkpoint but its end is missing. Download it again; if it '
                "is no larger then, the authors' own copy is cut off")
        return True
    text = head.lstrip().lower()
    if text.startswith((b'<!doctype', b'<html')):
        raise ValueError(
            f'{path} ({_size(path)}) is a web page. File servers such as '
            'Google Drive send one in place of a large file until the '
            'download is confirmed')
    if text.startswith(b'version https://git-lfs'):
        raise ValueError(f'{path} is a Git LFS pointer; `git lfs pull` '
                         'fetches the file itself')
    return False


def _size(path: Path) -> str:
    """Return the size of a file in words."""
    return f'{path.stat().st_size / _MEGABYTE:,.1f} MB'


def _found(content: Any) -> str:
    """Describe in a few words what a file holds instead of weights."""
    if not isinstance(content, Mapping):
        return f'a {type(content).__name__}'
    return _listed(list(content)[:8]) if content else 'an empty dictionary'


def _listed(names: Any) -> str:
    """Return names in quotes, separated by commas."""
    return ', '.join(f'`{name}`' for name in names)
