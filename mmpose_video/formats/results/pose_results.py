"""Results of a video: people, frames, and how they were made."""
import os.path as osp
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from ..json_file import read_json
from ..schema import (
    LARGEST,
    LARGEST_COORDINATE,
    FormatError,
    Record,
    is_text,
    shown,
)

#: Larger numbers are not those of frames: time stamps in nanoseconds are
#: smaller.
LARGEST_FRAME = 10**18


@dataclass
class PersonResult:
    """A person in a frame.

    Attributes:
        keypoints (np.ndarray): (K, 2) float64, pixels; NaN where missing.
        scores (np.ndarray): (K, ) float64.
        bbox (np.ndarray, optional): (4, ) x1, y1, x2, y2 in pixels.
        bbox_score (float): Score of the box. Defaults to 1.
        track_id (int, optional): Id of the track.
    """

    keypoints: np.ndarray
    scores: np.ndarray
    bbox: Optional[np.ndarray] = None
    bbox_score: float = 1.
    track_id: Optional[int] = None

    def box(self) -> Optional[np.ndarray]:
        """Return the box, or that of the keypoints where there is none."""
        if self.bbox is not None:
            return self.bbox
        known = self.keypoints[np.isfinite(self.keypoints).all(-1)]
        if not len(known):
            return None
        return np.concatenate([known.min(0), known.max(0)])


@dataclass
class FrameResult:
    """The people of a frame.

    Attributes:
        number (int): Number of the frame.
        people (list[PersonResult]): Its people; there may be none.
        time (float, optional): Its time in seconds.
        name (str): Name of its image, '' for none.
    """

    number: int
    people: List[PersonResult]
    time: Optional[float] = None
    name: str = ''


@dataclass
class RunInfo:
    """Information on a whole result.

    Attributes:
        keypoints (tuple[str]): Names of the K keypoints.
        video (str): Name of the video.
        links (tuple): Limbs, as pairs of indices of keypoints.
        fps (float, optional): Frames per second.
        size (tuple[int, int], optional): Width and height of the frames.
        provenance (dict): How the results were made; what JSON can hold.
    """

    keypoints: Tuple[str, ...]
    video: str = ''
    links: Tuple[Tuple[int, int], ...] = ()
    fps: Optional[float] = None
    size: Optional[Tuple[int, int]] = None
    provenance: Dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return what JSON can hold."""
        return dict(
            video=self.video,
            keypoints=list(self.keypoints),
            links=[list(link) for link in self.links],
            fps=self.fps,
            size=None if self.size is None else list(self.size),
            provenance=self.provenance)

    @classmethod
    def of(cls, names: Sequence[str], **others: Any) -> 'RunInfo':
        """Return the info of keypoints with these names, without links."""
        return cls(tuple(names), **others)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], where: str) -> 'RunInfo':
        """Check and return what :meth:`to_dict` made.

        Args:
            data (Mapping): The content.
            where (str): Its file, for messages.

        Raises:
            FormatError: If it is not such a dict.
        """
        record = Record(data, where)
        names = record.items('keypoints')
        if not names or not all(isinstance(name, str) for name in names):
            raise record.error("'keypoints' must be a list of names")
        if len(set(names)) < len(names):
            raise record.error("'keypoints' names one twice")
        size = record.value('size')
        if size is not None:
            width, height = record.numbers('size', 2)
            if not (0 < width < LARGEST_COORDINATE
                    and 0 < height < LARGEST_COORDINATE):
                raise record.error(f"'size' must be width and height in "
                                   f'pixels, got {shown(size)}')
            size = (int(width), int(height))
        links = record.items('links', optional=True)
        for link in links:
            if not (isinstance(link, list) and len(link) == 2 and all(
                    isinstance(i, int) and 0 <= i < len(names)
                    for i in link)):
                raise record.error(f"'links' holds {shown(link)}, which is "
                                   'no pair of indices of keypoints')
        provenance = record.value('provenance') or {}
        if not isinstance(provenance, dict):
            raise record.error("'provenance' must be an object")
        return cls(
            tuple(names), str(record.value('video') or ''),
            tuple((a, b) for a, b in links), record.number('fps', None), size,
            provenance)


def check_results(results: 'PoseResults', where: str) -> None:
    """Check the numbers of results that were read.

    Args:
        results (PoseResults): The results.
        where (str): Their file, for messages.

    Raises:
        FormatError: If a number is not finite (keypoints may be NaN), or is
            no number of a frame, or a name is no text.
    """
    names = [*results.info.keypoints,
             *(frame.name for frame in results.frames)]
    wrong = [name for name in names if not is_text(name)]
    if not _is_file_name(results.info.video):
        wrong.append(results.info.video)
    if wrong:
        raise FormatError(f'{where}: {shown(wrong[0])} is no name')
    for frame in results.frames:
        place = f'{where}, frame {shown(frame.number)}'
        if not abs(frame.number) <= LARGEST_FRAME:
            raise FormatError(f'{place}: it is no number of a frame')
        for person in frame.people:
            parts = dict(
                keypoints=person.keypoints[~np.isnan(person.keypoints)],
                scores=person.scores,
                bbox=() if person.bbox is None else person.bbox,
                bbox_score=person.bbox_score)
            for name, values in parts.items():
                if not (np.abs(values) <= LARGEST).all():
                    raise FormatError(f'{place}: {name!r} of a person holds '
                                      'a number that is not finite')


def _is_file_name(name: str) -> bool:
    """Return whether a file may have a name, which need not be UTF-8."""
    try:
        name.encode(errors='surrogateescape')
    except UnicodeEncodeError:
        return False
    return '\0' not in name


@dataclass
class PoseResults:
    """The results of a video.

    Attributes:
        info (RunInfo): What holds for all frames.
        frames (list[FrameResult]): The frames, by ascending number.
    """

    info: RunInfo
    frames: List[FrameResult]

    def times(self) -> List[Optional[float]]:
        """Return the time of each frame in seconds, None if unknown."""
        fps = self.info.fps
        return [
            frame.time if frame.time is not None else
            frame.number / fps if fps else None for frame in self.frames
        ]

    def tracks(self) -> List[int]:
        """Return the ids of all tracks, ascending."""
        return sorted({
            person.track_id
            for frame in self.frames for person in frame.people
            if person.track_id is not None
        })

    def by_track(self, kind: str) -> Dict[int, Dict[int, PersonResult]]:
        """Group the people by their tracks.

        Args:
            kind (str): Name of the file format, for the message.

        Returns:
            dict: From track id and number of frame to the person.

        Raises:
            ValueError: If people have no ids, more than one in a frame.
        """
        grouped: Dict[int, Dict[int, PersonResult]] = {}
        for frame in self.frames:
            ids = [p.track_id for p in frame.people]
            if None in ids and len(ids) > 1:
                raise ValueError(
                    f'{kind} stores tracks, and frame {frame.number} has '
                    f'{len(ids)} people, not all of them with a track id')
            if len(set(ids)) < len(ids):
                raise ValueError(f'frame {frame.number} has two people with '
                                 'the same track id')
            for person in frame.people:
                grouped.setdefault(person.track_id or 0,
                                   {})[frame.number] = person
        return grouped


def sidecar_path(path: str) -> str:
    """Return the path of the file that tells how results were made."""
    if osp.isdir(path):
        return osp.join(path, 'run.json')
    return f'{osp.splitext(path)[0]}.run.json'


def read_sidecar(path: str) -> Optional[Record]:
    """Read the file that tells how results were made, if there is one.

    Args:
        path (str): Path of the results.

    Raises:
        FormatError: If it is damaged.
    """
    sidecar = sidecar_path(path)
    if not osp.isfile(sidecar):
        return None
    try:
        return Record(read_json(sidecar), sidecar)
    except FormatError:
        raise
    except ValueError as error:
        raise FormatError(str(error)) from error
