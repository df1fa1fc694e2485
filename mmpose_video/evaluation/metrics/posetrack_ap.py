"""PoseTrack's average precision as a metric of MMPose."""
import logging
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.fileio import get_local_path
from mmengine.logging import MessageHub, print_log
from mmpose.evaluation.functional import oks_nms, soft_oks_nms
from mmpose.registry import METRICS

from ..functional.posetrack_ap import (
    chain_pairs,
    format_table,
    posetrack_ap,
    read_pair,
)
from ..functional.posetrack_files import load_json
from ..functional.posetrack_joints import (
    POSETRACK_GROUPS,
    POSETRACK_JOINTS,
    POSETRACK_KEYPOINTS,
    columns_of,
)
from ..functional.posetrack_layout import (
    prediction_file,
    read_videos,
    split_videos,
    write_json,
)

SCORE_MODES = ('bbox_keypoint', 'keypoint', 'bbox')
NMS_MODES = ('none', 'oks_nms', 'soft_oks_nms')


def _array(value: Any) -> np.ndarray:
    """A NumPy array of a tensor or an array."""
    return np.asarray(value.cpu() if hasattr(value, 'cpu') else value)


def _plain(value: Any) -> Any:
    """A Python number of a NumPy or torch scalar; others as they are."""
    return value.item() if hasattr(value, 'item') else value


@METRICS.register_module()
class PoseTrackAP(BaseMetric):
    """Average precision of PoseTrack17, 18 and 21.

    The numbers equal the official evaluator's (see
    :func:`mmpose_video.evaluation.evaluate_posetrack`) for the predictions
    written to ``dump_dir``; no folder of ground truth is needed. Defaults
    follow the literature on video pose (DCPose and its successors): the
    score of a joint is its heatmap maximum times the score of the box,
    boxes below 0.2 are left out, and there is no suppression of doubles.
    MMPose's ``PoseTrack18Metric`` differs in all three, so their numbers
    are not comparable.

    Args:
        ann_file (str, optional): COCO-style annotations of the whole set,
            with ``bbox_head`` and, where there are any, ignore regions.
            Defaults to None, the evaluated data set's own file.
        gt_dir (str, optional): Folder of the official per-video files. It
            is used in place of ``ann_file``, and its names and frames
            shape the dumped files. Image ids must be the data set's.
            Defaults to None.
        score_mode (str): Score of a joint: ``'bbox_keypoint'`` (box score
            times heatmap maximum), ``'keypoint'`` (heatmap maximum) or
            ``'bbox'`` (box score). Defaults to 'bbox_keypoint'.
        bbox_score_thr (float): People with a lower box score are left
            out. Defaults to 0.2.
        keypoint_score_thr (float, optional): Joints with a lower heatmap
            maximum are not predicted. Defaults to None, all are.
        nms_mode (str): ``'none'``, ``'oks_nms'`` or ``'soft_oks_nms'``.
            Defaults to 'none'.
        nms_thr (float): Similarity above which two people are one.
            Defaults to 0.9.
        predicted_frames_only (bool): Leave frames without any prediction
            out of the ground truth. For a look at a subset (``indices`` of
            the data set); not a benchmark number. Defaults to False.
        per_joint (bool): Also return the 15 joints. Defaults to False.
        dump_dir (str, optional): Folder for the predictions, one file per
            video in the official layout. Defaults to None.
        format_only (bool): Only write the predictions, for a test set
            whose labels are not public. Needs ``dump_dir``.
            Defaults to False.
        collect_device (str): See :class:`BaseMetric`. Defaults to 'cpu'.
        prefix (str, optional): Defaults to None, which gives 'posetrack'.

    Raises:
        ValueError: If an option is not one of those listed.
    """

    default_prefix: Optional[str] = 'posetrack'

    def __init__(self,
                 ann_file: Optional[str] = None,
                 gt_dir: Optional[str] = None,
                 score_mode: str = 'bbox_keypoint',
                 bbox_score_thr: float = 0.2,
                 keypoint_score_thr: Optional[float] = None,
                 nms_mode: str = 'none',
                 nms_thr: float = 0.9,
                 predicted_frames_only: bool = False,
                 per_joint: bool = False,
                 dump_dir: Optional[str] = None,
                 format_only: bool = False,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if score_mode not in SCORE_MODES:
            raise ValueError(f'`score_mode` must be one of {SCORE_MODES}, '
                             f'got {score_mode!r}')
        if nms_mode not in NMS_MODES:
            raise ValueError(f'`nms_mode` must be one of {NMS_MODES}, '
                             f'got {nms_mode!r}')
        if format_only and dump_dir is None:
            raise ValueError('`format_only` writes predictions and nothing '
                             'else, so it needs a `dump_dir`')
        self.ann_file = ann_file
        self.gt_dir = gt_dir
        self.score_mode = score_mode
        self.bbox_score_thr = bbox_score_thr
        self.keypoint_score_thr = keypoint_score_thr
        self.nms_mode = nms_mode
        self.nms_thr = nms_thr
        self.predicted_frames_only = predicted_frames_only
        self.per_joint = per_joint
        self.dump_dir = dump_dir
        self.format_only = format_only
        self._hub_ann_file: Optional[str] = None
        self._videos: Optional[Dict[str, dict]] = None

    @property
    def dataset_meta(self) -> Optional[dict]:
        """Optional[dict]: Meta information of the data set."""
        return self._dataset_meta

    @dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        """Keep the meta information, and where the labels lie.

        The hub names the file of the data set that was built last, so it
        must be asked now: later another data set may have been built.
        """
        self._dataset_meta = dataset_meta
        name = dataset_meta.get('dataset_name')
        self._hub_ann_file = MessageHub.get_current_instance().get_info(
            f'{name}_ann_file', None)

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
                raise ValueError('a data sample has no `pred_instances`; '
                                 'PoseTrackAP evaluates predicted poses')
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

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """Evaluate all predictions of the set.

        Args:
            results (list): What :meth:`process` kept, of all processes.

        Returns:
            dict[str, float]: Percent: 'AP', the mean over the 15 joints,
            'Head AP', 'Shoulder AP', 'Elbow AP', 'Wrist AP', 'Hip AP',
            'Knee AP', 'Ankle AP' and, if asked for, '<joint> AP'. Empty
            with ``format_only``.
        """
        results = self._without_repeats(results)
        videos = self._load_videos()
        people = self._people(results)
        self._check_images(people, results, videos)
        info = self._describe(results, videos)
        predictions = {
            name: prediction_file(video['images'], people, info)
            for name, video in videos.items()
        }
        if self.dump_dir is not None:
            for name, prediction in predictions.items():
                write_json(prediction, osp.join(self.dump_dir,
                                                f'{name}.json'))
            print_log(
                f'wrote {len(predictions)} prediction files to '
                f'{self.dump_dir}',
                logger='current')
        if self.format_only:
            return {}
        gt, pred = chain_pairs(
            read_pair(video, predictions[name],
                      f'the ground truth of {name}',
                      f'the prediction for {name}')
            for name, video in videos.items())
        if not gt.occupied.any():
            raise ValueError(
                f'{self._source()} has no annotated person; for a set '
                'without public labels use `format_only=True`')
        if self.predicted_frames_only:
            seen = np.array([
                image['id'] in people for video in videos.values()
                for image in video['images']
            ])
            gt = gt.in_frames(seen)
        self._warn_of_missing(results, people, videos)
        table = posetrack_ap(gt, pred)
        print_log(
            'PoseTrack AP ({boxes} boxes, joint score {joint_score}, {labels})'
            '\n{table}'.format(table=format_table(table), **info),
            logger='current')
        metrics = {'AP': table['Total']}
        metrics.update({f'{name} AP': table[name]
                        for name in POSETRACK_GROUPS})
        if self.per_joint:
            metrics.update(
                {f'{name} AP': table[name]
                 for name in POSETRACK_JOINTS})
        return metrics

    # --------------------------------------------------- ground truth

    def _source(self) -> str:
        """Name of the ground truth in use."""
        source = self.gt_dir or self.ann_file or self._hub_ann_file
        if source is None:
            raise ValueError(
                'PoseTrackAP does not know the labels: give `ann_file` or '
                '`gt_dir` (the data set did not leave the path of its '
                'annotation file in the message hub)')
        return source

    def _load_videos(self) -> Dict[str, dict]:
        """Per-video ground truth; read once, kept between epochs."""
        if self._videos is None:
            source = self._source()
            if self.gt_dir is not None:
                self._videos = read_videos(self.gt_dir)
            else:
                with get_local_path(source) as path:
                    self._videos = split_videos(load_json(path), source)
        return self._videos

    # ---------------------------------------------------- predictions

    @staticmethod
    def _without_repeats(results: List[dict]) -> List[dict]:
        """Drop what a padding sampler gave twice.

        The same sample has the same id, image and boxes. Without an id
        nothing tells a repeat, so such results are all kept.
        """
        seen, kept = set(), []
        for result in results:
            boxes = result['bboxes']
            key = (result['img_id'], result['id'],
                   None if boxes is None else boxes.tobytes())
            if result['id'] is None or key not in seen:
                kept.append(result)
            seen.add(key)
        return kept

    def _columns(self, num_keypoints: int) -> Dict[str, np.ndarray]:
        """Where predicted key points go in the layout of 17.

        Returns:
            dict: 'source' (15,) columns of the prediction and 'target'
            (15,) columns of the layout.
        """
        names = (getattr(self, '_dataset_meta', None)
                 or {}).get('keypoint_id2name')
        if names is not None:
            names = [names[i] for i in range(len(names))]
        elif num_keypoints == len(POSETRACK_JOINTS):
            names = list(POSETRACK_JOINTS)
        else:
            names = list(POSETRACK_KEYPOINTS)
        if len(names) != num_keypoints:
            raise ValueError(
                f'the predictions have {num_keypoints} key points, the data '
                f'set has {len(names)}; PoseTrack has 17, or the 15 that are '
                'evaluated')
        try:
            source = columns_of(names)
        except ValueError as error:
            raise ValueError('PoseTrackAP needs the joints of PoseTrack, but '
                             f'{error}') from error
        return dict(source=source, target=columns_of(POSETRACK_KEYPOINTS))

    def _people(self, results: List[dict]) -> Dict[Any, List[dict]]:
        """People by image, scored, filtered, in the layout of 17 points."""
        by_image: Dict[Any, List[dict]] = {}
        for result in results:
            found = by_image.setdefault(result['img_id'], [])
            for i, points in enumerate(result['keypoints']):
                person = self._person(result, i, points)
                if person is not None:
                    found.append(person)
        if self.nms_mode != 'none':
            by_image = {k: self._suppress(v) for k, v in by_image.items()}
        for found in by_image.values():
            for person in found:
                del person['raw'], person['area']
        return by_image

    def _person(self, result: dict, i: int,
                points: np.ndarray) -> Optional[dict]:
        """One person, or None if its box scores too low."""
        box_score = float(result['bbox_scores'][i])
        if box_score < self.bbox_score_thr:
            return None
        maxima = result['keypoint_scores'][i].astype(np.float64)
        scores = {
            'bbox_keypoint': maxima * box_score,
            'keypoint': maxima,
            'bbox': np.full_like(maxima, box_score)
        }[self.score_mode]
        columns = self._columns(len(points))
        source, target = columns['source'], columns['target']
        size = len(POSETRACK_KEYPOINTS)
        all_points, all_scores = np.zeros((size, 2)), np.zeros(size)
        present = np.zeros(size, dtype=bool)
        all_points[target] = points[source]
        all_scores[target] = scores[source]
        present[target] = True
        if self.keypoint_score_thr is not None:
            # A score that is no number stays, to be reported later.
            present[target] = ~(maxima[source] < self.keypoint_score_thr)
        box = None
        extent = points.max(axis=0) - points.min(axis=0)
        if result['bboxes'] is not None:
            corners = result['bboxes'][i].astype(np.float64)
            extent = corners[2:] - corners[:2]
            box = np.concatenate([corners[:2], extent])
        return dict(
            points=all_points,
            scores=all_scores,
            present=present,
            score=float(box_score * maxima[source].mean()),
            box=box,
            raw=np.concatenate([points, maxima[:, None]], axis=1),
            area=float(extent[0] * extent[1]))

    def _suppress(self, people: List[dict]) -> List[dict]:
        """Non-maximum suppression by object keypoint similarity."""
        if len(people) < 2:
            return people
        database = [
            dict(keypoints=p['raw'], score=p['score'], area=p['area'])
            for p in people
        ]
        nms = oks_nms if self.nms_mode == 'oks_nms' else soft_oks_nms
        sigmas = (getattr(self, '_dataset_meta', None) or {}).get('sigmas')
        kept = nms(database, self.nms_thr, sigmas=sigmas)
        return [people[i] for i in sorted(kept)]

    # --------------------------------------------------------- reports

    def _check_images(self, people: Dict[Any, List[dict]],
                      results: List[dict], videos: Dict[str, dict]) -> None:
        """Predictions must name images of the ground truth."""
        known = {
            image['id']
            for video in videos.values() for image in video['images']
        }
        strangers = [key for key in people if key not in known]
        if not strangers:
            return
        message = (f'{len(strangers)} of {len(people)} predicted images (ids '
                   f'{strangers[:3]}...) are not in {self._source()}')
        # Official files may cover fewer videos than the data set; an
        # annotation file is the data set.
        if len(strangers) == len(people) or self.gt_dir is None:
            raise ValueError(f'{message}: is it another set or version?')
        print_log(f'{message}; they are left out', logger='current',
                  level=logging.WARNING)

    def _describe(self, results: List[dict],
                  videos: Dict[str, dict]) -> Dict[str, Any]:
        """What the numbers rest on, for the log and the dumped files."""
        boxes = 'no'
        if results:
            from_labels = [result['gt_boxes'] for result in results]
            boxes = ('ground-truth' if all(from_labels) else
                     'mixed' if any(from_labels) else 'detected')
        version = (getattr(self, '_dataset_meta', None)
                   or {}).get('label_version')
        num_frames = sum(len(video['images']) for video in videos.values())
        labels = f'{len(videos)} videos, {num_frames} frames'
        if version is not None:
            labels = f'labels {version}: {labels}'
        return dict(
            boxes=boxes,
            joint_score=self.score_mode,
            bbox_score_thr=self.bbox_score_thr,
            nms=self.nms_mode,
            labels=labels)

    def _warn_of_missing(self, results: List[dict],
                         people: Dict[Any, List[dict]],
                         videos: Dict[str, dict]) -> None:
        """Say so if only a part of the set was evaluated."""
        if self.predicted_frames_only:
            print_log(
                'PoseTrackAP looks at frames with predictions only: this is '
                'not a benchmark number',
                logger='current',
                level=logging.WARNING)
        if not results or not all(result['gt_boxes'] for result in results):
            return
        given = {result['id'] for result in results}
        labelled = [
            ann['id'] for video in videos.values()
            for ann in video['annotations']
            if any(ann.get('keypoints') or ()) and 'id' in ann
        ]
        missing = sum(key not in given for key in labelled)
        if missing:
            print_log(
                f'{missing} of {len(labelled)} annotated people were not '
                'evaluated (`indices` of the data set, or samples it left '
                'out); they count as missed'
                + ('' if not self.predicted_frames_only else
                   ' where their frame has a prediction'),
                logger='current',
                level=logging.WARNING)
