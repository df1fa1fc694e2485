"""Packages that only some formats need."""
import importlib
from typing import Any


def import_extra(name: str) -> Any:
    """Import a package of the extra ``formats``.

    Args:
        name (str): Name of the module.

    Raises:
        ImportError: If it is not installed; the message says how to.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f'this format needs `{name}`, which cannot be imported '
            f'({error}): `pip install "mmpose_video[formats]"`') from error
