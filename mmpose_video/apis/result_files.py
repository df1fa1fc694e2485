"""Write the results of a video to files."""
import contextlib
import os
from typing import Callable, Dict, List, Optional, Sequence

import numpy as np
from mmengine.logging import print_log

from mmpose_video.formats.json_array_file import JsonArrayFile
from mmpose_video.formats.posetrack_stream import PoseTrackFile
from mmpose_video.visualization.video_file import VideoFile, check_backend
from mmpose_video.visualization.video_thread import VideoThread

from .result_paths import ResultPaths, claim_paths, find_paths


class ResultFiles:
    """All files of the results of a video.

    ``predictions/<name>.json`` has the layout of MMPose's inferencers (a list
    of ``frame_id`` and ``instances``), ``posetrack/<name>.json`` PoseTrack's,
    where the model has its keypoints, and ``visualizations/<name>.mp4`` is
    the drawn video. No file is touched before the first frame has a result;
    see :func:`claim_paths` for the names.

    Args:
        out_dir (str): The folder.
        name (str): Name of the video.
        fps (float, optional): Frames per second of the mp4. None means 25.
        names (dict[int, str]): Names of the keypoints.
        draw (bool): Write the drawn video.
        video (str, optional): Path of the video, None if it has none.
        inputs (Sequence[str]): Files that must not be overwritten.
        video_backend (str): What writes the mp4, see :class:`VideoFile`.
            Defaults to 'opencv'.

    Raises:
        FileExistsError: If a file to be written is an input.
        OSError: If the folder cannot be created.
    """

    def __init__(self,
                 out_dir: str,
                 name: str,
                 fps: Optional[float],
                 names: Dict[int, str],
                 draw: bool,
                 video: Optional[str] = None,
                 inputs: Sequence[str] = (),
                 video_backend: str = 'opencv') -> None:
        check_backend(video_backend)
        self.out_dir = out_dir
        self.name = name
        self.source = video
        self.inputs = inputs
        self.paths: Optional[ResultPaths] = None
        self._fps = fps or 25.
        self._names = names
        self._draw = draw
        self._backend = video_backend
        self._files = contextlib.ExitStack()
        find_paths(out_dir, name, video, inputs)  # may refuse
        os.makedirs(out_dir, exist_ok=True)
        self._has_posetrack = PoseTrackFile.takes(names)
        if not self._has_posetrack:
            print_log("no file in PoseTrack's layout is written: the model "
                      'lacks some of its keypoints', 'current')

    def _open(self) -> None:
        """Create the files."""
        paths = claim_paths(self.out_dir, self.name, self.source, self.inputs)
        first = ResultPaths.of(self.out_dir, self.name)
        if paths != first:
            print_log(
                f'`{first.predictions}` belongs to another input: the results '
                f'go to `{paths.predictions}`', 'current', 30)
        self.predictions = JsonArrayFile(paths.predictions)
        self._files.callback(self.predictions.close)
        self.posetrack: Optional[PoseTrackFile] = None
        if self._has_posetrack:
            self.posetrack = PoseTrackFile(paths.posetrack, self.name,
                                           self._names)
            self._files.callback(self.posetrack.close)
        self.video: Optional[VideoThread] = None
        if self._draw:
            self.video = VideoThread(
                VideoFile(paths.visualization, self._fps, self._backend))
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
            dict(frame_id=number, img_name=name, instances=instances))
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
        """Finish all files."""
        self._files.close()
