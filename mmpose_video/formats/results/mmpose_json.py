"""Results in the JSON layout of MMPose's inferencers."""
from typing import Any, List, Optional

import numpy as np

from ..json_file import read_json, write_json
from ..keypoints import COCO_KEYPOINTS
from ..schema import FormatError, Record, shown
from .base_format import ResultFormat, names_for
from .pose_results import FrameResult, PersonResult, PoseResults, RunInfo


class MMPoseJson(ResultFormat):
    """A list of ``frame_id`` and ``instances``.

    The layout of MMPose's demos, ``meta_info`` and ``instance_info``, is read
    as well.
    """

    name = 'mmpose'
    suffix = '.json'
    title = "JSON of MMPose's inferencers"

    def _write(self, results: PoseResults, path: str) -> None:
        write_json([
            dict(
                frame_id=frame.number,
                img_name=frame.name,
                time=time,
                instances=[_instance(person) for person in frame.people])
            for frame, time in zip(results.frames, results.times())
        ], path)

    def _read(self, path: str, info: Optional[RunInfo]) -> PoseResults:
        content = read_json(path)
        rows = content
        if isinstance(content, dict):
            rows = Record(content, path).items('instance_info')
            names = _names(content.get('meta_info'), path)
            if info is None and names:
                info = RunInfo.of(names)
        if not isinstance(rows, list):
            raise FormatError(f'{path} holds no list of frames')
        frames: List[FrameResult] = []
        for i, row in enumerate(rows):
            frame = Record(row, f'{path}[{i}]')
            frames.append(
                FrameResult(
                    frame.integer('frame_id', i),
                    [_person(p) for p in frame.records('instances')],
                    frame.number('time', None),
                    str(frame.value('img_name') or '')))
        counts = {len(p.scores) for f in frames for p in f.people}
        if len(counts) > 1:
            raise FormatError(f'{path}: people have {sorted(counts)} '
                              'keypoints')
        count = counts.pop() if counts else len(
            info.keypoints if info else ()) or len(COCO_KEYPOINTS)
        return PoseResults(names_for(info, count, path), frames)


def _instance(person: PersonResult) -> dict:
    """Return a person as MMPose writes it."""
    instance: dict = dict(
        keypoints=[[None if np.isnan(value) else float(value)
                    for value in point] for point in person.keypoints],
        keypoint_scores=person.scores.tolist())
    if person.bbox is not None:
        instance['bbox'] = [person.bbox.tolist()]
        instance['bbox_score'] = float(person.bbox_score)
    if person.track_id is not None:
        instance['track_id'] = person.track_id
    return instance


def _person(record: Record) -> PersonResult:
    """Check and return a person."""
    points = _array(record, 'keypoints')
    if points.ndim != 2 or points.shape[1] < 2:
        raise record.error("'keypoints' must be a list of x and y")
    scores = record.numbers('keypoint_scores', len(points))
    box = None
    if record.value('bbox') is not None:
        corners = _array(record, 'bbox').reshape(-1)
        if len(corners) != 4:
            raise record.error("'bbox' must be x1, y1, x2, y2")
        box = corners
    return PersonResult(
        points[:, :2], scores, box, record.number('bbox_score', 1.),
        record.integer('track_id', None))


def _array(record: Record, key: str) -> np.ndarray:
    """Return nested lists of numbers; null becomes NaN."""
    try:
        return np.array(record.items(key), dtype=np.float64)
    except (OverflowError, TypeError, ValueError):
        raise record.error(f'{key!r} must be lists of numbers') from None


def _names(meta: Any, path: str) -> List[str]:
    """Return the names of keypoints in MMPose's meta info.

    Raises:
        FormatError: If they are not numbered.
    """
    names = meta.get('keypoint_id2name') if isinstance(meta, dict) else None
    if not isinstance(names, dict):
        return []
    if not all(key.isdecimal() for key in names):
        raise FormatError(f"{path}: 'keypoint_id2name' must have numbers as "
                          f'keys, got {shown(list(names))}')
    return [str(names[key]) for key in sorted(names, key=int)]
