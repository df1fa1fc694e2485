"""Labels from the predictions of a model, in PoseTrack18's layout."""
from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from mmpose_video.formats.keypoints import (
    POSETRACK_KEYPOINTS,
    posetrack_category,
)

_LEFT_RIGHT = ('left_', 'right_')


@dataclass(frozen=True)
class LabelRules:
    """Rules by which predictions become labels.

    Attributes:
        keypoint_thr (float): Keypoints with a lower score get no label.
            Defaults to 0.4.
        person_thr (float): People whose labeled keypoints have a lower mean
            score get none. Defaults to 0.4.
        min_keypoints (int): People with fewer labeled keypoints get none.
            Defaults to 6.
        min_track (int): Tracks with fewer such frames get none. Defaults
            to 5.
        every (int): Every n-th frame is labeled. Defaults to 1.

    People who get no label become regions to ignore. The numbers are package
    defaults.
    """

    keypoint_thr: float = 0.4
    person_thr: float = 0.4
    min_keypoints: int = 6
    min_track: int = 5
    every: int = 1

    def __post_init__(self) -> None:
        for name in ('min_keypoints', 'min_track', 'every'):
            if getattr(self, name) < 1:
                raise ValueError(f'`{name}` must be at least 1, got '
                                 f'{getattr(self, name)}')


@dataclass
class VideoFolder:
    """A folder with the frames of a video, as the file of labels names it.

    Attributes:
        number (int): Number of the video in the dataset, from 1.
        folder (str): Folder of its frames, such as
            ``images/train/000001_walk``.
        width (int): Of the frames, in pixels.
        height (int): Of the frames.
    """

    number: int
    folder: str
    width: int
    height: int


def pseudo_labels(results: Sequence[Dict[str, Any]],
                  names: Dict[int, str],
                  video: VideoFolder,
                  rules: LabelRules,
                  model: str) -> Dict[str, Any]:
    """Turn a video's predictions into labels.

    Keypoints are moved by their names; those of PoseTrack that the model does
    not predict stay without a label (head_top and head_bottom of models for
    COCO). The head's box, which PoseTrack's metrics measure distances by, is
    a square of half the length of the torso around the points of the head.

    Args:
        results (Sequence[dict]): For each frame ``frame_id`` and
            ``instances``, as :class:`VideoPoseInferencer` writes them.
        names (dict[int, str]): Names of the model's keypoints.
        video (VideoFolder): The video.
        rules (LabelRules): Which predictions become labels.
        model (str): Name of the model, for the file.

    Returns:
        dict: ``info``, which says that the labels are a model's, ``images``,
        ``annotations`` and ``categories``.
    """
    counts: Dict[int, int] = {}
    people = [[
        _Person(person, names, rules) for person in result['instances']
    ] for result in results]
    for person in (p for frame in people for p in frame if p.good):
        counts[person.track] = counts.get(person.track, 0) + 1
    images: List[Dict[str, Any]] = []
    annotations: List[Dict[str, Any]] = []
    for index, (result, frame) in enumerate(zip(results, people)):
        number = result['frame_id']
        image_id = 10_000_000_000 + video.number * 1_000_000 + number
        is_labeled = index % rules.every == 0
        ignored = []
        for person in frame if is_labeled else []:
            if person.good and counts[person.track] >= rules.min_track:
                annotations.append(
                    person.entry(image_id, len(annotations), video))
            else:
                ignored.append(person.box)
        images.append(
            dict(
                file_name=f'{video.folder}/{number:06d}.jpg',
                id=image_id,
                frame_id=image_id,
                vid_id=f'{video.number:06d}',
                is_labeled=is_labeled,
                nframes=len(results),
                width=video.width,
                height=video.height,
                has_no_densepose=True,
                ignore_regions_x=[[x1, x2, x2, x1]
                                  for x1, _, x2, _ in ignored],
                ignore_regions_y=[[y1, y1, y2, y2]
                                  for _, y1, _, y2 in ignored]))
    return dict(
        info=label_info(model, rules),
        images=images,
        annotations=annotations,
        categories=[posetrack_category()])


def label_info(model: str, rules: LabelRules) -> Dict[str, Any]:
    """Return what a file of labels says of their origin."""
    return dict(
        description='Pseudo labels: predictions of a model, not checked by '
        'anyone. An accuracy measured on them is agreement with that model.',
        pseudo_labels=True,
        model=model,
        rules=asdict(rules))


class _Person:
    """A predicted person, with keypoints in PoseTrack's order."""

    def __init__(self, person: Dict[str, Any], names: Dict[int, str],
                 rules: LabelRules) -> None:
        scores = np.asarray(person['keypoint_scores'], dtype=float)
        points = np.asarray(person['keypoints'], dtype=float)
        size = len(POSETRACK_KEYPOINTS)
        self.points = np.zeros((size, 2))
        self.scores = np.zeros(size)
        for i, name in names.items():
            if name in POSETRACK_KEYPOINTS:
                target = POSETRACK_KEYPOINTS.index(name)
                self.points[target] = points[i]
                self.scores[target] = scores[i]
        self.labeled = self.scores >= rules.keypoint_thr
        count = int(self.labeled.sum())
        self.good = count >= rules.min_keypoints and float(
            self.scores[self.labeled].mean()) >= rules.person_thr
        self.track = int(person['track_id'])
        self.box = [round(float(v), 2) for v in np.ravel(person['bbox'])[:4]]

    def entry(self, image_id: int, number: int,
              video: VideoFolder) -> Dict[str, Any]:
        """Return the element of ``annotations``."""
        flat = np.zeros((len(self.points), 3))
        flat[self.labeled, :2] = self.points[self.labeled].round(2)
        flat[self.labeled, 2] = 1
        x1, y1, x2, y2 = np.clip(
            self.box, 0, [video.width, video.height] * 2)
        return dict(
            id=image_id * 1000 + number % 1000,
            image_id=image_id,
            track_id=self.track,
            category_id=1,
            iscrowd=False,
            num_keypoints=int(self.labeled.sum()),
            keypoints=flat.ravel().tolist(),
            scores=self.scores.round(4).tolist(),
            bbox=[x1, y1, x2 - x1, y2 - y1],
            area=float((x2 - x1) * (y2 - y1)),
            bbox_head=self._head_box())

    def _head_box(self) -> List[float]:
        """Return x, y, width and height of an estimate of the head."""
        shoulders = self._middle('shoulder')
        hips = self._middle('hip')
        if shoulders is not None and hips is not None:
            side = 0.5 * float(np.hypot(*(shoulders - hips)))
        else:
            x1, y1, x2, y2 = self.box
            side = 0.15 * max(x2 - x1, y2 - y1)
        head = self.labeled.copy()
        head[5:] = False  # nose, neck, top of the head and ears come first
        middle = self.points[head].mean(0) if head.any() else shoulders
        if middle is None:
            middle = np.array([(self.box[0] + self.box[2]) / 2, self.box[1]])
        x, y = middle - side / 2
        return [round(float(v), 2) for v in (x, y, side, side)]

    def _middle(self, part: str) -> Optional[np.ndarray]:
        """Return the middle of a left and a right keypoint, if labeled."""
        pair = [POSETRACK_KEYPOINTS.index(side + part)
                for side in _LEFT_RIGHT]
        return self.points[pair].mean(0) if self.labeled[pair].all() else None
