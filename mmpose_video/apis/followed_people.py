"""Follow people by their last poses, and detect new ones now and then."""
from typing import Callable, List, Optional, Tuple

import numpy as np
from mmengine.structures import InstanceData

from mmpose_video.tracking import box_iou, oks

from .found_people import FoundPeople, ask_summary
from .frame_source import Frame, FrameSource
from .person_boxes import BoxSource, People, make_people

#: Makes the region to crop of a pose: keypoints (K, 2), scores (K, ), and
#: width and height of the image; x1, y1, x2, y2.
CropRule = Callable[[np.ndarray, np.ndarray, Tuple[int, int]], np.ndarray]


class FollowedPeople(BoxSource):
    """Crop people by the keypoints that they had in the last frame.

    A pose model is a better detector of the people that it already follows
    than a detector, and costs nothing more. As MoveNet does for one person,
    each person is cropped around the last pose, and dropped when the new
    pose has low scores; then, and every ``interval`` frames, the detector
    looks for people who are not followed yet.

    Args:
        detector (Callable): Finds the people of an image (H, W, 3), such as
            :class:`MoveNetDetector`.
        interval (int): Frames from one detection to the next; 1 detects in
            every frame and follows no one. Defaults to 10.
        crop (CropRule, optional): Makes the crop of a pose. Defaults to
            None: the box is cropped, which lies around the keypoints.
        min_score (float): Drop people whose keypoints have a lower mean
            score. Defaults to 0.2.
        joint_thr (float): Keypoints with a lower score do not count for
            boxes. Defaults to 0.2.
        margin (float): By how much the box exceeds the extent of its
            keypoints on each side, as a share of its size. Defaults to 0.1.
        duplicate_thr (float): Of poses with a larger OKS to one another, and
            at once of boxes with an IoU of 0.5, the best is kept. Defaults
            to 0.7.
        sigmas (np.ndarray, optional): Those of the keypoints, for the OKS.
            Defaults to None, 0.08 for all.

    The numbers are package defaults.
    """

    follows_poses = True
    empty_hint = 'the detector finds none above its `score_thr`'

    def __init__(self,
                 detector: Callable[[np.ndarray], FoundPeople],
                 interval: int = 10,
                 crop: Optional[CropRule] = None,
                 min_score: float = 0.2,
                 joint_thr: float = 0.2,
                 margin: float = 0.1,
                 duplicate_thr: float = 0.7,
                 sigmas: Optional[np.ndarray] = None) -> None:
        if interval < 1:
            raise ValueError(f'`interval` must be at least 1, got {interval}')
        self.detector = detector
        self.interval = interval
        self.follows_poses = interval > 1
        self.crop = crop
        self.min_score = min_score
        self.joint_thr = joint_thr
        self.margin = margin
        self.duplicate_thr = duplicate_thr
        self.sigmas = sigmas
        self._reset()

    def start(self, source: FrameSource) -> None:
        """See :class:`BoxSource`."""
        self._reset()
        ask_summary(self.detector)  # forgets another video

    def _reset(self) -> None:
        """Forget all people."""
        self._boxes = np.zeros((0, 4), np.float32)
        self._crops = np.zeros((0, 4), np.float32)
        self._scores = np.zeros(0, np.float32)
        self._size: Optional[Tuple[int, int]] = None
        self._next_detection = 0
        self.detections = self.frames = 0

    def __call__(self, frame: Frame) -> People:
        """See :class:`BoxSource`."""
        height, width = frame.image.shape[:2]
        if self._size != (width, height):  # first frame, or a new shot
            self._forget()
            self._size = width, height
        self.frames += 1
        if not self.follows_poses:
            self._forget()
        if len(self._boxes) == 0 or self.frames > self._next_detection:
            self._detect(frame.image)
        return make_people(
            np.column_stack([self._boxes, self._scores]),
            frame.image,
            crops=self._crops)

    def _forget(self) -> None:
        """Stop following all people."""
        self._keep(np.zeros(len(self._boxes), bool))

    def _keep(self, chosen: np.ndarray) -> None:
        """Keep some of the people, (P, ) bool or indices."""
        self._boxes = self._boxes[chosen]
        self._crops = self._crops[chosen]
        self._scores = self._scores[chosen]

    def _detect(self, image: np.ndarray) -> None:
        """Add the people who are not followed yet."""
        self.detections += 1
        self._next_detection = self.frames + self.interval - 1
        found = self.detector(image)
        new = np.ones(len(found.boxes), bool)
        if len(self._boxes):
            new = box_iou(found.boxes, self._boxes).max(1) < 0.3
        self._boxes = np.concatenate([self._boxes, found.boxes[new]])
        self._scores = np.concatenate([self._scores, found.scores[new]])
        crops = [
            self._crop(*person) for person in zip(
                found.boxes[new], found.keypoints[new],
                found.keypoint_scores[new])
        ]
        self._crops = np.concatenate([self._crops, *(
            crop[None] for crop in crops)]).astype(np.float32)

    def _crop(self, box: np.ndarray, keypoints: np.ndarray,
              scores: np.ndarray) -> np.ndarray:
        """Return the crop of a pose, the box if there is no rule."""
        if self.crop is None:
            return box
        assert self._size is not None
        return self.crop(keypoints, scores, self._size)

    def review(self, frame: Frame, found: InstanceData) -> InstanceData:
        """Drop lost people and duplicates, and remember the others' poses.

        Args:
            frame (Frame): The frame.
            found (InstanceData): The people predicted in it.

        Returns:
            InstanceData: The people to keep, with boxes around their keypoints
            and the mean scores of their keypoints as ``bbox_scores``.
        """
        scores = found.keypoint_scores.mean(1)
        boxes = self._extents(found.keypoints, found.keypoint_scores,
                              found.bboxes)
        keep = self._choose(found.keypoints, boxes, scores)
        if len(keep) < len(scores):  # lost people: detect in the next frame
            self._next_detection = self.frames
        found = found[keep]
        found.bboxes = self._boxes = boxes[keep].astype(np.float32)
        found.bbox_scores = self._scores = scores[keep].astype(np.float32)
        self._crops = np.array([
            self._crop(*person) for person in zip(
                found.bboxes, found.keypoints, found.keypoint_scores)
        ], np.float32).reshape(-1, 4)
        return found

    def _choose(self, keypoints: np.ndarray, boxes: np.ndarray,
                scores: np.ndarray) -> np.ndarray:
        """Return the indices of people to keep, ascending."""
        chosen: List[int] = []
        for i in np.argsort(-scores, kind='stable'):
            if scores[i] < self.min_score:
                break
            if chosen and self._is_duplicate(i, chosen, keypoints, boxes):
                continue
            chosen.append(int(i))
        return np.array(sorted(chosen), dtype=int)

    def _is_duplicate(self, index: int, chosen: List[int],
                      keypoints: np.ndarray, boxes: np.ndarray) -> bool:
        """Return whether a pose is that of a better person."""
        sigmas = np.full(keypoints.shape[1], 0.08) if (
            self.sigmas is None) else self.sigmas
        near = box_iou(boxes[index:index + 1], boxes[chosen])[0] > 0.5
        sizes = (boxes[chosen, 2:] - boxes[chosen, :2]).prod(1)
        same = oks(
            np.broadcast_to(keypoints[index], keypoints[chosen].shape),
            keypoints[chosen], sizes, sigmas) > self.duplicate_thr
        return bool((near & same).any())

    def _extents(self, keypoints: np.ndarray, scores: np.ndarray,
                 boxes: np.ndarray) -> np.ndarray:
        """Return boxes around the keypoints with good scores, (P, 4).

        People with less than three of them keep the box that they had.
        """
        good = (scores >= self.joint_thr)[..., None]
        low = np.where(good, keypoints, np.inf).min(1)
        high = np.where(good, keypoints, -np.inf).max(1)
        margin = self.margin * np.where(good.any(1), high - low, 0)
        around = np.concatenate([low - margin, high + margin], 1)
        enough = (good[..., 0].sum(1) >= 3) & (high > low).all(1)
        return np.where(enough[:, None], around, boxes)

    def summary(self) -> str:
        """See :class:`BoxSource`."""
        text = (f'people were looked for in {self.detections} of '
                f'{self.frames} frames, and followed by their poses in the '
                'others')
        told = ask_summary(self.detector)
        return text if told is None else f'{text}; {told}'
