"""Make sources of person boxes of what the caller gives."""
import os
import os.path as osp
from typing import Callable, Optional, Sequence, Union

import numpy as np
from mmengine.logging import print_log

from .file_boxes import FileBoxes
from .person_boxes import BoxArray, BoxSource, GivenBoxes, WholeImage

Boxes = Union[None, str, os.PathLike, Sequence[BoxArray],
              Callable[[np.ndarray, int], BoxArray], BoxSource]


def make_box_source(boxes: Boxes, video: Optional[str] = None) -> BoxSource:
    """Make a source of the people of each frame.

    Args:
        boxes: ``'whole_image'`` or None (the same, with a log line), the path
            of a JSON file, boxes or a function (:class:`GivenBoxes`), or a
            source as it is.
        video (str, optional): Name of the video, see :class:`FileBoxes`.

    Raises:
        OSError: If there is no such file.
        ValueError: If the file holds no boxes of the video.
    """
    if boxes is None:
        print_log(
            'no boxes and no detector were given: the whole image is taken '
            'for the box of one person', 'current', 30)
        return WholeImage()
    if isinstance(boxes, BoxSource):
        return boxes
    if isinstance(boxes, (str, os.PathLike)):
        path = os.fspath(boxes)
        if path == 'whole_image':
            return WholeImage()
        if not osp.isfile(path):
            raise FileNotFoundError(f'there is no file of boxes `{path}`')
        return FileBoxes(path, video=video)
    return GivenBoxes(boxes)
