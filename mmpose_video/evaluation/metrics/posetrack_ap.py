"""PoseTrack's average precision as a metric of MMPose."""
import logging
import os.path as osp
from typing import Any, Dict, List, Optional

import numpy as np
from mmengine.fileio import get_local_path
from mmengine.logging import print_log
from mmpose.registry import METRICS

from mmpose_video.formats.inner_path import inner_path
from mmpose_video.formats.json_file import read_json, write_json
from mmpose_video.formats.keypoints import (
    POSETRACK_GROUPS,
    POSETRACK_JOINTS,
)
from mmpose_video.formats.pose_table import PoseTable
from mmpose_video.formats.posetrack_reader import read_videos, split_videos
from mmpose_video.formats.posetrack_writer import prediction_file, to_layout

from ..functional.posetrack_ap import (
    chain_pairs,
    format_table,
    posetrack_ap,
    read_pair,
)
from ..functional.sanity import warn_of_nothing_right
from .base_pose_ap import BasePoseAP


@METRICS.register_module()
class PoseTrackAP(BasePoseAP):
    """Average precision of PoseTrack17, 18 and 21.

    The numbers equal the official evaluator's (see
    :func:`mmpose_video.evaluation.evaluate_posetrack`) for the predictions
    written to ``dump_dir``; no folder of ground truth is needed. Defaults
    follow the literature on video pose (DCPose and its successors): the
    score of a keypoint is its heatmap maximum times the score of the box,
    boxes below 0.2 are left out, and there is no suppression of doubles.
    MMPose's ``PoseTrack18Metric`` differs in all three, so their numbers
    are not comparable.

    Predictions are either PoseTrack's 17 keypoints, whose ears are not
    evaluated, or the 15 official keypoints; ``keypoint_id2name`` of the data
    set tells which is which.

    Args:
        ann_file (str, optional): COCO-style annotations of the whole set,
            with ``bbox_head`` and, where there are any, ignore regions.
            Defaults to None, the evaluated dataset's own file.
        gt_dir (str, optional): Folder of the official per-video files. It
            is used in place of ``ann_file``, and its names and frames
            shape the dumped files. Image ids must be the dataset's.
            Defaults to None.
        predicted_frames_only (bool): Leave frames that no sample came from
            out of the ground truth. For a look at a subset (``indices`` of
            the dataset); not a benchmark number. Defaults to False.
        per_joint (bool): Also return the 15 keypoints. Defaults to False.
        dump_dir (str, optional): Folder for the predictions, one file per
            video in the official layout. Defaults to None.
        format_only (bool): Only write the predictions, for a test set
            whose labels are not public. Needs ``dump_dir``.
            Defaults to False.
        **kwargs: ``score_mode``, ``bbox_score_thr``,
            ``keypoint_score_thr``, ``nms_mode``, ``nms_thr``,
            ``collect_device`` and ``prefix`` (by default 'posetrack') of
            :class:`BasePoseAP`.

    Raises:
        ValueError: If an option is not one of those listed, or
            ``format_only`` comes without ``dump_dir``.

    Examples:
        >>> val_evaluator = dict(type='PoseTrackAP')
        >>> default_hooks = dict(
        ...     checkpoint=dict(save_best='posetrack/AP', rule='greater'))
    """

    default_prefix: Optional[str] = 'posetrack'

    def __init__(self,
                 ann_file: Optional[str] = None,
                 gt_dir: Optional[str] = None,
                 predicted_frames_only: bool = False,
                 per_joint: bool = False,
                 dump_dir: Optional[str] = None,
                 format_only: bool = False,
                 **kwargs: Any) -> None:
        super().__init__(ann_file=ann_file, **kwargs)
        if format_only and dump_dir is None:
            raise ValueError('`format_only` writes predictions and nothing '
                             'else, so it needs a `dump_dir`')
        self.gt_dir = gt_dir
        self.predicted_frames_only = predicted_frames_only
        self.per_joint = per_joint
        self.dump_dir = dump_dir
        self.format_only = format_only
        self._videos: Optional[Dict[str, dict]] = None

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """Evaluate all predictions of the set.

        Args:
            results (list): What :meth:`process` kept, of all processes.

        Returns:
            dict[str, float]: Percent: 'AP', the mean over the 15 keypoints,
            'Head AP', 'Shoulder AP', 'Elbow AP', 'Wrist AP', 'Hip AP',
            'Knee AP', 'Ankle AP' and, if asked for, '<keypoint> AP'. Empty
            with ``format_only``.

        Raises:
            ValueError: If the labels are not known or do not fit the
                predictions.
        """
        results = self._without_repeats(results)
        videos = self._load_videos()
        names = self._meta.get('keypoint_id2name')
        people = {
            image: [to_layout(person, names) for person in found]
            for image, found in self._people(results).items()
        }
        self._check_images(people, videos)
        info = self._describe(results, videos)
        predictions = {
            name: prediction_file(video['images'], people, info)
            for name, video in videos.items()
        }
        if self.dump_dir is not None:
            self._dump(predictions, videos)
        if self.format_only:
            return {}
        gt, pred = chain_pairs(
            read_pair(video, predictions[name], self._source(name),
                      f'the predictions for {name}')
            for name, video in videos.items())
        if not gt.occupied.any():
            raise ValueError(
                f'{self._source()} has no annotated person; for a set '
                'without public labels use `format_only=True`')
        if self.predicted_frames_only:
            gt = gt.in_frames(
                np.array([
                    image['id'] in people for video in videos.values()
                    for image in video['images']
                ]))
        self._warn_of_missing(results, videos)
        return self._measure(gt, pred, info)

    def _measure(self, gt: PoseTable, pred: PoseTable,
                 info: Dict[str, Any]) -> Dict[str, float]:
        """Compare predictions with the ground truth.

        Args:
            gt (PoseTable): Ground truth of the whole set.
            pred (PoseTable): Predictions over the same frames.
            info (dict): What the numbers rest on, of :meth:`_describe`.

        Returns:
            dict[str, float]: The metrics.
        """
        table = posetrack_ap(gt, pred)
        warn_of_nothing_right(table['Total'], gt, pred, 'the predictions')
        print_log(
            f"PoseTrack AP ({info['boxes']} boxes, joint score "
            f"{info['joint_score']}, {info['labels']})\n"
            f'{format_table(table)}',
            logger='current')
        metrics = {'AP': table['Total']}
        keys = [*POSETRACK_GROUPS]
        if self.per_joint:
            keys += POSETRACK_JOINTS
        metrics.update({f'{key} AP': table[key] for key in keys})
        return metrics

    def _source(self, video: Optional[str] = None) -> str:
        """Return the name of the ground truth in use, or of a video's."""
        if self.gt_dir is None:
            source = self._label_file()
            return f'{source}: {video}' if video else source
        if video is None:
            return self.gt_dir
        return osp.join(self.gt_dir, f'{video}.json')

    def _load_videos(self) -> Dict[str, dict]:
        """Return per-video ground truth, which is read once."""
        if self._videos is None:
            source = self._source()
            if self.gt_dir is not None:
                self._videos = read_videos(self.gt_dir)
            else:
                with get_local_path(source) as path:
                    self._videos = split_videos(read_json(path), source)
        return self._videos

    def _dump(self, predictions: Dict[str, dict],
              videos: Dict[str, dict]) -> None:
        """Write one file per video."""
        assert self.dump_dir is not None
        for name, prediction in predictions.items():
            write_json(
                prediction,
                inner_path(self.dump_dir, f'{name}.json', self._source()))
        print_log(
            f'wrote {len(predictions)} prediction files to {self.dump_dir}',
            logger='current')
        short = [
            name for name, video in videos.items()
            if len(video['images']) < max(
                (image.get('nframes') or 0 for image in video['images']),
                default=0)
        ]
        if short and self.gt_dir is None:
            print_log(
                f'{len(short)} videos ({short[0]}, ...) have more frames than '
                f'{self._source()} lists. Frames pair by position, so if '
                'the official files list them all, give their folder as '
                '`gt_dir` before you submit these predictions',
                logger='current',
                level=logging.WARNING)

    def _check_images(self, people: Dict[Any, List[dict]],
                      videos: Dict[str, dict]) -> None:
        """Check that predictions name images of the ground truth."""
        known = {
            image['id']
            for video in videos.values() for image in video['images']
        }
        strangers = [key for key in people if key not in known]
        if not strangers:
            return
        message = (f'{len(strangers)} of {len(people)} predicted images (ids '
                   f'{strangers[:3]}...) are not in {self._source()}')
        # Official files may cover fewer videos than the dataset; an
        # annotation file is the dataset.
        if len(strangers) == len(people) or self.gt_dir is None:
            raise ValueError(f'{message}: is it another set or version?')
        print_log(
            f'{message}; they are left out',
            logger='current',
            level=logging.WARNING)

    def _describe(self, results: List[dict],
                  videos: Dict[str, dict]) -> Dict[str, Any]:
        """Return what the numbers rest on, for the log and dumped files."""
        from_labels = {result['gt_boxes'] for result in results}
        boxes = {
            frozenset(): 'no',
            frozenset([True]): 'ground-truth',
            frozenset([False]): 'detected'
        }.get(frozenset(from_labels), 'mixed')
        num_frames = sum(len(video['images']) for video in videos.values())
        labels = f'{len(videos)} videos, {num_frames} frames'
        if self._meta.get('label_version') is not None:
            labels = f"labels {self._meta['label_version']}: {labels}"
        return dict(
            boxes=boxes,
            joint_score=self.score_mode,
            bbox_score_thr=self.bbox_score_thr,
            nms=self.nms_mode,
            labels=labels)

    def _warn_of_missing(self, results: List[dict],
                         videos: Dict[str, dict]) -> None:
        """Warn if only a part of the set was evaluated."""
        if self.predicted_frames_only:
            print_log(
                'frames without a sample are left out: this is not a '
                'benchmark number',
                logger='current',
                level=logging.WARNING)
        # With detected boxes a person without a sample is a plain miss, and
        # so is a frame; but not half of the set.
        if not all(result['gt_boxes'] for result in results):
            frames = {
                ann['image_id'] for video in videos.values()
                for ann in video['annotations']
            }
            without = len(frames - {result['img_id'] for result in results})
            if 2 * without > len(frames):
                print_log(
                    f'{without} of {len(frames)} annotated frames have no '
                    'sample (`indices` of the dataset?); their people '
                    'count as missed unless `predicted_frames_only`',
                    logger='current',
                    level=logging.WARNING)
            return
        if not results:
            return
        given = {result['id'] for result in results}
        labeled = [
            ann['id'] for video in videos.values()
            for ann in video['annotations']
            if any(ann.get('keypoints') or ()) and 'id' in ann
        ]
        missing = sum(key not in given for key in labeled)
        if missing:
            print_log(
                f'{missing} of {len(labeled)} annotated people were not '
                'evaluated (`indices` of the dataset, or samples that it '
                'left out); in the frames looked at they count as missed',
                logger='current',
                level=logging.WARNING)
