"""Joints, groups and splits of Sub-JHMDB."""
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from mmpose_video.formats.json_file import read_json
from mmpose_video.formats.keypoints import JHMDB_JOINTS

#: Groups under the names that MMPose's metric uses, then its two orphans.
JHMDB_GROUPS: Dict[str, Tuple[str, ...]] = {
    'Head': ('head', ),
    'Sho': ('right_shoulder', 'left_shoulder'),
    'Elb': ('right_elbow', 'left_elbow'),
    'Wri': ('right_wrist', 'left_wrist'),
    'Hip': ('right_hip', 'left_hip'),
    'Knee': ('right_knee', 'left_knee'),
    'Ank': ('right_ankle', 'left_ankle'),
    'Neck': ('neck', ),
    'Belly': ('belly', ),
}


def _mean(values: Sequence[float]) -> float:
    """Mean of what is a number; NaN of nothing."""
    valid = [value for value in values if not np.isnan(value)]
    return float(np.mean(valid)) if valid else float('nan')


def summarise_pck(accuracy: Sequence[float],
                  ) -> Tuple[Dict[str, float], Dict[str, float]]:
    """Groups and joints from the accuracies of the 15 joints.

    Args:
        accuracy (Sequence[float]): (15,) fractions; negative for a joint
            that nobody annotated, as MMPose's functions mark it.

    Returns:
        tuple[dict, dict]: Groups with 'Mean', the mean over all joints,
        and joints. A value without any annotated joint is NaN.
    """
    joints = {
        name: float(value) if value >= 0 else float('nan')
        for name, value in zip(JHMDB_JOINTS, accuracy)
    }
    groups = {
        group: _mean([joints[name] for name in members])
        for group, members in JHMDB_GROUPS.items()
    }
    return dict(groups, Mean=_mean(list(joints.values()))), joints


def average_splits(files: Sequence[str]) -> Dict[str, Any]:
    """Average the result files of the splits, each split counting once.

    Args:
        files (Sequence[str]): Files that ``SubJhmdbPCK`` wrote.

    Returns:
        dict: ``splits``, from a split's name to its results, ``mean``, the
        mean results, and ``thr``. Fractions, NaN where there is no number.

    Raises:
        ValueError: If two files are of one split, or their thresholds or
            results differ in kind.
    """
    splits: Dict[str, Dict[str, float]] = {}
    thresholds: List[float] = []
    for path in files:
        data = read_json(path)
        if not isinstance(data, dict) or not {'split', 'thr', 'results'
                                              } <= set(data):
            raise ValueError(f'{path} was not written by SubJhmdbPCK')
        if data['split'] in splits:
            raise ValueError(
                f"{path} is a second result of split {data['split']}; each "
                'counts once (give `split` to SubJhmdbPCK if the name of '
                'the annotation file does not tell it)')
        splits[data['split']] = {
            key: float('nan') if value is None else float(value)
            for key, value in data['results'].items()
        }
        thresholds.append(data['thr'])
    if len(set(thresholds)) > 1:
        raise ValueError(f'the thresholds differ: {thresholds}')
    kinds = {tuple(results) for results in splits.values()}
    if len(kinds) > 1:
        raise ValueError('the files hold different results; use the same '
                         '`norm_item` for all splits')
    keys = next(iter(kinds))
    mean = {
        key: _mean([results[key] for results in splits.values()])
        for key in keys
    }
    return dict(thr=thresholds[0], splits=splits, mean=mean)
