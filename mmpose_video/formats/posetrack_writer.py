"""Per-video files in PoseTrack18's layout, as Python objects."""
import glob
import json
import os
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from .keypoints import (
    POSETRACK_JOINTS,
    POSETRACK_KEYPOINTS,
    POSETRACK_SKELETON,
    columns_of,
)
from .posetrack_parts import load_json

#: Score of the stand-in for a frame without people.
DUMMY_SCORE = -100.0


def _video_name(image: dict, source: str) -> str:
    """Name of an image's video: its folder, or else ``vid_id``."""
    name = osp.basename(osp.dirname(str(image.get('file_name', ''))))
    if not name:
        name = str(image.get('vid_id', ''))
    if not name:
        raise ValueError(
            f"{source}: image {image.get('id')} has neither a folder in "
            "'file_name' nor a 'vid_id', so its video is not known")
    return name


def _order(images: List[dict]) -> List[dict]:
    """Images in ascending time."""
    if all(isinstance(image.get('frame_id'), int) for image in images):
        return sorted(images, key=lambda image: image['frame_id'])
    return sorted(images, key=lambda image: str(image.get('file_name', '')))


def split_videos(data: dict, source: str) -> Dict[str, dict]:
    """Split one COCO-style file of a whole set into its videos.

    Args:
        data (dict): Parsed json with ``images``, ``categories`` and,
            except for a test set, ``annotations``.
        source (str): Name of the file, for messages.

    Returns:
        dict[str, dict]: From the name of the official file (without
        ``.json``) to its content; images in ascending time.

    Raises:
        ValueError: If the layout is broken.
    """
    if not isinstance(data, dict) or not isinstance(
            data.get('images'), list):
        raise ValueError(f"{source}: there is no list 'images'")
    images: Dict[str, List[dict]] = {}
    for image in data['images']:
        images.setdefault(_video_name(image, source), []).append(image)
    by_image: Dict[Any, List[dict]] = {}
    for ann in data.get('annotations') or []:
        by_image.setdefault(ann.get('image_id'), []).append(ann)
    videos = {}
    for name, members in images.items():
        members = _order(members)
        annotations = [
            ann for image in members for ann in by_image.get(image['id'], ())
        ]
        videos[name] = dict(
            images=members,
            annotations=annotations,
            categories=data.get('categories'))
    return videos


def read_videos(gt_dir: str) -> Dict[str, dict]:
    """Read a folder of per-video ground truth files.

    Args:
        gt_dir (str): Folder of json files in PoseTrack18's layout.

    Returns:
        dict[str, dict]: From the name of the file (without ``.json``) to
        its content.

    Raises:
        FileNotFoundError: If the folder holds no json file.
        ValueError: If a file is not of this layout.
    """
    files = sorted(glob.glob(osp.join(glob.escape(gt_dir), '*.json')))
    if not files:
        raise FileNotFoundError(f'{gt_dir} is no folder with json files')
    videos = {}
    for file in files:
        data = load_json(file)
        if not isinstance(data, dict) or 'images' not in data:
            raise ValueError(f"{file}: there is no list 'images'; predictions "
                             'are assigned by the ids of images')
        videos[osp.splitext(osp.basename(file))[0]] = data
    return videos


def to_layout(person: dict, names: Optional[Dict[int, str]]) -> dict:
    """Move a person's joints to the 17 points of the layout.

    Args:
        person (dict): ``points`` (K, 2), ``scores`` (K,), ``present`` (K,)
            and whatever else stays as it is.
        names (dict[int, str], optional): Names of the K points. None takes
            15 points for the official joints and others for the 17.

    Returns:
        dict: The same with 17 points; those without a source are absent.

    Raises:
        ValueError: If the names do not fit the points or lack a joint.
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
            f'the predictions have {num} key points, the data set has '
            f'{len(known)}; PoseTrack has 17, or the 15 evaluated ones')
    try:
        source = columns_of(known)
    except ValueError as error:
        raise ValueError('PoseTrackAP needs the joints of PoseTrack, but '
                         f'{error}') from error
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
    """One predicted person in the layout of the benchmark.

    Args:
        image_id (int | str): Id of the image.
        track_id (int): Unique within the frame.
        points (np.ndarray): (17, 2) pixels.
        scores (np.ndarray): (17,) joint scores.
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
    """The stand-in that the literature writes for a frame without people.

    The server wants someone in each frame. The literature's stand-in has an
    ankle in the corner of the image, which may by chance be right; this one
    has the same scores and no joint, so no number depends on it.
    """
    num = len(POSETRACK_KEYPOINTS)
    entry = person_entry(image_id, 0, np.zeros((num, 2)), np.zeros(num),
                         np.zeros(num, dtype=bool), DUMMY_SCORE)
    entry['scores'] = [DUMMY_SCORE] * num
    return entry


def prediction_file(images: Sequence[dict], people: Dict[Any, List[dict]],
                    info: dict) -> dict:
    """The content of one video's prediction file.

    Args:
        images (Sequence[dict]): The ground truth's images, in its order.
        people (dict): From image id to arguments of :func:`person_entry`
            other than ``image_id`` and ``track_id``.
        info (dict): Goes into the file as it is.

    Returns:
        dict: Ready for json. Every frame holds someone.
    """
    annotations = []
    for image in images:
        present = people.get(image['id'], [])
        annotations += [
            person_entry(image['id'], i, **person)
            for i, person in enumerate(present)
        ] or [dummy_entry(image['id'])]
    category = dict(
        supercategory='person',
        id=1,
        name='person',
        keypoints=list(POSETRACK_KEYPOINTS),
        skeleton=[list(limb) for limb in POSETRACK_SKELETON])
    keys = ('id', 'frame_id', 'vid_id', 'file_name', 'nframes')
    return dict(
        images=[{k: image[k]
                 for k in keys if k in image} for image in images],
        annotations=annotations,
        categories=[category],
        info=info)


def write_json(data: dict, path: str) -> None:
    """Write a json file that is either complete or not there."""
    os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
    partial = f'{path}.part'
    with open(partial, 'w', encoding='utf-8') as file:
        json.dump(data, file)
    os.replace(partial, path)
