"""Files of results that are valid at any time."""
import json
import os
import os.path as osp
from typing import IO, Any, Dict, List, Optional, Tuple

import cv2
import numpy as np
from mmengine.logging import print_log

from mmpose_video.formats.posetrack_stream import PoseTrackFile


class JsonArrayFile:
    """A json array that grows on disk and is complete after each element.

    Args:
        path (str): The file; it is replaced.
    """

    _END = b'\n]\n'

    def __init__(self, path: str) -> None:
        os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
        self.path = path
        self._file: IO[bytes] = open(path, 'wb')
        self._file.write(b'[' + self._END)
        self._file.flush()
        self._empty = True

    def append(self, element: Any) -> None:
        """Add an element, over the end of the array and with a new one."""
        data = json.dumps(element, allow_nan=False).encode()
        self._file.seek(-len(self._END), os.SEEK_END)
        self._file.write((b'\n' if self._empty else b',\n') + data + self._END)
        self._file.flush()
        self._empty = False

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class VideoFile:
    """An mp4 that is finished when it is closed.

    Args:
        path (str): The file.
        fps (float): Frames per second.
    """

    def __init__(self, path: str, fps: float) -> None:
        os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
        self.path = path
        self.fps = fps
        self._writer: Optional[cv2.VideoWriter] = None
        self._size: Tuple[int, int] = (0, 0)

    def append(self, image: np.ndarray) -> None:
        """Add a frame, (H, W, 3) uint8 BGR.

        A frame of another size than the first is scaled to it.

        Raises:
            OSError: If the file cannot be written.
        """
        size = (image.shape[1], image.shape[0])
        if self._writer is None:
            self._size = size
            self._writer = cv2.VideoWriter(
                self.path, cv2.VideoWriter.fourcc(*'mp4v'), self.fps, size)
            if not self._writer.isOpened():
                raise OSError(f'OpenCV cannot write `{self.path}`')
        if size != self._size:
            image = cv2.resize(image, self._size)
        self._writer.write(np.ascontiguousarray(image))

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None


class ResultFiles:
    """All files of a video's results.

    ``predictions/<name>.json`` in the layout of MMPose's inferencers (a list
    of ``frame_id`` and ``instances``), ``posetrack/<name>.json`` where the
    data set has PoseTrack's joints, ``visualizations/<name>.mp4``.

    Args:
        out_dir (str): The folder.
        name (str): Name of the video.
        fps (float, optional): Frames per second of the mp4. None means 25.
        names (dict[int, str]): Names of the key points.
        draw (bool): Whether there will be pictures.
    """

    def __init__(self, out_dir: str, name: str, fps: Optional[float],
                 names: Dict[int, str], draw: bool) -> None:
        json_name = f'{name}.json'
        self.predictions = JsonArrayFile(
            osp.join(out_dir, 'predictions', json_name))
        self.posetrack: Optional[PoseTrackFile] = None
        if PoseTrackFile.takes(names):
            self.posetrack = PoseTrackFile(
                osp.join(out_dir, 'posetrack', json_name), name, names)
        else:
            print_log("no file in PoseTrack's layout: the model lacks some of "
                      'its joints', 'current')
        self.video: Optional[VideoFile] = None
        if draw:
            self.video = VideoFile(
                osp.join(out_dir, 'visualizations', f'{name}.mp4'),
                fps or 25.)

    def append(self, index: int, number: int, name: str,
               instances: List[dict], image: Optional[np.ndarray]) -> None:
        """Add a frame.

        Args:
            index (int): Position of the frame in the video.
            number (int): Its time in frames.
            name (str): Name of its file.
            instances (list[dict]): Its people, as the inferencer returns
                them.
            image (np.ndarray, optional): The drawn frame, BGR.
        """
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
        if self.video is not None and image is not None:
            self.video.append(image)

    def close(self) -> None:
        """Finish all files."""
        for file in (self.predictions, self.posetrack, self.video):
            if file is not None:
                file.close()
