"""Classes of errors on PoseTrack, and what the AP would be without each."""
import math
from typing import Any, Dict, Optional

import numpy as np

from mmpose_video.formats.keypoints import POSETRACK_JOINTS
from mmpose_video.formats.pose_table import PoseTable

from .error_classes import (
    ERROR_CLASSES,
    GOOD_SIMILARITY,
    ErrorRule,
    classify_joints,
    count_errors,
    mirrored_joints,
)
from .pose_ap import (
    average_precision,
    evaluated_part,
    joint_labels,
    match_people,
)
from .posetrack_ap import MATCH_THRESHOLD, summarise

_DECAY = -math.log(GOOD_SIMILARITY) / MATCH_THRESHOLD**2


def posetrack_rule() -> ErrorRule:
    """Return the rule of the 15 keypoints in head sizes."""
    return ErrorRule(
        np.full(len(POSETRACK_JOINTS), _DECAY),
        mirrored_joints(POSETRACK_JOINTS), False)


def _joint_ap(gt: PoseTable, pred: PoseTable, right: np.ndarray,
              keep: Optional[np.ndarray] = None) -> Dict[str, float]:
    """Return PoseTrack's table for given labels of the predicted keypoints."""
    present = pred.present if keep is None else pred.present & keep[:, None]
    positives = gt.present.sum(axis=0)
    return summarise(
        np.array([
            100 * average_precision(pred.scores[has, j], right[has, j],
                                    positives[j])
            for j, has in enumerate(present.T)
        ]))


def analyze_errors(gt: PoseTable, pred: PoseTable) -> Dict[str, Any]:
    """Count the classes of errors, and compute the AP without each.

    People are paired as PoseTrack pairs them. ``ap_if_mended`` is the AP
    if the keypoints of one class lay where they belong, their scores and the
    pairs unchanged; with ``unassigned``, if predictions without a person
    were not there.

    Args:
        gt (PoseTable): Ground truth.
        pred (PoseTable): Predictions over the same frames.

    Returns:
        dict: What :func:`count_errors` returns, ``ap`` (PoseTrack's AP) and
        ``ap_if_mended`` (by class).
    """
    gt, pred = evaluated_part(gt, pred)
    given = match_people(gt, pred, MATCH_THRESHOLD)
    right = joint_labels(gt, pred, given, MATCH_THRESHOLD)
    labels = classify_joints(gt, pred, given, posetrack_rule(), right)
    right = labels == ERROR_CLASSES.index('good')
    mended = {
        kind: _joint_ap(gt, pred, right | (labels == i))['Total']
        for i, kind in enumerate(ERROR_CLASSES)
        if kind not in ('good', 'lost')
    }
    mended['unassigned'] = _joint_ap(gt, pred, right, given >= 0)['Total']
    return dict(
        count_errors(gt, pred, given, labels, POSETRACK_JOINTS),
        ap=_joint_ap(gt, pred, right)['Total'],
        ap_if_mended=mended)
