"""Results as labels of YOLO-pose."""
import json
import os
import os.path as osp
from typing import Dict, List, Optional, Tuple

import numpy as np

from ..frame_index import frame_number
from ..json_file import atomic_file, read_text
from ..keypoints import COCO_KEYPOINTS, MAX_KEYPOINTS, default_names
from ..schema import FormatError
from ..yaml_file import read_yaml
from .base_format import ResultFormat, names_for
from .pose_results import (
    FrameResult,
    PersonResult,
    PoseResults,
    RunInfo,
)


class YoloLabels(ResultFormat):
    """A folder with ``data.yaml`` and a text file for each frame.

    A line of ``labels/<frame>.txt`` is a person: class, center and size of
    the box, then x, y and visibility of each keypoint; positions are divided
    by the size of the image. Visibility is 2, or 0 for missing keypoints.
    Keypoints outside of the image count as missing, since YOLO's loaders
    refuse them. Scores are lost; tracks are in the second file.
    """

    name = 'yolo'
    suffix = ''
    title = 'folder of YOLO-pose labels'
    holds_tracks = False

    def _write(self, results: PoseResults, path: str) -> None:
        size = results.info.size
        if size is None:
            raise ValueError('YOLO divides by the size of the image, and the '
                             'results do not tell it; give `size` '
                             '(--image-size)')
        if osp.isfile(path):
            raise NotADirectoryError(f'`{path}` is a file; YOLO-pose labels '
                                     'are a folder')
        os.makedirs(osp.join(path, 'labels'), exist_ok=True)
        names = results.info.keypoints
        lines = [
            'train: ./images', 'val: ./images',
            f'kpt_shape: [{len(names)}, 3]', f'flip_idx: {_mirror(names)}',
            'names:', '  0: person', 'kpt_names:',
            f'  0: {json.dumps(list(names))}',
            # sleap-io's keys
            f'node_names: {json.dumps(list(names))}',
            f'skeleton: {json.dumps(results.info.links)}'
        ]
        _write_text(lines, osp.join(path, 'data.yaml'))
        for frame in results.frames:
            rows = [_row(person, size) for person in frame.people]
            _write_text([row for row in rows if row],
                        osp.join(path, 'labels', f'{_stem(frame)}.txt'))

    def _read(self, path: str, info: Optional[RunInfo]) -> PoseResults:
        folder = osp.join(path, 'labels')
        if not osp.isdir(folder):
            raise FormatError(f'{path} has no folder `labels`, as results of '
                              'YOLO have; other results are files')
        size = self.size or (info.size if info else None)
        if size is None:
            raise ValueError(f'{path} has labels divided by the size of the '
                             'image; give `size` (--image-size)')
        numbers = {
            frame_number(name): name
            for name in sorted(os.listdir(folder)) if name.endswith('.txt')
        }
        if None in numbers:
            raise FormatError(f'{folder}/{numbers[None]} has no number of a '
                              'frame in its name')
        names = _names(path)
        count = None if names is None else len(names)
        if info is None and names is not None:
            info = RunInfo(names)
        frames = [
            FrameResult(number, _people(osp.join(folder, numbers[number]),
                                        count, size))
            for number in sorted(n for n in numbers if n is not None)
        ]
        if info is None and count is None:
            counts = {len(p.scores) for f in frames for p in f.people}
            count = counts.pop() if len(counts) == 1 else len(COCO_KEYPOINTS)
        if count is None:
            count = len(info.keypoints) if info else len(COCO_KEYPOINTS)
        return PoseResults(names_for(info, count, path), frames)


def _row(person: PersonResult, size: Tuple[int, int]) -> str:
    """Return the line of a person, '' without box and keypoints."""
    box = person.box()
    if box is None:
        return ''
    extent = np.array(size, dtype=np.float64)
    corners = box.reshape(2, 2).clip(0, extent) / extent
    points = person.keypoints / extent
    inside: np.ndarray = np.all((points >= 0) & (points <= 1), axis=-1)
    words = ['0', *(f'{value:.7g}' for value in (
        *corners.mean(0), *(corners[1] - corners[0])))]
    for (x, y), there in zip(points, inside):
        words += [f'{x:.7g}', f'{y:.7g}', '2'] if there else ['0', '0', '0']
    return ' '.join(words)


def _people(path: str, count: Optional[int],
            size: Tuple[int, int]) -> List[PersonResult]:
    """Read the people of a frame."""
    people = []
    for i, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            values = np.array(line.split(), dtype=np.float64)
        except ValueError as error:
            raise FormatError(f'{path}, line {i}: {error}') from error
        if len(values) < 8 or (len(values) - 5) % 3 or (
                count is not None and len(values) != 5 + 3 * count):
            raise FormatError(
                f'{path}, line {i}: {len(values)} numbers in place of a '
                'class, a box, and x, y and visibility of '
                f'{count or "some"} keypoints')
        table = values[5:].reshape(-1, 3)
        extent = np.array(size, dtype=np.float64)
        known = table[:, 2] > 0
        center, half = values[1:3], values[3:5] / 2
        people.append(
            PersonResult(
                np.where(known[:, None], table[:, :2] * extent, np.nan),
                known.astype(np.float64),
                np.concatenate([(center - half) * extent,
                                (center + half) * extent])))
    return people


def _names(path: str) -> Optional[Tuple[str, ...]]:
    """Return the names of keypoints that ``data.yaml`` tells."""
    file = osp.join(path, 'data.yaml')
    if not osp.isfile(file):
        return None
    content = read_yaml(file)
    shape = content.get('kpt_shape')
    if not (isinstance(shape, list) and len(shape) == 2 and all(
            type(number) is int and 0 < number <= MAX_KEYPOINTS
            for number in shape)):
        raise FormatError(f'{file} tells no `kpt_shape`')
    count, values = shape
    if values != 3:
        raise FormatError(f'{file}: keypoints have {values} values in place '
                          'of x, y and visibility')
    names = content.get('kpt_names') or content.get('node_names')
    if isinstance(names, dict):
        names = names.get(0)
    if isinstance(names, list) and len(names) == count:
        return tuple(map(str, names))
    return default_names(count)


def _mirror(names: Tuple[str, ...]) -> List[int]:
    """Return the index of each keypoint's counterpart on the other side."""
    places: Dict[str, int] = {name: i for i, name in enumerate(names)}
    swap = dict(left='right', right='left')
    return [
        places.get('_'.join(swap.get(word, word)
                            for word in name.split('_')), i)
        for i, name in enumerate(names)
    ]


def _stem(frame: FrameResult) -> str:
    """Return the name of a frame's file without suffix."""
    name = osp.splitext(osp.basename(frame.name))[0]
    if name and frame_number(f'{name}.txt') == frame.number:
        return name
    return f'{frame.number:06d}'


def _write_text(lines: List[str], path: str) -> None:
    """Write lines to a file."""
    with atomic_file(path) as file:
        file.write(''.join(f'{line}\n' for line in lines).encode())
