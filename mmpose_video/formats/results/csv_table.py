"""Results as a table of comma-separated values."""
import csv
import io
import math
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from ..json_file import atomic_file
from ..schema import FormatError
from .base_format import ResultFormat
from .pose_results import (
    LARGEST_FRAME,
    FrameResult,
    PersonResult,
    PoseResults,
    RunInfo,
)

COLUMNS = ('frame', 'time', 'person', 'track_id', 'keypoint', 'x', 'y',
           'score', 'bbox_x1', 'bbox_y1', 'bbox_x2', 'bbox_y2', 'bbox_score')
_BOX = COLUMNS[8:12]


class CsvTable(ResultFormat):
    """One row for each frame, person and keypoint.

    A frame without people has one row, in which all but ``frame`` and
    ``time`` is empty. Missing keypoints have empty ``x`` and ``y``.
    """

    name = 'csv'
    suffix = '.csv'
    title = 'table: a row for each frame, person and keypoint'

    def _write(self, results: PoseResults, path: str) -> None:
        with atomic_file(path) as raw:
            text = io.TextIOWrapper(raw, encoding='utf-8', newline='')
            writer = csv.writer(text)
            writer.writerow(COLUMNS)
            for frame, time in zip(results.frames, results.times()):
                head = (frame.number, _cell(time))
                if not frame.people:
                    writer.writerow((*head, *[''] * (len(COLUMNS) - 2)))
                for i, person in enumerate(frame.people):
                    writer.writerows(
                        (*head, *row)
                        for row in _rows(i, person, results.info.keypoints))
            text.flush()
            text.detach()

    def _read(self, path: str, info: Optional[RunInfo]) -> PoseResults:
        frames: Dict[int, FrameResult] = {}
        cells: Dict[Tuple[int, int], List[Tuple[int, dict]]] = {}
        names: List[str] = list(info.keypoints) if info else []
        try:
            with open(path, encoding='utf-8-sig', newline='') as file:
                reader = csv.DictReader(file)
                _check_columns(reader.fieldnames, path)
                for row in reader:
                    where = f'{path}, line {reader.line_num}'
                    number = _integer(row, 'frame', where)
                    frames.setdefault(
                        number,
                        FrameResult(number, [], _number(row, 'time', where)))
                    if not row['keypoint']:
                        continue
                    if info is None and row['keypoint'] not in names:
                        names.append(row['keypoint'])
                    elif row['keypoint'] not in names:
                        raise FormatError(
                            f'{where}: `{row["keypoint"]}` is not among the '
                            'keypoints that its `.run.json` names')
                    cells.setdefault(
                        (number, _integer(row, 'person', where)),
                        []).append((reader.line_num, row))
        except (UnicodeDecodeError, csv.Error) as error:
            raise FormatError(f'{path} is no table: {error}') from error
        places = {name: i for i, name in enumerate(names)}
        for (number, _), rows in sorted(
                cells.items(), key=lambda item: item[0]):
            frames[number].people.append(_person(rows, places, path))
        return PoseResults(info or RunInfo.of(names or ('keypoint_0', )),
                           [frames[number] for number in sorted(frames)])


def _rows(index: int, person: PersonResult, names: Tuple[str, ...]
          ) -> List[tuple]:
    """Return the rows of a person, without the frame's columns."""
    track = '' if person.track_id is None else person.track_id
    box = ['', '', '', '', '']
    if person.bbox is not None:
        box = [_cell(v) for v in (*person.bbox, person.bbox_score)]
    return [(index, track, name, *map(_cell, point), _cell(score), *box)
            for name, point, score in zip(names, person.keypoints,
                                          person.scores)]


def _person(rows: List[Tuple[int, dict]], places: Dict[str, int],
            path: str) -> PersonResult:
    """Return a person from its rows."""
    points = np.full((len(places), 2), np.nan)
    scores = np.zeros(len(places))
    seen = set()
    for line, row in rows:
        where = f'{path}, line {line}'
        place = places[row['keypoint']]
        if place in seen:
            raise FormatError(f'{where}: the person has `{row["keypoint"]}` '
                              'already')
        seen.add(place)
        x, y = _number(row, 'x', where), _number(row, 'y', where)
        if x is not None and y is not None:
            points[place] = x, y
        scores[place] = _number(row, 'score', where) or 0.
    box, score = None, 1.
    corners = [_number(row, key, where) for key in _BOX]
    if all(value is not None for value in corners):
        box = np.array(corners, dtype=np.float64)
        given = _number(row, 'bbox_score', where)
        score = 1. if given is None else given
    track = _integer(row, 'track_id', where) if row['track_id'] else None
    return PersonResult(points, scores, box, score, track)


def _check_columns(found: Any, path: str) -> None:
    """Refuse a table of another tool."""
    missing = [name for name in COLUMNS if name not in (found or ())]
    if missing:
        raise FormatError(
            f'{path} has no column `{missing[0]}`; its columns are '
            f'{", ".join(map(str, found or ())) or "none"}, and those of '
            f'this format {", ".join(COLUMNS)}')


def _cell(value: Optional[float]) -> str:
    """Return a number as text, '' for none."""
    if value is None or math.isnan(value):
        return ''
    return f'{value:.9g}'


def _number(row: dict, key: str, where: str) -> Optional[float]:
    """Return the number of a cell, None if it is empty."""
    text = (row[key] or '').strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        raise FormatError(f'{where}: `{key}` must be a number, got `{text}`')
    return value


def _integer(row: dict, key: str, where: str) -> int:
    """Return the whole number of a cell."""
    text = (row[key] or '').strip()
    if text.isdecimal() and len(text) < 20:
        return int(text)  # a float has 16 digits
    value = _number(row, key, where)
    if value is None or value != int(value) or abs(value) > LARGEST_FRAME:
        raise FormatError(f'{where}: `{key}` must be a whole number, got '
                          f'`{row[key]}`')
    return int(value)
