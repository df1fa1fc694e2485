"""End MMPose's scripts with one line for what this package refuses.

What is broken
    ``train.py``, ``test.py`` and the other scripts of MMPose 1.3 let every
    error pass: a broken label file, the checkpoint of another model or a
    dataset that is not there end in sixty lines, of which the last says what
    to do.

What this does
    Where the process runs one of these scripts, the errors that this package
    raises, and files that cannot be opened, end in one line. The traceback
    goes to the log file of the run; ``MMPOSE_VIDEO_TRACEBACK=1`` prints it as
    before. Errors from elsewhere keep their traceback, as do all errors in
    other programs.

When it can go
    When MMPose's scripts tell errors of the input from their own.
"""
import logging
import os
import re
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import List, Optional, Type

from mmpose_video.utils import one_line

_PACKAGE = Path(__file__).resolve().parents[1]
#: The form that PyTorch gives to an error of a worker of the data loader.
_FROM_WORKER = re.compile(r'Caught (\w+) in .*\.\nOriginal Traceback')
_FRAME = re.compile(r'^  File "(.+)", line \d+, in .*\n    (.*)$', re.M)


def tools_folders() -> List[Path]:
    """Return where MMPose may have its scripts, installed or editable."""
    import mmpose
    package = Path(mmpose.__path__[0])
    return [package / '.mim' / 'tools', package.parent / 'tools']


def final_line(error: BaseException) -> Optional[str]:
    """Return the line in which a script ends for an error.

    The log file of the run, if there is one yet, gets the traceback.

    Args:
        error (BaseException): With its traceback.

    Returns:
        str, optional: The line; None for an error that the user cannot be
        expected to understand without a traceback.
    """
    if os.environ.get('MMPOSE_VIDEO_TRACEBACK', '0') not in ('', '0'):
        return None
    message = _message(error)
    if message is None:
        return None
    path = _keep_traceback(error)
    where = f' (the traceback is in {path})' if path else ''
    return f'error: {message}{where}'


def report(kind: Type[BaseException], error: BaseException,
           trace: Optional[TracebackType]) -> None:
    """Print an error that nothing has caught; see :data:`sys.excepthook`."""
    line = final_line(error)
    if line is None:
        sys.__excepthook__(kind, error, trace)
    else:
        print(line, file=sys.stderr)


def install() -> None:
    """Replace Python's hook if the process runs a script of MMPose."""
    script = getattr(sys.modules.get('__main__'), '__file__', None)
    if script is None or sys.excepthook is not sys.__excepthook__:
        return
    path = Path(script).resolve()
    if any(folder.resolve() in path.parents for folder in tools_folders()):
        sys.excepthook = report


def _message(error: BaseException) -> Optional[str]:
    """Return the message if it was written for users, None otherwise."""
    found = _FROM_WORKER.match(str(error))
    if found is None:
        frames = [(frame.filename, frame.line or '') for frame in
                  traceback.extract_tb(error.__traceback__)]
        message = one_line(error)
    else:
        frames = _FRAME.findall(str(error))
        head = re.compile(rf'^(?:\w+\.)*{found[1]}: ', re.M)
        message = ' '.join(head.split(str(error))[-1].split())
    is_ours = bool(frames) and _is_our_raise(*frames[-1])
    is_file = isinstance(error, FileNotFoundError) or (
        isinstance(error, OSError) and error.filename is not None)
    return message if is_ours or is_file else None


def _is_our_raise(path: str, line: str) -> bool:
    """Return whether a line of a traceback raises an error of this package."""
    return line.lstrip().startswith('raise ') and (
        _PACKAGE in Path(path).resolve().parents)


def _keep_traceback(error: BaseException) -> Optional[str]:
    """Write a traceback into the log file of the run, and return its path."""
    from mmengine.logging import MMLogger
    path = None
    for logger in MMLogger._instance_dict.values():
        for handler in logger.handlers:
            if isinstance(handler, logging.FileHandler):
                handler.handle(logging.LogRecord(
                    logger.name, logging.ERROR, __file__, 0,
                    'the run ended in an error', None,
                    (type(error), error, error.__traceback__)))
                path = handler.baseFilename
    return path
