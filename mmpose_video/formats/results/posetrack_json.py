"""Results in PoseTrack18's layout."""
from typing import Dict, Optional

import numpy as np

from ..keypoints import POSETRACK_KEYPOINTS, POSETRACK_SKELETON
from ..posetrack_stream import PoseTrackFile
from ..posetrack_writer import DUMMY_SCORE
from ..schema import Record
from .base_format import ResultFormat, info_dict, restore_frames
from .pose_results import FrameResult, PersonResult, PoseResults, RunInfo


class PoseTrackJson(ResultFormat):
    """``images`` and ``annotations``, with PoseTrack's 15 keypoints.

    Keypoints are mapped by name into the layout's 17 places; all but the 15
    keypoints, such as eyes and ears, are lost, and so are missing boxes. Its
    keypoint scores are the box's score times the keypoint's, so the scores of
    keypoints are kept up to that factor, and those of boxes become 1.
    """

    name = 'posetrack'
    suffix = '.json'
    title = 'JSON of PoseTrack18, for its evaluation'
    embeds_info = True

    def _write(self, results: PoseResults, path: str) -> None:
        names = dict(enumerate(results.info.keypoints))
        if not PoseTrackFile.takes(names):
            raise ValueError("PoseTrack's layout needs the joints of "
                             "PoseTrack, and the results lack some: they have "
                             f'{", ".join(results.info.keypoints)}')
        file = PoseTrackFile(
            path, results.info.video, names, info=dict(run=info_dict(results)))
        try:
            for index, frame in enumerate(results.frames):
                people = [
                    _writable(person, i)
                    for i, person in enumerate(frame.people)
                    if person.box() is not None
                ]
                file.append(index, frame.number,
                            frame.name or f'{frame.number:06d}.jpg', people)
        finally:
            file.close()

    def _read(self, path: str, info: Optional[RunInfo]) -> PoseResults:
        file = Record.read(path)
        frames: Dict[object, FrameResult] = {}
        video = ''
        for i, image in enumerate(file.records('images')):
            name = str(image.value('file_name') or '')
            folder, _, base = name.rpartition('/')
            video = video or folder
            frames[image.identity()] = FrameResult(
                image.integer('frame_id', i), [], name=base)
        for person in file.records('annotations'):
            frame = frames.get(person.identity('image_id'))
            if frame is not None and person.number('score',
                                                   1.) != DUMMY_SCORE:
                frame.people.append(_person(person))
        run = RunInfo(
            POSETRACK_KEYPOINTS, video,
            tuple((a - 1, b - 1) for a, b in POSETRACK_SKELETON))
        results = PoseResults(run, list(frames.values()))
        made = file.value('info')
        made = made.get('run') if isinstance(made, dict) else None
        if isinstance(made, dict):
            record = Record(made, f'{path}, info.run')
            whole = RunInfo.from_dict(made, record.where)
            run.video, run.fps = whole.video, whole.fps
            run.size, run.provenance = whole.size, whole.provenance
            restore_frames(results, record)
        return results


def _writable(person: PersonResult, index: int) -> dict:
    """Return a person as :class:`PoseTrackFile` takes it."""
    return dict(
        keypoints=person.keypoints,
        scores=person.scores,
        bbox=person.box(),
        bbox_score=person.bbox_score,
        track_id=index if person.track_id is None else person.track_id)


def _person(record: Record) -> PersonResult:
    """Check and return a person."""
    count = len(POSETRACK_KEYPOINTS)
    points = record.numbers('keypoints', 3 * count).reshape(count, 3)
    present = (points != 0).any(-1)
    scores = np.where(present, 1., 0.)
    if record.value('scores') is not None:
        scores = record.numbers('scores', count)
    box = None
    if record.value('bbox') is not None:
        x, y, width, height = record.numbers('bbox', 4)
        box = np.array([x, y, x + width, y + height])
    return PersonResult(
        np.where(present[:, None], points[:, :2], np.nan), scores, box, 1.,
        record.integer('track_id', None))


def is_posetrack(content: object) -> bool:
    """Return whether parsed JSON has PoseTrack18's layout."""
    return isinstance(content, dict) and 'images' in content and (
        'annotations' in content)


