"""Average precision as the PoseTrack benchmark computes it."""
import glob
import os.path as osp
import warnings
from typing import Dict, Iterable, Iterator, Tuple

import numpy as np

from mmpose_video.formats.frame_pairs import check_frame_order
from mmpose_video.formats.json_file import read_json
from mmpose_video.formats.keypoints import POSETRACK_GROUPS, POSETRACK_JOINTS
from mmpose_video.formats.pose_table import PoseTable
from mmpose_video.formats.posetrack_reader import read_posetrack

from .pose_ap import pose_average_precision
from .sanity import warn_of_nothing_right

#: A keypoint matches within half a head size (PCKh@0.5).
MATCH_THRESHOLD = 0.5


def summarise(joint_ap: np.ndarray) -> Dict[str, float]:
    """Return the benchmark's table from the values of the 15 keypoints.

    Args:
        joint_ap (np.ndarray): (15,) float64 in percent, official order.

    Returns:
        dict[str, float]: The seven groups, ``Total`` (the mean over the
        keypoints that are not NaN, *not* over the groups), then each keypoint.
    """
    by_name = dict(zip(POSETRACK_JOINTS, joint_ap))
    # A column and not a vector: NumPy adds it up in the official order.
    column = joint_ap[:, None]
    table = {}
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', RuntimeWarning)  # mean of nothing
        for group, members in POSETRACK_GROUPS.items():
            table[group] = float(
                np.mean(np.array([by_name[name] for name in members])))
        valid = np.argwhere(~np.isnan(joint_ap))
        table['Total'] = float(column[valid, 0].mean())
    table.update({name: float(by_name[name]) for name in POSETRACK_JOINTS})
    return table


def posetrack_ap(gt: PoseTable, pred: PoseTable) -> Dict[str, float]:
    """Return PoseTrack's result for two tables over the same frames.

    Args:
        gt (PoseTable): Ground truth; ``size`` holds head sizes in pixels.
        pred (PoseTable): Predictions.

    Returns:
        dict[str, float]: See :func:`evaluate_posetrack`.
    """
    return summarise(pose_average_precision(gt, pred, MATCH_THRESHOLD))


def read_pair(gt: dict, pred: dict, gt_source: str,
              pred_source: str) -> Tuple[PoseTable, PoseTable]:
    """Read the ground truth and the predictions of one video.

    Args:
        gt (dict): Parsed JSON of the ground truth.
        pred (dict): Parsed JSON of the predictions.
        gt_source (str): File name of the ground truth, for messages.
        pred_source (str): File name of the predictions.

    Returns:
        tuple[PoseTable, PoseTable]: Both tables.

    Raises:
        ValueError: If a file does not follow the layout, or the numbers of
            frames or their order differ: frames pair by position.
    """
    gt_table = read_posetrack(gt, gt_source, is_truth=True)
    pred_table = read_posetrack(pred, pred_source, is_truth=False)
    if gt_table.num_frames != pred_table.num_frames:
        raise ValueError(
            f'{pred_source} has {pred_table.num_frames} frames, but '
            f'{gt_source} has {gt_table.num_frames}. Frames pair by their '
            "position in 'images', so the file must list every frame of "
            'the ground truth, those without people included')
    check_frame_order(gt, pred, gt_source, pred_source)
    return gt_table, pred_table


def pairs_of_files(gt_dir: str, pred_dir: str) -> Iterator[Tuple[str, str]]:
    """Name the files of two folders, video by video.

    Args:
        gt_dir (str): Folder of ground truth.
        pred_dir (str): Folder of predictions with files of the same names;
            further files are not looked at.

    Yields:
        tuple[str, str]: A file of ground truth and one of predictions.

    Raises:
        FileNotFoundError: If a folder or a prediction file is missing, or
            ``gt_dir`` holds no JSON file.
    """
    for folder in (gt_dir, pred_dir):
        if not osp.isdir(folder):
            raise FileNotFoundError(f'there is no folder {folder}')
    gt_files = sorted(glob.glob(osp.join(glob.escape(gt_dir), '*.json')))
    if not gt_files:
        raise FileNotFoundError(f'{gt_dir} holds no JSON file')
    for gt_file in gt_files:
        pred_file = osp.join(pred_dir, osp.basename(gt_file))
        if not osp.isfile(pred_file):
            raise FileNotFoundError(
                f'there is no prediction file {pred_file}; every ground '
                f'truth file of {gt_dir} needs one of the same name')
        yield gt_file, pred_file


def read_folders(gt_dir: str, pred_dir: str) -> Tuple[PoseTable, PoseTable]:
    """Read two folders of per-video files.

    Args:
        gt_dir (str): See :func:`pairs_of_files`.
        pred_dir (str): See there.

    Returns:
        tuple[PoseTable, PoseTable]: All videos, chained.

    Raises:
        FileNotFoundError: See :func:`pairs_of_files`.
        ValueError: If a file is not valid JSON or breaks the layout.
    """
    return chain_pairs(
        read_pair(read_json(gt_file), read_json(pred_file), gt_file,
                  pred_file)
        for gt_file, pred_file in pairs_of_files(gt_dir, pred_dir))


def chain_pairs(pairs: Iterable[Tuple[PoseTable, PoseTable]],
                ) -> Tuple[PoseTable, PoseTable]:
    """Chain the videos of a dataset into one table of each kind."""
    gts, preds = zip(*pairs)
    return PoseTable.concat(gts), PoseTable.concat(preds)


def evaluate_posetrack(gt_dir: str, pred_dir: str) -> Dict[str, float]:
    """Compute average precision of poses, PoseTrack's main measure.

    Equal to the official evaluator (github.com/leonid-pishchulin/poseval,
    ``--evalPoseEstimation``) to the last digit, except where scores of a
    keypoint are equal: its order is undefined there.

    Frames pair by position. A frame without ground truth people is left
    out with its predictions. A predicted keypoint is right within half of the
    head size (0.6 times the diagonal of the ground truth's head box).

    Args:
        gt_dir (str): Folder with one JSON file per video, in the layout of
            PoseTrack18 and 21 or of PoseTrack17 (``annolist``).
        pred_dir (str): Folder with predictions under the same names.

    Returns:
        dict[str, float]: Percent. Keys 'Head', 'Shoulder', 'Elbow',
        'Wrist', 'Hip', 'Knee', 'Ankle', 'Total' and the 15 keypoints
        ('right_ankle', ..., 'head_top'). A keypoint that is predicted but
        never annotated is NaN, is left out of 'Total' and makes its group
        NaN; one that is never predicted has 0.

    Raises:
        FileNotFoundError: If a folder or a prediction file is missing.
        ValueError: If a file is not valid JSON or breaks the layout, or
            two files differ in the number or the order of their frames.

    Examples:
        >>> from mmpose_video.evaluation import evaluate_posetrack
        >>> table = evaluate_posetrack('annotations/val', 'predictions')
        >>> print(f"{table['Total']:.1f}")
    """
    gt, pred = read_folders(gt_dir, pred_dir)
    table = posetrack_ap(gt, pred)
    warn_of_nothing_right(table['Total'], gt, pred, pred_dir)
    return table


def format_table(table: Dict[str, float], joints: bool = True) -> str:
    """Return the result as lines of text.

    Args:
        table (dict[str, float]): Result of :func:`evaluate_posetrack`.
        joints (bool): Add one line per keypoint. Defaults to True.

    Returns:
        str: Groups and total in one row, then the keypoints.
    """
    heads = [*POSETRACK_GROUPS, 'Total']
    lines = [
        ' | '.join(f'{name:>8}' for name in heads),
        ' | '.join(f'{table[name]:8.2f}' for name in heads),
    ]
    if joints:
        lines += [''] + [
            f'{name:<15}{table[name]:8.2f}' for name in POSETRACK_JOINTS
        ]
    return '\n'.join(lines)
