"""People with boxes and poses, from one model."""
from typing import Callable

import numpy as np

from .frame_source import Frame
from .movenet_detector import FoundPeople
from .person_boxes import BoxSource, People, make_people


class FoundBoxes(BoxSource):
    """Detect boxes and poses of all people in every frame.

    Args:
        detector (Callable): Finds the people of an image (H, W, 3), such as
            :class:`MoveNetDetector`.
    """

    empty_hint = 'the detector finds none above its `score_thr`'

    def __init__(self, detector: Callable[[np.ndarray], FoundPeople]) -> None:
        self.detector = detector

    def __call__(self, frame: Frame) -> People:
        """See :class:`BoxSource`."""
        found = self.detector(frame.image)
        return make_people(
            np.column_stack([found.boxes, found.scores]),
            frame.image,
            poses=np.concatenate(
                [found.keypoints, found.keypoint_scores[..., None]], axis=2))
