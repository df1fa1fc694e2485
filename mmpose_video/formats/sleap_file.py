"""Read SLEAP's files, through sleap-io."""
from typing import Any

from .extras import import_extra
from .schema import FormatError


def load_slp(path: str) -> Any:
    """Return what a file of SLEAP holds; its videos are not opened.

    Args:
        path (str): The ``.slp`` file.

    Returns:
        sleap_io.Labels: The labels or predictions.

    Raises:
        FormatError: If it is no such file.
        ImportError: If sleap-io is not installed (extra ``formats``).
        FileNotFoundError: If it does not exist.
    """
    sio = import_extra('sleap_io')
    try:
        return sio.load_slp(path, open_videos=False)
    except FileNotFoundError:
        raise
    except Exception as error:  # HDF5 raises what it likes
        raise FormatError(f'{path} is no file of SLEAP: {error}') from error
