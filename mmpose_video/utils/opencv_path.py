"""Names of files for OpenCV."""
import os
from typing import Any


def opencv_path(path: str) -> Any:
    """Return the name of a file as OpenCV takes it.

    Its bindings crash at text that is not UTF-8, and take bytes as they are,
    of which its type hints say nothing.

    Args:
        path (str): The name, as Python has it.
    """
    return os.fsencode(path)
