"""Results as SLEAP's files."""
import json
from typing import Any, Dict, Optional

import numpy as np

from ..drafts import draft_of
from ..extras import import_extra
from ..json_file import parse_json, without_nan
from ..schema import FormatError, Record
from ..sleap_file import load_slp
from .base_format import ResultFormat, info_dict, restore_frames
from .pose_results import FrameResult, PersonResult, PoseResults, RunInfo


class SleapFile(ResultFormat):
    """A file of predictions for SLEAP, written by sleap-io.

    How the results were made is in its ``provenance``. Boxes are lost.
    """

    name = 'slp'
    suffix = '.slp'
    title = 'SLEAP, by sleap-io'
    embeds_info = True
    packages = ('sleap_io', )

    def _write(self, results: PoseResults, path: str) -> None:
        sio = import_extra('sleap_io')
        info = results.info
        skeleton = sio.Skeleton(
            nodes=list(info.keypoints),
            edges=[(info.keypoints[a], info.keypoints[b])
                   for a, b in info.links],
            name='person')
        video = sio.Video(filename=info.video or 'video', open_backend=False)
        tracks = {i: sio.Track(f'track{i}') for i in results.tracks()}
        frames = [
            sio.LabeledFrame(
                video=video,
                frame_idx=frame.number,
                instances=[
                    sio.PredictedInstance.from_numpy(
                        person.keypoints,
                        skeleton=skeleton,
                        point_scores=person.scores,
                        score=float(person.bbox_score),
                        track=None if person.track_id is None else
                        tracks[person.track_id]) for person in frame.people
                ]) for frame in results.frames
        ]
        labels = sio.Labels(
            labeled_frames=frames,
            videos=[video],
            skeletons=[skeleton],
            tracks=list(tracks.values()),
            provenance=dict(
                mmpose_video=json.dumps(without_nan(info_dict(results)))))
        with draft_of(path, boxed=True) as draft:
            sio.save_slp(labels, draft, verbose=False)

    def _read(self, path: str, info: Optional[RunInfo]) -> PoseResults:
        labels = load_slp(path)
        if not labels.skeletons:
            raise FormatError(f'{path} has no skeleton')
        if len(labels.videos) > 1:
            raise FormatError(f'{path} holds {len(labels.videos)} videos; '
                              'results are of one')
        skeleton = labels.skeletons[0]
        tracks = {id(track): i for i, track in enumerate(labels.tracks)}
        names = [_track_id(track.name, i)
                 for i, track in enumerate(labels.tracks)]
        if len(set(names)) == len(names):
            tracks = {id(t): n for t, n in zip(labels.tracks, names)}
        frames = [
            FrameResult(
                int(frame.frame_idx),
                [_person(instance, tracks) for instance in frame.instances])
            for frame in sorted(labels, key=lambda f: int(f.frame_idx))
        ]
        made = labels.provenance.get('mmpose_video')
        if made is None:
            run = RunInfo(
                tuple(skeleton.node_names),
                links=tuple((int(a), int(b)) for a, b in skeleton.edge_inds))
            return PoseResults(run, frames)
        where = f'{path}, provenance'
        record = Record(parse_json(str(made), where), where)
        results = PoseResults(
            RunInfo.from_dict(record.data, record.where), frames)
        restore_frames(results, record)
        return results


def _person(instance: Any, tracks: Dict[int, int]) -> PersonResult:
    """Return a person of SLEAP's."""
    points = np.asarray(instance.points['xy'], dtype=np.float64)
    known = np.isfinite(points).all(-1)
    scores: Any = known.astype(np.float64)
    if 'score' in instance.points.dtype.names:
        scores = np.asarray(
            np.nan_to_num(instance.points['score']), dtype=np.float64)
    return PersonResult(
        points,
        scores,
        bbox_score=float(getattr(instance, 'score', 1.)),
        track_id=None if instance.track is None else
        tracks[id(instance.track)])


def _track_id(name: str, index: int) -> int:
    """Return the number in a track's name, or its index."""
    digits = name.removeprefix('track')
    return int(digits) if digits.isdigit() else index
