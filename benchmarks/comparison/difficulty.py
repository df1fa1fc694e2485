"""Measure accuracy against occlusion and blur, from a run's predictions.

Rendered clips say of each keypoint whether it is hidden and how far it moves
during the exposure. A keypoint counts as found if it lies within half a head
size of its place (PCKh at 0.5, the head size of PoseTrack's evaluation);
PoseTrack's AP, which ranks all keypoints of a set by score, has no meaning for
one of them.
"""
import json
import pickle
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Tuple

import numpy as np

THRESHOLD = 0.5
#: Bins by condition, in the order of the tables.
BINS: Dict[str, Tuple[str, ...]] = {
    'joint': ('in sight', 'behind own body', 'behind others'),
    'person hidden': ('not', 'up to 1/4', 'up to 1/2', 'more'),
    'blur': ('< 2 px', '2 to 4 px', '4 to 8 px', '> 8 px'),
    'frame': ('clear', 'long exposure', 'dark', 'out of focus'),
}
_BLUR = (2., 4., 8.)
_HIDDEN = (0., 0.25, 0.5)

Counts = Dict[str, Dict[str, List[int]]]


def read_predictions(path: Path) -> Dict[int, np.ndarray]:
    """Read poses by annotation from what the test script dumped.

    Args:
        path (Path): A pickle of our own making: loading one runs its code.

    Returns:
        dict: (K, 2) pixels of the image, by id of the annotation.
    """
    import mmpose_video  # noqa: F401  what the pickle holds must import
    with open(path, 'rb') as file:
        samples = pickle.load(file)
    return {
        int(sample['id']): np.asarray(
            sample['pred_instances']['keypoints'], float)[0, :, :2]
        for sample in samples
    }


def count(poses: Mapping[int, np.ndarray], ann_file: Path) -> Counts:
    """Count keypoints and found keypoints in each bin.

    Args:
        poses (Mapping[int, np.ndarray]): Predicted (K, 2) by annotation.
        ann_file (Path): The labels, as the package's renderer writes them.

    Returns:
        dict: By condition and bin, ``[found, all]``. Empty if the labels do
        not say what is hidden (real data).

    Raises:
        ValueError: If an annotation has no prediction.
    """
    from mmpose_video.formats.pose_table import head_size
    labels = json.loads(ann_file.read_text())
    images = {image['id']: image for image in labels['images']}
    if not all('occluded' in ann for ann in labels['annotations']):
        return {}
    found: Dict[Tuple[str, str], List[int]] = defaultdict(lambda: [0, 0])
    for ann in labels['annotations']:
        if ann['id'] not in poses:
            raise ValueError(f'{ann_file}: no prediction for annotation '
                             f'{ann["id"]}; were other labels evaluated?')
        left, top, width, height = ann['bbox_head']
        size = head_size([left, top, left + width, top + height], ann_file)
        points = np.array(ann['keypoints'], float).reshape(-1, 3)
        error = np.linalg.norm(points[:, :2] - poses[ann['id']], axis=1)
        hits = error <= THRESHOLD * size
        for joint, key in bins(ann, images[ann['image_id']]['exposure']):
            found[key][0] += int(hits[joint])
            found[key][1] += 1
    return {
        condition: {
            name: found.get((condition, name), [0, 0]) for name in names
        } for condition, names in BINS.items()
    }


def bins(ann: Mapping[str, Any], exposure: Mapping[str, float]
         ) -> Iterator[Tuple[int, Tuple[str, str]]]:
    """Return the bins of each labeled keypoint of a person but the ears.

    Args:
        ann (Mapping[str, Any]): The annotation.
        exposure (Mapping[str, float]): Of its image.

    Yields:
        tuple: Index of the keypoint, and (condition, bin).
    """
    names = BINS
    visible = ann['keypoints'][2::3]
    joints = [j for j, v in enumerate(visible) if v and j not in (3, 4)]
    if not joints:
        return
    share = np.mean([ann['occluded'][j] for j in joints])
    hidden = names['person hidden'][np.searchsorted(_HIDDEN, share)]
    frame = _frame(exposure)
    for j in joints:
        state = 2 if ann['occluded'][j] else int(ann['self_occluded'][j])
        yield j, ('joint', names['joint'][state])
        yield j, ('person hidden', hidden)
        yield j, ('frame', frame)
        if not ann['occluded'][j]:
            place = np.searchsorted(_BLUR, ann['blur'][j], side='right')
            yield j, ('blur', names['blur'][place])


def _frame(exposure: Mapping[str, float]) -> str:
    """Return what is wrong with a frame, the worst first."""
    clear, long_exposure, dark, defocus = BINS['frame']
    if exposure['defocus'] > 1:
        return defocus
    if exposure['gain'] < 0.6:
        return dark
    return long_exposure if exposure['shutter'] > 0.5 else clear


def rates(counts: List[Counts]) -> Dict[str, Dict[str, float]]:
    """Return the percentage of found keypoints per bin over some seeds.

    Args:
        counts (list): One per run, as :func:`count` gives them.

    Returns:
        dict: By condition and bin; empty bins are left out.
    """
    table: Dict[str, Dict[str, float]] = {}
    for condition, names in BINS.items():
        for name in names:
            pairs = [c[condition][name] for c in counts if condition in c]
            total = sum(pair[1] for pair in pairs)
            if total:
                table.setdefault(condition, {})[name] = (
                    100 * sum(pair[0] for pair in pairs) / total)
    return table
