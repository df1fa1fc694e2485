"""Results as files of Neurodata Without Borders."""
import datetime
import json
from typing import Any, Dict, List, Optional

import numpy as np

from ..drafts import draft_of
from ..extras import import_extra
from ..schema import FormatError, Record
from .base_format import ResultFormat, info_dict, restore_frames
from .pose_results import FrameResult, PersonResult, PoseResults, RunInfo


class NwbFile(ResultFormat):
    """A ``PoseEstimation`` for each track, of the extension ndx-pose.

    Times are stored in seconds for each frame. How the results were made is
    in ``notes``. Boxes are lost.
    """

    name = 'nwb'
    suffix = '.nwb'
    title = 'Neurodata Without Borders, by ndx-pose'
    packages = ('pynwb', 'ndx_pose')
    embeds_info = True

    def _write(self, results: PoseResults, path: str) -> None:
        pynwb, pose = import_extra('pynwb'), import_extra('ndx_pose')
        if None in results.times():
            raise ValueError('NWB stores times, and the results tell no '
                             'frame rate; give `fps` (--fps)')
        info = results.info
        file = pynwb.NWBFile(
            session_description=f'poses in the video {info.video}',
            identifier=info.video or 'video',
            session_start_time=datetime.datetime(
                1970, 1, 1, tzinfo=datetime.timezone.utc),
            notes=json.dumps(info_dict(results)))
        skeleton = pose.Skeleton(
            name='person',
            nodes=list(info.keypoints),
            edges=np.array(info.links, dtype=np.uint8).reshape(-1, 2))
        module = file.create_processing_module(
            'behavior', 'poses estimated from a video')
        module.add(pose.Skeletons(skeletons=[skeleton]))
        times = np.array(results.times(), dtype=np.float64)
        for track, people in sorted(results.by_track('NWB').items()):
            series = _series(pose, results, people, times)
            module.add(
                pose.PoseEstimation(
                    name=f'track{track}',
                    pose_estimation_series=series,
                    description='keypoints of one person',
                    original_videos=[info.video],
                    source_software='mmpose_video',
                    skeleton=skeleton))
        with draft_of(path, boxed=True) as draft:
            with pynwb.NWBHDF5IO(draft, 'w') as out:
                out.write(file)

    def _read(self, path: str, info: Optional[RunInfo]) -> PoseResults:
        pynwb, pose = import_extra('pynwb'), import_extra('ndx_pose')
        try:
            with pynwb.NWBHDF5IO(path, 'r') as source:
                file = source.read()
                found = [
                    item for item in file.objects.values()
                    if isinstance(item, pose.PoseEstimation)
                ]
                return _results(file.notes, found, path)
        except (FileNotFoundError, FormatError):
            raise
        except Exception as error:  # HDF5 raises what it likes
            raise FormatError(f'{path} is no file of NWB: '
                              f'{error}') from error


def _series(pose: Any, results: PoseResults,
            people: Dict[int, PersonResult], times: np.ndarray) -> List[Any]:
    """Return the series of a track's keypoints."""
    series = []
    for k, name in enumerate(results.info.keypoints):
        data = np.full((len(times), 3), np.nan)
        for i, frame in enumerate(results.frames):
            person = people.get(frame.number)
            if person is not None:
                data[i] = (*person.keypoints[k], person.scores[k])
        series.append(
            pose.PoseEstimationSeries(
                name=name,
                description=f'{name} in pixels, NaN where missing',
                data=data[:, :2],
                unit='pixels',
                reference_frame='(0, 0) is the center of the top left pixel',
                timestamps=times,
                confidence=data[:, 2],
                confidence_definition='score of the keypoint'))
    return series


def _results(notes: Optional[str], tracks: List[Any],
             path: str) -> PoseResults:
    """Return the results of the tracks of a file."""
    record: Optional[Record] = None
    try:
        made = json.loads(notes or '')
        if isinstance(made, dict) and 'keypoints' in made:
            record = Record(made, f'{path}, notes')
    except ValueError:
        pass  # notes of another program
    if not tracks and record is None:
        raise FormatError(f'{path} holds no `PoseEstimation`')
    if record is not None:
        info = RunInfo.from_dict(record.data, record.where)
        times = [row[1] for row in record.items('frames')]
        numbers = [row[0] for row in record.items('frames')]
    else:
        names = tuple(tracks[0].pose_estimation_series)
        stamps = np.unique(np.concatenate([
            _times(s) for track in tracks
            for s in track.pose_estimation_series.values()
        ]))
        times, numbers = stamps.tolist(), list(range(len(stamps)))
        rate = 1 / float(np.median(np.diff(times))) if len(
            times) > 1 else None
        info = RunInfo(names, fps=rate)
    frames = [FrameResult(n, [], t) for n, t in zip(numbers, times)]
    for index, track in enumerate(sorted(tracks, key=lambda t: t.name)):
        digits = track.name.removeprefix('track')
        _add_track(frames, info, track,
                   int(digits) if digits.isdigit() else index)
    for frame in frames:
        frame.people.sort(key=lambda person: person.track_id or 0)
    results = PoseResults(info, frames)
    if record is not None:
        restore_frames(results, record)
    return results


def _add_track(frames: List[FrameResult], info: RunInfo, track: Any,
               identity: int) -> None:
    """Add the people of a track to the frames."""
    table = np.full((len(frames), len(info.keypoints), 3), np.nan)
    if any(frame.time is None for frame in frames):
        axis = np.array([f.number / (info.fps or 1.) for f in frames])
    else:
        axis = np.array([frame.time for frame in frames], dtype=np.float64)
    for k, name in enumerate(info.keypoints):
        series = track.pose_estimation_series[name]
        stamps = _times(series)
        rows = np.abs(axis[None] - stamps[:, None]).argmin(1)
        table[rows, k, :2] = series.data[:, :2]
        if series.confidence is not None:
            table[rows, k, 2] = series.confidence[:]
    for frame, points in zip(frames, table):
        if np.isfinite(points).any():
            frame.people.append(
                PersonResult(points[:, :2], np.nan_to_num(points[:, 2]),
                             track_id=identity))


def _times(series: Any) -> np.ndarray:
    """Return the times of a series in seconds."""
    if series.timestamps is not None:
        return np.asarray(series.timestamps[:], dtype=np.float64)
    return series.starting_time + np.arange(len(series.data)) / series.rate
