"""Classes of localization errors.

"Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation", Ronchi
and Perona, ICCV 2017 (https://arxiv.org/abs/1707.05388). A keypoint of a
prediction that was given to a person is

* good, if its similarity to the person's keypoint is at least 0.85,
* jitter, if it is at least 0.5 (the right place, roughly),
* inversion, if it is at least 0.5 to the other side's keypoint of the same
  person (left and right mixed up),
* swap, if it is at least 0.5 to that keypoint, or its other side, of another
  person,
* miss, if it is near none of these.

The paper's similarity is COCO's, a Gaussian of the distance with a width for
each keypoint, and where several keypoints are near, the nearest one decides
(:mod:`.coco_errors`).

PoseTrack measures distances in head sizes, the same for all keypoints, so
there (:mod:`.posetrack_errors`) the width is the one for which 0.85 lies at
PoseTrack's limit of half a head size: good is exactly what PoseTrack counts as
right, whatever else is near, and 0.5 lies at 1.03 head sizes.
"""
from dataclasses import dataclass
from typing import Any, Dict, Optional, Sequence, Tuple

import numpy as np

from mmpose_video.formats.pose_table import PoseTable

from .pose_ap import chunks_of_pairs

#: Classes in the order of the paper; ``lost`` keypoints are annotated, and the
#: prediction that was given to the person lacks them.
ERROR_CLASSES: Tuple[str, ...] = ('good', 'jitter', 'inversion', 'swap',
                                  'miss', 'lost')
GOOD_SIMILARITY = 0.85
NEAR_SIMILARITY = 0.5
#: Similarity from which the paper's code pairs a prediction with a person
#: (``oksLocThrs`` of https://github.com/matteorr/coco-analyze).
PAIR_SIMILARITY = 0.1


@dataclass(frozen=True)
class ErrorRule:
    """Rule that turns distances into similarities and error classes.

    Args:
        decay (np.ndarray): (J,) float64: a joint's similarity at a distance
            of ``d`` reference lengths is ``exp(-decay * d**2)``.
        mirror (np.ndarray): (J,) index of each joint's other side; its own
            where there is none.
        nearest_decides (bool): Let the most similar of all keypoints decide,
            as the paper does; otherwise a keypoint near its own place is good
            or jitter even if it is nearer to another one.
    """
    decay: np.ndarray
    mirror: np.ndarray
    nearest_decides: bool


def mirrored_joints(names: Sequence[str]) -> np.ndarray:
    """Return the index of each joint's other side, by ``left_``/``right_``.

    Args:
        names (Sequence[str]): J names.

    Returns:
        np.ndarray: (J,) int64; a keypoint without another side has its own.
    """
    names = list(names)
    swap = {'left': 'right', 'right': 'left'}
    other = []
    for name in names:
        side, _, part = name.partition('_')
        mirror = f'{swap.get(side)}_{part}'
        other.append(names.index(mirror if mirror in names else name))
    return np.array(other, dtype=np.int64)


def _similarity(guess: np.ndarray, true: np.ndarray, present: np.ndarray,
                size: np.ndarray, decay: np.ndarray) -> np.ndarray:
    """Return a Gaussian of the distance in reference lengths.

    Args:
        guess (np.ndarray): (M, J, 2) pixels.
        true (np.ndarray): (M, J, 2) pixels.
        present (np.ndarray): (M, J) bool: ``true`` is annotated.
        size (np.ndarray): (M,) reference lengths in pixels.
        decay (np.ndarray): (J,), see :class:`ErrorRule`.

    Returns:
        np.ndarray: (M, J) in [0, 1]; 0 where nothing can be compared.
    """
    with np.errstate(divide='ignore', invalid='ignore'):
        ratio = np.linalg.norm(guess - true, axis=-1) / size[:, None]
        value = np.exp(-decay * ratio**2)
    return np.where(present & ~np.isnan(value), value, 0.0)


def _similarity_to_others(gt: PoseTable, pred: PoseTable, rows: np.ndarray,
                          person: np.ndarray, rule: ErrorRule) -> np.ndarray:
    """Return the highest similarity to the keypoint, or its mirror, of others.

    Args:
        gt (PoseTable): Ground truth.
        pred (PoseTable): Predictions.
        rows (np.ndarray): (M,) rows of ``pred`` that have a person.
        person (np.ndarray): (M,) those people's rows of ``gt``.
        rule (ErrorRule): The similarity.

    Returns:
        np.ndarray: (M, J).
    """
    mirror = rule.mirror
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
                                gt.present[other][:, order], gt.size[other],
                                rule.decay)
            np.maximum.at(best, which, value)
    return best


def classify_joints(gt: PoseTable, pred: PoseTable, given: np.ndarray,
                    rule: ErrorRule,
                    right: Optional[np.ndarray] = None) -> np.ndarray:
    """Sort each predicted keypoint into a class.

    Args:
        gt (PoseTable): Ground truth of the evaluated frames.
        pred (PoseTable): Predictions of the evaluated frames.
        given (np.ndarray): (P,) row of ``gt`` that each prediction was
            given, -1 for none.
        rule (ErrorRule): The similarity, and what decides.
        right (np.ndarray, optional): (P, J) bool: the keypoints that are good.
            Defaults to None, those of a similarity of at least 0.85.

    Returns:
        np.ndarray: (P, J) int64: an index into :data:`ERROR_CLASSES`, or
        -1 where the prediction has no person or the person no such keypoint.
    """
    labels = np.full(pred.present.shape, -1, dtype=np.int64)
    rows = np.flatnonzero(given >= 0)
    if not len(rows):
        return labels
    person, mirror = given[rows], rule.mirror
    guess, size = pred.joints[rows], gt.size[person]
    own = _similarity(guess, gt.joints[person], gt.present[person], size,
                      rule.decay)
    sided = gt.present[person][:, mirror] & (mirror != np.arange(len(mirror)))
    # The joint's own width: it is its guess that is measured.
    inverted = _similarity(guess, gt.joints[person][:, mirror], sided, size,
                           rule.decay)
    others = _similarity_to_others(gt, pred, rows, person, rule)
    good = np.asarray(own >= GOOD_SIMILARITY if right is None else right[rows])

    index = {name: i for i, name in enumerate(ERROR_CLASSES)}
    found = np.full(own.shape, index['miss'])
    found[others >= NEAR_SIMILARITY] = index['swap']
    # Where both are near, the nearer one explains the error.
    found[(inverted >= NEAR_SIMILARITY) & (inverted >= others)] = index[
        'inversion']
    nearest = np.asarray(own >= np.maximum(inverted, others)
                         if rule.nearest_decides else np.ones_like(good))
    found[(own >= NEAR_SIMILARITY) & nearest] = index['jitter']
    found[good & nearest] = index['good']
    found[~pred.present[rows]] = index['lost']
    found[~gt.present[person]] = -1
    labels[rows] = found
    return labels


def pair_by_similarity(gt: PoseTable, pred: PoseTable, person_scores:
                       np.ndarray, rule: ErrorRule) -> np.ndarray:
    """Pair predictions with people as COCO's evaluation does.

    Frame by frame the predictions choose in the order of their scores, each
    the free person with the highest object keypoint similarity (the mean
    over the person's annotated keypoints), of at least
    :data:`PAIR_SIMILARITY`.

    Args:
        gt (PoseTable): Ground truth; ``size`` holds the roots of areas.
        pred (PoseTable): Predictions over the same frames.
        person_scores (np.ndarray): (P,) scores of the predictions.
        rule (ErrorRule): The similarity.

    Returns:
        np.ndarray: (P,) int64 row of ``gt``, -1 for none.
    """
    given = np.full(len(pred), -1, dtype=np.int64)
    free = np.asarray(gt.present.any(axis=1))
    start = np.searchsorted(gt.frame, pred.frame, side='left')
    stop = np.searchsorted(gt.frame, pred.frame, side='right')
    for row in np.lexsort((-person_scores, pred.frame)):
        people = np.arange(start[row], stop[row])
        people = people[free[people]]
        if not len(people):
            continue
        present = gt.present[people]
        value = _similarity(pred.joints[[row]], gt.joints[people], present,
                            gt.size[people], rule.decay)
        value = value.sum(axis=1) / present.sum(axis=1)
        best = int(value.argmax())
        if value[best] >= PAIR_SIMILARITY:
            given[row] = people[best]
            free[people[best]] = False
    return given


def count_errors(gt: PoseTable, pred: PoseTable, given: np.ndarray,
                 labels: np.ndarray,
                 names: Sequence[str]) -> Dict[str, Any]:
    """Count keypoints by class, and people.

    Args:
        gt (PoseTable): Ground truth.
        pred (PoseTable): Predictions.
        given (np.ndarray): (P,) row of ``gt`` of each prediction, or -1.
        labels (np.ndarray): (P, J) result of :func:`classify_joints`.
        names (Sequence[str]): J names.

    Returns:
        dict: ``joints`` (from keypoint to counts by class), ``total`` (counts
        over all keypoints), ``people`` (counts of 'annotated', 'found',
        'predicted' and 'unassigned') and ``unlabeled_joints`` (predicted
        where the person has no label).
    """
    joints = {
        name: {
            kind: int((labels[:, j] == i).sum())
            for i, kind in enumerate(ERROR_CLASSES)
        }
        for j, name in enumerate(names)
    }
    total = {
        kind: sum(counts[kind] for counts in joints.values())
        for kind in ERROR_CLASSES
    }
    predicted = pred.present.any(axis=1)
    unlabeled = pred.present[given >= 0] & ~gt.present[given[given >= 0]]
    return dict(
        joints=joints,
        total=total,
        people=dict(
            annotated=int(gt.present.any(axis=1).sum()),
            found=int((given >= 0).sum()),
            predicted=int(predicted.sum()),
            unassigned=int((predicted & (given < 0)).sum())),
        unlabeled_joints=int(unlabeled.sum()))


def error_shares(counts: Dict[str, int]) -> Dict[str, float]:
    """Return the share of each class; they sum to one, or are NaN.

    Args:
        counts (dict[str, int]): From class to number of keypoints.

    Returns:
        dict[str, float]: From class to share; NaN if there is no keypoint.
    """
    total = sum(counts.values())
    return {
        kind: number / total if total else float('nan')
        for kind, number in counts.items()
    }


def format_shares(counts: Dict[str, Any]) -> str:
    """Return the people found and the shares by keypoint as lines of text.

    Args:
        counts (dict): What :func:`count_errors` returns.

    Returns:
        str: The people, then a table in percent.
    """
    people = counts['people']
    lines = [
        f"{people['found']} of {people['annotated']} annotated people found, "
        f"{people['unassigned']} of {people['predicted']} predictions "
        'without a person', '',
        "percent of the found people's joints",
        ' ' * 15 + ''.join(f'{kind:>11}' for kind in ERROR_CLASSES)
    ]
    for name, row in dict(counts['joints'], all=counts['total']).items():
        lines.append(f'{name:<15}' + ''.join(
            f'{100 * share:11.2f}' for share in error_shares(row).values()))
    return '\n'.join(lines)


def report_shares(counts: Dict[str, Any],
                  per_joint: bool = False) -> Dict[str, float]:
    """Return the numbers that a metric reports.

    Args:
        counts (dict): What :func:`count_errors` returns.
        per_joint (bool): Add each joint's shares. Defaults to False.

    Returns:
        dict[str, float]: From class to share of the keypoints, 'found' (the
        share of the annotated people), and '<keypoint> <class>'.
    """
    people = counts['people']
    report = error_shares(counts['total'])
    report['found'] = (
        people['found'] / people['annotated']
        if people['annotated'] else float('nan'))
    if per_joint:
        report.update({
            f'{name} {kind}': share
            for name, row in counts['joints'].items()
            for kind, share in error_shares(row).items()
        })
    return report
