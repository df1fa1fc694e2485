"""Sources of person boxes: files, arrays, callables or a detector."""
import os.path as osp
from typing import Any, Callable, List, NamedTuple, Optional, Sequence

import numpy as np
from mmengine.logging import print_log

from mmpose_video.formats.box_files import read_box_file
from mmpose_video.formats.box_matching import match_video, name_images
from mmpose_video.formats.coco_labels import image_names

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
    """Boxes from a file.

    The layouts are those of :mod:`mmpose_video.formats.box_files`. Boxes of
    PoseTrack's layout are clipped to the image as MMPose's datasets do, and
    track ids are kept. Frames are found by the number in the name of their
    image, or else by ``frame_id`` or ``image_id``. What was read is logged.

    Args:
        path (str): The file.
        image_id_offset (int): In a list of detections, what to subtract from
            ``image_id`` for the frame's number. Defaults to 0.
        score_thr (float): Drop boxes with a lower score. Defaults to 0.
        video (str, optional): Name of the video, needed where the file names
            images of several videos.
        ann_file (str, optional): COCO-style annotations that tell the names
            of the images from their ids. Defaults to None: ids of images are
            numbers of frames.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If the file follows none of the layouts.
    """

    def __init__(self,
                 path: str,
                 image_id_offset: int = 0,
                 score_thr: float = 0.,
                 video: Optional[str] = None,
                 ann_file: Optional[str] = None) -> None:
        file = read_box_file(path)
        if ann_file is not None:
            file = name_images(file, image_names(ann_file))
        print_log(file.summary(), 'current')
        self.path = path
        self.clip = file.layout == 'PoseTrack'
        self.offset = image_id_offset if file.layout == 'MMPose' else 0
        self.score_thr = score_thr
        self.rows = match_video(file, video)

    def __call__(self, frame: Frame) -> People:
        """Return the people of a frame."""
        rows = [
            row for row in self.rows.get(frame.number + self.offset, ())
            if row.score >= self.score_thr
        ]
        boxes = np.array([[*row.bbox, row.score] for row in rows],
                         dtype=np.float32).reshape(-1, 5)
        if self.clip:
            height, width = frame.image.shape[:2]
            boxes[:, 0:4:2] = boxes[:, 0:4:2].clip(0, width - 1)
            boxes[:, 1:4:2] = boxes[:, 1:4:2].clip(0, height - 1)
        ids = [row.track_id for row in rows]
        if not rows or None in ids:
            return make_people(boxes, frame.image)
        return make_people(boxes, frame.image, ids)  # type: ignore[arg-type]


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


def make_box_source(boxes: Any, video: Optional[str] = None) -> BoxSource:
    """Make a source of the people of each frame.

    Args:
        boxes: None or ``'whole_image'``, the path of a JSON file, boxes or a
            function (:class:`GivenBoxes`), or a source as it is.
        video (str, optional): Name of the video, see :class:`FileBoxes`.
    """
    if boxes is None or (isinstance(boxes, str) and boxes == 'whole_image'):
        return whole_image
    if isinstance(boxes, (FileBoxes, DetectedBoxes, GivenBoxes)):
        return boxes
    if isinstance(boxes, str):
        if not osp.isfile(boxes):
            raise FileNotFoundError(f'there is no file of boxes `{boxes}`')
        return FileBoxes(boxes, video=video)
    return GivenBoxes(boxes)
