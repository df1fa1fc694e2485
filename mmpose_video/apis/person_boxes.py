"""Where the people are, from whoever knows."""
import json
import os.path as osp
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from mmpose_video.formats.frame_index import frame_number

from .frame_source import Frame


class People(NamedTuple):
    """The people of a frame.

    Attributes:
        boxes (np.ndarray): Shape (P, 4), x1, y1, x2, y2 in pixels, float32.
        scores (np.ndarray): Shape (P, ), float32.
        track_ids (list[int], optional): P ids.
    """

    boxes: np.ndarray
    scores: np.ndarray
    track_ids: Optional[List[int]] = None


BoxSource = Callable[[Frame], People]


def make_people(boxes: Any, image: np.ndarray,
                track_ids: Optional[Sequence[int]] = None) -> People:
    """Check boxes, and drop those that cannot be cropped.

    Args:
        boxes (np.ndarray): Shape (P, 4), or (P, 5) with scores.
        image (np.ndarray): The frame.
        track_ids (Sequence[int], optional): P ids.

    Raises:
        ValueError: If the array has another shape.
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
        np.isfinite(boxes).all(1) & (x2 > x1) & (y2 > y1) & (x1 < width) &
        (y1 < height) & (x2 > 0) & (y2 > 0))
    scores = boxes[:, 4] if boxes.shape[1] == 5 else np.ones(
        len(boxes), dtype=np.float32)
    ids = None
    if track_ids is not None:
        ids = [int(i) for i, use in zip(track_ids, usable) if use]
        if len(set(ids)) != len(ids):
            raise ValueError('the same track id appears twice in a frame: '
                             f'{sorted(ids)}')
    return People(boxes[usable, :4], scores[usable], ids)


def whole_image(frame: Frame) -> People:
    """One box around everything."""
    height, width = frame.image.shape[:2]
    return make_people([[0, 0, width, height]], frame.image)


class GivenBoxes:
    """Boxes that the caller has.

    Args:
        boxes (Sequence | Callable): For each frame of the video an array
            (P, 4) or (P, 5), or a function that makes one of the frame's
            image (H, W, 3) and its index.
    """

    def __init__(self, boxes: Any) -> None:
        self.boxes = boxes

    def __call__(self, frame: Frame) -> People:
        """The people of a frame."""
        if callable(self.boxes):
            return make_people(self.boxes(frame.image, frame.index),
                               frame.image)
        if frame.index >= len(self.boxes):
            raise ValueError(f'boxes were given for {len(self.boxes)} frames, '
                             f'the video has more')
        return make_people(self.boxes[frame.index], frame.image)


class FileBoxes:
    """Boxes from a json file.

    Three layouts are read: PoseTrack's (``images`` and ``annotations``; boxes
    are clipped to the image as MMPose's data sets do, track ids are kept, and
    frames are found by the number in ``file_name``), MMPose's predictions
    (``frame_id`` and ``instances``), and MMPose's detections (a list with
    ``image_id``, ``bbox`` and ``score``).

    Args:
        path (str): The file.
        image_id_offset (int): In a list of detections, what to subtract from
            ``image_id`` for the frame's number. Defaults to 0.
        score_thr (float): Drop boxes with a lower score. Defaults to 0.

    Raises:
        ValueError: If the file follows none of the layouts.
    """

    def __init__(self,
                 path: str,
                 image_id_offset: int = 0,
                 score_thr: float = 0.) -> None:
        with open(path, encoding='utf-8') as file:
            content = json.load(file)
        self.path = path
        self.score_thr = score_thr
        self.clip = False
        self.rows: Dict[int, List[dict]] = {}
        try:
            if isinstance(content, dict):
                self._read_posetrack(content)
            elif content and 'instances' in content[0]:
                self._read_predictions(content)
            else:
                for row in content:
                    if row.get('category_id', 1) == 1:
                        self._add(row['image_id'] - image_id_offset,
                                  _xyxy(row['bbox']), row.get('score', 1.))
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(
                f'`{path}` is no file of boxes ({error!r} is missing or wrong)'
                ': expected PoseTrack annotations, predictions of an '
                'inferencer, or a list of detections') from error

    def _read_posetrack(self, content: dict) -> None:
        self.clip = True
        numbers = {}
        for image in content['images']:
            number = frame_number(image['file_name'])
            numbers[image['id']] = image['frame_id'] if number is None else (
                number)
        for ann in content['annotations']:
            if ann.get('bbox'):
                self._add(numbers[ann['image_id']], _xyxy(ann['bbox']),
                          ann.get('bbox_score', 1.), ann.get('track_id'))

    def _read_predictions(self, content: list) -> None:
        for row in content:
            for person in row['instances']:
                box = np.asarray(person['bbox'], dtype=float).reshape(4)
                self._add(row['frame_id'], box.tolist(),
                          person.get('bbox_score', 1.),
                          person.get('track_id'))

    def _add(self, number: int, box: List[float], score: float,
             track_id: Optional[int] = None) -> None:
        if score >= self.score_thr:
            self.rows.setdefault(int(number), []).append(
                dict(box=[*box, float(score)], track_id=track_id))

    def __call__(self, frame: Frame) -> People:
        """The people of a frame."""
        rows = self.rows.get(frame.number, [])
        boxes = np.array([row['box'] for row in rows],
                         dtype=np.float64).reshape(-1, 5)
        if self.clip:
            height, width = frame.image.shape[:2]
            boxes[:, 0:4:2] = boxes[:, 0:4:2].clip(0, width - 1)
            boxes[:, 1:4:2] = boxes[:, 1:4:2].clip(0, height - 1)
        ids = [row['track_id'] for row in rows]
        known = rows and all(i is not None for i in ids)
        return make_people(boxes, frame.image, ids if known else None)


class DetectedBoxes:
    """Boxes of an MMDetection model.

    Args:
        config (str): Path of its config.
        checkpoint (str, optional): Its weights.
        device (str, optional): Where it runs.
        categories (Sequence[int]): Labels that are people. Defaults to (0, ),
            COCO's.
        score_thr (float): Drop boxes with a lower score. Defaults to 0.3.
        nms_thr (float): Of boxes that overlap more, keep the best. Defaults
            to 0.3, MMPose's.

    Raises:
        ImportError: If MMDetection or what it needs is not installed.
    """

    def __init__(self,
                 config: str,
                 checkpoint: Optional[str] = None,
                 device: Optional[str] = None,
                 categories: Sequence[int] = (0, ),
                 score_thr: float = 0.3,
                 nms_thr: float = 0.3) -> None:
        try:
            from mmdet.apis import DetInferencer

            # the forks' MMDetection imports some of its needs only here
            self.model = DetInferencer(
                model=config,
                weights=checkpoint,
                device=device,
                scope='mmdet',
                show_progress=False)
        except ImportError as error:
            raise ImportError(
                f'a detector needs MMDetection, which cannot be imported: '
                f'{error}') from error
        self.categories = list(categories)
        self.score_thr = score_thr
        self.nms_thr = nms_thr

    def __call__(self, frame: Frame) -> People:
        """The people of a frame."""
        from mmengine.registry import DefaultScope
        from mmpose.evaluation.functional import nms
        with DefaultScope.overwrite_default_scope('mmdet'):
            sample = self.model(
                frame.image, return_datasamples=True)['predictions'][0]
        found = sample.pred_instances.cpu().numpy()
        boxes = np.concatenate([found.bboxes, found.scores[:, None]], axis=1)
        chosen = np.isin(found.labels, self.categories) & (
            found.scores >= self.score_thr)
        boxes = boxes[chosen]
        return make_people(boxes[nms(boxes, self.nms_thr)], frame.image)


def make_box_source(boxes: Any) -> BoxSource:
    """Make something that knows the people of a frame.

    Args:
        boxes: None or ``'whole_image'``, the path of a json file, boxes or a
            function (:class:`GivenBoxes`), or a source as it is.
    """
    if boxes is None or (isinstance(boxes, str) and boxes == 'whole_image'):
        return whole_image
    if isinstance(boxes, (FileBoxes, DetectedBoxes, GivenBoxes)):
        return boxes
    if isinstance(boxes, str):
        if not osp.isfile(boxes):
            raise FileNotFoundError(f'there is no file of boxes `{boxes}`')
        return FileBoxes(boxes)
    return GivenBoxes(boxes)


def _xyxy(box: Sequence[float]) -> List[float]:
    """Corners of a box that is given as x, y, width, height."""
    x, y, width, height = np.asarray(box[:4], dtype=float).tolist()
    return [x, y, x + width, y + height]
