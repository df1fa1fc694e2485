r"""Estimate poses of videos in the browser.

For example::

    mmpose-video app
    mmpose-video app --model movenet-thunder --config CONFIG \
        --checkpoint WEIGHTS

Drop a video on the page, watch the drawn poses and the curves of the joints,
download the results in all formats, and compare two results frame by frame.
Models are named here: a browser chooses among them and cannot name files.
"""
import argparse
import importlib.util
import os
import signal
import sys
import threading
from typing import Any, List, Optional, Sequence, Tuple

#: Models that are offered if none is named.
DEFAULT_MODELS = ('movenet-thunder', 'movenet-lightning',
                  'movenet-multipose')
_LOCAL = '127.0.0.1'


class _AddModel(argparse.Action):
    """Begin a model, or give the last one its checkpoint."""

    def __call__(self, parser: argparse.ArgumentParser,
                 namespace: argparse.Namespace, values: Any,
                 option_string: Optional[str] = None) -> None:
        models: List[Tuple[str, Optional[str]]] = list(namespace.models or ())
        if self.dest == 'models':
            models.append((values, None))
        elif models and models[-1][1] is None:
            models[-1] = (models[-1][0], values)
        else:
            parser.error('--checkpoint must follow the --config or --model '
                         'that it belongs to')
        namespace.models = models


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.
    """
    parser = argparse.ArgumentParser(
        prog='mmpose-video app', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('--model', '--config', dest='models', action=_AddModel,
        metavar='MODEL', help='a model for the list, as `mmpose-video infer` '
        'takes it: a name or the config of a model; may be given several '
        f'times (default: {", ".join(DEFAULT_MODELS)})')
    add('--checkpoint', action=_AddModel, metavar='FILE', default=None,
        help='weights of the model named before it')
    add('--detector', metavar='CONFIG',
        help='config of an MMDetection model that finds people')
    add('--detector-checkpoint', metavar='FILE',
        help='weights of the detector')
    add('--device', help='such as cpu or cuda:1 (default: the first GPU, or '
        'cpu)')
    add('--max-size', type=_positive, default=2000, metavar='MB',
        help='size of the largest upload (default: %(default)g)')
    add('--max-frames', type=int, metavar='N',
        help='frames that are taken of a video (default: all)')
    add('--out-dir', metavar='DIR', help='folder that keeps uploads and '
        'results (default: a temporary one, removed at the end)')
    add('--host', default=_LOCAL, help='address to listen at; 0.0.0.0 lets '
        'everybody in the network in (default: %(default)s)')
    add('--port', type=_port, metavar='N', help='where to listen (default: '
        'the first free one from 7860 on)')
    add('--open', action='store_true', help='open the page in a browser')
    return parser.parse_args(argv)


def _port(text: str) -> int:
    """Return the number of a port."""
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(
            f'expected a port from 1 to 65535, got {text!r}')
    return int(text)


def _positive(text: str) -> float:
    """Return a positive number."""
    try:
        value = float(text)
    except ValueError:
        value = 0.
    if not 0 < value < float('inf'):
        raise argparse.ArgumentTypeError(
            f'expected a positive number, got {text!r}')
    return value


def check_gradio() -> None:
    """Check that gradio is installed, without importing it.

    Raises:
        ImportError: If not; the message says how to install it.
    """
    if importlib.util.find_spec('gradio') is None:
        raise ImportError('the app needs gradio, which is not installed: '
                          '`pip install .[app]` in the checkout, or `pip '
                          'install "mmpose_video[app]"`')


def run(args: argparse.Namespace, stop: threading.Event) -> None:
    """Serve the page until it is stopped.

    Args:
        args (argparse.Namespace): As :func:`parse_args` returns them.
        stop (threading.Event): Set it to end.

    Raises:
        ImportError: If gradio is not installed.
        OSError: If a file is missing or the port is in use.
        ValueError: If an argument is wrong.
    """
    check_gradio()
    _check_files(args)
    from mmpose_video.app.workspace import Workspace
    workspace = Workspace(args.out_dir)
    try:
        # gradio reads them when it is imported: no version check, no
        # statistics, and no files elsewhere
        os.environ.update(
            GRADIO_ANALYTICS_ENABLED='False',
            GRADIO_TEMP_DIR=str(workspace.uploads))
        # they import PyTorch and MMPose: not before the arguments are known
        from mmpose_video.app.job import PoseJob
        from mmpose_video.app.menu import Menu
        from mmpose_video.app.page import make_page, serve
        max_bytes = int(args.max_size * 1e6)
        detector = None
        if args.detector:
            detector = dict(config=args.detector,
                            checkpoint=args.detector_checkpoint)
        page = make_page(
            PoseJob(
                Menu(args.models or [(name, None)
                                     for name in DEFAULT_MODELS]), workspace,
                detector, args.device, max_bytes, args.max_frames))
        address = serve(page, args.host, args.port, max_bytes, args.open)
        print(f'the app is at {address} (Ctrl-C ends it)', flush=True)
        try:
            while not stop.wait(1.):  # a wait without an end hides signals
                pass
        finally:
            page.stops.stop_all()
            page.blocks.close(verbose=False)
    finally:
        workspace.close()


def _check_files(args: argparse.Namespace) -> None:
    """Refuse files that do not exist before anything slow happens."""
    paths = [path for config, checkpoint in args.models or ()
             for path in (config if config.endswith('.py') else None,
                          checkpoint)]
    for path in (*paths, args.detector_checkpoint):
        if path is not None and '://' not in path and not os.path.isfile(
                path):
            raise FileNotFoundError(f'there is no file `{path}`')


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command and return the exit status, 0 after Ctrl-C.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.
    """
    args = parse_args(argv)
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set())
              for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        run(args, stop)
    except (OSError, ValueError, ImportError) as error:
        from mmpose_video.utils.one_line import one_line
        print(f'error: {one_line(error)}', file=sys.stderr)
        return 1
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


if __name__ == '__main__':
    sys.exit(main())
