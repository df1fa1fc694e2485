"""HiEve's Track-1 files: boxes as comma-separated values."""
import csv
import os.path as osp
from typing import Dict, List

from mmpose_video.formats.frame_index import frame_number
from mmpose_video.formats.inner_path import inner_path
from mmpose_video.formats.json_file import read_json

from .geometry import is_box
from .report import Report


def read_boxes(ann_file: str, folder: str, first: int,
               report: Report) -> List[dict]:
    """Boxes of an annotation file's videos.

    A line is ``frame, id, left, top, width, height, flag, -1, -1, -1``. In
    ground truth a flag of 0 means that the box does not count; in a
    tracker's result the number is its score.

    Args:
        ann_file (str): Converted annotations.
        folder (str): Folder of ``<video>.txt`` or ``<video>.csv``.
        first (int): Number of the first frame in the files; the format page
            does not tell.
        report (Report): Takes what is left out.

    Returns:
        list[dict]: In the format of MMPose's box files.

    Raises:
        ValueError: If a line is not of this layout.
    """
    videos: Dict[str, Dict[int, dict]] = {}
    for image in read_json(ann_file)['images']:
        frames = videos.setdefault(str(image['vid_id']), {})
        frames[frame_number(image['file_name']) or 0] = image
    boxes = []
    for video, frames in videos.items():
        start = min(frames)
        for suffix in ('.txt', '.csv'):
            path = inner_path(folder, video + suffix, ann_file)
            if not osp.exists(path):
                continue
            with open(path, encoding='utf-8', newline='') as file:
                for i, row in enumerate(csv.reader(file), 1):
                    if not row:
                        continue
                    where = f'{path}, line {i}'
                    number, box, score = _parse(row, where)
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


def _parse(row: List[str], where: str) -> tuple:
    try:
        values = [float(value) for value in row[:7]]
        if len(values) < 7:
            raise ValueError(f'{len(values)} values')
    except ValueError as error:
        raise ValueError(f'{where}: a line is frame, id, left, top, width, '
                         f'height, flag, ... ({error})') from error
    return int(values[0]), values[2:6], values[6]
