"""Packages that only some formats need."""
import contextlib
import importlib
import os
import os.path as osp
from typing import Any, Iterator

from .drafts import draft_name


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


@contextlib.contextmanager
def draft_of(path: str) -> Iterator[str]:
    """Write a draft, and rename it when the file is complete.

    Args:
        path (str): The file; missing folders are created.

    Yields:
        str: Where a package may write it, with the same suffix.
    """
    os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
    draft = draft_name(path, keep_suffix=True)
    try:
        yield draft
        os.replace(draft, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(draft)
