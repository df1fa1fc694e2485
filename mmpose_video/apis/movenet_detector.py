"""Find people with MoveNet MultiPose."""
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.logging import print_log
from mmpose.evaluation.functional import nms

from mmpose_video.weights import get_weights, published_config

from .model_loading import load_pose_model

#: Sides of the network's input are multiples of it.
_STRIDE = 32


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


class MoveNetDetector:
    """MoveNet MultiPose, for boxes and poses of all people of an image.

    The published graph returns six people. That is a constant of its
    decoding and not of the network, so more are decoded here. What limits it
    is the size of people in the network's input: it was trained on images of
    256 pixels and misses people of less than about 40 pixels there. A second,
    larger input finds the small ones.

    Args:
        model (BottomupPoseEstimator, optional): The network. Defaults to
            None, the published one, see :func:`get_weights`.
        device (str, optional): Where the published one runs. Defaults to the
            first GPU, or the CPU.
        sizes (Sequence[int]): Longest sides of the network's inputs in
            pixels, multiples of 32; the people of all inputs are merged.
            Defaults to (256, 512).
        score_thr (float): Drop people with a lower score. The scores are low,
            they are products of the centre's and the keypoints'. Defaults to
            0.15.
        nms_thr (float): Of boxes that overlap more, keep the best. Defaults
            to 0.5.
        max_people (int): Keep at most that many, the best. Defaults to 100.

    Raises:
        WeightsError: If the published weights cannot be had.
        ValueError: If an argument is wrong.
    """

    def __init__(self,
                 model: Any = None,
                 device: Optional[str] = None,
                 sizes: Sequence[int] = (256, 512),
                 score_thr: float = 0.15,
                 nms_thr: float = 0.5,
                 max_people: int = 100) -> None:
        if not sizes or any(
                size < _STRIDE or size % _STRIDE for size in sizes):
            raise ValueError(f'`sizes` must be multiples of {_STRIDE}, got '
                             f'{tuple(sizes)}')
        if max_people < 1:
            raise ValueError('`max_people` must be at least 1, got '
                             f'{max_people}')
        if model is None:
            model = load_pose_model(
                Config.fromfile(published_config('movenet-multipose')),
                str(get_weights('movenet-multipose')), device)
        self.model = model
        self.sizes = tuple(sizes)
        self.score_thr = score_thr
        self.nms_thr = nms_thr
        self.max_people = max_people
        self._told = False
        # one more, to know that there are more
        self.model.head.decoder.max_people = max_people + 1

    def __call__(self, image: np.ndarray) -> FoundPeople:
        """Find the people of an image.

        Args:
            image (np.ndarray): Shape (H, W, 3), uint8, BGR.
        """
        found = FoundPeople(*(
            np.concatenate(values)
            for values in zip(*self._at_all_sizes(image))))
        scored = np.column_stack([found.boxes, found.scores])
        keep = np.asarray(nms(scored, self.nms_thr), dtype=int)
        if len(keep) > self.max_people and not self._told:
            self._told = True
            print_log(
                f'there are more than {self.max_people} people in a frame; '
                'the best are kept (`max_people`)', 'current', 30)
        keep = keep[:self.max_people]
        return FoundPeople(*(values[keep] for values in found))

    def _at_all_sizes(self, image: np.ndarray) -> List[FoundPeople]:
        """Find people at each size; inputs are enlarged at most twice."""
        longest = max(image.shape[:2])
        useful = [size for size in self.sizes if size <= 2 * longest]
        return [self._at_size(image, size / longest)
                for size in useful or self.sizes[:1]]

    @torch.no_grad()
    def _at_size(self, image: np.ndarray, scale: float) -> FoundPeople:
        """Find people in a resized image."""
        resized, scales = _resize(image, scale)
        inputs = torch.from_numpy(resized).permute(2, 0, 1)
        data = self.model.data_preprocessor(
            dict(inputs=[inputs], data_samples=[]))
        maps = self.model.head(self.model.extract_feat(data['inputs']))
        found = self.model.head.decode_maps(maps)[0]
        height, width = image.shape[:2]
        boxes = (found.bboxes / np.tile(scales, 2)).clip(
            0, [width, height, width, height]).astype(np.float32)
        usable = ((found.bbox_scores >= self.score_thr) &
                  (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
        return FoundPeople(boxes[usable], found.bbox_scores[usable],
                           (found.keypoints / scales)[usable].astype('f4'),
                           found.keypoint_scores[usable])


def _resize(image: np.ndarray,
            scale: float) -> Tuple[np.ndarray, np.ndarray]:
    """Resize, and pad to the right and below with black.

    Returns:
        tuple[np.ndarray, np.ndarray]: The image, and its scales in x and y.
    """
    sides = image.shape[1::-1]
    width, height = (max(1, round(side * scale)) for side in sides)
    resized = cv2.resize(
        image, (width, height),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    padded = np.pad(
        resized, ((0, -height % _STRIDE), (0, -width % _STRIDE), (0, 0)))
    return padded, np.divide((width, height), sides)
