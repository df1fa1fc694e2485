"""Kinds of localization errors as a metric of MMPose."""
from typing import Any, Dict, Optional

import numpy as np
from mmengine.fileio import get_local_path
from mmengine.logging import print_log
from mmpose.registry import METRICS

from mmpose_video.formats.json_file import read_json

from ..functional.coco_errors import (
    coco_error_kinds,
    coco_ground_truth,
    coco_rule,
)
from ..functional.error_classes import format_shares, report_shares
from .base_pose_ap import BasePoseAP


@METRICS.register_module()
class PoseErrorKinds(BasePoseAP):
    """Shares of good keypoints, jitter, inversions, swaps and misses.

    "Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation",
    Ronchi and Perona, ICCV 2017, in COCO's similarity with the widths and
    the mirrored keypoints of the dataset: on COCO, CrowdPose, OCHuman,
    PoseTrack and every set with COCO-style annotations. See
    :class:`PoseTrackErrorKinds` for PoseTrack's own units.

    Predictions are paired with people as COCO's evaluation does, at an
    object keypoint similarity of at least 0.1; the shares are of the
    labeled keypoints of the people that were found.

    Args:
        ann_file (str, optional): COCO-style annotations of the whole set.
            Defaults to None, the evaluated dataset's own file.
        per_joint (bool): Also return the shares of each keypoint. Defaults to
            False.
        max_people (int): Predictions of an image that count, the best
            first. Defaults to 20, COCO's.
        **kwargs: See :class:`BasePoseAP`; ``prefix`` is by default
            'errors'.

    Examples:
        >>> test_evaluator = [
        ...     dict(type='CocoMetric', ann_file='val.json'),
        ...     dict(type='PoseErrorKinds', ann_file='val.json')]
    """

    default_prefix: Optional[str] = 'errors'

    def __init__(self,
                 ann_file: Optional[str] = None,
                 per_joint: bool = False,
                 max_people: int = 20,
                 **kwargs: Any) -> None:
        super().__init__(ann_file=ann_file, **kwargs)
        self.per_joint = per_joint
        self.max_people = max_people

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """Evaluate all predictions of the set.

        Args:
            results (list): What :meth:`process` kept, of all processes.

        Returns:
            dict[str, float]: Shares 'good', 'jitter', 'inversion', 'swap',
            'miss' and 'lost', which sum to one (NaN if no person was found),
            'found', the share of the people that were found, and, if
            asked for, '<keypoint> <kind>'.

        Raises:
            ValueError: If the labels are not known or do not fit the
                predictions.
        """
        results = self._without_repeats(results)
        meta = self._meta
        names = [meta['keypoint_id2name'][i]
                 for i in range(len(meta['keypoint_id2name']))]
        source = self._label_file()
        with get_local_path(source) as path:
            gt, images = coco_ground_truth(
                read_json(path), len(names), source)
        people = {
            image: sorted(found, key=lambda person: -person['score']
                          )[:self.max_people]
            for image, found in self._people(results).items()
        }
        pred = self._table(people, images, names)
        scores = np.array([
            person['score'] for image in images
            for person in people.get(image, ())
        ])
        counts = coco_error_kinds(
            gt, pred, scores, coco_rule(meta['sigmas'], meta['flip_indices']),
            names)
        print_log(
            f'Kinds of errors, {len(images)} images of {source}\n'
            f'{format_shares(counts)}',
            logger='current')
        return report_shares(counts, self.per_joint)
