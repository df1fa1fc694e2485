"""Labels of any tool, before they become this package's files."""
from dataclasses import dataclass, field
from typing import Any, Callable, List, Optional, Tuple

import numpy as np

from ..skeleton import Skeleton

SPLITS = ('train', 'val', 'test')


@dataclass
class LabeledPerson:
    """A person, animal or thing in a frame.

    Attributes:
        points (np.ndarray): (K, 2) float64, pixels; NaN where not labeled.
        flags (np.ndarray): (K, ) int: 2 visible, 1 hidden, 0 not labeled.
        where (str): Where the label stands, for messages.
        bbox (list[float], optional): x, y, width and height in pixels.
        track (str, optional): Name or number of the identity.
        iscrowd (bool): Whether it is a group, see COCO. Defaults to False.
    """

    points: np.ndarray
    flags: np.ndarray
    where: str
    bbox: Optional[List[float]] = None
    track: Optional[str] = None
    iscrowd: bool = False

    @classmethod
    def seen(cls, points: np.ndarray, where: str, **others: Any
             ) -> 'LabeledPerson':
        """Return a person whose labeled keypoints are all visible."""
        known = np.isfinite(points).all(-1)
        return cls(
            np.where(known[:, None], points, np.nan),
            np.where(known, 2, 0), where, **others)


@dataclass
class LabeledFrame:
    """A frame with labels.

    Attributes:
        number (int): Number of the frame in its video.
        people (list[LabeledPerson]): Who is labeled.
        image (str): Name of its image as the labels have it, '' for a frame
            of a video file.
        size (tuple[int, int], optional): Width and height that the labels
            tell.
        split (str): One of :data:`SPLITS` if the labels tell, else ''.
    """

    number: int
    people: List[LabeledPerson]
    image: str = ''
    size: Optional[Tuple[int, int]] = None
    split: str = ''


@dataclass
class LabeledVideo:
    """A video with labeled frames.

    Attributes:
        name (str): Its name, unique in the set.
        frames (list[LabeledFrame]): Its labeled frames.
        file (str): Name of the video file as the labels have it, '' where
            they do not tell any.
        source (str): The file of labels.
        embedded (Callable, optional): Returns the image of a labeled frame
            by its number, (H, W, 3) uint8 BGR, where the file of labels holds
            the images itself.
    """

    name: str
    frames: List[LabeledFrame]
    file: str = ''
    source: str = ''
    embedded: Optional[Callable[[int], np.ndarray]] = None


@dataclass
class LabelSet:
    """All labels of a file or project.

    Attributes:
        skeleton (Skeleton): The keypoints.
        videos (list[LabeledVideo]): The videos.
        left_out (list[tuple[str, str]]): Reason and example of what the
            reader could not use.
        notes (list[str]): What the user should know.
        relative (bool): Positions and boxes are fractions of the size of the
            image. Defaults to False, pixels.
    """

    skeleton: Skeleton
    videos: List[LabeledVideo]
    left_out: List[Tuple[str, str]] = field(default_factory=list)
    notes: List[str] = field(default_factory=list)
    relative: bool = False
