"""Read Matlab's files, whatever they hold.

A damaged .mat file can crash scipy's reader, and the whole process with it.
No check of the file tells which one will, so all are read by a process of its
own. It is started once (0.2 to 0.5 s) and serves all files, at 0.4 ms each.
"""
import atexit
import contextlib
import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Optional

import numpy as np

from mmpose_video.formats.schema import FormatError

#: Longest time that a file may take, in seconds.
PATIENCE = 300


class MatReader:
    """Read variables of .mat files in a process of its own.

    Args:
        patience (float): Longest time that a file may take, in seconds.
            Defaults to 300.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._process: Optional[subprocess.Popen] = None
        self._owner = os.getpid()

    def array(self, path: str, name: str) -> np.ndarray:
        """Return an array of real numbers.

        Args:
            path (str): The file.
            name (str): The variable.

        Raises:
            OSError: If there is no such file, or no permission to read it.
            FormatError: If it is broken, or holds no such array.
        """
        data = self._ask(path, name, True)
        return np.load(io.BytesIO(data), allow_pickle=False)

    def struct(self, path: str, name: str) -> Any:
        """Return a variable as dictionaries, lists, strings and numbers.

        Args:
            path (str): The file.
            name (str): The variable.

        Raises:
            OSError: If there is no such file, or no permission to read it.
            FormatError: If it is broken, or holds no such variable.
        """
        return json.loads(self._ask(path, name, False))

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        if self._owner == os.getpid():  # not that of a parent
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what it did not read
                    pipe.close()

    def _ask(self, path: str, name: str, array: bool) -> bytes:
        """Send a request and return the answer."""
        if not os.path.exists(path):  # a process is not needed to tell
            raise FileNotFoundError(2, 'No such file or directory', path)
        process = self._start()
        assert process.stdin is not None and process.stdout is not None
        request = dict(path=os.path.abspath(path), name=name, array=array)
        timer = threading.Timer(self.patience, process.kill)
        timer.start()
        try:
            process.stdin.write(json.dumps(request).encode() + b'\n')
            process.stdin.flush()
            line = process.stdout.readline()
            head = json.loads(line) if line else {}
            body = process.stdout.read(head.get('size', 0))
        except (OSError, ValueError):  # it died in the middle
            head = {}
        finally:
            timer.cancel()
        if 'errno' in head:
            raise OSError(head['errno'], head['error'], path)
        if 'error' in head:
            raise FormatError(f'{path}: {head["error"]}')
        if 'size' not in head or len(body) < head['size']:
            self.close()
            raise FormatError(f'{path}: it is a broken Matlab file, which '
                              "crashes scipy's reader or takes too long")
        return body

    def _start(self) -> subprocess.Popen:
        """Return the process, a new one if there is none."""
        if self._owner != os.getpid():
            self.close()
            self._owner = os.getpid()
        if self._process is None or self._process.poll() is not None:
            self.close()
            script = Path(__file__).with_name('mat_worker.py')
            self._process = subprocess.Popen(
                [sys.executable, str(script)], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return self._process


#: The reader of all converters.
READER = MatReader()
atexit.register(READER.close)
