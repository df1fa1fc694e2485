"""Convert a checkpoint of an official implementation.

For example::

    mmpose-video convert-checkpoint dcpose IN.pth OUT.pth

``OUT.pth`` holds backbone, neck and head under the names of this package and
MMPose. Give it to the test script, to ``load_from`` or to an ``init_cfg``.
With ``--config`` it is compared with the model of a config first.
"""
import argparse
import sys
from pathlib import Path
from typing import List, Mapping, Optional, Sequence

import torch
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_video.engine.checkpoint_match import is_finite
from mmpose_video.weights.checkpoint_file import write_checkpoint
from mmpose_video.weights.converters import CONVERTERS, LeftoverError
from mmpose_video.weights.converters.describe import describe
from mmpose_video.weights.converters.layout import find_layout

from .get_flops import model_and_shape


def guess_layout(weights: Mapping[str, Tensor]) -> str:
    """Return a sentence that says which layout a checkpoint's names fit.

    Args:
        weights (Mapping[str, Tensor]): The weights as they were found.
    """
    names = list(weights)
    ours = sum(name.startswith(('backbone.', 'neck.', 'head.'))
               for name in names)
    layout = find_layout(names)
    if layout is not None:
        return (f'the names fit the layout `{layout}` '
                f'({CONVERTERS[layout].source})')
    if ours == len(names):
        return ("all names are this package's or MMPose's already, so the "
                'checkpoint may need no conversion')
    return (f'the {len(names)} names, from `{names[0]}` to `{names[-1]}`, fit '
            f'no layout that is known ({", ".join(sorted(CONVERTERS))})')


def compare_with_config(weights: Mapping[str, Tensor], config: str) -> str:
    """Check that weights are of the model of a config.

    Args:
        weights (Mapping[str, Tensor]): Weights under their new names.
        config (str): Path of the config.

    Returns:
        str: A note about tensors of the model that the weights lack, or
        nothing.

    Raises:
        ValueError: If tensors have another shape or no place in the model.
    """
    with torch.device('meta'):
        wanted = MODELS.build(model_and_shape(config)[0]).state_dict()
    shapes = [
        f'{name} {tuple(value.shape)} for {tuple(wanted[name].shape)}'
        for name, value in weights.items()
        if name in wanted and value.shape != wanted[name].shape
    ]
    strangers = [name for name in weights if name not in wanted]
    if shapes or strangers:
        problems = [
            f'{len(found)} {kind} (the first: {found[0]})'
            for kind, found in (('tensors of another shape', shapes),
                                ('without a place', strangers)) if found
        ]
        raise ValueError(
            f'the checkpoint holds {describe(weights)}; {config} is '
            f'{describe(wanted)}: {" and ".join(problems)}')
    absent = [name for name in wanted if name not in weights]
    return (f'{len(absent)} tensors of the model are not in the checkpoint, '
            f'from {absent[0]} to {absent[-1]}') if absent else ''


def main(args: Optional[Sequence[str]] = None) -> int:
    """Run the command line and return the exit status, 0 for success."""
    options = _parser().parse_args(args)
    if options.target.exists() and options.source.exists() and (
            options.target.samefile(options.source)):
        return _fail(options, 'the output is the input')
    converter = CONVERTERS[options.layout]()
    weights = None
    try:
        weights = converter.load(options.source)
        converted, notes = converter.convert(weights, options.allow_leftover)
        broken = [name for name, value in converted.items()
                  if not is_finite(value)]
        if broken:
            raise ValueError(f'{len(broken)} of its tensors are not finite, '
                             f'the first is {broken[0]}')
        if options.config:
            notes.append(compare_with_config(converted, options.config))
        write_checkpoint(converted, options.layout, options.target)
    except LeftoverError as error:
        assert weights is not None
        return _fail(
            options, f'{error}\nFound: {guess_layout(weights)}.\n'
            '--allow-leftover converts the rest.')
    except (OSError, ValueError) as error:
        return _fail(options, str(error))
    for note in filter(None, notes):
        print(note, file=sys.stderr)
    print(f'{options.target}: {len(converted)} tensors, '
          f'{describe(converted)}; made for {converter.configs}')
    return 0


def _parser() -> argparse.ArgumentParser:
    """Build the command line from the registered converters."""
    layouts: List[str] = [
        f'  {layout:20} {converter.source}'
        for layout, converter in sorted(CONVERTERS.items())
    ]
    parser = argparse.ArgumentParser(
        prog='mmpose-video convert-checkpoint',
        description=__doc__,
        epilog='layouts:\n' + '\n'.join(layouts),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'layout', choices=sorted(CONVERTERS), metavar='LAYOUT',
        help='the implementation that wrote the checkpoint, see below')
    parser.add_argument(
        'source', type=Path, metavar='IN', help='the official checkpoint')
    parser.add_argument(
        'target', type=Path, metavar='OUT', help='the file to write')
    parser.add_argument(
        '--config', help="refuse weights that are not of this config's model")
    parser.add_argument(
        '--allow-leftover',
        action='store_true',
        help='go on where names are unknown or missing, and list them')
    return parser


def _fail(options: argparse.Namespace, reason: str) -> int:
    """Print why nothing was converted, and return the exit status."""
    print(f'{options.source} -> {options.target} failed: {reason}',
          file=sys.stderr)
    return 1


if __name__ == '__main__':
    sys.exit(main())
