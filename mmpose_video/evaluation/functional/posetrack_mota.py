"""Tracking accuracy as the PoseTrack benchmark computes it."""
from collections import Counter
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Tuple

import numpy as np

from mmpose_video.formats.annolist import AnnolistRecord
from mmpose_video.formats.json_file import read_json
from mmpose_video.formats.keypoints import POSETRACK_JOINTS
from mmpose_video.formats.pose_table import PoseTable
from mmpose_video.formats.posetrack_reader import list_people
from mmpose_video.formats.schema import Record

from .pose_ap import evaluated_part, within
from .posetrack_ap import MATCH_THRESHOLD, pairs_of_files, read_pair, summarise

#: Events that are counted for each keypoint.
EVENTS = ('MATCH', 'SWITCH', 'MISS', 'FP')
#: Totals of the result, beside the accuracies.
TOTALS = ('Precision', 'Recall', 'Misses', 'Switches', 'False positives',
          'Objects')


@dataclass
class _Side:
    """The people of one side, frame by frame."""

    table: PoseTable
    tracks: np.ndarray
    first: np.ndarray  # (num_frames + 1, ) rows

    def rows(self, frame: int) -> slice:
        """Return the rows of a frame."""
        return slice(self.first[frame], self.first[frame + 1])


def read_tracks(data: Any, source: str, unique: bool
                ) -> Tuple[np.ndarray, np.ndarray]:
    """Read the tracks of the people of a file.

    Args:
        data (Any): The parsed JSON of one video.
        source (str): Name of the file, for messages.
        unique (bool): Require that a track stands once in a frame.

    Returns:
        tuple[np.ndarray, np.ndarray]: For each row of the file's table the
        id of the track, (P,) int64, and whether the official reader keeps a
        person without keypoints, (P,) bool.

    Raises:
        FormatError: If an id is missing, not a whole number, or stands twice.
    """
    tracks, kept, seen = [], [], set()
    listed = list_people(data, source)
    order = np.argsort(listed.frames, kind='stable')
    for row in order.tolist():
        frame, person = listed.frames[row], listed.people[row]
        track = _track_id(person)
        if unique and (frame, track) in seen:
            raise person.error(
                f'two people of frame {frame} are track {track}; give each '
                "person of a frame a 'track_id' of its own")
        seen.add((frame, track))
        tracks.append(track)
        # people of the newer layout always have a list of points
        kept.append(not isinstance(person, AnnolistRecord)
                    or person.has_points())
    return (np.array(tracks, dtype=np.int64), np.array(kept, dtype=bool))


def _track_id(person: Record) -> int:
    """Return a person's track."""
    track = person.value('track_id')
    if isinstance(track, str) and track.lstrip('-').isdecimal():
        return int(track)
    if track is None:
        raise person.error("'track_id' is missing; tracking is measured by "
                           'whole numbers that name the people')
    return person.integer('track_id')


def _side(table: PoseTable, tracks: np.ndarray, kept: np.ndarray,
          ignoring: np.ndarray) -> _Side:
    """Drop whom the official evaluator drops.

    In a frame with ignore regions it drops people without keypoints, in others
    it keeps them: they have nothing to match, but the frame has someone.

    Args:
        table (PoseTable): From :func:`evaluated_part`.
        tracks (np.ndarray): (P,).
        kept (np.ndarray): (P,) bool.
        ignoring (np.ndarray): (num_frames,) bool: has ignore regions.
    """
    keep = table.present.any(axis=1) | (kept & ~ignoring[table.frame])
    table = PoseTable(
        table.num_frames, table.frame[keep], table.joints[keep],
        table.present[keep], table.scores[keep], table.size[keep],
        table.occupied, table.regions)
    first = np.searchsorted(table.frame, np.arange(table.num_frames + 1))
    return _Side(table, tracks[keep], first)


def _distances(gt: _Side, pred: _Side, frame: int) -> np.ndarray:
    """Return the distances of all pairs in head sizes, NaN if unmatched.

    Returns:
        np.ndarray: (G, P, J).
    """
    rows, others = gt.rows(frame), pred.rows(frame)
    a = gt.table.joints[rows][:, None]
    b = pred.table.joints[others][None]
    shape = (a.shape[0], b.shape[1], a.shape[2])
    size = np.repeat(gt.table.size[rows], shape[1])
    pairs = [np.broadcast_to(x, (*shape, 2)).reshape(-1, shape[2], 2)
             for x in (a, b)]
    match = within(pairs[0], pairs[1], size, MATCH_THRESHOLD).reshape(shape)
    match &= gt.table.present[rows][:, None] & pred.table.present[others]
    with np.errstate(divide='ignore', invalid='ignore'):
        far = np.linalg.norm(a - b, axis=-1) / size.reshape(shape[:2])[
            ..., None]
    return np.where(match, far, np.nan)


def _frames(gt: _Side, pred: _Side) -> Iterator[List[tuple]]:
    """Yield for each frame, by keypoint, tracks of both sides and distances.

    A frame where one side has no people counts, by the official rules, as one
    miss and one false positive of each keypoint, however many people the other
    side has.
    """
    for frame in np.flatnonzero(gt.table.occupied):
        rows, others = gt.rows(frame), pred.rows(frame)
        if rows.start == rows.stop or others.start == others.stop:
            yield [([0], [0], np.full((1, 1), np.nan))
                   ] * len(POSETRACK_JOINTS)
            continue
        distances = _distances(gt, pred, frame)
        has, guessed = gt.table.present[rows], pred.table.present[others]
        yield [(gt.tracks[rows][has[:, j]], pred.tracks[others][guessed[:, j]],
                distances[has[:, j]][:, guessed[:, j], j])
               for j in range(len(POSETRACK_JOINTS))]


def video_events(gt: dict, pred: dict, gt_source: str,
                 pred_source: str) -> np.ndarray:
    """Count what happened to each keypoint in one video.

    Args:
        gt (dict): Parsed JSON of the ground truth.
        pred (dict): Parsed JSON of the predictions.
        gt_source (str): File name of the ground truth, for messages.
        pred_source (str): File name of the predictions.

    Returns:
        np.ndarray: (15, 4) int64, numbers of :data:`EVENTS`.

    Raises:
        ImportError: If motmetrics is not installed.
        ValueError: If a file does not follow the layout.
    """
    accumulator = _accumulator()
    gt_table, pred_table = read_pair(gt, pred, gt_source, pred_source)
    ignoring = np.zeros(gt_table.num_frames, dtype=bool)
    ignoring[[frame for frame, _ in gt_table.regions]] = True
    sides = []
    parts = evaluated_part(gt_table, pred_table)
    for part, table, data, source in zip(
            parts, (gt_table, pred_table), (gt, pred),
            (gt_source, pred_source)):
        rows = gt_table.occupied[table.frame]
        tracks, kept = read_tracks(data, source, unique=data is pred)
        sides.append(_side(part, tracks[rows], kept[rows], ignoring))
    joints = [accumulator(auto_id=True) for _ in POSETRACK_JOINTS]
    # without the last frame, as the official evaluator has it
    for frame in list(_frames(*sides))[:-1]:
        for joint, row in zip(joints, frame):
            joint.update(*row)
    counts = np.zeros((len(joints), len(EVENTS)), dtype=np.int64)
    for count, joint in zip(counts, joints):
        found = Counter(joint.events['Type'])
        count[:] = [found[name] for name in EVENTS]
    return counts


def mota(counts: np.ndarray) -> Dict[str, float]:
    """Return the benchmark's table from the counts of all videos.

    Args:
        counts (np.ndarray): (15, 4), numbers of :data:`EVENTS`.

    Returns:
        dict[str, float]: See :func:`evaluate_posetrack_tracking`.
    """
    numbers = counts.astype(np.float64)
    matches, switches, misses, wrong = (numbers[:, i] for i in range(4))
    found = matches + switches
    objects = found + misses
    with np.errstate(divide='ignore', invalid='ignore'):
        objects = np.where(objects > 0, objects, np.nan)
        accuracy = 100 * (1 - (misses + switches + wrong) / objects)
        precision = 100 * found / np.where(
            found + wrong > 0, found + wrong, np.nan)
        recall = 100 * found / objects
    table = summarise(accuracy)
    totals = (_mean(precision), _mean(recall), misses.sum(), switches.sum(),
              wrong.sum(), np.nansum(objects))
    table.update(zip(TOTALS, map(float, totals)))
    return table


def evaluate_posetrack_tracking(gt_dir: str, pred_dir: str
                                ) -> Dict[str, float]:
    """Compute tracking accuracy of poses (MOTA), PoseTrack's measure.

    Equal to the official evaluator (github.com/leonid-pishchulin/poseval,
    ``--evalPoseTracking``), which tracks each keypoint for itself: predicted
    keypoints within half of the head size of an annotated one may be matched
    with it, by motmetrics, which keeps matches over time, and
    ``MOTA = 1 - (misses + switches + false positives) / objects``. With its
    peculiarities: the last annotated frame of each video is left out, and in
    a frame where one side has no people each keypoint counts one miss and one
    false positive.

    Needs motmetrics: ``pip install "mmpose_video[mot]"``.

    Args:
        gt_dir (str): Folder with one JSON file per video, in the layout of
            PoseTrack18 and 21 or of PoseTrack17 (``annolist``).
        pred_dir (str): Folder with predictions under the same names, with
            ``track_id``.

    Returns:
        dict[str, float]: MOTA in percent: 'Head', 'Shoulder', 'Elbow',
        'Wrist', 'Hip', 'Knee', 'Ankle', 'Total' (the mean over keypoints) and
        the 15 keypoints; negative where there are more errors than keypoints,
        NaN for a keypoint that is never annotated. 'Precision' and 'Recall' in
        percent, means over the keypoints, and the numbers 'Misses',
        'Switches', 'False positives' and 'Objects' over all keypoints.

    Raises:
        ImportError: If motmetrics is not installed.
        FileNotFoundError: If a folder or a prediction file is missing.
        ValueError: If a file breaks the layout, lacks tracks, or two files
            differ in their numbers of frames.
    """
    counts = np.zeros((len(POSETRACK_JOINTS), len(EVENTS)), dtype=np.int64)
    for gt_file, pred_file in pairs_of_files(gt_dir, pred_dir):
        counts += video_events(
            read_json(gt_file), read_json(pred_file), gt_file, pred_file)
    return mota(counts)


def _mean(values: np.ndarray) -> float:
    """Return the mean of what is not NaN."""
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else float('nan')


def _accumulator() -> Any:
    """Return the class of motmetrics.

    Its own distance functions fail on numpy 2; what is used here does not.
    """
    try:
        from motmetrics import MOTAccumulator
    except ImportError as error:
        raise ImportError(
            'tracking accuracy needs motmetrics: pip install motmetrics, or '
            'mmpose_video[mot]') from error
    return MOTAccumulator
