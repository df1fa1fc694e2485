"""Results in COCO's layout for keypoints."""
from typing import Dict, List, Optional

import numpy as np

from ..json_file import read_json, write_json
from ..keypoints import COCO_KEYPOINTS
from ..schema import FormatError, Record
from .base_format import ResultFormat, names_for
from .pose_results import FrameResult, PersonResult, PoseResults, RunInfo


class CocoResults(ResultFormat):
    """A list of people, each with ``image_id``, as COCO's tools load it.

    ``image_id`` is the number of the frame. ``score`` is the score of the box
    times the mean score of the keypoints, as MMPose's COCO metric computes it
    without thresholds; the box's own is in ``bbox_score``.
    """

    name = 'coco'
    suffix = '.json'
    title = 'COCO results: a list of people'

    def _write(self, results: PoseResults, path: str) -> None:
        write_json([
            _entry(frame.number, person) for frame in results.frames
            for person in frame.people
        ], path)

    def _read(self, path: str, info: Optional[RunInfo]) -> PoseResults:
        content = read_json(path)
        if not isinstance(content, list):
            raise FormatError(f'{path} holds no list of people')
        frames: Dict[int, List[PersonResult]] = {}
        count = len(info.keypoints) if info else 0
        for i, row in enumerate(content):
            record = Record(row, f'{path}[{i}]')
            values = record.numbers('keypoints')
            if not len(values) or len(values) % 3 or count not in (
                    0, len(values) // 3):
                raise record.error(
                    f"'keypoints' has {len(values)} numbers in place of 3 "
                    f'for each of {count or "some"} keypoints')
            count = len(values) // 3
            frames.setdefault(record.integer('image_id'), []).append(
                _person(record, values.reshape(-1, 3)))
        return PoseResults(
            names_for(info, count or len(COCO_KEYPOINTS), path),
            [FrameResult(n, frames[n]) for n in sorted(frames)])


def _entry(number: int, person: PersonResult) -> dict:
    """Return a person in COCO's layout."""
    known = np.isfinite(person.keypoints).all(-1)
    flat = np.column_stack([person.keypoints, person.scores])
    flat[~known] = 0
    scores = person.scores[known]
    entry: dict = dict(
        image_id=number,
        category_id=1,
        keypoints=flat.reshape(-1).tolist(),
        score=float(person.bbox_score * scores.mean()) if len(scores) else 0.)
    if person.bbox is not None:
        x1, y1, x2, y2 = person.bbox.tolist()
        entry['bbox'] = [x1, y1, x2 - x1, y2 - y1]
        entry['bbox_score'] = float(person.bbox_score)
    if person.track_id is not None:
        entry['track_id'] = person.track_id
    return entry


def _person(record: Record, points: np.ndarray) -> PersonResult:
    """Check and return a person."""
    box = None
    if record.value('bbox') is not None:
        x, y, width, height = record.numbers('bbox', 4)
        box = np.array([x, y, x + width, y + height])
    missing = (points == 0).all(-1)
    return PersonResult(
        np.where(missing[:, None], np.nan, points[:, :2]), points[:, 2], box,
        record.number('bbox_score', record.number('score', 1.)),
        record.integer('track_id', None))
