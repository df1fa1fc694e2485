"""Convert a checkpoint of an official implementation.

Usage::

    python -m mmpose_video.tools.convert_checkpoint dcpose IN.pth OUT.pth

``OUT.pth`` holds backbone, neck and head and can be given to the test script
or to ``load_from`` with one of the method's HRNet-W48 configs.
"""
import argparse
import pickle
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence

import torch
from torch import Tensor

from .official_keys import OFFICIAL_KEYS, rename_keys


class LeftoverError(ValueError):
    """Names in a checkpoint that do not belong, or names that are missing."""


def load_state_dict(path: Path) -> Dict[str, Tensor]:
    """Read the weights in a checkpoint, and nothing but tensors.

    Args:
        path (Path): The file.

    Returns:
        dict[str, Tensor]: The weights, without the ``module.`` that data
        parallel training puts before their names.

    Raises:
        ValueError: If the file holds objects other than tensors and plain
            containers, or no weights.
    """
    try:
        content = torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f'{path} is not a checkpoint that can be read without running '
            'code from it. If you trust its source, load it yourself and '
            'save its state dict alone') from error
    if isinstance(content, Mapping):
        content = content.get('state_dict', content)
    if not isinstance(content, Mapping) or not content or not all(
            isinstance(value, Tensor) for value in content.values()):
        raise ValueError(f'{path} holds no state dict: neither under the key '
                         '`state_dict` nor as a whole')
    return {
        str(name).removeprefix('module.'): value
        for name, value in content.items()
    }


def convert_state_dict(state_dict: Mapping[str, Tensor],
                       method: str,
                       allow_leftover: bool = False) -> Dict[str, Tensor]:
    """Rename the weights of an official model.

    Args:
        state_dict (Mapping[str, Tensor]): Weights under official names.
        method (str): ``'dcpose'`` or ``'fami'``.
        allow_leftover (bool): Drop what has no place here, and accept that
            parts are missing. Defaults to False.

    Returns:
        dict[str, Tensor]: Weights under the names of this package.

    Raises:
        LeftoverError: If names are unknown or parts missing.
    """
    renamed, unknown, absent = rename_keys(list(state_dict), method)
    problems: List[str] = []
    if unknown:
        problems.append('names that have no place in this model:\n  ' +
                        '\n  '.join(unknown))
    if absent:
        problems.append('nothing in the checkpoint for:\n  ' +
                        '\n  '.join(absent))
    if problems and not allow_leftover:
        raise LeftoverError('\n'.join(problems))
    for problem in problems:
        print(f'dropped: {problem}', file=sys.stderr)
    return OrderedDict(
        (new, state_dict[old]) for old, new in renamed.items())


def main(args: Optional[Sequence[str]] = None) -> int:
    """Run from the command line; the exit status says whether it worked."""
    parser = argparse.ArgumentParser(
        prog='python -m mmpose_video.tools.convert_checkpoint',
        description='Convert a checkpoint of an official implementation.')
    parser.add_argument('method', choices=sorted(OFFICIAL_KEYS))
    parser.add_argument('source', type=Path, help='the official checkpoint')
    parser.add_argument('target', type=Path, help='the file to write')
    parser.add_argument(
        '--allow-leftover',
        action='store_true',
        help='list names that are unknown or missing, but go on')
    options = parser.parse_args(args)
    try:
        state_dict = convert_state_dict(
            load_state_dict(options.source), options.method,
            options.allow_leftover)
    except (OSError, ValueError) as error:
        print(f'{options.source} -> {options.target} failed: {error}',
              file=sys.stderr)
        if isinstance(error, LeftoverError):
            print('--allow-leftover converts the rest', file=sys.stderr)
        return 1
    torch.save(
        dict(meta=dict(converted_from=options.method), state_dict=state_dict),
        options.target)
    print(f'{options.target}: {len(state_dict)} tensors')
    return 0


if __name__ == '__main__':
    sys.exit(main())
