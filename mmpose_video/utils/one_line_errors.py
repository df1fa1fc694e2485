"""End a command with one line for a wrong input."""
import functools
import sys
from pickle import UnpicklingError
from typing import Any, Callable

from .one_line import one_line

#: Exit status of a process that Ctrl-C ended, as shells report it.
INTERRUPTED = 130

Main = Callable[..., int]


def one_line_errors(main: Main) -> Main:
    """Wrap the main function of a command.

    Errors that come from what the user has given (a file that is not there or
    of another format, a setting that does not fit) become one line and exit
    status 1. Others are faults of the command and keep their traceback.

    Args:
        main (Callable): Takes the arguments, returns the exit status.

    Returns:
        Callable: The wrapped function.
    """

    @functools.wraps(main)
    def run(*args: Any, **kwargs: Any) -> int:
        try:
            return main(*args, **kwargs)
        except (ImportError, OSError, UnpicklingError, ValueError) as error:
            print(f'error: {one_line(error)}', file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print('\ninterrupted', file=sys.stderr)
            return INTERRUPTED

    return run
