"""Warn of a result of zero, and name its likely cause."""
import logging

import numpy as np
from mmengine.logging import print_log

from mmpose_video.formats.pose_table import PoseTable


def warn_of_nothing_right(value: float, gt: PoseTable, pred: PoseTable,
                          source: str) -> None:
    """Log a warning where predictions are given and nothing is right.

    Args:
        value (float): The result, of which 0 (or NaN) is suspicious.
        gt (PoseTable): Ground truth.
        pred (PoseTable): Predictions.
        source (str): Name of the predictions, for the message.
    """
    if value > 0:
        return
    text = f'no joint of {source} is right: '
    if not gt.present.any():
        text += 'the ground truth has no annotated joint'
    elif not pred.present.any():
        text += 'there is no predicted joint'
    elif not (pred.present.any(axis=1) & gt.occupied[pred.frame]).any():
        text += 'there is no prediction in a frame with annotated people'
    else:
        text += ('are these predictions of other videos, of images of another '
                 'size, or not in pixels? The annotated joints lie in '
                 f'{_extent(gt)}, the predicted ones in {_extent(pred)}')
    print_log(text, 'current', logging.WARNING)


def _extent(table: PoseTable) -> str:
    """Return the range of the coordinates of a table's keypoints."""
    points = table.joints[table.present]
    points = points[np.isfinite(points).all(axis=-1)]
    if not len(points):
        return 'nothing finite'
    low, high = points.min(axis=0), points.max(axis=0)
    return f'x {low[0]:.4g} to {high[0]:.4g}, y {low[1]:.4g} to {high[1]:.4g}'
