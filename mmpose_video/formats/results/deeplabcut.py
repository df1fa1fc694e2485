"""Results as DeepLabCut's tables of analyzed videos."""
import csv
import io
import re
from typing import Dict, List, Optional

import numpy as np

from ..json_file import atomic_file
from ..schema import FormatError
from .base_format import ResultFormat
from .pose_results import FrameResult, PersonResult, PoseResults, RunInfo

_COORDINATES = ('x', 'y', 'likelihood')


class DeepLabCutTable(ResultFormat):
    """A row for each frame, with x, y and likelihood of each keypoint.

    The table of DeepLabCut's ``analyze_videos``: header rows ``scorer``,
    ``individuals`` (with several tracks), ``bodyparts`` and ``coords``, and
    the number of the frame in the first column. Boxes are lost.
    """

    name = 'deeplabcut'
    suffix = '.csv'
    title = "DeepLabCut's table of an analyzed video (csv)"

    def _write(self, results: PoseResults, path: str) -> None:
        names = results.info.keypoints
        tracks = results.by_track('DeepLabCut')
        ids = sorted(tracks)
        columns = [(f'track{track}', name, key) for track in ids or [0]
                   for name in names for key in _COORDINATES]
        with atomic_file(path) as raw:
            text = io.TextIOWrapper(raw, encoding='utf-8', newline='')
            writer = csv.writer(text)
            writer.writerow(['scorer'] + ['mmpose_video'] * len(columns))
            if len(ids) > 1:
                writer.writerow(['individuals', *(c[0] for c in columns)])
            writer.writerow(['bodyparts', *(c[1] for c in columns)])
            writer.writerow(['coords', *(c[2] for c in columns)])
            for frame in results.frames:
                row: List[str] = [str(frame.number)]
                for track in ids or [0]:
                    row += _cells(tracks.get(track, {}).get(frame.number),
                                  len(names))
                writer.writerow(row)
            text.flush()
            text.detach()

    def _read(self, path: str, info: Optional[RunInfo]) -> PoseResults:
        try:
            with open(path, encoding='utf-8-sig', newline='') as file:
                rows = [row for row in csv.reader(file) if row]
        except (UnicodeDecodeError, csv.Error) as error:
            raise FormatError(f'{path} is no table: {error}') from error
        head = {row[0]: row[1:] for row in rows[:4]}
        if not {'scorer', 'bodyparts', 'coords'} <= set(head):
            raise FormatError(f'{path} is no table of DeepLabCut: it lacks '
                              'the rows `scorer`, `bodyparts` and `coords`')
        parts, keys = head['bodyparts'], head['coords']
        people = head.get('individuals') or ['track0'] * len(parts)
        names = tuple(dict.fromkeys(parts))
        if info is None:
            info = RunInfo(names)
        if names != info.keypoints:
            raise FormatError(f'{path} has other keypoints than its '
                              '`.run.json`')
        ids = _track_ids(list(dict.fromkeys(people)))
        places = {name: i for i, name in enumerate(names)}
        frames = []
        for i, row in enumerate(rows[3 + ('individuals' in head):]):
            where = f'{path}, row {i}'
            table = np.full((len(ids), len(names), 3), np.nan)
            for person, part, key, cell in zip(people, parts, keys, row[1:]):
                if key not in _COORDINATES:
                    raise FormatError(f'{path}: unknown coordinate `{key}`')
                if cell.strip():
                    table[list(ids).index(person), places[part],
                          _COORDINATES.index(key)] = _float(cell, where)
            found = [
                PersonResult(points[:, :2], np.nan_to_num(points[:, 2]),
                             track_id=track)
                for track, points in zip(ids.values(), table)
                if np.isfinite(points).any()
            ]
            frames.append(FrameResult(_frame_number(row[0], where), found))
        return PoseResults(info, sorted(frames, key=lambda f: f.number))


def _cells(person: Optional[PersonResult], count: int) -> List[str]:
    """Return the cells of a person in a frame."""
    if person is None:
        return [''] * (3 * count)
    cells: List[str] = []
    for (x, y), score in zip(person.keypoints, person.scores):
        known = np.isfinite([x, y]).all()
        cells += [f'{x:.9g}' if known else '', f'{y:.9g}' if known else '',
                  f'{score:.9g}']
    return cells


def _track_ids(people: List[str]) -> Dict[str, int]:
    """Return an id for each individual: the number in its name, or a new."""
    numbers = [re.search(r'(\d+)$', name) for name in people]
    ids = [int(match[1]) if match else -1 for match in numbers]
    if -1 in ids or len(set(ids)) < len(ids):
        ids = list(range(len(people)))
    return dict(zip(people, ids))


def _frame_number(text: str, where: str) -> int:
    """Return the number of a frame, or that in the name of an image."""
    match = re.search(r'(\d+)(\.\w+)?$', text)
    if match is None:
        raise FormatError(f'{where}: `{text}` names no frame')
    return int(match[1])


def _float(text: str, where: str) -> float:
    """Return the number of a cell."""
    try:
        return float(text)
    except ValueError:
        raise FormatError(f'{where}: `{text}` is no number') from None


def is_deeplabcut(first_line: str) -> bool:
    """Return whether a table begins as DeepLabCut's do."""
    return first_line.lstrip('\ufeff').startswith('scorer,')
