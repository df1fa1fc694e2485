"""Write the results of a video to files."""
import contextlib
import os
from typing import Callable, Dict, List, Optional, Sequence

import numpy as np
from mmengine.logging import print_log

from mmpose_video.formats.extras import import_extra
from mmpose_video.formats.json_array_file import JsonArrayFile
from mmpose_video.formats.json_file import write_json
from mmpose_video.formats.posetrack_stream import PoseTrackFile
from mmpose_video.formats.results import (
    RESULT_FORMATS,
    RunInfo,
    read_results,
    write_results,
)
from mmpose_video.visualization.video_file import VideoFile, check_backend
from mmpose_video.visualization.video_thread import VideoThread

from .result_paths import ResultPaths, claim_paths, find_paths, format_path


class ResultFiles:
    """All files of the results of a video.

    ``predictions/<name>.json`` has the layout of MMPose's inferencers (a list
    of ``frame_id`` and ``instances``), ``posetrack/<name>.json`` PoseTrack's,
    where the model has its keypoints, and ``visualizations/<name>.mp4`` is
    the drawn video. ``predictions/<name>.run.json`` tells how they were made.
    Other formats are written at the end, from the predictions, to
    ``<format>/<name>``. No file is touched before the first frame has a
    result; see :func:`claim_paths` for the names.

    Args:
        out_dir (str): The folder.
        name (str): Name of the video.
        info (RunInfo): Names of the keypoints, frame rate (25 for the mp4 if
            it is None) and how the results are made. It is read when the
            first frame has a result.
        draw (bool): Write the drawn video.
        video (str, optional): Path of the video, None if it has none.
        inputs (Sequence[str]): Files that must not be overwritten.
        video_backend (str): What writes the mp4, see :class:`VideoFile`.
            Defaults to 'opencv'.
        formats (Sequence[str]): Other formats, see
            :mod:`mmpose_video.formats.results`. Defaults to none.

    Raises:
        FileExistsError: If a file to be written is an input.
        ImportError: If a format needs a package that is not installed.
        OSError: If the folder cannot be created.
        ValueError: If there is no such format.
    """

    def __init__(self,
                 out_dir: str,
                 name: str,
                 info: RunInfo,
                 draw: bool,
                 video: Optional[str] = None,
                 inputs: Sequence[str] = (),
                 video_backend: str = 'opencv',
                 formats: Sequence[str] = ()) -> None:
        check_backend(video_backend)
        self.formats = _check_formats(formats)
        self.out_dir = out_dir
        self.name = name
        self.source = video
        self.inputs = inputs
        self.paths: Optional[ResultPaths] = None
        self.info = info
        self._names: Dict[int, str] = dict(enumerate(info.keypoints))
        self._draw = draw
        self._backend = video_backend
        self._files = contextlib.ExitStack()
        # may refuse
        find_paths(out_dir, name, video, inputs, self.formats)
        os.makedirs(out_dir, exist_ok=True)
        self._has_posetrack = PoseTrackFile.takes(self._names)
        if 'posetrack' in formats and not self._has_posetrack:
            print_log("no file in PoseTrack's layout is written: the model "
                      'lacks some of its keypoints', 'current', 30)

    def _open(self) -> None:
        """Create the files."""
        paths = claim_paths(self.out_dir, self.name, self.source, self.inputs,
                            self.formats)
        first = ResultPaths.of(self.out_dir, self.name)
        if paths != first:
            print_log(
                f'`{first.predictions}` belongs to another input: the results '
                f'go to `{paths.predictions}`', 'current', 30)
        made = self.info.to_dict()
        write_json(made, paths.run, indent=1)
        self.predictions = JsonArrayFile(paths.predictions)
        self._files.callback(self.predictions.close)
        self.posetrack: Optional[PoseTrackFile] = None
        if self._has_posetrack:
            self.posetrack = PoseTrackFile(paths.posetrack, self.name,
                                           self._names,
                                           info=dict(run=made))
            self._files.callback(self.posetrack.close)
        self.video: Optional[VideoThread] = None
        if self._draw:
            self.video = VideoThread(
                VideoFile(paths.visualization, self.info.fps or 25.,
                          self._backend))
            self._files.callback(self.video.close)
        self.paths = paths

    def append(self,
               index: int,
               number: int,
               name: str,
               instances: List[dict],
               draw: Optional[Callable[[], np.ndarray]] = None,
               time: Optional[float] = None) -> None:
        """Add a frame.

        Args:
            index (int): Position of the frame in the video.
            number (int): Its time in frames.
            name (str): Name of its file.
            instances (list[dict]): Its people, as the inferencer returns
                them.
            draw (Callable, optional): Returns the drawn frame, (H, W, 3)
                uint8 BGR; called in the thread that writes the video.
            time (float, optional): Time of the frame in seconds.

        Raises:
            OSError: If a result cannot be written; the files stay valid.
        """
        if self.paths is None:
            self._open()
        self.predictions.append(
            dict(
                frame_id=number,
                img_name=name,
                time=time,
                instances=instances))
        if self.posetrack is not None:
            people = [
                dict(
                    keypoints=person['keypoints'],
                    scores=person['keypoint_scores'],
                    bbox=person['bbox'][0],
                    bbox_score=person['bbox_score'],
                    track_id=person['track_id']) for person in instances
            ]
            self.posetrack.append(index, number, name, people)
        if self.video is not None and draw is not None:
            self.video.append(draw, time)

    def close(self) -> None:
        """Finish all files, and write the other formats.

        The formats are written even if the video could not be finished.
        """
        try:
            self._files.close()
        finally:
            if self.paths is not None:
                for kind in self.formats:
                    self._export(kind, self.paths.predictions)

    def _export(self, kind: str, predictions: str) -> None:
        """Write the results in another format; say so if that fails."""
        stem = os.path.splitext(os.path.basename(predictions))[0]
        path = format_path(self.out_dir, stem, kind)
        try:
            write_results(read_results(predictions, 'mmpose'), path, kind)
        except (OSError, ValueError, ImportError) as error:
            print_log(
                f'cannot write `{path}`: {error}. The results are in '
                f'`{predictions}`; `mmpose-video convert-results` writes '
                'other formats', 'current', 30)


def _check_formats(names: Sequence[str]) -> List[str]:
    """Check and return the names of formats, without those written anyway.

    Raises:
        ImportError: If a format needs a package that is not installed.
        ValueError: If there is no such format.
    """
    if isinstance(names, str):
        names = [names]
    for name in names:
        if name not in RESULT_FORMATS:
            raise ValueError(f'there is no format {name!r}; there are '
                             f'{", ".join(RESULT_FORMATS)}')
        for package in RESULT_FORMATS[name].packages:
            import_extra(package)  # not found out after hours
    return [name for name in names if name not in ('mmpose', 'posetrack')]
