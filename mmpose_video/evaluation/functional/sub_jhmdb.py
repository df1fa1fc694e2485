"""Joints, groups and splits of Sub-JHMDB."""
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from mmpose_video.formats.keypoints import JHMDB_JOINTS
from mmpose_video.formats.schema import FormatError, Record

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
    """Return the mean of what is a number, NaN if nothing is."""
    valid = [value for value in values if not np.isnan(value)]
    return float(np.mean(valid)) if valid else float('nan')


def summarise_pck(accuracy: Sequence[float],
                  ) -> Tuple[Dict[str, float], Dict[str, float]]:
    """Return groups and keypoints from the accuracies of the 15 keypoints.

    Args:
        accuracy (Sequence[float]): (15,) fractions; negative for a keypoint
            that is not annotated, as MMPose's functions mark it.

    Returns:
        tuple[dict, dict]: Groups with 'Mean', the mean over all keypoints,
        and keypoints. A value without any annotated keypoint is NaN.
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


def _missing(results: Dict[str, float]) -> Optional[str]:
    """Return a result that is absent although its mean is there."""
    for key in ('PCK', 'tPCK'):
        for group in JHMDB_GROUPS:
            if key in results and f'{group} {key}' not in results:
                return f'{group} {key}'
    return None


def average_splits(files: Sequence[str]) -> Dict[str, Any]:
    """Average the result files of the splits, each split counting once.

    Args:
        files (Sequence[str]): Files that ``SubJhmdbPCK`` wrote.

    Returns:
        dict: ``splits``, from a split's name to its results, ``mean``, the
        mean results, and ``thr``. Fractions, NaN where there is no number.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If a file is of another layout, two are of one split, or
            their thresholds or results differ in kind.
    """
    splits: Dict[str, Dict[str, float]] = {}
    thresholds: List[float] = []
    for path in files:
        file = Record.read(path)
        if not {'split', 'thr', 'results'} <= set(file.data):
            raise FormatError(f'{path} was not written by SubJhmdbPCK')
        split, results = file.text('split'), file.record('results')
        if split in splits:
            raise FormatError(
                f'{path} is a second result of split {split}; each counts '
                'once (give `split` to SubJhmdbPCK if the name of the '
                'annotation file does not tell it)')
        splits[split] = {
            key: results.number(key, float('nan'), finite=False)
            for key in results.data
        }
        thresholds.append(file.number('thr'))
        if thresholds[-1] != thresholds[0]:
            raise FormatError(f'the threshold of {path} is {thresholds[-1]:g},'
                              f' that of {files[0]} is {thresholds[0]:g}')
        if splits[split].keys() != next(iter(splits.values())).keys():
            raise FormatError(
                f'{path} holds other results than {files[0]}; use the same '
                '`norm_item` for all splits')
        missing = _missing(splits[split])
        if missing:
            raise FormatError(f'{path} lacks the result {missing!r}')
    keys = next(iter(splits.values()))
    mean = {
        key: _mean([results[key] for results in splits.values()])
        for key in keys
    }
    return dict(thr=thresholds[0], splits=splits, mean=mean)
