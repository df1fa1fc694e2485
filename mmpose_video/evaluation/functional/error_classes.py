"""Classes of localisation errors, on PoseTrack predictions.

"Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation", Ronchi
and Perona, ICCV 2017 (https://arxiv.org/abs/1707.05388). A joint of a
prediction that was given to a person is

* good, if its similarity to the person's joint is at least 0.85,
* jitter, if it is at least 0.5 (the right place, roughly),
* inversion, if it is below, but at least 0.5 to the other side's joint of the
  same person (left and right mixed up),
* swap, if it is at least 0.5 to that joint, or its other side, of another
  person,
* miss, if it is near none of these.

The paper's similarity is COCO's, a Gaussian of the distance with a width for
each joint. PoseTrack measures distances in head sizes, the same for all
joints, so here the width is the one for which 0.85 lies at PoseTrack's
limit of half a head size: good is exactly what PoseTrack counts as right,
and 0.5 lies at 1.03 head sizes.
"""
import math
from typing import Any, Dict, Optional, Tuple

import numpy as np

from mmpose_video.formats.keypoints import POSETRACK_JOINTS
from mmpose_video.formats.pose_table import PoseTable

from .pose_ap import (
    average_precision,
    chunks_of_pairs,
    evaluated_part,
    joint_labels,
    match_people,
)
from .posetrack_ap import MATCH_THRESHOLD, summarise

#: Classes in the order of the paper; ``lost`` joints are annotated, and the
#: prediction that was given to the person lacks them.
ERROR_CLASSES: Tuple[str, ...] = ('good', 'jitter', 'inversion', 'swap',
                                  'miss', 'lost')
GOOD_SIMILARITY = 0.85
NEAR_SIMILARITY = 0.5
_DECAY = -math.log(GOOD_SIMILARITY) / MATCH_THRESHOLD**2


def _mirrored() -> np.ndarray:
    """Index of each joint's other side; its own where there is none."""
    names = list(POSETRACK_JOINTS)
    swap = {'left': 'right', 'right': 'left'}
    other = []
    for name in names:
        side, _, part = name.partition('_')
        other.append(names.index(f'{swap[side]}_{part}')
                     if side in swap else names.index(name))
    return np.array(other)


def _similarity(guess: np.ndarray, true: np.ndarray, present: np.ndarray,
                size: np.ndarray) -> np.ndarray:
    """Gaussian of the distance in head sizes.

    Args:
        guess (np.ndarray): (M, J, 2) pixels.
        true (np.ndarray): (M, J, 2) pixels.
        present (np.ndarray): (M, J) bool, whether ``true`` is annotated.
        size (np.ndarray): (M,) head sizes in pixels.

    Returns:
        np.ndarray: (M, J) in [0, 1]; 0 where nothing can be compared.
    """
    with np.errstate(divide='ignore', invalid='ignore'):
        ratio = np.linalg.norm(guess - true, axis=-1) / size[:, None]
        value = np.exp(-_DECAY * ratio**2)
    return np.where(present & ~np.isnan(value), value, 0.0)


def _similarity_to_others(gt: PoseTable, pred: PoseTable, rows: np.ndarray,
                          person: np.ndarray) -> np.ndarray:
    """Highest similarity to the joint, or its other side, of others.

    Args:
        gt (PoseTable): Ground truth.
        pred (PoseTable): Predictions.
        rows (np.ndarray): (M,) rows of ``pred`` that have a person.
        person (np.ndarray): (M,) those people's rows of ``gt``.

    Returns:
        np.ndarray: (M, J).
    """
    mirror = _mirrored()
    best = np.zeros((len(rows), pred.joints.shape[1]))
    first = np.searchsorted(gt.frame, pred.frame[rows], side='left')
    counts = np.searchsorted(gt.frame, pred.frame[rows], side='right') - first
    for part in chunks_of_pairs(counts):
        num = counts[part]
        which = np.repeat(np.arange(len(rows))[part], num)
        other = (np.repeat(first[part] - (np.cumsum(num) - num), num) +
                 np.arange(int(num.sum())))
        keep = other != person[which]
        which, other = which[keep], other[keep]
        guess = pred.joints[rows[which]]
        for order in (np.arange(len(mirror)), mirror):
            value = _similarity(guess, gt.joints[other][:, order],
                                gt.present[other][:, order], gt.size[other])
            np.maximum.at(best, which, value)
    return best


def classify_joints(gt: PoseTable, pred: PoseTable,
                    given: np.ndarray) -> np.ndarray:
    """Class of each predicted joint.

    Args:
        gt (PoseTable): Ground truth of the evaluated frames.
        pred (PoseTable): Predictions of the evaluated frames.
        given (np.ndarray): (P,) result of :func:`match_people`.

    Returns:
        np.ndarray: (P, 15) int64: an index into :data:`ERROR_CLASSES`, or
        -1 where the prediction has no person or the person no such joint.
    """
    labels = np.full(pred.present.shape, -1, dtype=np.int64)
    rows = np.flatnonzero(given >= 0)
    if not len(rows):
        return labels
    person, mirror = given[rows], _mirrored()
    guess, size = pred.joints[rows], gt.size[person]
    own = _similarity(guess, gt.joints[person], gt.present[person], size)
    sided = gt.present[person][:, mirror] & (mirror != np.arange(len(mirror)))
    inverted = _similarity(guess, gt.joints[person][:, mirror], sided, size)
    others = _similarity_to_others(gt, pred, rows, person)

    index = {name: i for i, name in enumerate(ERROR_CLASSES)}
    found = np.full(own.shape, index['miss'])
    found[others >= NEAR_SIMILARITY] = index['swap']
    # Where both are near, the nearer one explains the error.
    found[(inverted >= NEAR_SIMILARITY) & (inverted >= others)] = index[
        'inversion']
    found[own >= NEAR_SIMILARITY] = index['jitter']
    found[joint_labels(gt, pred, given, MATCH_THRESHOLD)[rows]] = index['good']
    found[~pred.present[rows]] = index['lost']
    found[~gt.present[person]] = -1
    labels[rows] = found
    return labels


def _joint_ap(gt: PoseTable, pred: PoseTable, right: np.ndarray,
              keep: Optional[np.ndarray] = None) -> Dict[str, float]:
    """PoseTrack's table for given verdicts on the predicted joints."""
    present = pred.present if keep is None else pred.present & keep[:, None]
    positives = gt.present.sum(axis=0)
    return summarise(
        np.array([
            100 * average_precision(pred.scores[has, j], right[has, j],
                                    positives[j])
            for j, has in enumerate(present.T)
        ]))


def analyze_errors(gt: PoseTable, pred: PoseTable) -> Dict[str, Any]:
    """Count the classes of errors, and what mending each would bring.

    People are paired as PoseTrack pairs them. ``ap_if_mended`` is the AP
    if the joints of one class lay where they belong, their scores and the
    pairs unchanged; with ``unassigned``, if predictions without a person
    were not there.

    Args:
        gt (PoseTable): Ground truth.
        pred (PoseTable): Predictions over the same frames.

    Returns:
        dict: ``joints`` (from joint to counts by class), ``total`` (counts
        over all joints), ``people`` (counts of 'annotated', 'found',
        'predicted' and 'unassigned'), ``unlabelled_joints`` (predicted
        where the person has no label), ``ap`` (PoseTrack's AP) and
        ``ap_if_mended`` (by class).
    """
    gt, pred = evaluated_part(gt, pred)
    given = match_people(gt, pred, MATCH_THRESHOLD)
    labels = classify_joints(gt, pred, given)
    joints = {
        name: {
            kind: int((labels[:, j] == i).sum())
            for i, kind in enumerate(ERROR_CLASSES)
        }
        for j, name in enumerate(POSETRACK_JOINTS)
    }
    total = {
        kind: sum(counts[kind] for counts in joints.values())
        for kind in ERROR_CLASSES
    }
    right = labels == ERROR_CLASSES.index('good')
    mended = {
        kind: _joint_ap(gt, pred, right | (labels == i))['Total']
        for i, kind in enumerate(ERROR_CLASSES)
        if kind not in ('good', 'lost')
    }
    mended['unassigned'] = _joint_ap(gt, pred, right, given >= 0)['Total']
    unlabelled = pred.present[given >= 0] & ~gt.present[given[given >= 0]]
    return dict(
        joints=joints,
        total=total,
        people=dict(
            annotated=int(gt.present.any(axis=1).sum()),
            found=int((given >= 0).sum()),
            predicted=int(pred.present.any(axis=1).sum()),
            unassigned=int((pred.present.any(axis=1) & (given < 0)).sum())),
        unlabelled_joints=int(unlabelled.sum()),
        ap=_joint_ap(gt, pred, right)['Total'],
        ap_if_mended=mended)
