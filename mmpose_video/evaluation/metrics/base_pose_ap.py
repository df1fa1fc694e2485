"""Base class of the metrics on multi-person poses."""
from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import MessageHub
from mmpose.evaluation.functional import oks_nms

from mmpose_video.formats.keypoints import columns_of
from mmpose_video.formats.pose_table import PoseTable

SCORE_MODES = ('bbox_keypoint', 'keypoint', 'bbox')
NMS_MODES = ('none', 'oks_nms')


def _array(value: Any) -> np.ndarray:
    """Return a NumPy array of a tensor or an array."""
    return np.asarray(value.cpu() if hasattr(value, 'cpu') else value)


def _plain(value: Any) -> Any:
    """Return a Python number of a NumPy or torch scalar.

    The ids of the people of an image, a list in bottom-up datasets, become a
    tuple; other values stay as they are.
    """
    if isinstance(value, (list, tuple)):
        return tuple(_plain(entry) for entry in value)
    return value.item() if hasattr(value, 'item') else value


def _order(result: dict) -> tuple:
    """Return a sort key; samples without an id keep their places."""
    image, number = result['img_id'], result['id']
    return (type(image).__name__, image, type(number).__name__,
            0 if number is None else number)


class BasePoseAP(BaseMetric):
    """Collect predicted people, score and filter them.

    Shape shorthand: n people of a sample, K keypoints.

    Args:
        ann_file (str, optional): COCO-style annotations of the whole set.
            Defaults to None, the evaluated dataset's own file.
        score_mode (str): Score of a keypoint: ``'bbox_keypoint'`` (box score
            times heatmap maximum), ``'keypoint'`` (heatmap maximum) or
            ``'bbox'`` (box score). Defaults to 'bbox_keypoint'.
        bbox_score_thr (float): People with a lower box score are left
            out. Defaults to 0.2.
        keypoint_score_thr (float, optional): Keypoints with a lower heatmap
            maximum are not predicted. Defaults to None, all are.
        nms_mode (str): ``'none'`` or ``'oks_nms'``. Defaults to 'none'.
        nms_thr (float): Similarity above which two people are one.
            Defaults to 0.9.
        collect_device (str): See :class:`BaseMetric`. Defaults to 'cpu'.
        prefix (str, optional): See :class:`BaseMetric`.

    Raises:
        ValueError: If an option is not one of those listed.
    """

    def __init__(self,
                 ann_file: Optional[str] = None,
                 score_mode: str = 'bbox_keypoint',
                 bbox_score_thr: float = 0.2,
                 keypoint_score_thr: Optional[float] = None,
                 nms_mode: str = 'none',
                 nms_thr: float = 0.9,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if score_mode not in SCORE_MODES:
            raise ValueError(f'`score_mode` must be one of {SCORE_MODES}, '
                             f'got {score_mode!r}')
        if nms_mode not in NMS_MODES:
            raise ValueError(f'`nms_mode` must be one of {NMS_MODES}, '
                             f'got {nms_mode!r}')
        self.ann_file = ann_file
        self.score_mode = score_mode
        self.bbox_score_thr = bbox_score_thr
        self.keypoint_score_thr = keypoint_score_thr
        self.nms_mode = nms_mode
        self.nms_thr = nms_thr
        self._hub_ann_file: Optional[str] = None

    @property
    def dataset_meta(self) -> Optional[dict]:
        """Optional[dict]: Meta information of the dataset."""
        return self._dataset_meta

    @dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        """Keep the meta information, and where the labels lie.

        The hub names the file of the dataset that was built last, so it
        must be asked now: later another dataset may have been built.
        """
        self._dataset_meta = dataset_meta
        name = dataset_meta.get('dataset_name')
        self._hub_ann_file = MessageHub.get_current_instance().get_info(
            f'{name}_ann_file', None)

    @property
    def _meta(self) -> dict:
        """Return the meta information, empty if no dataset gave any."""
        return getattr(self, '_dataset_meta', None) or {}

    def _label_file(self) -> str:
        """Return the path of the annotation file in use."""
        source = self.ann_file or self._hub_ann_file
        if source is None:
            raise ValueError(
                f'{type(self).__name__} does not know the labels: give '
                '`ann_file` (the dataset did not leave the path of its own '
                'in the message hub)')
        return source

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep what the evaluation needs of a batch of predictions.

        Args:
            data_batch: Not used.
            data_samples (Sequence[dict]): Samples with ``id``, ``img_id``
                and ``pred_instances`` (``keypoints`` (n, K, 2) in pixels of
                the image, ``keypoint_scores`` (n, K); ``bbox_scores`` (n,)
                and ``bboxes`` (n, 4) corners where there are any).

        Raises:
            ValueError: If a sample holds no prediction.
        """
        for sample in data_samples:
            if 'pred_instances' not in sample:
                raise ValueError(
                    'a data sample has no `pred_instances`; '
                    f'{type(self).__name__} evaluates predicted poses')
            pred = sample['pred_instances']
            num = len(pred['keypoints'])
            result = dict(
                id=_plain(sample.get('id')),
                img_id=_plain(sample['img_id']),
                keypoints=_array(pred['keypoints'])[..., :2],
                keypoint_scores=_array(pred['keypoint_scores']),
                gt_boxes=bool(sample.get('raw_ann_info')))
            gt = sample.get('gt_instances', {})
            for key in ('bboxes', 'bbox_scores'):
                value = pred.get(key, gt.get(key))
                if value is not None and len(value) == num:
                    result[key] = _array(value)
            result.setdefault('bboxes', None)
            result.setdefault('bbox_scores', np.ones(num))
            self.results.append(result)

    @staticmethod
    def _without_repeats(results: List[dict]) -> List[dict]:
        """Drop what a padding sampler gave twice, and sort.

        The order in which equal scores come changes an AP. Sorted, it does
        not depend on how processes and workers shared the samples. The same
        sample has the same id, image and boxes. Without an id nothing tells
        a repeat, so such results are all kept.
        """
        seen, kept = set(), []
        for result in results:
            boxes = result['bboxes']
            key = (result['img_id'], result['id'],
                   None if boxes is None else boxes.tobytes())
            if result['id'] is None or key not in seen:
                kept.append(result)
            seen.add(key)
        return sorted(kept, key=_order)

    def _people(self, results: List[dict]) -> Dict[Any, List[dict]]:
        """Return people by image, scored and filtered.

        Returns:
            dict: From image id to people: ``points`` (K, 2), ``scores``
            (K,), ``present`` (K,), ``score`` and ``box`` (4,) x, y, width,
            height or None. An image whose people all fell away is there
            with an empty list.
        """
        by_image: Dict[Any, List[dict]] = {}
        for result in results:
            found = by_image.setdefault(result['img_id'], [])
            for i in range(len(result['keypoints'])):
                if result['bbox_scores'][i] >= self.bbox_score_thr:
                    found.append(self._person(result, i))
        if self.nms_mode != 'none':
            by_image = {k: self._suppress(v) for k, v in by_image.items()}
        return by_image

    def _person(self, result: dict, i: int) -> dict:
        """Return one person of a sample, scored."""
        box_score = float(result['bbox_scores'][i])
        points = result['keypoints'][i].astype(np.float64)
        maxima = result['keypoint_scores'][i].astype(np.float64)
        scores = {
            'bbox_keypoint': maxima * box_score,
            'keypoint': maxima,
            'bbox': np.full_like(maxima, box_score)
        }[self.score_mode]
        present = np.ones(len(maxima), dtype=bool)
        if self.keypoint_score_thr is not None:
            # A score that is no number stays, to be reported later.
            present = ~(maxima < self.keypoint_score_thr)
        box = None
        if result['bboxes'] is not None:
            corners = result['bboxes'][i].astype(np.float64)
            box = np.concatenate([corners[:2], corners[2:] - corners[:2]])
        return dict(
            points=points,
            scores=scores,
            present=present,
            score=box_score * float(maxima.mean()),
            box=box)

    def _suppress(self, people: List[dict]) -> List[dict]:
        """Suppress doubles by object keypoint similarity."""
        if len(people) < 2:
            return people
        database = []
        for person in people:
            points = person['points']
            extent = (
                points.max(axis=0) - points.min(axis=0)
                if person['box'] is None else person['box'][2:])
            database.append(
                dict(
                    keypoints=np.column_stack([points, person['scores']]),
                    score=person['score'],
                    area=float(extent[0] * extent[1])))
        kept = oks_nms(
            database, self.nms_thr, sigmas=self._meta.get('sigmas'))
        return [people[i] for i in sorted(kept)]

    def _table(self, people: Dict[Any, List[dict]], images: List[Any],
               joints: Sequence[str]) -> PoseTable:
        """Return the predictions as a table over the annotated frames.

        Args:
            people (dict): Result of :meth:`_people`.
            images (list): Ids of the annotated images, in order of frames.
            joints (Sequence[str]): J names of the columns.

        Returns:
            PoseTable: With the ids' positions as frames; a row's order in
            its frame is that of ``people``.

        Raises:
            ValueError: If an image is not one of the annotated ones, a
                person has another number of keypoints than the dataset, or
                a score is NaN.
        """
        strangers = set(people) - set(images)
        if strangers:
            raise ValueError(
                f'{len(strangers)} of {len(people)} predicted images (ids '
                f'{sorted(strangers, key=str)[:3]}...) are not in '
                f'{self._label_file()}')
        num = len(joints)
        meta = self._meta.get('keypoint_id2name')
        names = ([meta[i] for i in range(len(meta))]
                 if meta is not None else list(joints))
        try:
            columns = columns_of(names, joints)
        except ValueError as error:
            raise ValueError(
                f'{error}, which {type(self).__name__} evaluates; '
                '`OwnKeypointsMetric` takes any keypoint set') from error
        rows = [(i, person) for i, image in enumerate(images)
                for person in people.get(image, ())]
        for _, person in rows:
            if len(person['scores']) != len(names):
                raise ValueError(f"the predictions have "
                                 f"{len(person['scores'])} keypoints, the "
                                 f'dataset has {len(names)}')
            if np.isnan(person['scores'][person['present']]).any():
                raise ValueError('the score of a predicted joint is NaN')
        frame = np.array([i for i, _ in rows], dtype=np.int64)
        occupied = np.zeros(len(images), dtype=bool)
        occupied[frame] = True

        def stack(key: str, shape: tuple) -> np.ndarray:
            values = [person[key][columns] for _, person in rows]
            return np.array(values).reshape(len(rows), *shape)

        return PoseTable(
            len(images), frame, stack('points', (num, 2)),
            stack('present', (num, )).astype(bool), stack('scores', (num, )),
            np.zeros(len(rows)), occupied)
