"""Read .mat files for :class:`MatReader`, in a process of its own.

This file runs as a script that imports nothing of the package, which starts
faster. Each line of the input is a request in JSON: ``path`` and ``name`` of a
variable, and whether it is an ``array``. The answer is a line of JSON with
the ``size`` of what follows (an array in NumPy's format, or JSON) or with an
``error``.
"""
import contextlib
import io
import json
import signal
import sys
from typing import Any

import numpy as np
from scipy.io import loadmat, whosmat
from scipy.io.matlab import mat_struct

#: No file of labels needs more memory (bytes).
MEMORY = 8 * 2**30


def plain(value: Any) -> Any:
    """Return dictionaries, lists, strings and numbers of what scipy gives."""
    if isinstance(value, mat_struct):
        return {
            name: plain(getattr(value, name))
            for name in value._fieldnames
        }
    if isinstance(value, np.ndarray):
        return [plain(entry) for entry in value.ravel()]
    return value.item() if isinstance(value, np.generic) else value


def answer(path: str, name: str, array: bool) -> bytes:
    """Return a variable of a file in bytes.

    Raises:
        Exception: Any that scipy has for a broken file.
    """
    if array:
        content = loadmat(path, appendmat=False, variable_names=[name])
    else:
        content = loadmat(path, appendmat=False, struct_as_record=False,
                          squeeze_me=True)
    if name not in content:
        found = sorted(entry[0] for entry in whosmat(path, appendmat=False))
        raise KeyError(f'it holds no {name!r}, but {found}')
    if not array:
        return json.dumps(plain(content[name])).encode()
    value = np.asarray(content[name])
    if value.dtype.kind not in 'buif':
        raise TypeError(f'{name!r} does not hold real numbers')
    stream = io.BytesIO()
    np.save(stream, value, allow_pickle=False)
    return stream.getvalue()


def explain(error: BaseException) -> str:
    """Return what is wrong with a file, for users."""
    if isinstance(error, NotImplementedError):
        return ('it was saved with -v7.3, which scipy does not read: load and '
                'save it in Matlab or Octave with -v7')
    if isinstance(error, MemoryError):
        return 'it needs more memory than any label file'
    if isinstance(error, KeyError):
        return str(error.args[0]) if error.args else 'it is broken'
    return f'it is no Matlab file, or a broken one ({error})'


def main() -> None:
    """Answer requests until the input ends."""
    # an interrupt is for the parent, whose end is the end of the input
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # not on all systems
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin.buffer:
        body, head = b'', {}
        try:
            body = answer(**json.loads(line))
        except (FileNotFoundError, PermissionError) as error:
            head = dict(error=error.strerror, errno=error.errno)
        except Exception as error:  # scipy has no common base for its errors
            head = dict(error=explain(error))
        head.setdefault('size', len(body))
        sys.stdout.buffer.write(json.dumps(head).encode() + b'\n' + body)
        sys.stdout.buffer.flush()


if __name__ == '__main__':
    main()
