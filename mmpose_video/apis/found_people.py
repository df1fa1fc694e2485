"""People with boxes and poses, from one model."""
from typing import Callable, NamedTuple, Optional

import numpy as np

from .frame_source import Frame, FrameSource
from .person_boxes import BoxSource, People, make_people


class FoundPeople(NamedTuple):
    """P people of an image, in its pixels, in descending order of scores.

    Attributes:
        boxes (np.ndarray): Shape (P, 4), x1, y1, x2, y2, float32.
        scores (np.ndarray): Shape (P, ), float32.
        keypoints (np.ndarray): The model's, shape (P, K, 2), float32.
        keypoint_scores (np.ndarray): Shape (P, K), float32.
    """

    boxes: np.ndarray
    scores: np.ndarray
    keypoints: np.ndarray
    keypoint_scores: np.ndarray


def ask_summary(detector: Callable[[np.ndarray], FoundPeople]
                ) -> Optional[str]:
    """Return what a detector tells of its work since it was asked last."""
    ask = getattr(detector, 'summary', None)
    return ask() if ask else None


class FoundBoxes(BoxSource):
    """Detect boxes and poses of all people in every frame.

    Args:
        detector (Callable): Finds the people of an image (H, W, 3), such as
            :class:`MoveNetDetector`.
    """

    empty_hint = 'the detector finds none above its `score_thr`'

    def __init__(self, detector: Callable[[np.ndarray], FoundPeople]) -> None:
        self.detector = detector

    def start(self, source: FrameSource) -> None:
        """See :class:`BoxSource`."""
        ask_summary(self.detector)  # forgets another video

    def summary(self) -> Optional[str]:
        """See :class:`BoxSource`."""
        return ask_summary(self.detector)

    def __call__(self, frame: Frame) -> People:
        """See :class:`BoxSource`."""
        found = self.detector(frame.image)
        return make_people(
            np.column_stack([found.boxes, found.scores]),
            frame.image,
            poses=np.concatenate(
                [found.keypoints, found.keypoint_scores[..., None]], axis=2))
