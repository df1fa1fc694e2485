"""Predictions in PoseTrack18's layout, as Python objects."""
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from .keypoints import (
    POSETRACK_JOINTS,
    POSETRACK_KEYPOINTS,
    columns_of,
    posetrack_category,
)

#: Score of the stand-in for a frame without people.
DUMMY_SCORE = -100.0


def to_layout(person: dict, names: Optional[Dict[int, str]]) -> dict:
    """Move a person's keypoints to the 17 points of the layout.

    Args:
        person (dict): ``points`` (K, 2), ``scores`` (K,), ``present`` (K,)
            and whatever else stays as it is.
        names (dict[int, str], optional): Names of the K keypoints. None takes
            15 points for the official keypoints and others for the 17.

    Returns:
        dict: The same with 17 points; those without a source are absent.

    Raises:
        ValueError: If the names do not fit the points or lack a keypoint.
    """
    num = len(person['scores'])
    if names is not None:
        known = [names[i] for i in range(len(names))]
    elif num == len(POSETRACK_JOINTS):
        known = list(POSETRACK_JOINTS)
    else:
        known = list(POSETRACK_KEYPOINTS)
    if len(known) != num:
        raise ValueError(
            f'the predictions have {num} keypoints, the dataset has '
            f'{len(known)}; PoseTrack has 17, or the 15 evaluated ones')
    try:
        source = columns_of(known)
    except ValueError as error:
        raise ValueError("PoseTrack's layout needs the joints of PoseTrack, "
                         f'but {error}') from error
    target = columns_of(POSETRACK_KEYPOINTS)
    size = len(POSETRACK_KEYPOINTS)
    out = dict(
        person,
        points=np.zeros((size, 2)),
        scores=np.zeros(size),
        present=np.zeros(size, dtype=bool))
    for key in ('points', 'scores', 'present'):
        out[key][target] = person[key][source]
    return out


def person_entry(image_id: Any, track_id: int, points: np.ndarray,
                 scores: np.ndarray, present: np.ndarray, score: float,
                 box: Optional[np.ndarray] = None) -> dict:
    """Return a predicted person in the layout of the benchmark.

    Args:
        image_id (int | str): Id of the image.
        track_id (int): Unique within the frame.
        points (np.ndarray): (17, 2) pixels.
        scores (np.ndarray): (17,) keypoint scores.
        present (np.ndarray): (17,) bool; absent points become (0, 0, 0).
        score (float): Score of the person.
        box (np.ndarray, optional): (4,) x, y, width, height in pixels.

    Returns:
        dict: An element of ``annotations``.
    """
    flat = np.zeros((len(POSETRACK_KEYPOINTS), 3))
    flat[present, :2] = points[present]
    flat[present, 2] = 1
    entry = dict(
        image_id=image_id,
        track_id=track_id,
        category_id=1,
        keypoints=flat.reshape(-1).tolist(),
        scores=np.where(present, scores, 0.0).tolist(),
        score=float(score))
    if box is not None:
        entry['bbox'] = [float(value) for value in box]
    return entry


def dummy_entry(image_id: Any) -> dict:
    """Return the stand-in for a frame without people.

    The evaluation server wants someone in each frame. The literature's
    stand-in has an ankle in the corner of the image, which may by chance be
    right; this one has the same scores and no keypoint, so no number depends
    on it.
    """
    num = len(POSETRACK_KEYPOINTS)
    entry = person_entry(image_id, 0, np.zeros((num, 2)), np.zeros(num),
                         np.zeros(num, dtype=bool), DUMMY_SCORE)
    entry['scores'] = [DUMMY_SCORE] * num
    return entry


def prediction_file(images: Sequence[dict], people: Dict[Any, List[dict]],
                    info: dict) -> dict:
    """Return the content of one video's prediction file.

    Args:
        images (Sequence[dict]): The ground truth's images, in its order.
        people (dict): From image id to arguments of :func:`person_entry`
            other than ``image_id`` and ``track_id``.
        info (dict): Goes into the file as it is.

    Returns:
        dict: Ready for JSON. Every frame holds someone.
    """
    annotations = []
    for image in images:
        present = people.get(image['id'], [])
        annotations += [
            person_entry(image['id'], i, **person)
            for i, person in enumerate(present)
        ] or [dummy_entry(image['id'])]
    keys = ('id', 'frame_id', 'vid_id', 'file_name', 'nframes')
    return dict(
        images=[{k: image[k]
                 for k in keys if k in image} for image in images],
        annotations=annotations,
        categories=[posetrack_category()],
        info=info)
