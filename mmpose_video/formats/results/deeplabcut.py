"""Results as DeepLabCut's tables of analyzed videos."""
import csv
import io
import re
from typing import List, Optional, Tuple

import numpy as np

from ..deeplabcut_table import COORDINATES, read_deeplabcut_table
from ..frame_index import frame_number
from ..json_file import atomic_file
from ..schema import FormatError
from .base_format import ResultFormat
from .pose_results import FrameResult, PersonResult, PoseResults, RunInfo


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
                   for name in names for key in COORDINATES]
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
        table = read_deeplabcut_table(path)
        if info is None:
            info = RunInfo(table.bodyparts)
        if table.bodyparts != info.keypoints:
            raise FormatError(f'{path} has other keypoints than its '
                              '`.run.json`')
        ids = _track_ids(table.individuals)
        frames = []
        for name, animals in zip(table.index, table.values):
            found = [
                PersonResult(points[:, :2], np.nan_to_num(points[:, 2]),
                             track_id=track)
                for track, points in zip(ids, animals)
                if np.isfinite(points).any()
            ]
            number = frame_number(name)
            if number is None:
                raise FormatError(f'{path}: `{name}` names no frame')
            frames.append(FrameResult(number, found))
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


def _track_ids(people: Tuple[str, ...]) -> List[int]:
    """Return an id for each individual: the number in its name, or a new."""
    numbers = [re.search(r'(\d+)$', name) for name in people]
    ids = [int(match[1]) if match else -1 for match in numbers]
    if -1 in ids or len(set(ids)) < len(ids):
        return list(range(len(people)))
    return ids
