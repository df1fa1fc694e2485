"""Run a command with its output in a log file, and follow the file."""
import os
import signal
import subprocess
import time
from typing import Callable, List, Sequence, TextIO

#: Seconds that a command is given to exit by itself.
GRACE = 10.
#: Seconds between two reads of the log file.
_INTERVAL = 0.1


class JobError(RuntimeError):
    """Error raised when a command fails.

    Args:
        log (str): File with all of its output.
        status (int): Exit status; negative for a signal.
    """

    def __init__(self, log: str, status: int) -> None:
        with open(log, errors='replace') as file:
            tail = ''.join(file.readlines()[-30:])
        reason = (f'signal {-status}' if status < 0 else f'status {status}')
        super().__init__(
            f'{tail}\nended with {reason}; all of its output is in {log}')
        self.status = status


def run_job(command: Sequence[str],
            log: str,
            on_line: Callable[[str], None] = lambda line: None) -> None:
    """Run a command to its end.

    The output goes to a file instead of a pipe: a pipe ends when the last
    process that holds it ends, which may be a worker that outlives a killed
    command. The command runs in a process group of its own, and whatever is
    left of the group is ended with it, also when this function is
    interrupted.

    Args:
        command (Sequence[str]): Program and arguments.
        log (str): File that gets stdout and stderr.
        on_line (Callable): Called with each line of the output, without its
            end.

    Raises:
        JobError: If the command fails.
    """
    own_group = dict(start_new_session=True) if os.name == 'posix' else {}
    with open(log, 'w') as output, open(log, errors='replace') as lines:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **own_group)  # type: ignore[call-overload]
        tail: List[str] = []
        try:
            while process.poll() is None:
                _read(lines, tail, on_line)
                time.sleep(_INTERVAL)
            _read(lines, tail, on_line)
        finally:
            _end(process)
    if process.returncode:
        raise JobError(log, process.returncode)


def _read(lines: TextIO, tail: List[str],
          on_line: Callable[[str], None]) -> None:
    """Pass on whole lines, and keep the beginning of one in ``tail``."""
    for text in lines:
        tail.append(text)
        if text.endswith('\n'):
            on_line(''.join(tail).rstrip('\n'))
            tail.clear()


def _end(process: subprocess.Popen) -> None:
    """End a command and what it started."""
    if os.name != 'posix':
        process.terminate()
        process.wait()
        return
    if process.poll() is None:
        _signal(process, signal.SIGINT)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            pass
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen, number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:  # nothing is left
        pass
