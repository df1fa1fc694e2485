"""Sources of person boxes: whole images, arrays and functions."""
from abc import ABC, abstractmethod
from typing import Callable, List, NamedTuple, Optional, Sequence, Union

import numpy as np
from mmengine.structures import InstanceData

from .frame_source import Frame, FrameSource

#: Larger coordinates (pixels) are not those of a box.
_LARGEST = 1e7
#: An array (P, 4) or (P, 5), or what numpy makes one of.
BoxArray = Union[np.ndarray, Sequence]


class People(NamedTuple):
    """The people of a frame.

    Attributes:
        boxes (np.ndarray): Shape (P, 4), x1, y1, x2, y2 in pixels, float32.
        scores (np.ndarray): Shape (P, ), float32.
        track_ids (list[int], optional): P ids.
        dropped (int): Number of boxes left out as they cannot be cropped.
        crops (np.ndarray, optional): What to crop in place of the boxes,
            shape (P, 4).
        poses (np.ndarray, optional): Keypoints and scores, shape (P, K, 3),
            if the source predicts poses.
    """

    boxes: np.ndarray
    scores: np.ndarray
    track_ids: Optional[List[int]] = None
    dropped: int = 0
    crops: Optional[np.ndarray] = None
    poses: Optional[np.ndarray] = None


class BoxSource(ABC):
    """Find the people of each frame.

    Attributes:
        path (str, optional): A file that the boxes come from.
        empty_hint (str): What to check if there are no people at all.
        follows_poses (bool): The people of a frame depend on the poses of
            the frame before, which :meth:`review` gets.
    """

    path: Optional[str] = None
    follows_poses: bool = False
    empty_hint: str = 'are the boxes those of this video?'

    @abstractmethod
    def __call__(self, frame: Frame) -> People:
        """Return the people of a frame.

        Raises:
            ValueError: If there are no valid boxes for the frame.
        """

    # most sources need no preparation
    def start(self, source: FrameSource) -> None:  # noqa: B027
        """Prepare for a video, before its first frame.

        Raises:
            ValueError: If the boxes cannot be those of the video.
        """

    def review(self, frame: Frame, found: InstanceData) -> InstanceData:
        """Look at the poses of a frame's people.

        Args:
            frame (Frame): The frame.
            found (InstanceData): Its people, with ``keypoints`` (P, K, 2),
                ``keypoint_scores`` (P, K), ``bboxes`` and ``bbox_scores``.

        Returns:
            InstanceData: The people to keep, all if the source follows no
            poses.
        """
        return found

    def summary(self) -> Optional[str]:
        """Return what was used and left out, None if nothing is to be said."""
        return None


class WholeImage(BoxSource):
    """One box around the whole image."""

    def __call__(self, frame: Frame) -> People:
        """See :class:`BoxSource`."""
        height, width = frame.image.shape[:2]
        return make_people([[0, 0, width, height]], frame.image)


class GivenBoxes(BoxSource):
    """Boxes from the caller.

    Args:
        boxes (Sequence | Callable): For each frame of the video an array
            (P, 4) or (P, 5), or a function that makes one of the frame's
            image (H, W, 3) and its index.
    """

    def __init__(
        self, boxes: Union[Sequence[BoxArray],
                           Callable[[np.ndarray, int], BoxArray]]
    ) -> None:
        self.boxes = boxes

    def __call__(self, frame: Frame) -> People:
        """See :class:`BoxSource`."""
        if callable(self.boxes):
            return make_people(self.boxes(frame.image, frame.index),
                               frame.image)
        if frame.index >= len(self.boxes):
            raise ValueError(f'boxes were given for {len(self.boxes)} frames, '
                             'the video has more')
        return make_people(self.boxes[frame.index], frame.image)


def make_people(boxes: BoxArray, image: np.ndarray,
                track_ids: Optional[Sequence[int]] = None,
                crops: Optional[np.ndarray] = None,
                poses: Optional[np.ndarray] = None) -> People:
    """Check boxes, and leave out those that cannot be cropped.

    Args:
        boxes (np.ndarray): Shape (P, 4), or (P, 5) with scores.
        image (np.ndarray): The frame.
        track_ids (Sequence[int], optional): P ids.
        crops (np.ndarray, optional): What to crop, shape (P, 4).
        poses (np.ndarray, optional): Keypoints and scores, (P, K, 3).

    Returns:
        People: The boxes with an area, of which a part lies in the image.

    Raises:
        ValueError: If the array has another shape, or an id appears twice.
    """
    boxes = np.asarray(boxes, dtype=np.float32)
    if boxes.size == 0:
        boxes = boxes.reshape(0, 5)
    if boxes.ndim != 2 or boxes.shape[1] not in (4, 5):
        raise ValueError('boxes of a frame must have shape (people, 4) or '
                         f'(people, 5), got {boxes.shape}')
    height, width = image.shape[:2]
    x1, y1, x2, y2 = boxes[:, :4].T
    usable = (
        np.isfinite(boxes).all(1) & (np.abs(boxes[:, :4]) < _LARGEST).all(1) &
        (x2 > x1) & (y2 > y1) & (x1 < width) & (y1 < height) & (x2 > 0) &
        (y2 > 0))
    scores = boxes[:, 4] if boxes.shape[1] == 5 else np.ones(
        len(boxes), dtype=np.float32)
    ids = None
    if track_ids is not None:
        ids = [int(i) for i, use in zip(track_ids, usable) if use]
        if len(set(ids)) != len(ids):
            raise ValueError('the same track id appears twice in a frame: '
                             f'{sorted(ids)}')
    return People(boxes[usable, :4], scores[usable], ids,
                  int((~usable).sum()),
                  None if crops is None else crops[usable],
                  None if poses is None else poses[usable])
