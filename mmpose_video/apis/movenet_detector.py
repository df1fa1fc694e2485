"""Find people with MoveNet MultiPose."""
from typing import Any, Iterator, List, Optional, Sequence, Tuple

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.logging import print_log
from mmpose.evaluation.functional import nms

from mmpose_video.weights import get_weights, published_config

from .found_people import FoundPeople
from .image_tiles import split_image
from .model_loading import load_pose_model

#: Sides of the network's input are multiples of it.
_STRIDE = 32
#: Number of people that the published graph returns.
_PUBLISHED_LIMIT = 6
#: People who are lower, in pixels of the input, are often missed.
_SMALL = 96


class MoveNetDetector:
    """MoveNet MultiPose, for boxes and poses of all people of an image.

    The published graph returns six people. That is a constant of its
    decoding and not of the network, so more are decoded here. What limits it
    is the size of people in the network's input: it was trained on images of
    256 pixels and misses people of less than about 40 pixels there. A second,
    larger input finds the small ones, and so do parts of the image at the
    first size: in a crowd of PoseTrack18 both inputs find 7 of 11 people, and
    3 x 3 parts as well 10.

    Args:
        model (BottomupPoseEstimator, optional): The network. Defaults to
            None, the published one, see :func:`get_weights`.
        device (str, optional): Where the published one runs. Defaults to the
            first GPU, or the CPU.
        sizes (Sequence[int]): Longest sides of the network's inputs in
            pixels, multiples of 32; the people of all inputs are merged.
            Defaults to (256, 512).
        score_thr (float): Drop people with a lower score. The scores are low,
            they are products of the center's and the keypoints'. Defaults to
            0.15.
        nms_thr (float): Of boxes that overlap more, keep the best. Defaults
            to 0.5.
        max_people (int): Keep at most that many, the best. Defaults to 100.
        tiles (int): Search n x n parts of the image, too, each at the first
            of the sizes. Parts overlap by a quarter, and people whom an inner
            side may have cut are left to the neighbor. Defaults to 1, none.

    Raises:
        WeightsError: If the published weights cannot be obtained.
        ValueError: If an argument is wrong.
    """

    def __init__(self,
                 model: Any = None,
                 device: Optional[str] = None,
                 sizes: Sequence[int] = (256, 512),
                 score_thr: float = 0.15,
                 nms_thr: float = 0.5,
                 max_people: int = 100,
                 tiles: int = 1) -> None:
        if not sizes or any(
                size < _STRIDE or size % _STRIDE for size in sizes):
            raise ValueError(f'`sizes` must be multiples of {_STRIDE}, got '
                             f'{tuple(sizes)}')
        if max_people < 1:
            raise ValueError('`max_people` must be at least 1, got '
                             f'{max_people}')
        if tiles < 1:
            raise ValueError(f'`tiles` must be at least 1, got {tiles}')
        if model is None:
            model = load_pose_model(
                Config.fromfile(published_config('movenet-multipose')),
                str(get_weights('movenet-multipose')), device)
        self.model = model
        self.sizes = tuple(sizes)
        self.score_thr = score_thr
        self.nms_thr = nms_thr
        self.max_people = max_people
        self.tiles = tiles
        self._told = False
        self._forget()
        # one more, to know that there are more
        self.model.head.decoder.max_people = max_people + 1

    def __call__(self, image: np.ndarray) -> FoundPeople:
        """Find the people of an image.

        Args:
            image (np.ndarray): Shape (H, W, 3), uint8, BGR.
        """
        found = FoundPeople(*(
            np.concatenate(values) for values in zip(
                *self._at_all_sizes(image), *self._in_tiles(image))))
        scored = np.column_stack([found.boxes, found.scores])
        keep = np.asarray(nms(scored, self.nms_thr), dtype=int)
        if len(keep) > self.max_people and not self._told:
            self._told = True
            print_log(
                f'there are more than {self.max_people} people in a frame; '
                'the best are kept (`max_people`)', 'current', 30)
        keep = keep[:self.max_people]
        found = FoundPeople(*(values[keep] for values in found))
        self._count(found.boxes, image.shape[:2])
        return found

    def summary(self) -> Optional[str]:
        """Return how many people were found since it was asked last.

        Returns:
            str, optional: None if nobody was found.
        """
        most, people, small = self._most, self._people, self._small
        self._forget()
        if not people:
            return None
        text = (f'MoveNet MultiPose found up to {most} in one (as published '
                f'it returns {_PUBLISHED_LIMIT})')
        if 2 * small < people:
            return text
        advice = 'a stronger detector finds more'
        if self.tiles == 1:
            advice = f'`tiles` (--tiles 3) or {advice}'
        return (f'{text}, {small / people:.0%} of them less than {_SMALL} '
                f'pixels high in its input, where it misses many: {advice}')

    def _forget(self) -> None:
        """Count from zero."""
        self._most = self._people = self._small = 0

    def _count(self, boxes: np.ndarray, size: Tuple[int, int]) -> None:
        """Count the people of an image of a height and width."""
        scale = max(self.sizes) / max(size)
        if self.tiles > 1:
            first = split_image(np.broadcast_to(0, size), self.tiles)[0]
            scale = max(scale, self.sizes[0] / max(first.image.shape))
        heights = (boxes[:, 3] - boxes[:, 1]) * scale
        self._most = max(self._most, len(boxes))
        self._people += len(boxes)
        self._small += int((heights < _SMALL).sum())

    def _at_all_sizes(self, image: np.ndarray) -> List[FoundPeople]:
        """Find people at each size; inputs are enlarged at most twice."""
        longest = max(image.shape[:2])
        useful = [size for size in self.sizes if size <= 2 * longest]
        return [self._at_size(image, size / longest)
                for size in useful or self.sizes[:1]]

    def _in_tiles(self, image: np.ndarray) -> Iterator[FoundPeople]:
        """Find people in parts of the image, in pixels of the image."""
        if self.tiles == 1:
            return
        for tile in split_image(image, self.tiles):
            scale = min(2., self.sizes[0] / max(tile.image.shape[:2]))
            found = self._at_size(tile.image, scale)
            whole = tile.holds(found.boxes)
            corner = np.array(tile.corner, np.float32)
            yield FoundPeople(found.boxes[whole] + np.tile(corner, 2),
                              found.scores[whole],
                              found.keypoints[whole] + corner,
                              found.keypoint_scores[whole])

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
