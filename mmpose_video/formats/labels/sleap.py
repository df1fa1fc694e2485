"""Labels of SLEAP, through sleap-io."""
import os.path as osp
from functools import partial
from typing import Any, Dict, List, Optional

import numpy as np

from ..extras import import_extra
from ..frame_index import frame_number
from ..schema import FormatError
from ..skeleton import Skeleton
from ..sleap_file import load_slp
from .image_groups import group_images
from .label_set import LabeledFrame, LabeledPerson, LabeledVideo, LabelSet


def read_sleap(path: str, skeleton: Optional[Skeleton] = None) -> LabelSet:
    """Read what a person labeled in SLEAP.

    Predictions count only in a file without any label of a person, such as
    this package's results; a note says so.

    Args:
        path (str): The ``.slp`` file.
        skeleton (Skeleton, optional): Not used: the file names its keypoints.

    Raises:
        FormatError: If it is no such file, or has several skeletons.
        ImportError: If sleap-io is not installed (extra ``formats``).
        OSError: If it cannot be read.
    """
    del skeleton
    labels = load_slp(path)
    sio = import_extra('sleap_io')
    if len(labels.skeletons) != 1:
        raise FormatError(f'{path} has {len(labels.skeletons)} skeletons, '
                          'a dataset has one')
    found = _skeleton(labels.skeletons[0])
    result = LabelSet(found, [])
    by_hand = any(_is_user(instance, sio) for frame in labels
                  for instance in frame.instances)
    if not by_hand:
        result.notes.append(f'{path}: nothing was labeled by a person; the '
                            'predictions are taken for labels')
    names = _video_names([_file_of(video) for video in labels.videos])
    for video, name in zip(labels.videos, names):
        frames = [
            _frame(frame, result, path, sio, by_hand) for frame in labels
            if frame.video is video
        ]
        result.videos += _video(video, name, [f for f in frames if f], path)
    return result


def _skeleton(skeleton: Any) -> Skeleton:
    """Return SLEAP's skeleton as one of this package."""
    names = tuple(skeleton.node_names)
    others: Dict[str, Any] = {}
    pairs = [tuple(sorted(pair)) for pair in skeleton.symmetry_inds]
    if pairs:
        others['swap'] = tuple((names[int(a)], names[int(b)])
                               for a, b in sorted(set(pairs)))
    return Skeleton.of(
        skeleton.name or 'animal', names,
        links=tuple((names[int(a)], names[int(b)])
                    for a, b in skeleton.edge_inds), **others)


def _is_user(instance: Any, sio: Any) -> bool:
    return not isinstance(instance, sio.PredictedInstance)


def _frame(frame: Any, result: LabelSet, path: str, sio: Any,
           by_hand: bool) -> Optional[LabeledFrame]:
    """Return a frame, None if nobody is labeled in it."""
    number = int(frame.frame_idx)
    where = f'{path}, frame {number}'
    people: List[LabeledPerson] = []
    for instance in frame.instances:
        if by_hand and not _is_user(instance, sio):
            result.left_out.append(('prediction beside labels', where))
            continue
        points = np.asarray(instance.points['xy'], dtype=np.float64)
        hidden = ~np.asarray(instance.points['visible'], dtype=bool)
        points = np.where(hidden[:, None], np.nan, points)
        track = instance.track
        people.append(LabeledPerson.seen(
            points, where, track=None if track is None else str(track.name)))
    if not people:
        result.left_out.append(('frame without a label', where))
        return None
    return LabeledFrame(number, people)


def _file_of(video: Any) -> str:
    """Return the name of a video file, that of the original if embedded."""
    source = getattr(video, 'source_video', None)
    name = (source or video).filename
    if isinstance(name, (list, tuple)):
        return ''
    return str(name).replace('\\', '/')


def _video_names(files: List[str]) -> List[str]:
    """Return a name for each video, unique."""
    stems = [osp.splitext(osp.basename(file))[0] or 'video' for file in files]
    return [stem if stems.count(stem) == 1 else f'{stem}_{i}'
            for i, stem in enumerate(stems)]


def _video(video: Any, name: str, frames: List[LabeledFrame],
           path: str) -> List[LabeledVideo]:
    """Return a video, or those that a list of images makes."""
    if not frames:
        return []
    images = video.filename
    if not isinstance(images, (list, tuple)):
        embedded = None
        if (video.backend_metadata or {}).get('has_embedded_images'):
            embedded = partial(_embedded_image, video, path)
        return [LabeledVideo(name, frames, _file_of(video), path, embedded)]
    named = []
    for frame in frames:
        if frame.number >= len(images):
            raise FormatError(f'{path} labels image {frame.number} of a list '
                              f'of {len(images)}')
        image = str(images[frame.number]).replace('\\', '/')
        number = frame_number(image)
        named.append((image, LabeledFrame(
            0 if number is None else number, frame.people, image)))
    return group_images(named, path, name)


def _embedded_image(video: Any, path: str, number: int) -> np.ndarray:
    """Return an image that the file itself holds, (H, W, 3) uint8 BGR.

    Raises:
        FormatError: If the file does not hold it.
    """
    try:
        if video.backend is None:
            video.open(filename=path)
        image = np.asarray(video[number])
    except Exception as error:  # HDF5 raises what it likes
        raise FormatError(f'{path} does not hold the image of frame {number}: '
                          f'{error}') from error
    return np.ascontiguousarray(
        np.broadcast_to(image[..., ::-1], (*image.shape[:2], 3)))
