"""Per-joint average precision of multi-person poses.

The measure of the PoseTrack and MPII multi-person benchmarks (Pishchulin et
al., DeepCut, CVPR 2016; Andriluka et al., PoseTrack, CVPR 2018): people are
paired by the fraction of keypoints that match, then every keypoint is a
detection of its own.
"""
from typing import Iterator, Optional, Tuple

import numpy as np

from mmpose_video.formats.pose_table import PoseTable

from .chunks import split_by_sum
from .polygons import points_in_regions

_MAX_PAIRS = 1 << 17  # pairs of people compared in one go


def within(joints_a: np.ndarray, joints_b: np.ndarray, size: np.ndarray,
           thr: float) -> np.ndarray:
    """Find keypoints that lie within ``thr`` reference lengths of each other.

    A pair right at the threshold is measured again with NumPy's routine
    for one vector: BLAS may fuse a multiply and an add there, so the last
    bit can differ from the vectorized form, and with it the answer.

    Args:
        joints_a (np.ndarray): (M, J, 2) pixels.
        joints_b (np.ndarray): (M, J, 2) pixels.
        size (np.ndarray): (M,) pixels.
        thr (float): Threshold in reference lengths.

    Returns:
        np.ndarray: (M, J) bool. False where the size is zero.
    """
    delta = joints_a - joints_b
    with np.errstate(divide='ignore', invalid='ignore'):
        ratio = np.sqrt((delta**2).sum(axis=-1)) / size[:, None]
    close = ratio <= thr
    for i, j in np.argwhere(np.abs(ratio - thr) <= 1e-9 * thr):
        close[i, j] = np.linalg.norm(delta[i, j]) / size[i] <= thr
    return close


def chunks_of_pairs(counts: np.ndarray) -> Iterator[slice]:
    """Yield runs of predictions with at most ``_MAX_PAIRS`` pairs."""
    return split_by_sum(counts, _MAX_PAIRS)


def _boxes(table: PoseTable) -> Tuple[np.ndarray, np.ndarray]:
    """Return corners (P, 2) and (P, 2) around each person's keypoints."""
    usable = table.present & np.isfinite(table.joints).all(axis=-1)
    low = np.where(usable[..., None], table.joints, np.inf).min(axis=1)
    high = np.where(usable[..., None], table.joints, -np.inf).max(axis=1)
    return low, high


def _best_ground_truth(gt: PoseTable, pred: PoseTable, thr: float,
                       ) -> Tuple[np.ndarray, np.ndarray]:
    """Find for each prediction the person of its frame that fits best.

    Returns:
        tuple: (P,) int64 rows of ``gt`` and (P,) float64 fractions of
        matched keypoints; a prediction without a match has -1 and 0.
    """
    best = np.full(len(pred), -1, dtype=np.int64)
    value = np.zeros(len(pred))
    first = np.searchsorted(gt.frame, pred.frame, side='left')
    counts = np.searchsorted(gt.frame, pred.frame, side='right') - first
    num_joints = gt.present.sum(axis=1)
    (gt_low, gt_high), (pred_low, pred_high) = _boxes(gt), _boxes(pred)
    reach = (thr * (1 + 1e-6) * gt.size)[:, None]
    gt_low, gt_high = gt_low - reach, gt_high + reach
    rows = np.flatnonzero(counts)  # predictions that have anyone to match
    for part in chunks_of_pairs(counts[rows]):
        chunk = rows[part]
        num = counts[chunk]
        row_pred = np.repeat(chunk, num)
        row_gt = (np.repeat(first[chunk] - (np.cumsum(num) - num), num) +
                  np.arange(int(num.sum())))
        # In a crowd hardly any two people are near each other.
        near = ((gt_low[row_gt] <= pred_high[row_pred]) &
                (pred_low[row_pred] <= gt_high[row_gt])).all(axis=1)
        row_pred, row_gt = row_pred[near], row_gt[near]
        match = within(gt.joints[row_gt], pred.joints[row_pred],
                       gt.size[row_gt], thr)
        match &= gt.present[row_gt] & pred.present[row_pred]
        fraction = match.sum(axis=1) / np.maximum(num_joints[row_gt], 1)
        hit = fraction > 0
        row_pred, row_gt, fraction = row_pred[hit], row_gt[hit], fraction[hit]
        # Best first; ties go to the person who is listed first.
        order = np.lexsort((row_gt, -fraction, row_pred))
        chosen, top = np.unique(row_pred[order], return_index=True)
        best[chosen] = row_gt[order][top]
        value[chosen] = fraction[order][top]
    return best, value


def match_people(gt: PoseTable, pred: PoseTable,
                 thr: float) -> np.ndarray:
    """Pair predictions with people, frame by frame.

    Each prediction points at the person with the highest fraction of
    matched keypoints, and has no second choice; each person takes the best of
    the predictions that point at it. Ties go to the lowest row, whatever
    the scores.

    Args:
        gt (PoseTable): Ground truth.
        pred (PoseTable): Predictions over the same frames.
        thr (float): Largest distance of a match, in reference lengths.

    Returns:
        np.ndarray: (P,) int64: the row of ``gt`` that each prediction was
        given, -1 for none.
    """
    best, value = _best_ground_truth(gt, pred, thr)
    given = np.full(len(pred), -1, dtype=np.int64)
    rows = np.flatnonzero(value > 0)
    # Sorted by person, then best first, then first listed.
    rows = rows[np.lexsort((rows, -value[rows], best[rows]))]
    is_first = np.ones(len(rows), dtype=bool)
    is_first[1:] = best[rows][1:] != best[rows][:-1]
    given[rows[is_first]] = best[rows[is_first]]
    return given


def joint_labels(gt: PoseTable, pred: PoseTable, given: np.ndarray,
                 thr: float) -> np.ndarray:
    """Return which predicted keypoints are correct.

    Args:
        gt (PoseTable): Ground truth.
        pred (PoseTable): Predictions.
        given (np.ndarray): (P,) result of :func:`match_people`.
        thr (float): Largest distance of a match, in reference lengths.

    Returns:
        np.ndarray: (P, J) bool. All False for a prediction without a
        person.
    """
    labels = np.zeros(pred.present.shape, dtype=bool)
    rows = np.flatnonzero(given >= 0)
    if len(rows):
        person = given[rows]
        labels[rows] = within(gt.joints[person], pred.joints[rows],
                              gt.size[person], thr)
        labels[rows] &= gt.present[person] & pred.present[rows]
    return labels


def average_precision(scores: np.ndarray, labels: np.ndarray,
                      num_positives: int) -> float:
    """Return the area under the enveloped precision-recall curve.

    The VOC measure over all points. Equal scores keep no promise in the
    official evaluator; here the later one comes first.

    Args:
        scores (np.ndarray): (D,) scores of the detections.
        labels (np.ndarray): (D,) bool, right or wrong.
        num_positives (int): Number of things to find.

    Returns:
        float: Between 0 and 1. 0 without detections, NaN if there are
        detections but nothing to find.
    """
    if len(scores) == 0:
        return 0.0
    if num_positives == 0:
        return float('nan')
    order = np.argsort(scores, kind='stable')[::-1]
    found = np.cumsum(labels[order])
    recall = np.concatenate(([0.0], found / float(num_positives), [1.0]))
    precision = np.concatenate(
        ([0.0], found / np.arange(1.0, len(order) + 1.0), [0.0]))
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    step = np.flatnonzero(recall[1:] != recall[:-1]) + 1
    return float(np.sum((recall[step] - recall[step - 1]) * envelope[step]))


def drop_ignored_joints(table: PoseTable, regions: list) -> None:
    """Take keypoints inside ignore regions out of a table, in place.

    Args:
        table (PoseTable): Ground truth or predictions.
        regions (list[tuple[int, np.ndarray]]): The *ground truth's*
            regions.
    """
    row, joint = np.nonzero(table.present)
    inside = points_in_regions(table.joints[row, joint], table.frame[row],
                               regions)
    table.present[row[inside], joint[inside]] = False


def evaluated_part(gt: PoseTable,
                   pred: PoseTable) -> Tuple[PoseTable, PoseTable]:
    """Return the part of two tables that is evaluated.

    Frames without any annotated person are left out together with their
    predictions; keypoints inside ignore regions vanish from both sides.

    Args:
        gt (PoseTable): Ground truth.
        pred (PoseTable): Predictions over the same frames.

    Returns:
        tuple[PoseTable, PoseTable]: New tables.

    Raises:
        ValueError: If the numbers of frames differ.
    """
    if gt.num_frames != pred.num_frames:
        raise ValueError(f'the ground truth has {gt.num_frames} frames, the '
                         f'predictions have {pred.num_frames}')
    regions = gt.regions
    gt, pred = gt.in_frames(gt.occupied), pred.in_frames(gt.occupied)
    drop_ignored_joints(gt, regions)
    drop_ignored_joints(pred, regions)
    return gt, pred


def pose_average_precision(gt: PoseTable, pred: PoseTable, thr: float,
                           uncounted: Optional[np.ndarray] = None,
                           ) -> np.ndarray:
    """Compute the average precision of each keypoint.

    Args:
        gt (PoseTable): Ground truth.
        pred (PoseTable): Predictions over the same frames.
        thr (float): Largest distance of a match, in reference lengths.
        uncounted (np.ndarray, optional): (P, J) bool over the rows of
            ``gt``: keypoints that need not be found, while finding them is
            not wrong. They must not be ``present``. Defaults to None.

    Returns:
        np.ndarray: (J,) float64 in percent. NaN for a keypoint that is
        predicted but nowhere annotated, 0 for one never predicted.

    Raises:
        ValueError: If the numbers of frames differ.
    """
    if uncounted is not None:
        uncounted = uncounted[gt.occupied[gt.frame]]
    gt, pred = evaluated_part(gt, pred)
    given = match_people(gt, pred, thr)
    labels = joint_labels(gt, pred, given, thr)
    if uncounted is not None:
        rows = np.flatnonzero(given >= 0)
        pred.present[rows] &= ~uncounted[given[rows]]
    positives = gt.present.sum(axis=0)
    return np.array([
        average_precision(pred.scores[has, j], labels[has, j], positives[j])
        * 100 for j, has in enumerate(pred.present.T)
    ])
