"""The command ``mmpose-video``: one name for all tools of the package.

``mmpose-video COMMAND ...`` runs the module that ``python -m MODULE ...``
runs. This file lies beside the package, not inside of it: importing
``mmpose_video`` imports torch and MMPose, which takes seconds, and the list
of commands, a typing error or ``--version`` should not wait for them.
"""
import difflib
import importlib.metadata
import importlib.util
import os
import runpy
import sys
from typing import Dict, List, NamedTuple, Optional


class Command(NamedTuple):
    """The module that a command runs, and its line of the help.

    Attributes:
        module (str): The module.
        help (str): What the command does.
        standalone (bool): Whether the module imports nothing of the package
            before it has parsed its arguments. Its file is then run by path,
            so that ``--help`` does not wait for PyTorch and MMPose.
    """

    module: str
    help: str
    standalone: bool = False


COMMANDS: Dict[str, Command] = {
    'infer': Command('mmpose_video.tools.infer',
                     'estimate poses in a video, a folder or a camera',
                     standalone=True),
    'app': Command('mmpose_video.tools.app',
                   'estimate poses of videos in the browser',
                   standalone=True),
    'weights': Command('mmpose_video.tools.get_weights',
                       'fetch published weights, of MoveNet or MMPose',
                       standalone=True),
    'train': Command('mmpose_video.tools.train',
                     "train a model (MMPose's train.py)"),
    'test': Command('mmpose_video.tools.test',
                    "test a checkpoint (MMPose's test.py)"),
    'demo': Command('mmpose_video.tools.demo',
                    'train, test and draw a small model on rendered clips'),
    'render': Command('mmpose_video.datasets.synthetic',
                      'render clips of moving people with exact labels'),
    'convert': Command('mmpose_video.datasets.convert',
                       'convert a downloaded dataset'),
    'import-labels': Command('mmpose_video.tools.import_labels',
                             'make a dataset of labels of other tools',
                             standalone=True),
    'browse': Command('mmpose_video.tools.browse_clips',
                      'show the clips of a dataset'),
    'pseudo-label': Command('mmpose_video.tools.pseudo_label',
                            'label videos by a model, to train on them',
                            standalone=True),
    'propagate-labels': Command('mmpose_video.tools.propagate_labels',
                                'label the frames between labeled ones'),
    'evaluate': Command('mmpose_video.tools.eval_posetrack',
                        'compute the AP of PoseTrack'),
    'track-eval': Command('mmpose_video.tools.eval_tracking',
                          'compute the MOTA of PoseTrack'),
    'average-jhmdb': Command('mmpose_video.tools.average_jhmdb',
                             'average the PCK of Sub-JHMDB over its splits'),
    'analyze': Command('mmpose_video.tools.analyze_errors',
                       'sort the errors of predictions by kind'),
    'flops': Command('mmpose_video.tools.get_flops',
                     'count parameters and multiply-adds, measure speed'),
    'temporal-influence': Command(
        'mmpose_video.tools.temporal_influence',
        'measure how much each frame moves the output'),
    'export': Command('mmpose_video.tools.export_onnx',
                      'export a model to ONNX and compare it'),
    'convert-results': Command('mmpose_video.tools.convert_results',
                               'convert results between file formats'),
    'convert-checkpoint': Command('mmpose_video.tools.convert_checkpoint',
                                  'convert an official checkpoint'),
    'publish': Command('mmpose_video.tools.publish_model',
                       'strip a checkpoint for publication'),
}
#: Exit status of a process that Ctrl-C ended, as shells report it.
INTERRUPTED = 130
_WIDTH = max(map(len, COMMANDS))
_USAGE = 'usage: mmpose-video [-h] [--version] COMMAND ...'


def main(argv: Optional[List[str]] = None) -> int:
    """Run a command.

    Args:
        argv (List[str], optional): The command and its arguments. Defaults
            to those of the process.

    Returns:
        int: Exit status: 0 without an error, 2 for an unknown command, 130
        after Ctrl-C. A command that fails exits by itself.
    """
    name, *rest = (sys.argv[1:] if argv is None else argv) or ['--help']
    if name in ('-h', '--help'):
        print(_help())
        return 0
    if name == '--version':
        print('mmpose_video', importlib.metadata.version('mmpose_video'))
        return 0
    if name not in COMMANDS:
        print(_unknown(name), file=sys.stderr)
        return 2
    # what argparse takes for the name of the program
    sys.argv = [f'mmpose-video {name}', *rest]
    try:
        command = COMMANDS[name]
        if command.standalone:
            runpy.run_path(_path_of(command.module), run_name='__main__')
        else:
            runpy.run_module(
                command.module, run_name='__main__', alter_sys=True)
    except KeyboardInterrupt:
        print('\ninterrupted', file=sys.stderr)
        return INTERRUPTED
    return 0


def _path_of(module: str) -> str:
    """Return the file of a module, without importing its package."""
    package, *rest = module.split('.')
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.submodule_search_locations
    folder = spec.submodule_search_locations[0]
    return os.path.join(folder, *rest) + '.py'


def _help() -> str:
    return '\n'.join([
        _USAGE, '', 'Human pose estimation in video.', '', 'commands:', *(
            f'  {name:{_WIDTH}}  {command.help}'
            for name, command in COMMANDS.items()), '',
        'mmpose-video COMMAND --help explains a command.'
    ])


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
    hint = f'did you mean {near[0]!r}?' if near else (
        'mmpose-video --help lists the commands.')
    return f'{_USAGE}\nerror: no command {name!r}; {hint}'


if __name__ == '__main__':
    sys.exit(main())
