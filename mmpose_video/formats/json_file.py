"""Json files that are either complete or not there."""
import json
import os
import os.path as osp
from typing import Any, Optional


def write_json(content: Any, path: str) -> None:
    """Write a file under another name and give it its own at the end.

    Args:
        content: What json can hold.
        path (str): The file; its folder is made if it is not there.

    Raises:
        OSError: If it cannot be written; what was there before stays.
    """
    os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
    partial = f'{path}.{os.getpid()}.part'
    try:
        with open(partial, 'w', encoding='utf-8') as file:
            # dumps: dump writes through a much slower encoder
            file.write(json.dumps(content, separators=(',', ':')))
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        if osp.exists(partial):
            os.remove(partial)


def read_json(path: str) -> Optional[Any]:
    """A file's content; None if there is none or it cannot be read."""
    try:
        with open(path, encoding='utf-8') as file:
            return json.load(file)
    except (OSError, ValueError):
        return None
