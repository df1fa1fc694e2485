"""HiEve's Track-1 files: boxes as comma-separated values."""
import math
import os.path as osp
from typing import Dict, List, Tuple

from mmpose_video.formats.frame_index import frame_number
from mmpose_video.formats.inner_path import inner_path
from mmpose_video.formats.json_file import read_json, read_text
from mmpose_video.formats.schema import FormatError, shown

from .geometry import is_box
from .report import Report


def read_boxes(ann_file: str, folder: str, first: int,
               report: Report) -> List[dict]:
    """Read the boxes of an annotation file's videos.

    A line is ``frame, id, left, top, width, height, flag, -1, -1, -1``. In
    ground truth a flag of 0 means that the box does not count; in a
    tracker's result the number is its score.

    Args:
        ann_file (str): Converted annotations.
        folder (str): Folder of ``<video>.txt`` or ``<video>.csv``.
        first (int): Number of the first frame in the files; the format page
            does not tell.
        report (Report): Takes what is left out, files that cannot be read
            included.

    Returns:
        list[dict]: Boxes in the layout of MMPose's box files.
    """
    videos: Dict[str, Dict[int, dict]] = {}
    for image in read_json(ann_file)['images']:
        frames = videos.setdefault(str(image['vid_id']), {})
        frames[frame_number(image['file_name']) or 0] = image
    boxes = []
    for video, frames in videos.items():
        for suffix in ('.txt', '.csv'):
            path = inner_path(folder, video + suffix, ann_file)
            if not osp.exists(path):
                continue
            try:
                boxes += _read_file(path, frames, first, report)
            except FormatError as error:
                report.lose(path, str(error), 'box file that cannot be read')
    return boxes


def _read_file(path: str, frames: Dict[int, dict], first: int,
               report: Report) -> List[dict]:
    """Read the boxes of one video.

    Raises:
        FormatError: If a line is not of this layout.
    """
    boxes = []
    start = min(frames)
    for i, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        where = f'{path}, line {i}'
        number, box, score = _parse(line.split(','), where)
        image = frames.get(number - first + start)
        if score == 0:
            report.skip('box that does not count', where)
        elif image is None:
            report.skip('box in a frame without an image', where)
        elif not is_box(box):
            report.skip('box without an area', where)
        else:
            boxes.append(
                dict(
                    image_id=image['id'],
                    category_id=1,
                    bbox=box,
                    score=score))
    return boxes


def _parse(row: List[str], where: str) -> Tuple[int, List[float], float]:
    """Return frame number, box and score of a line.

    Raises:
        FormatError: If it holds anything else.
    """
    layout = 'a line is frame, id, left, top, width, height, flag, ...'
    try:
        values = [float(value) for value in row[:7]]
    except ValueError:
        raise FormatError(f'{where}: {layout}, which are numbers, got '
                          f'{shown(",".join(row))}') from None
    if len(values) < 7:
        raise FormatError(f'{where}: {layout}, got {len(values)} values')
    frame, score = values[0], values[6]
    if not math.isfinite(frame) or frame != int(frame):
        raise FormatError(f'{where}: {layout}; the frame is {row[0].strip()}')
    if not math.isfinite(score):
        raise FormatError(f'{where}: {layout}; the flag is {row[6].strip()}')
    return int(frame), values[2:6], score
