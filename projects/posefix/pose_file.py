"""Read the poses that another model predicted."""
import glob
import os.path as osp
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from mmpose_video.formats.json_file import read_json
from mmpose_video.formats.posetrack_writer import DUMMY_SCORE
from mmpose_video.formats.schema import FormatError, Record


@dataclass(frozen=True)
class FilePose:
    """A predicted person.

    Attributes:
        where (str): Its place in the file, for messages.
        image_id (int | str): Id of the image.
        keypoints (np.ndarray): (K, 2) float32, pixels of the image.
        present (np.ndarray): (K,) bool.
        scores (np.ndarray): (K,) float32 scores of the keypoints.
        score (float): Score of the person.
    """

    where: str
    image_id: Any
    keypoints: np.ndarray
    present: np.ndarray
    scores: np.ndarray
    score: float


def read_poses(path: str, names: Sequence[str]) -> List[FilePose]:
    """Read predicted poses.

    Args:
        path (str): A list of people with ``image_id``, ``keypoints`` (x, y,
            score) and ``score``, as ``CocoMetric`` writes it
            (``outfile_prefix``); or a file with ``images``, ``annotations``
            and ``categories``, or a folder of such files, as ``PoseTrackAP``
            writes them (``dump_dir``).
        names (Sequence[str]): K keypoints of the dataset. A file that names
            its keypoints may have others or another order; those that it
            lacks are absent.

    Returns:
        list[FilePose]: The people, in the order of the files.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If a file has another layout or number of keypoints, or
            a number is not finite.
    """
    if osp.isdir(path):
        files = sorted(glob.glob(osp.join(glob.escape(path), '*.json')))
        if not files:
            raise FileNotFoundError(f'{path} holds no json file')
        return [pose for file in files for pose in read_poses(file, names)]
    content = read_json(path)
    if isinstance(content, list):
        people = [Record(person, f'{path}, person {i}')
                  for i, person in enumerate(content)]
        return [_pose(person, names, None) for person in people]
    top = Record(content, path)
    order = list(names)
    if top.value('categories'):
        category = top.records('categories')[0]
        found = category.items('keypoints', optional=True)
        if not all(isinstance(name, str) for name in found) or len(
                set(found)) < len(found):
            raise category.error("'keypoints' must be a list of names, each "
                                 'once')
        order = found or order
    return [
        _pose(person, names, order) for person in top.records('annotations')
        if person.number('score', 1.) != DUMMY_SCORE
    ]


def _pose(person: Record, names: Sequence[str],
          order: Optional[Sequence[str]]) -> FilePose:
    """Read a person.

    Args:
        person (Record): The person.
        names (Sequence[str]): K keypoints of the dataset.
        order (Sequence[str], optional): Keypoints of PoseTrack's layout,
            where the third number is a flag and ``scores`` a list of its
            own. None for COCO's results: those of the dataset, where the
            third number is a score and all are present.

    Returns:
        FilePose: With the dataset's keypoints.
    """
    known = list(names if order is None else order)
    values = person.numbers('keypoints')
    if len(values) != 3 * len(known):
        raise person.error(
            f'it has {len(values) / 3:g} keypoints, not {len(known)}: a '
            "model with other keypoints than the dataset's needs a file "
            "with 'categories' that name them")
    points = values.reshape(-1, 3)
    if not np.isfinite(points).all():
        raise person.error('a keypoint is not finite')
    score = person.number('score', 1.)
    present, scores = points[:, 2] > 0, points[:, 2]
    if order is None:
        present = np.ones_like(present)
    else:
        scores = (person.numbers('scores', len(known))
                  if person.value('scores') else np.full(len(known), score))
    place = {name: i for i, name in enumerate(known)}
    pairs = [(i, place[name]) for i, name in enumerate(names)
             if name in place]
    if not pairs:
        raise FormatError(
            f'{person.where}: none of its keypoints {known} is one of the '
            f"dataset's, {list(names)}")
    target, source = np.array(pairs).T
    result: Dict[str, np.ndarray] = dict(
        keypoints=np.zeros((len(names), 2), np.float32),
        present=np.zeros(len(names), bool),
        scores=np.zeros(len(names), np.float32))
    for key, value in (('keypoints', points[:, :2]), ('present', present),
                       ('scores', scores)):
        result[key][target] = value[source]
    return FilePose(person.where, person.identity('image_id'),
                    score=score, **result)
